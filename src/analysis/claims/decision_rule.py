"""Gate 5, from an estimate to a word: an interval against M and B, a share against certainty."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from analysis.claims.ledger import CONTRADICTED, NOT_DECIDED, SUPPORTED
from analysis.claims.primary_analysis import Primary
from analysis.estimates.intervals import t_quantile

__all__ = ["ONE_SIDED", "Bars", "BarsAtLook", "at_level", "decide_by_interval", "decide_by_share"]

# The one-sided level of a 95 % interval: that of a study whose data are judged once.
ONE_SIDED = 0.025


def decide_by_share(share: dict[str, Any], certain: float) -> str:
    """What a share's exact interval says: supported at or above, contradicted below."""
    if share["ci_low"] >= certain:
        return SUPPORTED
    return CONTRADICTED if share["ci_high"] < certain else NOT_DECIDED


@dataclass(frozen=True)
class Bars:
    """What the estimate is held against, both positive, in points.

    Attributes
    ----------
    smallest : float
        M, the smallest difference that matters.
    bias : float
        B, the bound on the sum of all biases.
    """

    smallest: float
    bias: float

    def word(self, primary: Primary) -> str:
        """What gate 5 says of an estimate."""
        return self.decide(primary.ci_low, primary.ci_high, primary.estimate)

    def decide(self, low: float, high: float, estimate: float) -> str:
        """What gate 5 says of an interval, in points; see :func:`decide_by_interval`."""
        return decide_by_interval(low, high, estimate, smallest=self.smallest, bias=self.bias)

    def support(self, estimate: float, low: float, high: float) -> bool:
        """Whether gate 5 says supported, in the order that analyses of missing scores ask."""
        return self.decide(low, high, estimate) == SUPPORTED


def at_level(primary: Primary, level: float) -> Primary:
    """The same estimate with the interval of a one-sided level."""
    if level == ONE_SIDED:
        return primary
    reach = t_quantile(primary.df, level=1 - 2 * level) * primary.se
    middle = primary.estimate
    return replace(primary, ci_low=middle - reach, ci_high=middle + reach)


@dataclass(frozen=True)
class BarsAtLook(Bars):
    """The same where the data are judged more than once, by intervals of the level of this look.

    Attributes
    ----------
    level : float
        One-sided.
    df : float
        Degrees of freedom of the primary estimate: whoever doubts its missing scores asks of
        95 % intervals, which are made as wide as the level has them.
    """

    level: float
    df: float

    def word(self, primary: Primary) -> str:
        """What gate 5 says of an estimate, whatever the level of the interval it comes with."""
        primary = at_level(primary, self.level)
        return self.decide(primary.ci_low, primary.ci_high, primary.estimate)

    def support(self, estimate: float, low: float, high: float) -> bool:
        """Whether gate 5 says supported of a 95 % interval around the estimate."""
        wider = t_quantile(self.df, level=1 - 2 * self.level) / t_quantile(self.df)
        below, above = wider * (estimate - low), wider * (high - estimate)
        return super().support(estimate, estimate - below, estimate + above)


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
    return CONTRADICTED if low > -smallest else NOT_DECIDED
