"""The smallest data set that SAS could have written: one page of what it holds, pages of rows.

No program but SAS writes the format; it is laid out here as ReadStat reads it (32 bit, little
endian, uncompressed, UTF-8).
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

MAGIC = bytes.fromhex("000000000000000000000000c2ea8160b31411cfbd92080009c7318c181f1011")
HEADER, PAGE = 1024, 65536
_PAGE_HEAD = 24


def write_sas7bdat(path: Path, columns: dict[str, list[Any]], formats: dict[str, str]) -> Path:
    """Columns of numbers (None missing) and texts, with the SAS formats of some."""
    kinds = {name: all(v is None or isinstance(v, int | float) for v in cells)
             for name, cells in columns.items()}  # fmt: skip
    widths = {name: 8 if kinds[name] else max(len(str(v).encode()) for v in cells) or 1
              for name, cells in columns.items()}  # fmt: skip
    # Numbers come first, so that each lies on eight bytes.
    order = sorted(columns, key=lambda name: not kinds[name])
    places, length = {}, 0
    for name in order:
        places[name] = length
        length += widths[name]
    count = len(next(iter(columns.values())))
    rows = [b"".join(_cell(columns[n][row], kinds[n], widths[n]) for n in order)
            for row in range(count)]  # fmt: skip
    fitting = (PAGE - _PAGE_HEAD) // length
    data = [rows[at : at + fitting] for at in range(0, count, fitting)]
    meta = _meta(columns, kinds, widths, places, formats, length, count)
    pages = [meta, *(_data_page(piece) for piece in data)]
    path.write_bytes(_header(len(pages)) + b"".join(pages))
    return path


def _cell(value: Any, number: bool, width: int) -> bytes:
    if not number:
        return str(value).encode().ljust(width)
    return struct.pack("<d", value) if value is not None else b"\0\0\0\0\0\xfe\xff\xff"


def _header(pages: int) -> bytes:
    head = bytearray(HEADER)
    head[:32] = MAGIC
    head[32], head[35], head[37], head[39] = 0x22, 0x22, 1, ord("1")
    head[70] = 20
    head[84:92], head[92:156], head[156:164] = b"SAS FILE", b"MADEUP".ljust(64), b"DATA    "
    struct.pack_into("<ddd", head, 164, 2e9, 2e9, 0.0)
    struct.pack_into("<iii", head, 196, HEADER, PAGE, pages)
    head[216:224], head[224:240] = b"9.0401M7", b"Linux".ljust(16)
    return bytes(head)


def _data_page(rows: list[bytes]) -> bytes:
    head = struct.pack("<16xHHHH", 256, len(rows), 0, 0)
    return (head + b"".join(rows)).ljust(PAGE, b"\0")


def _meta(
    columns: dict[str, list[Any]], kinds: dict[str, bool], widths: dict[str, int],
    places: dict[str, int], formats: dict[str, str], length: int, count: int,
) -> bytes:  # fmt: skip
    texts, at = bytearray(struct.pack("<H14x", 0)), {}
    for text in [*columns, *formats.values()]:
        at[text] = len(texts)
        raw = text.encode()
        texts += raw.ljust(-(-len(raw) // 4) * 4)
    text_block = struct.pack("<I", 0xFFFFFFFD) + bytes(texts) + b"\0" * 8
    text_block = bytearray(text_block)
    struct.pack_into("<H", text_block, 4, len(text_block) - 12)
    row_size = bytearray(480)
    struct.pack_into("<I", row_size, 0, 0xF7F7F7F7)
    struct.pack_into("<II", row_size, 20, length, count)
    struct.pack_into("<I", row_size, 60, 0)
    names = struct.pack("<IHHI", 0xFFFFFFFF, 0, 0, 0)
    for name in columns:
        names += struct.pack("<HHHH", 0, at[name], len(name.encode()), 0)
    names = bytearray(names + b"\0" * 8)
    struct.pack_into("<H", names, 4, len(names) - 12)
    attributes = struct.pack("<IHHI", 0xFFFFFFFC, 0, 0, 0)
    for name in columns:
        kind = 1 if kinds[name] else 2
        attributes += struct.pack("<IIHBB", places[name], widths[name], 1024, kind, 0)
    attributes = bytearray(attributes + b"\0" * 8)
    struct.pack_into("<H", attributes, 4, len(attributes) - 12)
    blocks = [bytes(row_size), struct.pack("<III", 0xF6F6F6F6, len(columns), 0),
              bytes(text_block), bytes(names), bytes(attributes)]  # fmt: skip
    for name in columns:
        block = bytearray(52)
        struct.pack_into("<I", block, 0, 0xFFFFFBFE)
        if form := formats.get(name):
            struct.pack_into("<HHH", block, 34, 0, at[form], len(form))
        blocks.append(bytes(block))
    page = bytearray(PAGE)
    struct.pack_into("<HHH", page, 16, 0, len(blocks), len(blocks))
    end = PAGE
    for number, block in enumerate(blocks):
        end -= -(-len(block) // 8) * 8
        page[end : end + len(block)] = block
        struct.pack_into("<IIBB", page, _PAGE_HEAD + 12 * number, end, len(block), 0, 0)
    return bytes(page)
