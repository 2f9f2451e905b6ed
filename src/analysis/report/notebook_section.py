"""Executed notebooks as sections of the report: the allowed part of their HTML, nothing else."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from analysis.describe.display import DASH, MINUS
from analysis.errors import ReliefError

if TYPE_CHECKING:
    from bs4 import BeautifulSoup, Tag

NUMBER = re.compile(r"[-+\u2212]?\d[\d,]*(\.\d+)?(e[-+]?\d+)?( ?%)?", re.IGNORECASE)
MISSING = {"nan", "nat", "<na>", "none"}
KEPT = re.compile(
    "a|b|blockquote|br|caption|code|dd|del|dl|dt|em|h[1-6]|hr|i|li|ol|p|pre|strong|sub|sup|"
    "table|tbody|td|tfoot|th|thead|tr|ul"
)
# Columns from which on a table does not fit a phone.
WIDE = 5
DROPPED = re.compile("iframe|math|noscript|object|script|style|svg|template")


def slug(text: str) -> str:
    """A name as part of an anchor: letters, digits, ``_`` and ``-``."""
    return re.sub(r"[^A-Za-z0-9_]+", "-", text).strip("-") or "unnamed"


def notebook_page(
    path: Path, anchors: Mapping[str, str], pages: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """One executed notebook as a section: anchor, file, title, cells.

    ``anchors`` maps the file name of each notebook in the report to its anchor, and ``pages`` to
    its page, where each has one of its own.
    """
    import nbformat

    try:
        notebook = nbformat.read(path, as_version=4)
    except Exception as error:
        raise ReliefError(
            "report-notebook", f"{path.name} could not be read as a Jupyter notebook."
        ) from error
    title, titled, cells = path.stem, False, []
    page = Cleaned(anchors[path.name], anchors, pages)
    for number, cell in enumerate(notebook.cells, start=1):
        page.where = f"{path.name}, cell {number}"
        if cell.cell_type == "markdown":
            source = cell.source
            heading = None if titled else re.search(r"^# +(.+?)\s*$", source, re.MULTILINE)
            if heading:
                title, titled = heading[1].replace("`", ""), True
                source = source[: heading.start()] + source[heading.end() :]
            cells.append({"number": number, "kind": "markdown", "html": page.markdown(source)})
        elif cell.cell_type == "code" and cell.source.strip():
            outputs = [_output(output, page) for output in cell.outputs]
            cells.append(
                {"number": number, "kind": "code", "source": cell.source, "outputs": outputs}
            )
    return {"anchor": anchors[path.name], "file": path.name, "title": title, "cells": cells}


def _output(output: Mapping[str, Any], page: Cleaned) -> Markup:
    """One output of a code cell: figure, table, prose or plain text, whichever comes first."""
    from nbconvert.filters import strip_ansi

    where = page.where
    if output["output_type"] == "error":
        raise ReliefError("report-error", f"{where} holds an error; mend it and run it again.")
    if output["output_type"] == "stream":
        return _preformatted(strip_ansi(output["text"]), where)
    data = output["data"]
    if "image/png" in data:
        alt = _alternative_text(output.get("metadata", {}), where)
        image = base64.b64encode(base64.b64decode("".join(data["image/png"].split()))).decode()
        source = f"data:image/png;base64,{image}"
        return Markup('<figure><img src="{}" alt="{}"></figure>').format(source, alt)
    if "text/html" in data:
        return page.clean(data["text/html"])
    if "text/markdown" in data:
        return page.markdown(data["text/markdown"])
    return _preformatted(data.get("text/plain", ""), where)


def _preformatted(text: str, where: str) -> Markup:
    return Markup('<pre tabindex="0" role="region" aria-label="Text from {}">{}</pre>').format(
        where, text
    )


def _alternative_text(metadata: Mapping[str, Any], where: str) -> str:
    """What a figure shows, in words; a figure without them does not ship."""
    of_image = metadata.get("image/png")
    own = of_image.get("alt") if isinstance(of_image, Mapping) else None
    text = str(own or metadata.get("alt") or "").strip()
    if not text:
        raise ReliefError(
            "report-alt",
            f"{where} shows a figure without alternative text; display it with "
            "analysis.figures.show(ax, alt=...) and save the notebook again.",
        )
    return text


def _label(table: Tag) -> None:
    """Each cell of a wide table knows its column, so that a phone can fold the row."""
    if table.thead is None or table.tbody is None or table.thead.find(colspan=True):
        return
    rows = table.thead.find_all("tr")
    heads = [[cell.get_text().strip() for cell in row.find_all(["th", "td"])] for row in rows]
    if not heads or len({len(row) for row in heads}) > 1 or len(heads[0]) < WIDE:
        return
    labels = [next((text for text in column if text), "") for column in zip(*heads, strict=True)]
    table["class"] = "fold"
    for row in table.tbody.find_all("tr"):
        cells = row.find_all(["th", "td"])
        # The first cells may reach over several rows, the last never do.
        for cell, label in zip(cells, labels[len(labels) - len(cells) :], strict=True):
            if cell.name == "td":
                cell["data-label"] = label


class Cleaned:
    """Turns a notebook's HTML into its allowed part, so that no markup passes unread.

    Headings go below the page's own; tables get a caption, scopes and a scrolling frame;
    links stay only when they lead within the page or to a DOI.
    """

    def __init__(
        self, anchor: str, links: Mapping[str, str], pages: Mapping[str, str] | None = None
    ) -> None:
        self.anchor, self.links, self.where = anchor, links, ""
        self.pages = pages or {}
        self._named: set[str] = set()

    def markdown(self, source: str) -> Markup:
        """Markdown as the allowed part of the HTML that nbconvert makes of it."""
        from nbconvert.filters import markdown2html

        return self.clean(markdown2html(source))

    def clean(self, source: str) -> Markup:
        """The allowed part of some HTML."""
        from bs4 import BeautifulSoup
        from bs4.element import PreformattedString

        soup = BeautifulSoup(f"<div>{source}</div>", "html.parser")
        for text in soup.find_all(string=lambda text: isinstance(text, PreformattedString)):
            text.extract()  # comments and declarations
        for tag in soup.find_all(True):
            if tag.decomposed:
                continue
            if DROPPED.fullmatch(tag.name) or "anchor-link" in (tag.get("class") or ""):
                tag.decompose()
            elif tag.name == "img":
                raise ReliefError(
                    "report-picture",
                    f"{self.where} refers to a picture; figures in the report come from code.",
                )
            elif not KEPT.fullmatch(tag.name):
                tag.unwrap()
            else:
                self._rewrite(tag)
        for table in soup.find_all("table"):
            self._frame(table, soup)
        return Markup(soup.decode(formatter="minimal"))

    def _rewrite(self, tag: Tag) -> None:
        """Keep the attributes that carry meaning, and lower the headings."""
        given, tag.attrs = dict(tag.attrs), {}
        if re.fullmatch("h[1-6]", tag.name):
            # Below the title of its page, or of its section in a page of all.
            lower = 0 if self.pages else 2
            tag.name = f"h{min(6, max(2, int(tag.name[1])) + lower)}"
            name = f"{self.anchor}-{slug(str(given.get('id', '')))}"
            if given.get("id") and name not in self._named:
                self._named.add(name)
                tag["id"] = name
        elif tag.name == "a":
            if target := self._target(str(given.get("href", ""))):
                tag["href"] = target
            else:
                # No link that leads nowhere: its words stay.
                tag.unwrap()
        elif tag.name in ("td", "th"):
            for span in ("rowspan", "colspan"):
                if str(given.get(span, "")).isdecimal():
                    tag[span] = given[span]

    def _target(self, href: str) -> str:
        """Where a link may lead: a DOI, another notebook of the report, the same notebook."""
        name, _, part = href.partition("#")
        if href.startswith("https://doi.org/"):
            return href
        name = Path(name).name
        if anchor := self.links.get(name, "" if name else self.anchor):
            place = f"#{anchor}-{slug(part)}" if part else f"#{anchor}"
            return place if anchor == self.anchor else self.pages.get(name, "") + place
        return ""

    def _frame(self, table: Tag, soup: BeautifulSoup) -> None:
        """Scopes for heading cells, a mark on numbers, a caption, a frame that scrolls."""
        _label(table)
        for cell in table.find_all(["td", "th"]):
            text = cell.get_text().strip()
            if cell.name == "th" and text:
                cell["scope"] = "col" if cell.find_parent("thead") else "row"
            elif cell.name == "th":
                cell.name = "td"
            elif text.lower() in MISSING or NUMBER.fullmatch(text):
                cell["class"] = "num"
                cell.string = DASH if text.lower() in MISSING else text.replace("-", MINUS)
        if table.caption is None:
            caption = soup.new_tag("caption", attrs={"class": "hidden"})
            caption.string = f"Table from {self.where}"
            table.insert(0, caption)
        frame = {"class": "scroll", "tabindex": "0", "role": "region"}
        label = f"Table from {self.where}"
        table.wrap(soup.new_tag("div", attrs=frame | {"aria-label": label}))
