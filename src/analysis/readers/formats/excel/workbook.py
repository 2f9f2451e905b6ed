"""What a workbook holds beside its values: errors, formulas never computed, merged cells.

python-calamine hands out an error and a formula without a value as blank cells, and nothing
can be lost in silence; so the file is looked at a second time for what it does not tell.
openpyxl tells it, and reads no .ods and every cell of every sheet as an object.
"""

from __future__ import annotations

import io
import posixpath
import re
import xml.etree.ElementTree as ET
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from analysis.readers.formats.excel.struck import OpenStyles, Struck
from analysis.readers.formats.excel.struck import local as _local

__all__ = ["MOST_CELLS", "Marks", "kind_of", "marks", "unpacked"]

# More cells than this between the corners of a sheet do not fit a dense table in memory.
MOST_CELLS = 40_000_000
# Sheets shrink some tenfold when packed; files made to burst do so a thousandfold.
_MOST_BYTES, _FREE_BYTES, _MOST_RATIO = 4 << 30, 32 << 20, 150
# What names sheets and relations is held whole, and has some kilobytes.
_MOST_NAMING = 4 << 20
_Cell = tuple[int, int]
# The container of workbooks before 2007, and of newer ones with a password.
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"

_MANIFEST = "META-INF/manifest.xml"
# What a packed file or its XML raises where it is damaged.
_DAMAGE = (
    zipfile.BadZipFile, zlib.error, ET.ParseError, LookupError, StopIteration,
    EOFError, OSError, RuntimeError, NotImplementedError, ValueError,
)  # fmt: skip

_TYPED = re.compile(rb"""[\s]t=["']e["']|<(?:\w+:)?f[\s/>]""")
_REFERENCE = re.compile(rb"""\sr=["']([A-Z]{1,3})(\d{1,7})["']""")
_HIDDEN_ROW = re.compile(rb"""<(?:\w+:)?row\s[^>]*\bhidden=["'](?:1|true)["']""")
_A1 = re.compile(r"([A-Z]+)(\d+)")


@dataclass
class Marks:
    """Places of a sheet, row and column from 0.

    Attributes
    ----------
    errors : list
        Cells that hold an error, such as a division by zero.
    uncomputed : list
        Formulas whose value was never stored.
    merged : list
        Upper left cells of merged ranges, where the format tells them here.
    hidden_rows : int
        Rows that the sheet does not show, as a filter hides them.
    struck : list
        Filled cells whose content is struck through.
    height, width : int
        Extent of the sheet, counting cells that only look empty.
    """

    errors: list[_Cell] = field(default_factory=list)
    uncomputed: list[_Cell] = field(default_factory=list)
    merged: list[_Cell] = field(default_factory=list)
    hidden_rows: int = 0
    struck: list[_Cell] = field(default_factory=list)
    height: int = 0
    width: int = 0


def kind_of(raw: bytes) -> str | None:
    """The kind of file by its content, whatever its name says.

    Returns
    -------
    str or None
        ``xlsx``, ``ods``, ``xls``; ``locked`` where a password is needed; ``html``, ``xml``
        or ``text`` for what only has a workbook's name; None for anything else.
    """
    if raw.startswith(b"PK"):
        return _packed_kind(raw)
    if raw.startswith(_OLE):
        # Office keeps a workbook with a password inside a stream of this name.
        locked = "EncryptedPackage".encode("utf-16-le") in raw
        return "locked" if locked else "xls"
    start = raw[:4096].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if re.match(rb"<(?:!doctype html|html|head|body|table|meta|style)\b", start):
        return "html"
    if start.startswith(b"<?xml") or start.startswith(b"<"):
        return "html" if b"<html" in start else "xml"
    utf16 = raw.startswith((b"\xff\xfe", b"\xfe\xff"))
    return "text" if utf16 or b"\x00" not in raw[:4096] else None


