"""What names of visits say of their planned hour; a suggestion, never taken unasked."""

from __future__ import annotations

import re
from collections.abc import Sequence

__all__ = ["hours_of_visits"]

_UNITS = {
    "h": 1, "hr": 1, "hrs": 1, "hour": 1, "hours": 1, "std": 1,
    "d": 24, "day": 24, "days": 24, "tag": 24,
    "w": 168, "wk": 168, "week": 168, "weeks": 168, "woche": 168,
    "m": 720, "mo": 720, "month": 720, "months": 720, "monat": 720,
}  # fmt: skip
_BEFORE = {"screening": -168.0, "screen": -168.0, "baseline": -24.0, "base": -24.0, "bl": -24.0,
           "pre": -1.0, "before": -1.0, "prior": -1.0, "vorher": -1.0}  # fmt: skip
# In p1h3 the hour is the third: the first number counts periods.
_NUMBER_UNIT = re.compile(r"(\d+(?:\.\d+)?)\s*([a-z]+)(?![a-z\d])")
_UNIT_NUMBER = re.compile(r"([a-z]+)[\s_.-]*(\d+(?:\.\d+)?)")


def hours_of_visits(visits: Sequence[str]) -> dict[str, float]:
    """Hours since the infusion's start by name of visit, of those whose name tells them."""
    return {visit: hour for visit in visits if (hour := _hour(visit)) is not None}


def _hour(visit: str) -> float | None:
    text = visit.strip().lower()
    for word, hour in _BEFORE.items():
        if re.search(rf"(?:^|[\W_\d]){word}(?:$|[\W_\d])", text):
            return hour
    for pattern, number, unit in ((_NUMBER_UNIT, 1, 2), (_UNIT_NUMBER, 2, 1)):
        for found in pattern.finditer(text):
            if found[unit] in _UNITS:
                return float(found[number]) * _UNITS[found[unit]]
    return None
