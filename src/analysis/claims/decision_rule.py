"""Gate 5, from an estimate to a word: an interval against M and B, a share against certainty."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from analysis.claims.ledger import CONTRADICTED, NOT_DECIDED, SUPPORTED
from analysis.claims.primary_analysis import Primary

__all__ = ["Bars", "decide_by_interval", "decide_by_share"]


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
        B, the bound on what expectancy and unblinding may bring.
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
