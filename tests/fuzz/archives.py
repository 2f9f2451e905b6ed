"""Workbooks as the archives of XML that they are: members damaged, hostile, or made to burst."""

from __future__ import annotations

import io
import re
import struct
import zipfile
from random import Random

from tests.factory import TOKEN
from tests.fuzz import damage
from tests.fuzz.cells import text

_LAUGHS = "".join(
    f'<!ENTITY {name} "{f"&{before};" * 20}">'
    for before, name in zip("abcde", "bcdef", strict=True)
)
_LAUGHS = f'<!DOCTYPE x [<!ENTITY a "{"x" * 1000}">{_LAUGHS}]>'
_OUTSIDE = '<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/hostname">]>'
_NUMBERS = ["0", "-1", "1048577", "999999999", "4294967296", "9" * 30, "1e9", "", TOKEN, "&f;"]
_REFERENCES = ["A0", "XFD1048576", "ZZZ1", "A99999999999", "1A", "", "A1:B2", "a1", "A-1"]
Members = dict[str, bytes]


def members(raw: bytes) -> Members:
    """Names and contents of the members of an archive."""
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def archive_of(parts: Members) -> bytes:
    """An archive of members."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in parts.items():
            made.writestr(name, content)
    return out.getvalue()


def _sheet(parts: Members, random: Random) -> str:
    """A member that holds cells or their texts, else any."""
    likely = [name for name in parts if re.search(r"sheet1|sharedStrings|content|workbook", name)]
    return random.choice(likely if likely and random.random() < 0.8 else list(parts))


def _damaged(parts: Members, random: Random) -> None:
    name = _sheet(parts, random)
    if parts[name]:
        kinds = [damage.flipped, damage.patched, damage.cut, damage.doubled, damage.recoded]
        parts[name] = random.choice(kinds)(parts[name], random)


def _gone(parts: Members, random: Random) -> None:
    del parts[_sheet(parts, random)]


def _swapped(parts: Members, random: Random) -> None:
    one, other = _sheet(parts, random), _sheet(parts, random)
    parts[one], parts[other] = parts[other], parts[one]


def _outside(parts: Members, random: Random) -> None:
    places = ["../../../tmp/evil", "/etc/passwd", "C:\\evil", f"xl/{TOKEN}.xml", "xl/\x01.xml"]
    name = random.choice(places)
    parts[name] = parts[_sheet(parts, random)] if random.random() < 0.5 else TOKEN.encode()


def _attributes(parts: Members, random: Random) -> None:
    """Values of attributes replaced: places, counts, types, identifiers of relations."""
    name = _sheet(parts, random)
    xml = parts[name].decode("utf-8", "replace")
    found = list(re.finditer(r'(\w+)="([^"]*)"', xml))
    for match in random.sample(found, min(len(found), random.choice([1, 2, 10]))):
        new = random.choice([*_NUMBERS, *_REFERENCES, "e", "b", "s", "str", "inlineStr", "d", "n"])
        xml = xml.replace(match[0], f'{match[1]}="{new}"', random.choice([1, -1]))
    parts[name] = xml.encode("utf-8", "surrogatepass")


def _repeated(parts: Members, random: Random) -> None:
    """Cells and rows of OpenDocument that say they are repeated very often."""
    name = _sheet(parts, random)
    count = random.choice(["1000000", "1048576", "2147483647", "9" * 20, "-5", "0", "x"])
    what, tag = random.choice([("columns", "table-cell"), ("rows", "table-row")])
    extra = f'<table:{tag} table:number-{what}-repeated="{count}"'
    xml = parts[name].replace(f"<table:{tag}".encode(), extra.encode(), random.choice([1, -1, 3]))
    parts[name] = xml


def _elements(parts: Members, random: Random) -> None:
    """Elements doubled, nested, emptied, or holding a formula."""
    name = _sheet(parts, random)
    xml = parts[name].decode("utf-8", "replace")
    found = list(re.finditer(r"<(\w+:)?(\w+)[^<>]*>", xml))
    match = random.choice(found) if found else None
    if match is None:
        return
    more = random.choice([
        match[0], match[0] * 2000, "<f>1/0</f>", f"<f>{TOKEN}</f><v></v>", "<v>1e999</v>",
        f"<is><t>{TOKEN}</t></is>", f"<![CDATA[{TOKEN}]]>", "<!-- -->" * 100, "<a>" * 20_000, "&x;",
        "<mergeCell ref='A1:XFD1048576'/>", '<row r="5" hidden="1"/>', "<?x y?>",
    ])  # fmt: skip
    parts[name] = (xml[: match.start()] + more + xml[match.start() :]).encode()


def _words(parts: Members, random: Random) -> None:
    """Text between tags replaced as it stands: markup and all."""
    name = _sheet(parts, random)
    xml = parts[name].decode("utf-8", "replace")
    found = list(re.finditer(r">([^<>]+)<", xml))
    for match in random.sample(found, min(len(found), random.choice([1, 3, 30]))):
        xml = xml.replace(match[0], f">{text(random)}<", 1)
    parts[name] = xml.encode("utf-8", "surrogatepass")


def _entities(parts: Members, random: Random) -> None:
    """Entities that laugh a billion times, or look outside of the file."""
    name = _sheet(parts, random)
    xml = parts[name].decode("utf-8", "replace")
    head, entity = random.choice([(_LAUGHS, "&f;"), (_LAUGHS, "&e;"), (_OUTSIDE, "&f;")])
    start = xml.index("?>") + 2 if xml.startswith("<?xml") else 0
    body = re.sub(r">[^<>]+<", f">{entity}<", xml[start:], count=random.choice([1, 3]))
    parts[name] = (xml[:start] + head + body).encode()


def _circles(parts: Members, random: Random) -> None:
    """Relations that lead to themselves, to nothing, or out of the file."""
    for name in [name for name in parts if name.endswith(".rels")]:
        targets = ["workbook.xml", name, "../" * 20 + "etc/passwd", "", "http://127.0.0.1:1/", "."]
        target = f'Target="{random.choice(targets)}"'.encode()
        parts[name] = re.sub(rb'Target="[^"]*"', target, parts[name], count=random.choice([0, 1]))


def _sheets(parts: Members, random: Random) -> None:
    """Further sheets with names of all kinds, on the same cells, hidden or not."""
    for name in [name for name in parts if name.endswith("workbook.xml")]:
        title = random.choice(["Scores", "Smith John", "a" * 300, "", "&lt;b&gt;", f"{TOKEN} Jane"])
        state = random.choice(["", ' state="hidden"', ' state="veryHidden"', ' state="x"'])
        extra = f'<sheet name="{title}" sheetId="{random.randint(0, 9)}"{state} r:id="rId1"/>'
        body = parts[name].replace(b"</sheets>", extra.encode() + b"</sheets>")
        parts[name] = body if random.random() < 0.7 else body.replace(b"rId1", b"rId99")


CHANGES = {
    "member damaged": _damaged, "member gone": _gone, "members swapped": _swapped,
    "member outside": _outside, "attributes": _attributes, "repeated cells": _repeated,
    "elements": _elements, "words": _words, "entities": _entities, "relations": _circles,
    "sheets": _sheets,
}  # fmt: skip


def bomb(raw: bytes, random: Random) -> bytes:
    """A member that unpacks to gigabytes, with its size told or told wrongly."""
    parts = members(raw)
    name = _sheet(parts, random)
    xml = parts[name]
    at = xml.rfind(b"</")
    unit = (
        random.choice([b" ", b"\x00", b"<a/>", b"<row/>", b"x", xml[max(at - 200, 0) : at]]) or b" "
    )
    piece = (unit * ((1 << 20) // len(unit) + 1))[: (1 << 20) // len(unit) * len(unit) or None]
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for other, content in parts.items():
            if other != name:
                made.writestr(other, content)
        with made.open(name, "w", force_zip64=True) as member:
            member.write(xml[:at])
            for _ in range(random.choice([150, 300, 1200])):
                member.write(piece)
            member.write(xml[at:])
    found = bytearray(out.getvalue())
    if random.random() < 0.5:
        _lie(found, name.encode(), random.choice([0, len(xml), 1000]))
    return bytes(found)


def _lie(raw: bytearray, name: bytes, size: int) -> None:
    """Let the directory of the archive tell another size of a member."""
    at = raw.rfind(name) - 46
    if at > 0 and raw[at : at + 4] == b"PK\x01\x02":
        struct.pack_into("<I", raw, at + 24, size)


def flags(raw: bytes, random: Random) -> bytes:
    """Bits of the archive's directory: encryption, methods of packing, sizes, offsets."""
    changed = bytearray(raw)
    starts = [m.start() for m in re.finditer(rb"PK\x01\x02|PK\x03\x04|PK\x05\x06", raw)]
    for _ in range(random.choice([1, 2])):
        at = random.choice(starts) + random.choice([6, 8, 10, 16, 20, 24, 26, 28, 30, 42])
        if at + 2 <= len(changed):
            struct.pack_into("<H", changed, at, random.choice([0, 1, 9, 14, 99, 0xFFFF]))
    return bytes(changed)


def changed(raw: bytes, random: Random) -> tuple[str, bytes]:
    """A workbook changed inside, and what was done."""
    parts = members(raw)
    kind = random.choice(list(CHANGES))
    CHANGES[kind](parts, random)
    return kind, archive_of(parts)
