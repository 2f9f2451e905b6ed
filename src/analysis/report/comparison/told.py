"""A comparison in words: a short log, a JSON document, JUnit XML. Real people's values in none."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as xml

from analysis.report.comparison.changes import KINDS, Change
from analysis.writing import make_folder, write_atomic

__all__ = ["as_dict", "first_of_all", "line", "log", "percent", "summary", "verdicts_in_order",
           "where", "write_junit"]  # fmt: skip

LINES_OF_A_KIND = 15
_LONGEST = 100
# So much of what two long texts have in common stands before what they have not.
_BEFORE = 30
# The column of a report in which the files that were read have their checksums.
HASH = "SHA-256"
# How the captions of a report begin over verdicts, the parts of a claim, what study.toml declares.
_VERDICTS, _PARTS, _DECLARED, _ESTIMATE = "Verdicts", "Parts of", "Declared", "Estimate"
_MOST_DECLARED = 5
WITHHELD = "values of real people stand on the page alone"


def summary(changes: Sequence[Change]) -> str:
    """How much moved, in a sentence or two; a verdict that several tables show counts once."""
    if not changes:
        return "Nothing moved."
    verdicts = verdicts_in_order(changes)
    counts = Counter(change.kind for change in changes)
    counts["verdict"] = len({one.row for one in verdicts if not _of_a_part(one)})
    told = [_counted(counts[kind], kind) for kind in KINDS if counts[kind]]
    if parts := len({(one.title, one.row) for one in verdicts if _of_a_part(one)}):
        told.insert(counts["verdict"] > 0, _counted(parts, "verdict") + " on parts of claims")
    opening = ""
    if not verdicts:
        estimates = len({change.row for change in changes if _of_an_estimate(change)})
        but = f", but {_counted(estimates, 'estimate')} beside them did" if estimates else ""
        opening = f"No verdict changed{but}. "
    return f"{opening}Moved: {', '.join(told)}."


def _counted(n: int, what: str) -> str:
    return f"{n} {what}{'s' if n > 1 else ''}"


def _of_a_part(change: Change) -> bool:
    return change.title.startswith(_PARTS)


def _of_an_estimate(change: Change) -> bool:
    """Whether it is an estimate in the table of verdicts."""
    table, column = change.title.startswith(_VERDICTS), change.column.startswith(_ESTIMATE)
    return change.kind == "cell" and table and column


def verdicts_in_order(changes: Sequence[Change]) -> list[Change]:
    """The verdicts that moved, those of whole claims before those of their parts."""
    return sorted((one for one in changes if one.kind == "verdict"), key=_of_a_part)


def first_of_all(changes: Sequence[Change], *, private: bool = False) -> list[str]:
    """What a reader looks for before all: other files, other declarations, the first estimate."""
    names = dict.fromkeys(change.row for change in changes if change.column == HASH)
    told = [f"Read in another state: {', '.join(names)}."] if names else []
    if private:
        return told
    cells = [change for change in changes if change.kind == "cell"]
    declared = [one for one in cells if one.title.startswith(_DECLARED)]
    own = list(
        dict.fromkeys(f"{one.row}: {_short(one.old)} → {_short(one.new)}" for one in declared)
    )
    if len(own) > _MOST_DECLARED:
        own[_MOST_DECLARED:] = [f"{len(own) - _MOST_DECLARED} more"]
    if own:
        told.append(f"Declared otherwise, or otherwise in the data: {'; '.join(own)}.")
    for one in filter(_of_an_estimate, cells):
        told.append(f"The first estimate that moved ({one.row}): {one.old} → {one.new}.")
        break
    return told


def where(change: Change) -> str:
    """The place of a change: notebook, heading, cell, table, row, column."""
    at = change.place if change.place != change.heading else ""
    table = f"{'figure' if change.kind == 'figure' else 'table'} {change.table}"
    table += f" “{change.title}”" if change.title else ""
    parts = [
        change.document,
        change.heading + (f" ({at})" if at and change.heading else at),
        table if change.table is not None else "",
        f"row “{change.row}”" if change.row else "",
        f"column “{change.column}”" if change.column else "",
    ]
    return " · ".join(part for part in parts if part)


def percent(change: Change) -> str:
    """The relative change, signed, or nothing."""
    if change.relative is None:
        return ""
    return f"{float(f'{100 * change.relative:.3g}'):+,g} %".replace("-", "−")


def line(change: Change, *, private: bool = False) -> str:
    """One change on one line, old → new."""
    told = f"{change.kind}: {where(change)}"
    if change.kind == "document":
        return f"{told}: {'only in the old' if change.new is None else 'only in the new'}"
    if private:
        return f"{told}: {WITHHELD}"
    if change.kind == "figure":
        return f"{told}: {change.why}"
    signs = list(zip(change.old or "", change.new or "", strict=False))
    same = next((n for n, (one, other) in enumerate(signs) if one != other), len(signs))
    told += f": {_short(change.old, same)} → {_short(change.new, same)}"
    return f"{told} ({relative})" if (relative := percent(change)) else told


def _short(text: str | None, same: int = 0) -> str:
    """A text in one line; of a long one whose start is the other's too, from where they part."""
    if text is None:
        return "nothing"
    if len(text) > _LONGEST and same > _LONGEST // 2:
        text = f"…{text[text.rfind(' ', 0, same - _BEFORE) + 1 :]}"
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def log(changes: Sequence[Change], *, private: bool = False) -> str:
    """The summary, then the first changes of each kind, a line each."""
    lines = [summary(changes), *first_of_all(changes, private=private)]
    ordered = [*verdicts_in_order(changes), *(one for one in changes if one.kind != "verdict")]
    for kind in KINDS:
        of_kind = [change for change in ordered if change.kind == kind]
        lines += [line(change, private=private) for change in of_kind[:LINES_OF_A_KIND]]
        if len(of_kind) > LINES_OF_A_KIND:
            lines.append(f"{kind}: {len(of_kind) - LINES_OF_A_KIND} more")
    return "\n".join(lines)


