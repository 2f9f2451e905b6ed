"""Rows of a CSV table, with the columns that a source tells; the rest follows."""

from __future__ import annotations

import csv
import io
import re

from analysis.evidence.build import SOURCE_COLUMNS, STATED
from analysis.evidence.table import schema, vocabulary
from analysis.rules import refusal

__all__ = ["NEEDED", "rows_of"]

NEEDED = (
    "study_id", "design", "comparator", "arm", "instrument", "statistic", "value", "unit",
    "read_from",
)  # fmt: skip
"""Columns that the table must have; the others are of SOURCE_COLUMNS and STATED."""
_DEFAULTS = {"period": "all", "documents_seen": "1"}
_SENTENCE = re.compile(r"[A-Za-z][\w+-]*")


def rows_of(text: str, file: str) -> list[dict[str, str]]:
    """What each row tells, every known column filled or empty.

    Raises
    ------
    ReliefError
        A column that is unknown or missing, a row of another length, a word or number that the
        table does not know.
    """
    reader = csv.DictReader(io.StringIO(text), restkey="", strict=True)
    try:
        header, rows = list(reader.fieldnames or ()), list(reader)
    except csv.Error:
        raise refusal("evidence.file", file=file) from None
    known = [*SOURCE_COLUMNS, *STATED]
    odd = [c or "(unnamed)" for c in header if c not in known or header.count(c) > 1]
    odd += [c for c in NEEDED if c not in header]
    if odd:
        raise refusal("evidence.header", file=file, columns=", ".join(dict.fromkeys(odd)))
    told = []
    for number, row in enumerate(rows, start=2):
        if "" in row or None in row.values():
            raise refusal("evidence.number", file=file, row=number, expected=f"{len(header)} cells")
        cells = {name: str(row.get(name) or "").strip() for name in known}
        told.append({name: cells[name] or _DEFAULTS.get(name, "") for name in known})
        _known_words(told[-1], file, number)
    return told


def _known_words(row: dict[str, str], file: str, number: int) -> None:
    """Refuse a word that the builder could not place, with those that it knows."""
    if not _SENTENCE.fullmatch(row["study_id"]):
        expected = "a short name such as Feder2014 in study_id"
        raise refusal("evidence.number", file=file, row=number, column="study_id",
                      expected=expected)  # fmt: skip
    if not (row["registry_id"] or row["doi"] or row["citation"]) or not row["read_from"]:
        raise refusal("evidence.no-source", file=file, row=number)
    for column, words in (
        ("statistic", schema.UNITS),
        ("instrument", vocabulary.INSTRUMENTS),
        ("improvement_sign", ("", "positive", "negative", "harm")),
        ("period", ("all", "first", "second")),
    ):
        if row[column] not in words:
            told = ", ".join(sorted(word for word in words if word)[:6])
            raise refusal("evidence.word", file=file, row=number, column=column,
                          word="This word", known=f"one such as {told}")  # fmt: skip
    if not row["recall_hours_high"] and row["recall_window"] not in vocabulary.RECALL:
        raise refusal(
            "evidence.word", file=file, row=number, column="recall_window", word="This window",
            known="hours in recall_hours_low and recall_hours_high, or a window of the table",
        )  # fmt: skip
    if row["statistic"] in schema.SIGNED and not row["improvement_sign"]:
        raise refusal("evidence.sign", file=file, row=number, column="improvement_sign")
    if row["statistic"] not in schema.WORDS and not _is_number(row["value"]):
        raise refusal("evidence.number", file=file, row=number, column="value",
                      expected="a number with a decimal point")  # fmt: skip
    if row["unit"] not in schema.UNITS[row["statistic"]]:
        known = " or ".join(sorted(schema.UNITS[row["statistic"]])) or "no unit"
        raise refusal("evidence.unit", file=file, row=number, column="unit",
                      why=f"{row['statistic']} is in {known or 'no unit'}")  # fmt: skip


def _is_number(cell: str) -> bool:
    return bool(re.fullmatch(r"-?[0-9]{1,12}(\.[0-9]{1,20})?", cell))
