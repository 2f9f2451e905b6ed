"""Cells that a workbook shows struck through (ECMA-376 part 1, 18.8.22): withdrawn, not erased.

No library that hands out values tells it; openpyxl does, a hundred times slower. The table of
styles says at once whether any cell can be struck, and most workbooks have none.
"""

from __future__ import annotations

import io
import re
import xml.etree.ElementTree as ET

__all__ = ["OpenStyles", "Struck", "local"]

_STRIKE = b"strike"
_OFF = ("0", "false", "off")
# Fonts and formats of a workbook fill some megabytes at the most.
_MOST_STYLES = 64 << 20


class Struck:
    """Styles and shared texts of a workbook that are struck through.

    Parameters
    ----------
    styles, texts : bytes
        Its parts ``styles.xml`` and ``sharedStrings.xml``, empty where it has none.
    """

    def __init__(self, styles: bytes, texts: bytes) -> None:
        self._styles = _struck_styles(styles) if _STRIKE in styles else frozenset[str]()
        self._texts = _struck_texts(texts) if _STRIKE in texts else frozenset[str]()
        names = b"|".join(name.encode() for name in sorted(self._styles))
        self._styled = re.compile(rb"""<(?:\w+:)?c\s(?:[^>]*\s)?s=["'](?:%b)["']""" % names)

    def anywhere(self, sheet: bytes) -> bool:
        """Whether a cell of a sheet may be struck through, told from its text alone."""
        if self._texts or "0" in self._styles or _STRIKE in sheet:
            return True
        return bool(self._styles) and self._styled.search(sheet) is not None

    def cell(self, element: ET.Element) -> bool:
        """Whether a cell holds something, all or part of which is struck through."""
        parts = {local(part.tag): part for part in element}
        value = parts["v"].text if "v" in parts else None
        if "is" in parts and _runs_struck(parts["is"]):
            return True
        if element.get("t") == "s" and value in self._texts:
            return True
        return element.get("s", "0") in self._styles and bool(value or "is" in parts)


class OpenStyles:
    """Styles of an OpenDocument table (ISO/IEC 26300-1, 16.2 and 19.615), as a parser meets them.

    A cell that names none has that of its row, else that of its column; a style that does not
    say whether it strikes through has it from its parent.
    """

    def __init__(self) -> None:
        self._name = ""
        self._parents: dict[str, str] = {}
        self._says: dict[str, bool] = {}
        # Of a table: after which column each ends.
        self._columns: list[tuple[int, str]] = []
        self._row = ""

    def named(self, xml: bytes) -> None:
        """Take the styles of the part ``styles.xml``."""
        if len(xml) > _MOST_STYLES:
            raise ValueError("more styles than any workbook has")
        for _, element in ET.iterparse(io.BytesIO(xml), events=("start",)):
            self.element(local(element.tag), {local(key): v for key, v in element.items()})

    def element(self, name: str, told: dict[str, str]) -> None:
        """An element begins, with its attributes."""
        style = told.get("default-cell-style-name", "")
        if name == "style":
            self._name = told.get("name", "")
            self._parents[self._name] = told.get("parent-style-name", "")
        elif name == "text-properties" and "text-line-through-style" in told:
            self._says[self._name] = told["text-line-through-style"] != "none"
        elif name == "table":
            self._columns = []
        elif name == "table-column":
            before = self._columns[-1][0] if self._columns else 0
            after = before + int(told.get("number-columns-repeated", 1))
            self._columns.append((after, style))
        elif name == "table-row":
            self._row = style

    def struck(self, name: str | None) -> bool:
        """Whether a style strikes through."""
        seen = set[str]()
        while name and name not in self._says and name not in seen:
            seen.add(name)
            name = self._parents.get(name, "")
        return self._says.get(name or "", False)

    def cell(self, name: str | None, column: int) -> bool:
        """Whether a cell of the row that began last is struck through."""
        if not any(self._says.values()):
            return False
        name = name or self._row
        if not name:
            name = next((style for after, style in self._columns if column < after), "")
        return self.struck(name)


def local(tag: str) -> str:
    """A name without its namespace."""
    return tag.rpartition("}")[2]


def _on(font: ET.Element) -> bool:
    return any(
        local(part.tag) == _STRIKE.decode() and part.get("val", "1").lower() not in _OFF
        for part in font
    )


def _children(root: ET.Element, name: str) -> list[ET.Element]:
    return [child for part in root if local(part.tag) == name for child in part]


def _struck_styles(styles: bytes) -> frozenset[str]:
    """Numbers of cell formats with a struck font, as cells name them."""
    if len(styles) > _MOST_STYLES:
        raise ValueError("more styles than any workbook has")
    root = ET.fromstring(styles)
    fonts = {str(n) for n, font in enumerate(_children(root, "fonts")) if _on(font)}
    formats = _children(root, "cellXfs")
    return frozenset(str(n) for n, one in enumerate(formats) if one.get("fontId", "0") in fonts)


def _struck_texts(texts: bytes) -> frozenset[str]:
    """Numbers of shared texts of which some is struck, as where an answer was corrected."""
    found, number = set(), 0
    for _, element in ET.iterparse(io.BytesIO(texts)):
        if local(element.tag) == "si":
            found |= {str(number)} if _runs_struck(element) else set()
            number += 1
            element.clear()
    return frozenset(found)


def _runs_struck(text: ET.Element) -> bool:
    fonts = (part for run in text for part in run if local(part.tag) == "rPr")
    return any(_on(font) for font in fonts)
