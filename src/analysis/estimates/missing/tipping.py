"""How much worse the missing scores would have to be for a conclusion to fail."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from analysis.estimates.missing.multiple_imputation import Imputations
from analysis.estimates.missing.rubins_rules import Pooled
from analysis.estimates.missing.strategies import name_of
from analysis.estimates.table import row

__all__ = ["Tipping", "smallest_failing", "tipping_curve", "tipping_grid", "tipping_point"]

# A function of estimate, ci_low and ci_high.
Conclusion = Callable[[float, float, float], bool]
# A shift this many times the largest SD of a visit tips nothing that could be tipped.
FARTHEST = 1e4


@dataclass(frozen=True)
class Tipping:
    """The tipping point of a conclusion.

    Attributes
    ----------
    shift : float
        Points added to each imputed score of the treated; 0 where the conclusion does not hold
        without a shift, infinite where no shift makes it fail (nothing is missing, say).
    unshifted, at : Pooled
        The estimate without a shift, and with it (without one where it is infinite).
    """

    strategy: str
    shift: float
    unshifted: Pooled
    at: Pooled

    def row(self, **words: Any) -> dict[str, Any]:
        """The shift as a row of the table of estimates; it has no interval of its own."""
        common = {
            "estimand": f"tipping shift, {name_of(self.strategy)}",
            "estimate": self.shift,
            "method": f"{self.at.imputations} imputations, ANCOVA, Rubin's rules, bisection",
        }
        return row(**common | words)


def tipping_point(
    imputations: Imputations,
    holds: Conclusion,
    *,
    visit: str | None = None,
    direction: int = 1,
) -> Tipping:
    """Smallest shift of the missing treated scores at which a conclusion no longer holds.

    Parameters
    ----------
    imputations : Imputations
        The shift is added on top of what they hold.
    holds : function of estimate, ci_low, ci_high
    visit : str, optional
        The average over the visits by default.
    direction : {1, -1}
        Sign of the shift: 1 makes the missing scores worse.

    Notes
    -----
    Delta adjustment (Carpenter & Kenward 2013, doi:10.1002/9781119942283, chapter 10); the same
    imputations at every shift, so that the estimate is linear in it and bisection finds the
    point to a millionth of the SD of the scores.
    """
    scale = float(np.nanstd(imputations.trial.score))

    def at(shift: float) -> Pooled:
        return imputations.difference(visit, treated=direction * shift)

    def still(shift: float) -> bool:
        columns = at(shift).columns
        return holds(columns["estimate"], columns["ci_low"], columns["ci_high"])

    shift = smallest_failing(still, scale)
    return Tipping(imputations.strategy, shift, at(0.0), at(0.0 if math.isinf(shift) else shift))


def tipping_curve(
    imputations: Imputations,
    shifts: Sequence[float],
    holds: Conclusion,
    *,
    visit: str | None = None,
) -> pd.DataFrame:
    """Estimate and interval at each shift of the missing treated scores, for a figure.

    Returns
    -------
    DataFrame
        shift (points), estimate, ci_low, ci_high, holds.
    """
    table = _shifted(imputations, holds, visit, [(shift, 0.0) for shift in shifts])
    return table.drop(columns="reference").rename(columns={"treated": "shift"})


def tipping_grid(
    imputations: Imputations,
    shifts: Sequence[float],
    holds: Conclusion,
    *,
    visit: str | None = None,
) -> pd.DataFrame:
    """The same over a grid of shifts of both arms.

    Returns
    -------
    DataFrame
        treated, reference (points added in the arm), estimate, ci_low, ci_high, holds.
    """
    pairs = [(treated, reference) for reference in shifts for treated in shifts]
    return _shifted(imputations, holds, visit, pairs)


def _shifted(
    imputations: Imputations,
    holds: Conclusion,
    visit: str | None,
    pairs: Iterable[tuple[float, float]],
) -> pd.DataFrame:
    rows = []
    for treated, reference in pairs:
        found = imputations.difference(visit, treated=treated, reference=reference).columns
        numbers = {name: found[name] for name in ("estimate", "ci_low", "ci_high")}
        shifts = {"treated": float(treated), "reference": float(reference)}
        rows.append({**shifts, **numbers, "holds": bool(holds(*numbers.values()))})
    return pd.DataFrame(rows)


def smallest_failing(still: Callable[[float], bool], scale: float) -> float:
    """Smallest shift from 0 up at which a conclusion fails, by doubling and bisection.

    To a millionth of ``scale``; 0 when it fails at once, infinite when it never does.
    """
    if not still(0.0):
        return 0.0
    low, high = 0.0, scale
    while still(high):
        low, high = high, 2 * high
        if high > FARTHEST * scale:
            return math.inf
    while high - low > 1e-6 * scale:
        middle = (low + high) / 2
        low, high = (middle, high) if still(middle) else (low, middle)
    return high
