"""What can happen to any file: bytes changed, lost, doubled; lines moved; letters re-encoded."""

from __future__ import annotations

import csv
import gzip
import io
import zlib
from random import Random

from tests.factory import TOKEN
from tests.fuzz.cells import CELLS, text

_BYTES = [
    b"\x00", b"\xff", b"\x80", b"\r", b"\n", b'"', b",", b"\x1a", b"\xfe\xff", b"\xef\xbb\xbf",
    b"\x7f\xff\xff\xff", b"\xff" * 8, b"\x00" * 8, b"9" * 40, b"{", b"[", b"<", b"&", b"\\u",
]  # fmt: skip
_ENCODINGS = [
    "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-8-sig", "utf-7", "latin-1", "cp1252",
    "cp500", "cp437", "shift_jis", "gb18030", "big5", "euc_kr", "koi8_r", "mac_roman", "iso2022_jp",
]  # fmt: skip


def flipped(raw: bytes, random: Random) -> bytes:
    """Some bytes replaced by others."""
    changed = bytearray(raw)
    for _ in range(random.choice([1, 1, 2, 8, 64])):
        changed[random.randrange(len(changed))] = random.randrange(256)
    return bytes(changed)


def patched(raw: bytes, random: Random) -> bytes:
    """A stretch replaced, or something put in."""
    at, width = random.randrange(len(raw)), random.choice([0, 0, 1, 4, 100])
    return raw[:at] + random.choice(_BYTES) * random.choice([1, 1, 3]) + raw[at + width :]


def at_the_start(raw: bytes, random: Random) -> bytes:
    """Changes where headers are."""
    start = bytearray(raw[:600])
    for _ in range(random.choice([1, 2, 4])):
        start[random.randrange(len(start))] = random.choice([0, 1, 255, 127, random.randrange(256)])
    return bytes(start) + raw[600:]


def cut(raw: bytes, random: Random) -> bytes:
    """Broken off, at the end or at the start."""
    at = random.choice([random.randrange(len(raw)), len(raw) - 1, 1, 0, min(len(raw), 100)])
    return raw[at:] if random.random() < 0.1 else raw[:at]


def doubled(raw: bytes, random: Random) -> bytes:
    """A stretch repeated, or taken out."""
    low, high = sorted(random.randrange(len(raw) + 1) for _ in range(2))
    return raw[:high] + raw[low:] if random.random() < 0.6 else raw[:low] + raw[high:]


def padded(raw: bytes, random: Random) -> bytes:
    """Something before or behind."""
    more = random.choice([b"\x00" * 512, b"\n" * 1000, b" " * 80, TOKEN.encode(), raw, b"\x1a"])
    return more + raw if random.random() < 0.4 else raw + more


def recoded(raw: bytes, random: Random) -> bytes:
    """The same letters in other bytes."""
    letters = raw.decode("utf-8", "replace") + random.choice(["", "\u00e9\u00fc", "\u65e5\u672c"])
    return letters.encode(random.choice(_ENCODINGS), "replace")


def _gzip(raw: bytes) -> bytes:
    """Packed without the time of day, or no two makings of an input were the same."""
    return gzip.compress(raw, mtime=0)


def packed(raw: bytes, random: Random) -> bytes:
    """Packed, packed twice, or packed and broken off."""
    once = random.choice([_gzip, zlib.compress])(raw)
    kind = random.randrange(4)
    if kind == 0:
        return _gzip(once)
    if kind == 1:
        return once[: random.randrange(len(once))]
    return once + random.choice([b"", once, TOKEN.encode()])


def repacked(raw: bytes, random: Random) -> bytes:
    """What is inside a packed file damaged, and packed again."""
    inside = zlib.decompress(raw, wbits=47)
    damage = random.choice([flipped, patched, cut, doubled, padded, recoded, lines])
    return _gzip(damage(inside, random))


