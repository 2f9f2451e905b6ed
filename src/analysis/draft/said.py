"""What people type, as a line of TOML."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable

from analysis.config import AssessmentTable, InfusionTable, StudySection, SubjectTable
from analysis.draft.toml_text import quoted, table_of

__all__ = ["BOOLEANS", "LEFT_OUT", "in_toml"]

# Removes the line.
LEFT_OUT = "-"
_YES, _NO = ("true", "yes", "y", "ja", "oui", "si"), ("false", "no", "n", "nein", "non")
BOOLEANS = ("synthetic", "randomised", "concurrent", "study_codes")
_NUMBERS = ("looks", "look_level", "recall_hours", "item_base", "start_hours_is", "end_hours_is")
_LISTS = ("missing_codes", "codes", "cohorts")
_TABLES = ("arms", "visits", "events", "labels", "statuses")
_EXAMPLES = {
    "arms": "what it means, as in: A = ketamine, B = midazolam",
    "statuses": "what it means, as in: rescheduled = not given",
}
_EITHER = ("planned_per_arm", "baseline")
_WINDOWS = {
    "now": "0", "right now": "0", "day": "24", "past day": "24", "week": "168", "past week": "168",
    "two weeks": "336", "2 weeks": "336", "month": "720", "past month": "720",
}  # fmt: skip
_ONE_OF = {
    "design": ("parallel", "crossover", "single-arm"),
    "comparator": ("active", "passive", "none"),
    "blinded": ("double", "single", "open"),
}
_KEYS = {
    name
    for table in (SubjectTable, InfusionTable, AssessmentTable, StudySection)
    for name in table.model_fields
}
_NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?")
_OTHER_KEY = re.compile(r"([a-z_]{3,}) *= *(.+)")


def in_toml(key: str, given: str) -> str | None:
    """The line of a key with the answer that was typed; None to remove it.

    Text needs no quotation marks, yes and no will do for true and false, a list its commas and a
    table ``A = ketamine, B = midazolam``; what is TOML already stays as it is.

    Raises
    ------
    ValueError
        One sentence that says what is expected.
    """
    if given == LEFT_OUT:
        return None
    other = _OTHER_KEY.fullmatch(given)
    if other and key not in _TABLES and other[1] in _KEYS:
        return in_toml(other[1], other[2].strip())
    if key in _TABLES and not given.startswith("{"):
        return f"{key} = {_table(key, given)}"
    if _is_toml(given) and not (key in _ONE_OF or key in _NUMBERS or key in BOOLEANS):
        return f"{key} = {given}"
    text = given.strip("\"'").strip()
    for keys, value in _READ:
        if key in keys:
            return f"{key} = {value(key, text)}"
    return f"{key} = {quoted(text)}"


def _is_toml(text: str) -> bool:
    """Whether it can stand in TOML as it is: a text in quotation marks, a list, a table."""
    if text[:1] not in "\"'[{":
        return False
    try:
        tomllib.loads(f"x = {text}")
    except tomllib.TOMLDecodeError:
        return False
    return True


def _boolean(key: str, text: str) -> str:
    if text.lower() in _YES:
        return "true"
    if text.lower() in _NO:
        return "false"
    raise ValueError("Type yes or no.")


def _number(key: str, text: str) -> str:
    text = _WINDOWS.get(text.lower(), text) if key == "recall_hours" else text
    if not _NUMBER.fullmatch(text):
        raise ValueError("Type a number.")
    return text


def _choice(key: str, text: str) -> str:
    if text.lower() not in _ONE_OF[key]:
        raise ValueError(f"Type one of {', '.join(_ONE_OF[key])}.")
    return quoted(text.lower())


def _list(key: str, text: str) -> str:
    codes = [part.strip().strip("\"'") for part in text.strip("[]").split(",")]
    return "[]" if text.lower() in ("none", "[]") else quoted([code for code in codes if code])


def _either(key: str, text: str) -> str:
    """A number, hours in pairs, a table, or a name."""
    if _NUMBER.fullmatch(text):
        return text
    pair = re.fullmatch(r"\[?\s*([+-]?[\d.]+)\s*(?:,|to|\s)\s*([+-]?[\d.]+)\s*\]?", text)
    if pair:
        return f"[{pair[1]}, {pair[2]}]"
    return _table(key, text) if "=" in text else quoted(text)


def _table(key: str, text: str) -> str:
    """``A = ketamine, B = midazolam`` as a table; hours of visits are numbers."""
    told: dict[str, str | float] = {}
    for part in text.split(","):
        name, sign, value = part.rpartition("=") if "=" in part else part.rpartition(":")
        if not sign or not name.strip() or not value.strip():
            example = _EXAMPLES.get(key, "its hours, as in: pre = -1, day 1 = 24")
            raise ValueError(f"Type each with {example}.")
        plain = value.strip().strip("\"'")
        number = _NUMBER.fullmatch(plain) and key not in _EXAMPLES
        told[name.strip().strip("\"'")] = float(plain) if number else plain
    return table_of(told)


_READ: tuple[tuple[tuple[str, ...], Callable[[str, str], str]], ...] = (
    (BOOLEANS, _boolean),
    (_NUMBERS, _number),
    (tuple(_ONE_OF), _choice),
    (_LISTS, _list),
    (_EITHER, _either),
)
