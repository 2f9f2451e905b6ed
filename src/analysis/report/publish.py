"""The main job: judge every source, then write the page of each, and the one that leads to them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from analysis.claims.case import Case
from analysis.claims.definitions import Definitions, load_definitions
from analysis.claims.ledger import SHARED, TEAM, Ledger
from analysis.describe.answer.verdicts import withheld_lines
from analysis.disclosure.file_names import shown_path
from analysis.errors import DataUnavailable
from analysis.estimates.table import table
from analysis.paths import DATA_PROCESSED, EXAMPLE_STUDY, INSTALLED, NOTEBOOKS, PUBLISHED
from analysis.report.front_page import in_order, write_front_page, write_notebook_pages
from analysis.report.pdf import print_page
from analysis.report.progress import Steps, progress
from analysis.report.provenance import provenance
from analysis.report.source_page import NotebookLink, Source, steps_of, write_source_page
from analysis.studies import BUILT_IN, for_view, judge_source
from analysis.writing import make_folder, write_atomic

__all__ = ["REPORTS", "publish", "write_processed"]

REPORTS = Path("reports")
# The committed notebooks are on it, and stand beside its page.
ON = "example"
# Of the open data that notebook 20 is about.
NOT_HERE = "not downloaded here. Notebook 20 shows its stored results; relief studies says why."


def publish(
    source: str | None,
    out: Path | None = None,
    view: str = SHARED,
    *,
    pdf: bool = False,
    tell: Callable[[str], None] = lambda text: None,
) -> Path:
    """Write the page of one study, or of every built-in one with the notebooks.

    Parameters
    ----------
    source : str, optional
        A study.toml, its folder, or the name of a built-in study.
    out : Path, optional
        Folder of the page; ``reports/NAME`` for one study and ``reports`` for all unless given.
    view : {"shared", "team"}
        A page to pass on, or one with every number for those who hold the data.
    pdf : bool
        Whether to print each page as PDF beside it too, where there is a Chromium.
    tell : function of str
        Is told what is in a page that is passed on, what was withheld, and why there is no PDF.

    Returns
    -------
    Path
        The page that leads to the others.

    Raises
    ------
    ReliefError
        For a STOP of scope ``study`` in the study asked for. A built-in study whose data
        cannot be had is named in the report as skipped, with the reason.
    """
    definitions = load_definitions()
    with progress("report") as told:
        steps = Steps(told)
        if source is None:
            pages = _all(definitions, out or REPORTS, view, steps)
        else:
            steps.expect(1)
            steps(f"judging {Path(source).name}")
            one = _source(source, definitions, view)
            steps.expect(steps_of(one.case))
            folder = out or REPORTS / one.anchor
            pages = [write_source_page(one, folder / "index.html", told=steps)]
    if source is not None and one.ledger.private and view == SHARED:
        tell(sent_text(one.ledger))
    for page in pages if pdf else ():
        if isinstance(found := print_page(page), str):
            tell(found)
            break
        tell(f"Printed: {page.parent.name}/{found.name}")
    return pages[0]


def _source(name: str, definitions: Definitions, view: str) -> Source:
    """A source judged, as the view shows it.

    Raises
    ------
    ReliefError
        As :func:`publish`.
    """
    ledger, checked = judge_source(name, definitions)
    shown = for_view(view, name, ledger, checked)
    if checked is None:
        return Source(shown, None, _committed(PUBLISHED))
    files = (_committed(EXAMPLE_STUDY) if name == ON
             else _own_files(name, shown, checked.study.sources))  # fmt: skip
    return Source(shown, Case(checked, definitions, view if shown.private else TEAM), files)


def _all(definitions: Definitions, out: Path, view: str, steps: Steps) -> list[Path]:
    """The page that leads to every built-in source, then theirs, in the order shown."""
    sources: list[Source] = []
    skipped: list[dict[str, str]] = []
    notebooks = sorted(NOTEBOOKS.glob("[0-9][0-9]_*.ipynb"))
    steps.expect(len(BUILT_IN) + len(notebooks))
    for name in BUILT_IN:
        steps(f"judging {name}")
        try:
            sources.append(_source(name, definitions, view))
        except DataUnavailable:
            skipped.append({"name": name, "reason": NOT_HERE})
    sources = in_order(sources)
    for source in sources:
        steps.expect(steps_of(source.case))
        # An installed package is not written to.
        if not INSTALLED:
            write_processed(source.ledger, DATA_PROCESSED)
    links = write_notebook_pages(notebooks, out / ON / "notebooks", up="../index.html", told=steps)
    own = _below("notebooks", links)
    pages = [
        write_source_page(
            source, out / source.anchor / "index.html", up="../index.html", told=steps,
            notebooks=own if source.ledger.study == ON else (),
        )
        for source in sources
    ]  # fmt: skip
    front = write_front_page(
        sources, out / "index.html", notebooks=_below(f"{ON}/notebooks", links), skipped=skipped
    )
    return [front, *pages]


def _committed(folder: Path) -> list[dict[str, Any]]:
    """The records of the files that come with the project, of one folder."""
    return [record for record in provenance() if record["file"].startswith(f"{folder.name}/")]


def _below(folder: str, links: Sequence[NotebookLink]) -> list[NotebookLink]:
    return [NotebookLink(f"{folder}/{link.address}", link.title) for link in links]


def _own_files(name: str, ledger: Ledger, sources: dict[str, str]) -> list[dict[str, Any]]:
    """Files of a study; those of people are neither named nor hashed for others."""
    if ledger.private and ledger.view == SHARED:
        return [{"file": "the study's own files, not named here", "sha256": "",
                 "producer": "those who hold the data", "licence": ""}]  # fmt: skip
    producer = BUILT_IN[name].producer if name in BUILT_IN else "the study's own files"
    return [
        {
            "file": shown_path(file) if ledger.private else file,
            "sha256": digest,
            "producer": producer,
            "licence": "",
        }
        for file, digest in sources.items()
    ]


def sent_text(ledger: Ledger) -> str:
    """What is in a page that is passed on, and what is not, for the one who sends it."""
    rows = [row for result in ledger.claims for row in (result.estimate, *result.beside)]
    shown = sum(row.get("estimate") == row.get("estimate") for row in rows if row["estimand"])
    lines = [
        f"In the page: verdicts on {len(ledger.claims)} claims with the reasons of their gates, "
        f"{shown} estimates, {len(ledger.flags)} flags; your name for the study and its title; no "
        "file name, no path, no row of a file, no unkeyed hash of one.",
        *(line for line in withheld_lines(ledger) if line),
        "Pass on one report of a study, not two that differ by a few participants.",
    ]
    return "\n".join(lines)


def write_processed(ledger: Ledger, folder: Path) -> list[Path]:
    """Write a ledger's verdicts and estimates as tables, the same bytes each time.

    Numbers have six significant digits, so that the last digits of a linear-algebra library
    do not change a file. Returns the paths of ``<study>_verdicts.csv`` and
    ``<study>_estimates.csv``.
    """
    make_folder(folder)
    rows = [row for result in ledger.claims for row in (result.estimate, *result.beside)]
    estimates = table(row for row in rows if row["estimand"])
    verdicts = ledger.verdicts().assign(
        synthetic=ledger.synthetic,
        claims_sha256=ledger.claims_sha256,
        decisions_sha256=ledger.decisions_sha256,
        data_sha256=ledger.data_sha256,
    )
    paths = []
    for name, content in (("verdicts", verdicts), ("estimates", estimates)):
        paths.append(folder / f"{ledger.study}_{name}.csv")
        text = content.to_csv(index=False, float_format="%.6g", lineterminator="\n")
        write_atomic(paths[-1], text)
    return paths
