"""Gate 5, from an estimate to a word: an interval against M and B, a share against certainty."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from analysis.claims.ledger import CONTRADICTED, NOT_DECIDED, SUPPORTED
from analysis.claims.primary_analysis import Primary
from analysis.estimates.intervals import t_quantile

__all__ = ["ONE_SIDED", "Bars", "at_level", "contradiction_bar", "decide_by_interval",
           "decide_by_share"]  # fmt: skip

# The one-sided level of a 95 % interval: that of a study whose data are judged once.
ONE_SIDED = 0.025


def decide_by_share(
    share: dict[str, Any], certain: float, kindest: dict[str, Any] | None = None
) -> str:
    """What a share's exact interval says: supported at or above, contradicted below.

    ``kindest`` is the share by the kindest reading of the scores, where there is another one:
    what it leaves possible is not contradicted.
    """
    if share["ci_low"] >= certain:
        return SUPPORTED
    return CONTRADICTED if (kindest or share)["ci_high"] < certain else NOT_DECIDED


def at_level(primary: Primary, level: float) -> Primary:
    """The same estimate with the interval of a one-sided level."""
    if level == ONE_SIDED:
        return primary
    reach = t_quantile(primary.df, level=1 - 2 * level) * primary.se
    middle = primary.estimate
    return replace(primary, ci_low=middle - reach, ci_high=middle + reach)


@dataclass(frozen=True)
class Bars:
    """What the estimate is held against, in points, and at which level.

    Attributes
    ----------
    smallest : float
        M, the minimal important difference; positive.
    bias : float
        B, the bound on the sum of all biases; positive.
    sd : float
        SD of the baseline as used: so far missing scores are shifted.
    level : float
        One-sided level of the intervals; another one where the data are judged more than once.
    df : float
        Degrees of freedom of the primary estimate: whoever doubts its missing scores asks of
        95 % intervals, which are made as wide as the level has them.
    """

    smallest: float
    bias: float
    sd: float
    level: float = ONE_SIDED
    df: float = math.inf

    def word(self, primary: Primary) -> str:
        """What gate 5 says of an estimate, whatever the level of the interval it comes with."""
        primary = at_level(primary, self.level)
        return self.decide(primary.ci_low, primary.ci_high, primary.estimate)

    def decide(self, low: float, high: float, estimate: float) -> str:
        """What gate 5 says of an interval, in points; see :func:`decide_by_interval`."""
        return decide_by_interval(low, high, estimate, smallest=self.smallest, bias=self.bias)

    def holds(self, word: str) -> Callable[[float, float, float], bool]:
        """Whether gate 5 says the word of an estimate and its 95 % interval, as a function."""
        wider = 1.0
        if self.level != ONE_SIDED:
            wider = t_quantile(self.df, level=1 - 2 * self.level) / t_quantile(self.df)

        def said(estimate: float, low: float, high: float) -> bool:
            below, above = wider * (estimate - low), wider * (high - estimate)
            return self.decide(estimate - below, estimate + above, estimate) == word

        return said

    def stands_at_last_visit(self, primary: Primary, word: str) -> bool:
        """Whether the last visit of the phase bears the word out by itself, by gate 6.

        Support: a difference there at or below -M. Contradiction: its lower limit above the
        bar of gate 5.
        """
        last = primary.last_visit
        if word == SUPPORTED:
            return last.estimate <= -self.smallest
        reach = t_quantile(last.df, level=1 - 2 * self.level) * last.se
        return last.estimate - reach > contradiction_bar(self.smallest, self.bias)


def contradiction_bar(smallest: float, bias: float) -> float:
    """What the lower limit must lie above to contradict: bias may hide half of its bound."""
    return -smallest + bias / 2


def decide_by_interval(
    low: float, high: float, estimate: float, *, smallest: float, bias: float
) -> str:
    """What an interval for the difference says by VERDICT gate 5.

    Parameters
    ----------
    low, high, estimate : float
        Difference, ketamine minus comparator, negative = benefit.
    smallest, bias : float
        Smallest difference that matters M and bound on bias B, both positive, same unit.
    """
    if high < -bias and estimate <= -smallest:
        return SUPPORTED
    return CONTRADICTED if low > contradiction_bar(smallest, bias) else NOT_DECIDED
