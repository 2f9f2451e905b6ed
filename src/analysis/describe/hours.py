"""Time as people count it: words for hours, how far an axis reaches, and where nothing was seen."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

__all__ = ["TICKS", "asks_about", "gaps", "reach", "told"]

# Hours to the words at them; the claims are about the first, most forms about the last.
TICKS = {1: "1 h", 2: "2 h", 5: "5 h", 24: "1 d", 72: "3 d", 168: "7 d", 720: "30 d", 2160: "90 d"}
# An axis begins here, or a little before an earlier point: on a log scale there is no zero.
FIRST_HOUR, LAST_HOUR = 0.8, 200.0
# Beyond the outermost points, as a factor.
BEYOND = 1.35


def told(hours: float) -> str:
    """A length of time in the unit that people count it in: ``5 h``, ``3 d``."""
    return f"{hours:.3g} h" if hours < 24 else f"{hours / 24:.3g} d"


def asks_about(recall_hours: float) -> str:
    """What time a form asks about, for a title: ``asks about the past 7 d``."""
    return "asks about now" if recall_hours == 0 else f"asks about the past {told(recall_hours)}"


def reach(
    hours: Iterable[float], first: float = FIRST_HOUR, last: float = LAST_HOUR
) -> tuple[float, float]:
    """Where an axis of time begins and ends, hours: at ``first`` or before, ``last`` or after."""
    known = [hour for hour in hours if np.isfinite(hour) and hour > 0]
    return (
        min([first, *(hour / BEYOND for hour in known)]),
        max([last, *(hour * BEYOND for hour in known)]),
    )


def gaps(
    spans: Iterable[tuple[float, float]], left: float, right: float
) -> list[tuple[float, float]]:
    """Stretches of [left, right] that no span covers, in the order of time."""
    found, at = [], left
    for low, high in sorted(span for span in spans if span[0] < right):
        if at < low:
            found.append((at, low))
        at = max(at, high)
    return [*found, (at, right)] if at < right else found