def gzip_bomb(raw: bytes, random: Random) -> bytes:
    """A file that unpacks to far more than it holds."""
    start = zlib.decompress(raw, wbits=47) if raw[:2] in (b"\x1f\x8b", b"\x78\x9c") else raw
    engine = zlib.compressobj(9, wbits=31)
    unit = random.choice([b"\x00", b" ", b"\n", b"[", b'{"a":', b"9", b'"', start[-200:]])
    piece = (unit * ((1 << 20) // len(unit) + 1))[: 1 << 20]
    pieces = [engine.compress(start[: random.choice([0, len(start)])])]
    pieces += [engine.compress(piece) for _ in range(random.choice([64, 512, 2048]))]
    return b"".join([*pieces, engine.flush()])


def lines(raw: bytes, random: Random) -> bytes:
    """Lines gone, doubled, moved, joined; or the end of lines written otherwise."""
    own = raw.split(b"\n")
    kind, at = random.randrange(7), random.randrange(len(own))
    if kind == 0:
        del own[at]
    elif kind == 1:
        del own[0]
    elif kind == 2:
        own.insert(random.randrange(len(own)), own[at])
    elif kind == 3:
        random.shuffle(own)
    elif kind == 4:
        own[at] = own[at] + random.choice([b",", b",,,", b"\t", b'"', b";x", TOKEN.encode()])
    elif kind == 5:
        return random.choice([b"\r", b"\r\n", b"\n\n", b"\x0b", b"\x1e"]).join(own)
    else:
        own = own[:1] if random.random() < 0.5 else [*own, *own[1:] * random.choice([1, 40])]
    return b"\n".join(own)


def cells_of_text(raw: bytes, random: Random) -> bytes:
    """Cells of delimited text replaced as they stand, quoted or not; names of columns too."""
    own = raw.decode("utf-8", "replace")
    mark = ";" if own.partition("\n")[0].count(";") else ","
    rows = list(csv.reader(io.StringIO(own), delimiter=mark))
    for _ in range(random.choice([1, 2, 10])):
        row = random.choice(rows)
        if row:
            row[random.randrange(len(row))] = text(random)
    if random.random() < 0.3:
        plain = (mark.join(row) for row in rows)
        return "\n".join(plain).encode("utf-8", "surrogatepass")
    out = io.StringIO()
    csv.writer(out, delimiter=mark, lineterminator="\n").writerows(rows)
    return out.getvalue().encode("utf-8", "surrogatepass")


_TOML = [
    '"declared"', '""', "1", "-1", "0", "true", "[]", "{}", "inf", "nan", '"."', '".."', '"/"',
    '"/dev/null"', '"\\u0000"', '"{:9d}"', '"{}{}"', '"{:02d}"', '"{visit}"', '"{0.__class__}"',
    '"{visit}{:02d}"', "9" * 30, "9" * 5000, "1e400", '["-9", "x"]', '["1", "2"]', '[["a"]]',
    '{ ket = "ketamine" }', '{ v1 = 1, v2 = inf }', '"id"', '"item_01"', "2025-03-04", "10:20:00",
    '"fhir"', '"omop"', '"redcap"', '"sdtm"', '"adam"', '"excel"', '"xpt"', '"dataset-json"',
    '"subjects.csv"', '"study.toml"', '"scores.csv"', '"../study.toml"', '"Etc/GMT+12"', '"rot13"',
    '"utf-16"', '"utf-32"', '"cp037"', '"%d"', '"%d/%m/%Y %H:%M"', '"%Y%Y"', '"%"', '"%s"',
    "[" * 2000, "[" * 2000 + "]" * 2000, "{a=" * 500 + "1" + "}" * 500, '"""', "'''", '"\\ud800"',
    '"postgresql://127.0.0.1:1/x"', '"sqlite:////etc/passwd"', '"PATH"', '["a", "a"]',
]  # fmt: skip
_KEYS = [
    "where", "labels", "visits", "events", "form", "dictionary", "event_table", "token_env", "url",
    "url_env", "schema", "table", "codes", "cohorts", "cohort_table", "timeout_seconds", "sheet",
    "decimal", "separator", "encoding", "datetime_format", "excel_epoch", "format", "items",
    "frequency", "intensity", "total", "item_base", "coding", "subscale_key", "status", "complete",
    "form_id", "code", "value", "recall", "hours", "time", "at_hours", "filled_in", "times",
    "missing_codes", "minimum_cell", "missing_items", "after_withdrawal", "site", "sequence",
    "weight_kg", "consent_withdrawn", "unblinded", "blinding_guess", "blinding_guess_time",
    "entry_threshold", "study_codes", "agent_is", "dose", "dose_unit", "dose_mg", "route", "start",
    "end", "start_hours", "end_hours", "stay_end", "stay_end_hours", "start_hours_is",
    "end_hours_is", "dose_mg_per_kg", "a.b", '"\\u0000"', "subject", "path", "unknown",
]  # fmt: skip


def declaration(raw: bytes, random: Random) -> bytes:
    """A study.toml with values, keys and sections changed."""
    own = raw.decode("utf-8", "replace").splitlines()
    for _ in range(random.choice([1, 1, 2, 3])):
        at = random.randrange(len(own))
        key = own[at].partition("=")[0].strip()
        kind = random.randrange(10)
        if kind < 4 and "=" in own[at]:
            own[at] = f"{key} = {random.choice(_TOML)}"
        elif kind < 7:
            own.insert(at, f"{random.choice(_KEYS)} = {random.choice(_TOML)}")
        elif kind == 7:
            del own[at]
            own = own or [""]
        elif kind == 8:
            other = random.randrange(len(own))
            own[at], own[other] = own[other], own[at]
        else:
            extra = ["[weights]", "[rescue]", "[study.arms]", "[[assessments]]", "[[[", "[a.b]"]
            # Words that a study declares may be repeated, and so the token is none of them.
            word = random.choice(CELLS).replace("\ud800", "").replace(TOKEN, "declared")
            own.insert(at, random.choice([*extra, f"x = {word}", f'x = "{word}"', f"{word} = 1"]))
    return "\n".join(own).encode("utf-8", "surrogatepass")


ANY = {
    "bytes changed": flipped,
    "bytes put in": patched,
    "header changed": at_the_start,
    "broken off": cut,
    "stretch doubled or gone": doubled,
    "padded": padded,
}
TEXT = {"lines": lines, "encoding": recoded, "text packed": packed}
