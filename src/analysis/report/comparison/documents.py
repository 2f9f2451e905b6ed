"""Notebooks and pages as blocks of tables, figures and texts, whatever they were written as."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from analysis.errors import ReliefError
from analysis.report.comparison.tables import Table, read_table

if TYPE_CHECKING:
    from bs4 import BeautifulSoup, Tag

__all__ = ["Block", "Document", "Picture", "heading_above", "of_notebook", "of_outputs", "of_page"]

_HEADING = re.compile(r"#+ +(.+?)\s*$", re.MULTILINE)
_BEFORE_HEADING = re.compile(r"^(?=#+ )", re.MULTILINE)
_PROSE = ["p", "li", "dd", "pre", "figcaption", "h1", "h2", "h3", "h4", "h5", "h6"]


@dataclass(frozen=True)
class Picture:
    """A figure: its PNG and the words for those who do not see it."""

    png: bytes
    alt: str


@dataclass(frozen=True)
class Block:
    """A cell of a notebook, or what stands below one heading of a page.

    ``key`` is what it is found again by: a cell's code, a heading. ``texts`` are paragraphs.
    """

    kind: str
    heading: str
    place: str
    key: str
    tables: tuple[Table, ...] = ()
    pictures: tuple[Picture, ...] = ()
    texts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Document:
    """A notebook or a page, in the order of its blocks."""

    name: str
    blocks: tuple[Block, ...]

    def words(self) -> str:
        """All its texts."""
        return "\n".join(text for block in self.blocks for text in block.texts)


def of_notebook(name: str, text: str) -> Document:
    """A notebook by its JSON.

    Raises
    ------
    ReliefError
        ``report-notebook`` where it is none.
    """
    import nbformat

    try:
        notebook = nbformat.reads(text, as_version=4)
    except Exception as error:
        raise ReliefError(
            "report-notebook", f"{name} could not be read as a Jupyter notebook."
        ) from error
    heading, blocks = "", []
    for number, cell in enumerate(notebook.cells, start=1):
        place = f"cell {number}"
        if cell.cell_type == "markdown":
            for piece in _pieces(cell.source):
                own = _heading(piece)
                heading, key = own or heading, own or piece
                blocks.append(Block("markdown", heading, place, key, texts=_paragraphs(piece)))
        elif cell.cell_type == "code":
            blocks.append(of_outputs(cell.outputs, heading, place, cell.source))
    return Document(name, tuple(blocks))


def heading_above(cells: Sequence[Mapping[str, Any]]) -> str:
    """The last heading in the prose of some cells, or nothing."""
    texts = [cell["source"] for cell in cells if cell["cell_type"] == "markdown"]
    own = (_heading(piece) for text in reversed(texts) for piece in reversed(_pieces(text)))
    return next((heading for heading in own if heading), "")


def _pieces(text: str) -> list[str]:
    """Prose, split before each heading."""
    return _BEFORE_HEADING.split(text)


def _heading(piece: str) -> str:
    own = _HEADING.match(piece)
    return own[1].replace("`", "") if own else ""


def of_outputs(
    outputs: Sequence[Mapping[str, Any]], heading: str = "", place: str = "", code: str = ""
) -> Block:
    """What one code cell shows, each output by its richest form that can be compared."""
    found = _Found()
    for output in outputs:
        kind, data = output["output_type"], output.get("data", {})
        if kind == "stream":
            found.texts += _paragraphs(_text(output["text"]))
        elif kind == "error":
            found.texts.append(f"{output['ename']}: {output['evalue']}")
        elif "image/png" in data:
            metadata = output.get("metadata", {})
            alt = (metadata.get("image/png") or {}).get("alt") or metadata.get("alt") or ""
            found.pictures.append(Picture(_png(_text(data["image/png"])), str(alt)))
        elif "text/html" in data:
            found.add(_soup(_text(data["text/html"])))
        else:
            text = data.get("text/markdown") or data.get("text/plain") or ""
            found.texts += _paragraphs(_text(text))
    return found.block("code", heading, place, code)


def of_page(name: str, text: str) -> Document:
    """A page that the project wrote: a block a heading, in their order."""
    from bs4 import Tag

    soup = _soup(text)
    blocks, found, heading = [], _Found(), ""
    body = soup.body or soup
    for tag in list(body.find_all(["h1", "h2", "h3", "h4", "h5", "h6", "table", "img", *_PROSE])):
        if not isinstance(tag, Tag) or tag.find_parent(["pre", "p", "li", "dd"]):
            continue
        if re.fullmatch("h[1-6]", tag.name) and tag.find_parent("table") is None:
            blocks.append(found.block("page", heading, heading, heading))
            found, heading = _Found(), " ".join(tag.get_text(" ").split())
        elif tag.name == "table":
            found.tables.append(read_table(_alone(tag)))
        elif tag.name == "img":
            found.image(tag)
        elif tag.find_parent("table") is None:
            found.texts += _paragraphs(tag.get_text(" "))
    blocks.append(found.block("page", heading, heading, heading))
    return Document(name, tuple(block for block in blocks if block.key or block.texts))


@dataclass
class _Found:
    tables: list[Table] = field(default_factory=list)
    pictures: list[Picture] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)

    def add(self, soup: BeautifulSoup) -> None:
        """The tables, pictures and remaining words of some HTML."""
        for tag in soup.find_all("table"):
            self.tables.append(read_table(_alone(tag)))
        for tag in soup.find_all("img"):
            self.image(tag)
        for tag in soup.find_all("table"):
            if not tag.decomposed:
                tag.decompose()
        self.texts += _paragraphs(soup.get_text("\n"))

    def image(self, tag: Tag) -> None:
        source = str(tag.get("src", ""))
        if source.startswith("data:image/png;base64,"):
            self.pictures.append(Picture(_png(source.partition(",")[2]), str(tag.get("alt", ""))))
        else:
            # A drawing of vectors is compared by what it says.
            self.texts += _paragraphs(str(tag.get("alt", "")))

    def block(self, kind: str, heading: str, place: str, key: str) -> Block:
        return Block(
            kind, heading, place, key, tuple(self.tables), tuple(self.pictures), tuple(self.texts)
        )


def _alone(table: Tag) -> Tag:
    """A table without those that lie in its cells, which are read by themselves."""
    from copy import copy

    if table.find("table") is None:
        return table
    alone = copy(table)
    for inner in alone.find_all("table"):
        if not inner.decomposed:
            inner.decompose()
    return alone


def _soup(text: str) -> BeautifulSoup:
    from bs4 import BeautifulSoup

    soup = BeautifulSoup(text, "html.parser")
    for tag in soup.find_all(["script", "style", "svg", "template"]):
        tag.decompose()
    return soup


def _text(value: Any) -> str:
    return value if isinstance(value, str) else "".join(value)


def _png(text: str) -> bytes:
    try:
        return base64.b64decode(text)
    except binascii.Error:
        return b""


def _paragraphs(text: str) -> tuple[str, ...]:
    """Paragraphs, each on one line; lines of a list or an output are paragraphs."""
    pieces = re.split(r"\n\s*\n|\n(?=\s*[-*|\d])", text)
    return tuple(line for piece in pieces if (line := " ".join(piece.split())))
