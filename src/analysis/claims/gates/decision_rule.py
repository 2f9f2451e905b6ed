"""Gate 5: an interval weighed against the bounds M and B, and a share against certainty."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from analysis.claims.ledger import CONTRADICTED, NOT_DECIDED, SUPPORTED
from analysis.claims.primary_analysis import Primary

__all__ = ["Bars", "weigh", "weigh_share"]


def weigh_share(share: dict[str, Any], certain: float) -> str:
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
        return weigh(
            primary.ci_low,
            primary.ci_high,
            primary.estimate,
            smallest=self.smallest,
            bias=self.bias,
        )


def weigh(low: float, high: float, estimate: float, *, smallest: float, bias: float) -> str:
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
