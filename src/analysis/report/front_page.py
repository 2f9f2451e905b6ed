"""The page of all built-in sources, and the notebooks as pages of their own beside one of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from analysis.describe.answer.sentence import QUESTION
from analysis.errors import ReliefError
from analysis.report.blocks import blocks_of
from analysis.report.notebook_section import notebook_page, slug
from analysis.report.page import day_told, template, today, versions, write_page
from analysis.report.source_page import NotebookLink, Source, Told

__all__ = ["in_order", "write_front_page", "write_notebook_pages"]


def in_order(sources: Sequence[Source]) -> list[Source]:
    """Published results first, then what people scored, what a program made up last.

    Raises
    ------
    ReliefError
        ``report-empty`` for no source, ``report-names`` where two share a name.
    """
    if not sources:
        raise ReliefError("report-empty", "A report needs at least one source; none was given.")
    if len({source.anchor for source in sources}) < len(sources):
        names = ", ".join(sorted(source.ledger.study for source in sources))
        raise ReliefError("report-names", f"Sources need names that differ; found {names}.")
    return sorted(sources, key=lambda one: (one.ledger.synthetic, one.ledger.study != "published"))


def write_front_page(
    sources: Sequence[Source],
    path: Path,
    *,
    day: date | None = None,
    notebooks: Sequence[NotebookLink] = (),
    skipped: Sequence[Mapping[str, Any]] = (),
) -> Path:
    """Write the page that leads to each source's own, and return its path.

    Parameters
    ----------
    sources : sequence of Source
        The page of each is ``NAME/index.html`` beside this one.
    path : Path
        Where to write.
    day : date, optional
        The date on the page; today's unless given.
    notebooks : sequence of NotebookLink
    skipped : sequence of mapping
        What was not available: ``name`` and ``reason``.

    Raises
    ------
    ReliefError
        As :func:`in_order`.
    """
    entries = [
        {
            "source": source,
            "address": f"{source.anchor}/index.html",
            "picture": list(blocks_of(source.picture, source.anchor, vector=source.vector)),
            "by_claim": {result.claim: result for result in source.ledger.claims},
        }
        for source in in_order(sources)
    ]
    titles: dict[str, str] = {}
    for source in sources:
        for result in source.ledger.claims:
            titles.setdefault(result.claim, result.title)
    text = template("front.html.j2").render(
        title=QUESTION,
        day=day_told(day or today()),
        entries=entries,
        claims=list(titles.items()),
        notebooks=notebooks,
        skipped=skipped,
        versions=versions(),
    )
    return write_page(text, path)


def write_notebook_pages(
    notebooks: Sequence[Path], folder: Path, *, up: str, told: Told | None = None
) -> list[NotebookLink]:
    """Write each executed notebook as a page, ``NN.html``, and return where they are, with titles.

    Parameters
    ----------
    notebooks : sequence of Path
        Executed notebooks, in the order shown; a name begins with its number.
    folder : Path
        Where to write.
    up : str
        Address of the report, as seen from the folder.
    told : function of str, optional
        Is told of each before it is read.

    Raises
    ------
    ReliefError
        When a notebook cannot be read, holds an error, a figure without alternative text, or a
        picture that no cell made.
    """
    anchors = {path.name: f"notebook-{slug(path.stem)}" for path in notebooks}
    addresses = {path.name: f"{slug(path.stem.partition('_')[0])}.html" for path in notebooks}
    pages = []
    for path in notebooks:
        if told is not None:
            told(path.name)
        pages.append(notebook_page(path, anchors, addresses))
    links = [NotebookLink(addresses[page["file"]], page["title"]) for page in pages]
    for place, page in enumerate(pages):
        others = [
            {"address": link.address, "title": link.title, "number": link.number,
             "here": number == place}
            for number, link in enumerate(links)
        ]  # fmt: skip
        following = links[place + 1] if place + 1 < len(links) else None
        text = template("notebook.html.j2").render(
            notebook=page, others=others, up=up, next=following
        )
        write_page(text, folder / links[place].address)
    return links