def _packed_kind(raw: bytes) -> str | None:
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as packed:
            names = set(packed.namelist())
            if "content.xml" in names:
                manifest = packed.read("META-INF/manifest.xml") if _MANIFEST in names else b""
                return "locked" if b"encryption-data" in manifest else "ods"
            return "xlsx" if any(name.startswith("xl/") for name in names) else None
    except _DAMAGE:
        return None


def unpacked(raw: bytes) -> bool:
    """Whether a packed workbook unpacks to a size that a table of scores can have.

    Raises
    ------
    ValueError
        Where a member is damaged, or is not of the size that it tells: the library would
        unpack it whole.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as packed:
            size = sum(entry.file_size for entry in packed.infolist())
            if size > _FREE_BYTES and (size > _MOST_BYTES or size > _MOST_RATIO * len(raw)):
                return False
            # Reads no member further than the size it tells, and compares the checksum then.
            if packed.testzip() is not None:
                raise ValueError("a member is not what the directory tells")
    except _DAMAGE as error:
        raise ValueError("damaged") from error
    return True


def marks(raw: bytes, kind: str) -> dict[str, Marks]:
    """Look through every sheet of a workbook, by its name.

    Parameters
    ----------
    raw : bytes
        The file.
    kind : {"xlsx", "ods"}

    Raises
    ------
    ValueError
        Where the file is damaged, in whatever way.
    """
    look = {"xlsx": _xlsx, "ods": _ods}[kind]
    try:
        return look(raw)
    except _DAMAGE as error:
        raise ValueError("damaged") from error


# --- Office Open XML (ECMA-376 part 1, 18.3.1) ----------------------------------------------


def _attribute(element: ET.Element, name: str) -> str | None:
    """An attribute by its name alone, whichever namespace it is written in."""
    return next((value for key, value in element.attrib.items() if _local(key) == name), None)


def _tree(packed: zipfile.ZipFile, part: str) -> ET.Element:
    """A small part of the file."""
    if packed.getinfo(part).file_size > _MOST_NAMING:
        raise ValueError("a part for names that is too large for any")
    return ET.fromstring(packed.read(part))


def _relations(packed: zipfile.ZipFile, part: str) -> dict[str, str]:
    """Targets of a part's relationships by id."""
    path = PurePosixPath(part)
    root = _tree(packed, f"{path.parent}/_rels/{path.name}.rels")
    return {
        str(_attribute(one, "Id")): posixpath.normpath(
            posixpath.join(f"/{path.parent}", str(_attribute(one, "Target")))
        ).lstrip("/")
        for one in root
    }


def _sheet_parts(packed: zipfile.ZipFile) -> dict[str, str]:
    """Names of the sheets, and the part of the file that holds each."""
    book = next(name for name in packed.namelist() if re.fullmatch(r"xl/workbook\d*\.xml", name))
    targets = _relations(packed, book)
    return {
        str(element.get("name")): targets[str(_relation_id(element))]
        for element in _tree(packed, book).iter()
        if _local(element.tag) == "sheet"
    }


def _relation_id(element: ET.Element) -> str | None:
    ids = [v for k, v in element.attrib.items() if _local(k) == "id" and k.startswith("{")]
    return ids[0] if ids else None


def _xlsx(raw: bytes) -> dict[str, Marks]:
    with zipfile.ZipFile(io.BytesIO(raw)) as packed:
        parts = set(packed.namelist())
        styles, texts = (
            packed.read(name) if name in parts else b""
            for name in ("xl/styles.xml", "xl/sharedStrings.xml")
        )
        struck = Struck(styles, texts)
        sheets = _sheet_parts(packed)
        return {name: _part(packed.read(part), struck) for name, part in sheets.items()}


def _part(xml: bytes, struck: Struck) -> Marks:
    found = Marks(hidden_rows=len(_HIDDEN_ROW.findall(xml)))
    places = _REFERENCE.findall(xml)
    found.height = max((int(row) for _, row in places), default=0)
    found.width = max((_column(name.decode()) + 1 for name in {n for n, _ in places}), default=0)
    looked = struck.anywhere(xml)
    if looked or _TYPED.search(xml):
        for place, element in _cells(xml):
            _look(element, place, found)
            if looked and struck.cell(element):
                found.struck.append(place)
    return found