def as_dict(changes: Sequence[Change], *, private: bool = False) -> dict[str, Any]:
    """What ``relief compare --json`` prints: verdicts, cells, figures, texts, documents."""
    document: dict[str, Any] = {"same": not changes, "withheld": private}
    for kind in KINDS:
        document[f"{kind}s"] = [
            _entry(change, private) for change in changes if change.kind == kind
        ]
    return document


def _entry(change: Change, private: bool) -> dict[str, Any]:
    place = {
        "notebook": change.document,
        "heading": change.heading,
        "cell": change.place,
        "figure" if change.kind == "figure" else "table": change.table,
        "caption": change.title,
        "row": change.row,
        "column": change.column,
    }
    hidden = private and change.kind != "document"
    return {key: value for key, value in place.items() if value not in (None, "")} | {
        "old": None if hidden else change.old,
        "new": None if hidden else change.new,
        "relative_change": None if hidden else change.relative,
        **({"reason": change.why} if change.why else {}),
    }


def write_junit(
    documents: Sequence[str], changes: Sequence[Change], path: Path, *, private: bool = False
) -> Path:
    """JUnit XML: a case a document, failed where something in it moved.

    Raises
    ------
    ReliefError
        ``file.not-written``.
    """
    moved = {change.document for change in changes}
    names = sorted({*documents, *moved})
    suite = xml.Element(
        "testsuite", name="relief compare", tests=str(len(names)), failures=str(len(moved))
    )
    for name in names:
        case = xml.SubElement(suite, "testcase", classname="compare", name=name)
        own = [change for change in changes if change.document == name]
        if own:
            failure = xml.SubElement(case, "failure", message=summary(own))
            failure.text = log(own, private=private)
    make_folder(path.parent)
    text = xml.tostring(suite, encoding="unicode", xml_declaration=False)
    return write_atomic(path, f'<?xml version="1.0" encoding="utf-8"?>\n{text}\n')
