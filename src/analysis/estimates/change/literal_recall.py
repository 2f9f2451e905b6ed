"""How far a score that looks back can have fallen, if people answered for the window they read.

A form that averages its window still holds the time before the infusion: h hours after the start,
at most the share h / W of a window of W hours is new. A fall beyond that says that people answered
about now, or about what they expected; not that they recovered faster.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from analysis.estimates.intervals import t_interval
from analysis.numbers import numbers, one_number

__all__ = ["LiteralRecall", "largest_literal_fall", "literal_recall", "literal_sentence"]


@dataclass(frozen=True)
class LiteralRecall:
    """A look-back score's fall beside the largest one that a literal answer could show.

    ``fall`` and ``largest`` are shares of the mean baseline above the scale's least; ``ratio`` is
    their quotient. ``excess`` is the mean, in points, of what fell beyond the largest literal fall
    of the own baseline, with its t interval; ``beyond`` says that the interval lies above zero.
    """

    n: int
    recall_hours: float
    hours: float
    fall: float
    largest: float
    ratio: float
    excess: float
    excess_low: float
    excess_high: float

    @property
    def beyond(self) -> bool:
        """Whether the scores fell further than literal answers could."""
        return self.excess_low > 0


def largest_literal_fall(recall_hours: Any, hours: Any) -> Any:
    """Largest fall of a literal answer, as a share of baseline above the scale's least.

    Parameters
    ----------
    recall_hours : float or array-like
        Window in hours; 0 for a form about right now; NaN where unknown.
    hours : float or array-like
        Hours since the infusion's start.

    Returns
    -------
    float or array
        min(1, h / W): 1 for a form about right now, NaN where either is unknown.
    """
    window, since = np.asarray(recall_hours, float), np.asarray(hours, float)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(window == 0, 1.0, np.clip(since / window, 0.0, 1.0))
    found = np.where(np.isnan(window) | np.isnan(since), np.nan, share)
    return float(found) if found.ndim == 0 else found


def literal_recall(
    baseline: Any, after: Any, *, recall_hours: float, hours: float, least: float = 0.0
) -> LiteralRecall:
    """Compare the same people's scores before and after with what literal answers could show.

    Parameters
    ----------
    baseline, after : array-like of float, shape (people,)
        Scores where more means more symptoms; people without either are left out.
    recall_hours, hours : float
        Window of the form as administered, and hours since the infusion's start.
    least : float
        Lowest score that the scale can give.

    Raises
    ------
    ValueError
        Fewer than three people, a mean baseline at the scale's least, a window or time that is
        not known.
    """
    before, then = numbers(baseline=baseline, after=after)
    known = np.isfinite(before) & np.isfinite(then)
    above, fall = before[known] - least, before[known] - then[known]
    largest = largest_literal_fall(one_number(recall_hours, "recall_hours"), hours)
    if not math.isfinite(largest):
        raise ValueError("The window and the time since the infusion must be known.")
    n = int(known.sum())
    if n < 3 or above.mean() <= 0:
        raise ValueError("Three people with scores above the scale's least are needed.")
    beyond = fall - largest * above
    within = t_interval(beyond.mean(), beyond.std(ddof=1) / math.sqrt(n), n - 1)
    share = float(fall.mean() / above.mean())
    return LiteralRecall(
        n, recall_hours, hours, share, largest, share / largest if largest else math.inf,
        within["estimate"], within["ci_low"], within["ci_high"],
    )  # fmt: skip


def literal_sentence(found: LiteralRecall) -> str:
    """What gate 3 prints of a look-back score."""
    told = (
        f"Scores fell by {found.fall:.0%} of baseline; {found.hours:g} h after the infusion a "
        f"literal answer about the past {_window(found.recall_hours)} can show {found.largest:.0%} "
        "at most"
    )
    if not found.beyond:
        return f"{told}."
    return f"{told}: people answered about now, or about what they expected."


def _window(hours: float) -> str:
    return f"{hours / 24:g} days" if hours > 24 else f"{hours:g} hours"