def _column(letters: str) -> int:
    """Number of a column from 0 by its letters."""
    number = 0
    for letter in letters:
        number = 26 * number + ord(letter) - 64
    return number - 1


def _cells(xml: bytes) -> Iterator[tuple[_Cell, ET.Element]]:
    """Cells of a sheet with their places; a cell without a reference follows the one before."""
    row, column = -1, -1
    for event, element in ET.iterparse(io.BytesIO(xml), events=("start", "end")):
        name = _local(element.tag)
        if event == "start" and name == "row":
            row, column = int(element.get("r", row + 2)) - 1, -1
        elif event == "end" and name == "c":
            match = _A1.fullmatch(element.get("r", ""))
            column = _column(match[1]) if match else column + 1
            yield (row, column), element
        elif event == "end" and name == "row":
            element.clear()


def _look(cell: ET.Element, place: _Cell, found: Marks) -> None:
    parts = {_local(part.tag): part for part in cell}
    value = parts.get("v")
    if cell.get("t") == "e":
        found.errors.append(place)
    elif "f" in parts and (value is None or not value.text) and cell.get("t") != "str":
        # A formula may compute an empty text, and then says that it is text.
        found.uncomputed.append(place)


# --- OpenDocument (ISO/IEC 26300, 9.1) ------------------------------------------------------


class _Ods:
    """Looks at the cells of every table as the parser meets them; no tree is built."""

    def __init__(self) -> None:
        self.found: dict[str, Marks] = {}
        self._own = Marks()
        self._row = self._rows = self._column = 0
        self._place: _Cell = (0, 0)
        self._open: list[str] = []
        self._filled = False
        self.styles = OpenStyles()

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """An element begins."""
        name, above = _local(tag), self._open[-1] if self._open else ""
        self._open.append(name)
        told = {_local(key): value for key, value in attributes.items()}
        self.styles.element(name, told)
        if name == "span" and self.styles.struck(told.get("style-name")):
            self._own.struck.append(self._place)
        elif name == "table":
            self._own, self._row = Marks(), 0
            self.found[told.get("name", "None")] = self._own
        elif name == "table-row":
            self._rows = int(told.get("number-rows-repeated", 1))
            self._column, self._filled = 0, False
        elif above == "table-row" and name in ("table-cell", "covered-table-cell"):
            kinds = {value for key, value in attributes.items() if _local(key) == "value-type"}
            self._cell(told, kinds)

    def end(self, tag: str) -> None:
        """An element ends."""
        self._open.pop()
        if _local(tag) == "table-row":
            if self._filled:
                self._own.height = self._row + self._rows
            self._row += self._rows

    def _cell(self, told: dict[str, str], kinds: set[str]) -> None:
        own, place = self._own, (self._row, self._column)
        self._place = place
        if kinds and self.styles.cell(told.get("style-name"), self._column):
            own.struck.append(place)
        if "error" in kinds:
            own.errors.append(place)
        elif told.get("formula") and not kinds:
            own.uncomputed.append(place)
        spans = ("number-columns-spanned", "number-rows-spanned")
        if kinds and any(int(told.get(span, 1)) > 1 for span in spans):
            own.merged.append(place)
        self._column += int(told.get("number-columns-repeated", 1))
        if kinds:
            self._filled, own.width = True, max(own.width, self._column)


def _ods(raw: bytes) -> dict[str, Marks]:
    looking = _Ods()
    parser = ET.XMLParser(target=looking)
    with zipfile.ZipFile(io.BytesIO(raw)) as packed:
        if "styles.xml" in packed.namelist():
            looking.styles.named(packed.read("styles.xml"))
        with packed.open("content.xml") as content:
            while piece := content.read(1 << 20):
                parser.feed(piece)
    parser.close()
    return looking.found
