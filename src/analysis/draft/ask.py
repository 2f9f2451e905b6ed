"""``relief init --ask``: the open points of a draft one by one in the terminal.

Every answer is written at once, so that a dialogue may end anywhere and go on later. What was seen
and what is suggested stands beside a question; nothing is taken that was not asked for.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from analysis import instruments
from analysis.config import load_config
from analysis.config.source import PLUS
from analysis.config.tables import unknown_scale
from analysis.draft.lines import LINE, TITLE, lines_of, meant_by
from analysis.draft.recognise import look
from analysis.draft.said import BOOLEANS, LEFT_OUT, in_toml
from analysis.draft.toml_text import Draft, Open, quoted
from analysis.draft.write import draft_text, drafted
from analysis.errors import ReliefError
from analysis.readers.assemble import read_study
from analysis.writing import make_folder, write_atomic

__all__ = ["ask_open_points"]

_HOW = """\
Each open point is asked for once. Enter leaves it open, y takes the suggestion, - removes the line
(what is not declared counts as the unfavourable answer), -- the whole table of a form that is not
needed, another key writes that line instead, as in "hours = column", and q stops. Every answer is
kept; the same command goes on later."""
_COLUMNS = (
    "subject",
    "arm",
    "agent",
    "start",
    "end",
    "time",
    "hours",
    "total",
    "site",
    "visit_name",
)


@dataclass(frozen=True)
class Point:
    """An open line: where it stands, and what is known of it."""

    line: int
    section: int
    title: str
    key: str
    open: Open


class _Stopped(Exception):
    """The person wants to go on another time."""


def ask_open_points(
    export: Path,
    out: Path,
    *,
    force: bool = False,
    answer: Callable[[str], str] = input,
    say: Callable[[str], None] = print,
) -> str:
    """Write a draft where there is none, ask for its open points, and say what is next.

    Parameters
    ----------
    export, out : Path
        As :func:`analysis.draft.write.write_study_toml`; a draft that is there is gone on with,
        unless ``force``.
    answer, say : callable
        Ask with a prompt, and print.

    Raises
    ------
    ReliefError
        What :func:`analysis.draft.recognise.look` refuses, and ``file.not-written``.
    """
    draft = drafted(look(export), out.parent)
    if force or not out.exists():
        make_folder(out.parent)
        write_atomic(out, draft_text(draft))
    say("\n".join([_HOW, *draft.notes]))
    try:
        _ask_all(out, draft, answer, say)
        while (wrong := _wrong(out)) and _mended(out, wrong, draft, answer, say):
            pass
    except (_Stopped, EOFError, KeyboardInterrupt):
        say("")
    left = len(_points(out, draft))
    if left:
        return f"{out}: {left} point(s) are still open; the same command goes on with them."
    wrong = _wrong(out)
    done = f"{out}: every point is decided. Next: relief check {out}, then relief judge {out}."
    return f"{out}: {wrong}" if wrong else done


def _ask_all(
    out: Path, draft: Draft, answer: Callable[[str], str], say: Callable[[str], None]
) -> None:
    """Each open point once, from the first on."""
    asked: set[tuple[int, str]] = set()
    while left := [p for p in _points(out, draft) if (p.section, p.key) not in asked]:
        point = left[0]
        asked.add((point.section, point.key))
        if _ask(out, point, draft, f"{len(left)} to go", answer, say):
            # The tables behind one that was dropped have moved up.
            asked = {(section, key) for section, key in asked if section < point.section}


def _ask(
    out: Path,
    point: Point,
    draft: Draft,
    progress: str,
    answer: Callable[[str], str],
    say: Callable[[str], None],
) -> bool:
    """One point, until it is answered or left open; whether its table was dropped."""
    told = _told(out)
    own, scale = _in_context(point, told), _section(told, point).get("instrument")
    # Of several tables of forms, which one is asked about.
    of = f"{scale}; " if str(scale) in instruments.known() else ""
    say(f"\n{point.title} {point.key}  ({of}{progress})\n  {own.question}")
    if own.seen:
        say(f"  seen: {own.seen}")
    if own.suggestion:
        removed = "- (remove the line)" if own.suggestion == LEFT_OUT else own.suggestion
        say(f"  suggestion: {removed}")
    while True:
        given = answer("> ").strip()
        if given == "q":
            raise _Stopped
        if not given:
            return False
        if given == "--" and point.title == "[[assessments]]":
            _drop_table(out, point)
            return True
        if given == "y" and own.suggestion:
            given = own.suggestion
        elif given == "y" and point.key not in BOOLEANS:
            say("  There is no suggestion here; type the answer.")
            continue
        try:
            line = in_toml(point.key, given)
            _refuse_unknown(line, point, _told(out), draft)
        except ValueError as error:
            say(f"  {error}")
            continue
        _put(out, point.line, line)
        return False


def _points(out: Path, draft: Draft) -> list[Point]:
    """The open lines of the file, with what the draft knows of each."""
    lines = out.read_text(encoding="utf-8").splitlines()
    titles = [n for n, line in enumerate(lines) if TITLE.fullmatch(line.strip())]
    found = []
    for section, (start, end) in enumerate(zip(titles, [*titles[1:], len(lines)], strict=True)):
        known = _drafted_lines(draft, lines[start:end])
        for number in range(start, end):
            told = LINE.fullmatch(lines[number])
            if told is None or not re.match(r"""(["'])TODO\1""", told[2]):
                continue
            own = known.get(told[1])
            if not isinstance(own, Open):
                own = Open(told[2].partition("#")[2].strip())
            found.append(Point(number, section, lines[start].strip(), told[1], own))
    return found


def _drafted_lines(draft: Draft, lines: list[str]) -> dict[str, Any]:
    """The lines of the drafted table that a table of the file was, by all they share."""
    same = [own for own in draft.sections if own.title == lines[0].strip()]
    shared = [len(set(str(own).splitlines()) & set(lines)) for own in same]
    return same[shared.index(max(shared))].lines if same else {}


def _put(out: Path, number: int, line: str | None) -> None:
    """The file with another line in place of one, or without it."""
    lines = out.read_text(encoding="utf-8").splitlines()
    lines[number : number + 1] = [] if line is None else [line]
    write_atomic(out, "\n".join(lines) + "\n")


def _drop_table(out: Path, point: Point) -> None:
    """The file without the table of forms that a point stands in."""
    lines = out.read_text(encoding="utf-8").splitlines()
    titles = [n for n, line in enumerate(lines) if TITLE.fullmatch(line.strip())]
    start = titles[point.section]
    end = titles[point.section + 1] if point.section + 1 < len(titles) else len(lines)
    lines[start:end] = []
    write_atomic(out, "\n".join(lines).rstrip() + "\n")


def _told(out: Path) -> dict[str, Any]:
    """What the file says so far; an open point is the text TODO."""
    try:
        return tomllib.loads(out.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError:
        return {}


def _in_context(point: Point, told: dict[str, Any]) -> Open:
    """A point with what earlier answers say of it."""
    study = told.get("study", {})
    suggestion = point.open.suggestion
    if point.key == "comparator" and isinstance(study.get("arms"), dict):
        others = {drug for drug in study["arms"].values() if "ketamine" not in str(drug).lower()}
        passive = {"saline", "placebo"} & {str(drug).lower() for drug in others}
        suggestion = quoted("passive" if passive else "active" if others else "none")
    if point.key == "look_level" and study.get("looks") == 1:
        suggestion = LEFT_OUT
    if point.key == "primary_arm" and isinstance(study.get("arms"), dict):
        drugs = {drug for drug in study["arms"].values() if "ketamine" in str(drug).lower()}
        suggestion = LEFT_OUT if len(drugs) < 2 else suggestion
    if point.key in ("version", "recall_hours", "item_base"):
        return _of_scale(point, told, suggestion)
    return replace(point.open, suggestion=suggestion)


def _of_scale(point: Point, told: dict[str, Any], suggestion: str) -> Open:
    """Version and window of the scale that was named."""
    form = _section(told, point)
    scale = instruments.known().get(str(form.get("instrument")))
    if scale is None:
        return replace(point.open, suggestion=suggestion)
    if point.key == "version":
        versions = list(scale.versions)
        one = quoted(versions[0]) if len(versions) == 1 else ""
        return Open(f"its version: {', '.join(versions)}", point.open.seen, one)
    if point.key == "recall_hours" and form.get("version") in scale.versions:
        window = scale.versions[str(form["version"])]
        suggestion = f"{window:g}" if window == window else suggestion
    return replace(point.open, suggestion=suggestion)


def _section(told: dict[str, Any], point: Point) -> dict[str, Any]:
    """The table of the file that a point stands in."""
    own = told.get(point.title.strip("[]"), {})
    if isinstance(own, list):
        place = point.section - sum(not isinstance(table, list) for table in told.values())
        own = own[place] if 0 <= place < len(own) else {}
    return own if isinstance(own, dict) else {}


def _refuse_unknown(line: str | None, point: Point, told: dict[str, Any], draft: Draft) -> None:
    """Refuse a scale, a version or a column that there is not.

    Raises
    ------
    ValueError
        One sentence that names what there is.
    """
    if line is None:
        return
    ((key, value),) = tomllib.loads(line).items()
    own = _section(told, point)
    if key in ("instrument", "primary") and value not in instruments.known():
        raise ValueError(unknown_scale(key, str(value)))
    scale = instruments.known().get(str(own.get("instrument")))
    if key == "version" and scale is not None and value not in scale.versions:
        raise ValueError(f"version of {scale.name} must be one of {', '.join(scale.versions)}")
    header = draft.headers.get(str(own.get("path")))
    if key in _COLUMNS and header and isinstance(value, str) and "{" not in value:
        absent = [part for part in value.split(PLUS) if part not in header]
        if absent:
            raise ValueError(f"There is no column {absent[0]!r}; there are {', '.join(header)}")


def _wrong(out: Path) -> str:
    """The first thing that keeps the study from being read; empty where it is read."""
    try:
        load_config(out)
        read_study(out)
    except ReliefError as error:
        return error.message
    return ""


def _mended(
    out: Path,
    wrong: str,
    draft: Draft,
    answer: Callable[[str], str],
    say: Callable[[str], None],
) -> bool:
    """Say what is wrong, and ask for the line that is to be another."""
    if _points(out, draft):
        return False
    lines = lines_of(out)
    meant = meant_by(wrong, lines)
    default = f", Enter for {meant.name}" if meant else ""
    say(f"\n{wrong}\n  Which line is to be another? As in assessments.time{default}.")
    given = answer("> ").strip()
    if given == "q":
        raise _Stopped
    named = [line for line in lines if given and (line.name == given or line.key == given)]
    place = next(iter(named), None if given else meant)
    if place is None and not given:
        raise _Stopped
    if place is None:
        say(f"  There is no line {given}; there are {', '.join(line.name for line in lines)}.")
        return True
    point = Point(place.number, place.section, place.title, place.key, Open(wrong))
    _ask(out, point, draft, "to mend", answer, say)
    return True
