"""A comparison in words: a short log, a JSON document, JUnit XML. Real people's values in none."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as xml

from analysis.report.comparison.changes import KINDS, Change
from analysis.writing import make_folder, write_atomic

__all__ = ["as_dict", "files", "line", "log", "percent", "summary", "where", "write_junit"]

LINES_OF_A_KIND = 15
_LONGEST = 100
# The column of a report in which the files that were read have their checksums.
HASH = "SHA-256"
WITHHELD = "values of real people stand on the page alone"


def summary(changes: Sequence[Change]) -> str:
    """How much moved, in one sentence."""
    counts = Counter(change.kind for change in changes)
    told = [
        f"{counts[kind]} {kind}{'s' if counts[kind] > 1 else ''}" for kind in KINDS if counts[kind]
    ]
    if not told:
        return "Nothing moved."
    return f"{'' if counts['verdict'] else 'No verdict changed. '}Moved: {', '.join(told)}."


def files(changes: Sequence[Change]) -> str:
    """Which files were read in another state, in one sentence, or nothing."""
    names = [change.row for change in changes if change.column == HASH]
    return f"Read in another state: {', '.join(dict.fromkeys(names))}." if names else ""


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
    return "" if change.relative is None else f"{100 * change.relative:+.3g} %".replace("-", "−")


def line(change: Change, *, private: bool = False) -> str:
    """One change on one line, old → new."""
    told = f"{change.kind}: {where(change)}"
    if change.kind == "document":
        return f"{told}: {'only in the old' if change.new is None else 'only in the new'}"
    if private:
        return f"{told}: {WITHHELD}"
    if change.kind == "figure":
        return f"{told}: {change.why}"
    relative = percent(change)
    return f"{told}: {_short(change.old)} → {_short(change.new)}" + (
        f" ({relative})" if relative else ""
    )


def _short(text: str | None) -> str:
    if text is None:
        return "nothing"
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def log(changes: Sequence[Change], *, private: bool = False) -> str:
    """The summary, then the first changes of each kind, a line each."""
    lines = [summary(changes), *filter(None, [files(changes)])]
    for kind in KINDS:
        of_kind = [change for change in changes if change.kind == kind]
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
