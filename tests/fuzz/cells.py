"""Hostile cells, and what can happen to the rows and columns of a study before it is exported."""

from __future__ import annotations

from random import Random
from typing import Any

from tests.factory import TOKEN
from tests.fuzz.seeds import Content

LARGE = 10 << 20
# What people, programs and attackers put into cells.
CELLS = [
    "", " ", "\t", "\u00a0", "\u200b", "NA", "nan", "NaN", "None", "null", "NULL", "#N/A", "#REF!",
    "-9", "99", "-0", "+1", "-1", "01", "1e5", "1E400", "-1e400", "inf", "-inf", "Infinity", "0x1F",
    "1_000", "1,5", "1.5.2", "1e-400", "5e-324", "\u00bd", "50%", "\u0663", "\uff13", "\u2212" "2",
    "9" * 500, "0." + "3" * 500, "1" + "0" * 308, "-" + "9" * 4400, "1e999999999999",
    "2025-03", "2025", "2025-03-04", "2025-03-04T24:00", "2025-02-30T25:61", "0000-00-00",
    "0001-01-01T00:00", "9999-12-31T23:59Z", "-0044-03-15T12:00", "+12025-01-01T00:00",
    "99999999-01-01", "2025-03-09T02:30", "2025-11-02T01:30", "2025-03-04T10:20+99:99",
    "2025-03-04T10:20-05:00", "2025-03-04T10:20:60", "2025-W10-2T10:20", "2025-063T10:20",
    "03/04/2025 14:00", "13/04/2025", "4 Mar 2025", "45720.5833", "24:00", "10:20", "PT0S",
    "2025-03-04T10:20:00.123456789123456789", "\u0662\u0660\u0662\u0665-03-04T10:20",
    "S000", "s-000", "ket", " KET ", "ketamine", "mdz", "1", "TRUE", "[not completed]", "Checked",
    '"', '""', "'", "\n", "\r\n", "\r", ",", ";", "|", "\x00", "\x01\x02\x1b[31m", "\x7f", "\x85",
    "\u2028", "\ufeff", "\ufffe", "\U0001f9d1\u200d\U0001f52c", "e" + "\u0301" * 1000, "\ud800",
    "\u202e" + TOKEN, "\u2066" + TOKEN, "=1+1", '=HYPERLINK("http://x","y")', "@SUM(1)",
    "{}", "{0.__class__}", "{:02d}", "%s%n", "<script>", "]]>", "&#x41;", "'; DROP TABLE person",
    "../../etc/passwd", "file:///etc/passwd", "https://example.org", "a@example.org",
    "415-555-0100", "123-45-6789", "192.168.0.1", "\\", "\\N", "\\u0041",
    TOKEN, f"40 - call {TOKEN}", f"{TOKEN}\n{TOKEN}", f"{TOKEN},{TOKEN}", f'"{TOKEN}',
]  # fmt: skip
NUMBERS = [0, -1, 5, 1e300, -1e300, 2**31, 2**63, 10**30, 0.1, 1e-320, float("nan"), float("inf")]


def text(random: Random) -> str:
    """One hostile text, now and then a very long one."""
    draw = random.random()
    if draw < 0.004:
        return TOKEN + "x" * LARGE
    if draw < 0.02:
        return TOKEN + random.choice(["x", "9", '"', "\n", "\u00e9"]) * 70_000
    if draw < 0.1:
        size = random.randint(1, 12)
        return TOKEN + "".join(chr(random.choice([65, 255, 0x2FF, 0xFFFF])) for _ in range(size))
    return random.choice(CELLS)


def value(random: Random) -> Any:
    """A hostile text or number."""
    return random.choice(NUMBERS) if random.random() < 0.2 else text(random)


def _cell(rows: list[dict[str, Any]], random: Random) -> None:
    for _ in range(random.choice([1, 1, 2, 5, 30])):
        row = random.choice(rows)
        row[random.choice(list(row))] = value(random)


def _column_filled(rows: list[dict[str, Any]], random: Random) -> None:
    name, new = random.choice(list(rows[0])), value(random)
    for row in rows:
        row[name] = new


def _column_mixed(rows: list[dict[str, Any]], random: Random) -> None:
    name = random.choice(list(rows[0]))
    for row in rows:
        row[name] = random.choice(CELLS)


def _column_gone(rows: list[dict[str, Any]], random: Random) -> None:
    name = random.choice(list(rows[0]))
    for row in rows:
        row.pop(name, None)


def _column_named(rows: list[dict[str, Any]], random: Random) -> None:
    own = list(rows[0])
    old, new = random.choice(own), random.choice([*own, "dob", "", " ", "Notes\n(2)", "id ", "ID"])
    for row in rows:
        row[new] = row.pop(old, "")


def _columns_many(rows: list[dict[str, Any]], random: Random) -> None:
    count = random.choice([100, 3000])
    for row in rows:
        row |= {f"extra_{number}": TOKEN for number in range(count)}


def _columns_swapped(rows: list[dict[str, Any]], random: Random) -> None:
    one, other = random.choice(list(rows[0])), random.choice(list(rows[0]))
    for row in rows:
        row[one], row[other] = row.get(other), row.get(one)


def _cells_shuffled(rows: list[dict[str, Any]], random: Random) -> None:
    name = random.choice(list(rows[0]))
    values = [row.get(name) for row in rows]
    random.shuffle(values)
    for row, new in zip(rows, values, strict=True):
        row[name] = new


def _rows_gone(rows: list[dict[str, Any]], random: Random) -> None:
    del rows[: random.choice([1, len(rows) // 2, len(rows) - 1])]


def _row_twice(rows: list[dict[str, Any]], random: Random) -> None:
    rows += [dict(row) for row in random.choices(rows, k=random.choice([1, 3, len(rows)]))]
    if random.random() < 0.5:
        _cell(rows, random)


def _rows_blank(rows: list[dict[str, Any]], random: Random) -> None:
    for _ in range(random.choice([1, 5])):
        rows.insert(random.randint(0, len(rows)), dict.fromkeys(rows[0], ""))


def _rows_shuffled(rows: list[dict[str, Any]], random: Random) -> None:
    random.shuffle(rows)


CHANGES = {
    "cells": _cell,
    "column filled": _column_filled,
    "column of oddities": _column_mixed,
    "column gone": _column_gone,
    "column renamed": _column_named,
    "columns many": _columns_many,
    "columns swapped": _columns_swapped,
    "cells shuffled": _cells_shuffled,
    "rows gone": _rows_gone,
    "rows twice": _row_twice,
    "rows blank": _rows_blank,
    "rows shuffled": _rows_shuffled,
}


def change(made: Content, random: Random) -> str:
    """Change the tables of a study in place; what was done."""
    kind = random.choice(["cells", "cells", *CHANGES])
    CHANGES[kind](made[random.choice(list(made))], random)
    while random.random() < 0.25:
        CHANGES[random.choice(list(CHANGES))](made[random.choice(list(made))], random)
    return kind
