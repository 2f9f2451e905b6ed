"""How much of a time is told."""

from __future__ import annotations

import re
from datetime import UTC, datetime

__all__ = ["DAY", "HOUR", "MINUTE", "MONTH", "format_precision"]

MINUTE, HOUR, DAY, MONTH = range(4)


def format_precision(form: str) -> int | None:
    """How much of a time a ``strptime`` format tells; None where it is unusable.

    Unusable are formats that do not tell the date, tell an hour without its half of the day,
    or name the zone in letters before their end, whose meaning depends on the computer.
    """
    sample = datetime(2025, 3, 4, 14, 5, 6, tzinfo=UTC)
    if "%Z" in form.replace("%%", "").removesuffix("%Z"):
        return None
    try:
        back = datetime.strptime(sample.strftime(form), form)
    except (ValueError, re.error, KeyError, IndexError):
        return None
    if back.date() != sample.date():
        return None
    told = {(14, 5): MINUTE, (14, 0): HOUR, (0, 0): DAY}
    return told.get((back.hour, back.minute))
