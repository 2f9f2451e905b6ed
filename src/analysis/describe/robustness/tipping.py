"""How much worse missing scores would have to be to overturn a benefit; none of it decides."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.claims.case import Case
from analysis.describe.robustness.missing import (
    DRAWS,
    SEED,
    Conclusion,
    benefit,
    gate_5,
    randomised_trial,
    tipping_shifts,
    visits_shown,
)
from analysis.estimates.missing import (
    Imputations,
    handle_events,
    multiple_imputation,
    posterior,
    tipping_curve,
    tipping_grid,
    tipping_point,
)
from analysis.estimates.missing import Tipping as TippingPoint

__all__ = ["Tipping", "fails_from", "handling_shown", "tipping", "tipping_in_every_window"]

# Points added to missing scores on the map.
GRID = np.linspace(-20, 40, 13).tolist()


def _imputed(case: Case) -> Imputations:
    """Missing scores under missing at random, imputed once for all tables of a case."""
    if "imputed at random" not in case.found:
        trial = randomised_trial(case)
        parameters = posterior(trial, draws=DRAWS, seed=SEED)
        found = multiple_imputation(trial, "MAR", parameters=parameters, seed=SEED)
        case.found["imputed at random"] = found
    imputed: Imputations = case.found["imputed at random"]
    return imputed


@dataclass(frozen=True, eq=False)
class Tipping:
    """The tipping point of a benefit at one visit.

    Attributes
    ----------
    visit : str
    imputations : Imputations
    tip : TippingPoint
    smallest : float or None
        Smallest difference that matters, points.
    """

    visit: str
    imputations: Imputations
    tip: TippingPoint
    smallest: float | None

    def table(self) -> pd.DataFrame:
        """Difference as imputed, minimal important difference, shift that tips it."""
        told = {
            "difference as imputed": self.tip.unshifted.estimate,
            "minimal important difference": np.nan if self.smallest is None else self.smallest,
            "tips at": self.tip.shift,
        }
        return pd.Series(told).round(1).to_frame("points")

    @property
    def curve(self) -> pd.DataFrame | None:
        """The difference over shifts up to twice the tipping one; None where none tips it."""
        if not (np.isfinite(self.tip.shift) and self.tip.shift > 0):
            return None
        shifts = np.linspace(0, 2 * self.tip.shift, 41).tolist()
        return tipping_curve(self.imputations, shifts, benefit, visit=self.visit)

    def grid(self) -> pd.DataFrame:
        """The difference over shifts of the missing scores of both arms."""
        return tipping_grid(self.imputations, GRID, benefit, visit=self.visit)


def tipping(case: Case, window: str) -> Tipping:
    """The tipping point of "the interval lies below zero" at a visit of a window.

    Of the phase within hours it is its first later visit, where people are missing.
    """
    imputed = _imputed(case)
    label = case.windows[window].label
    visit = label if label in imputed.trial.visits else visits_shown(case, imputed.trial)[0]
    smallest = case.smallest_difference
    found = tipping_point(imputed, benefit, visit=visit)
    return Tipping(visit, imputed, found, None if smallest is None else smallest[0])


def tipping_in_every_window(case: Case) -> pd.DataFrame:
    """Windows by conclusion: the shift in points at which it fails.

    Raises
    ------
    ValueError
        As :func:`randomised_trial`.
    """
    imputed = _imputed(case)
    conclusions: dict[str, Conclusion] = {"interval below zero": benefit}
    if case.bars is not None:
        conclusions["gate estimate"] = gate_5(case)
    visits = list(imputed.trial.visits)
    shifts = pd.concat([tipping_shifts(case, imputed, conclusions, visit=v) for v in visits])
    shifts["conclusion"] = shifts["estimand"].str.split(": ").str[1]
    return shifts.pivot(index="window", columns="conclusion", values="estimate").loc[visits]


def fails_from(grid: pd.DataFrame) -> float | None:
    """The shift on ketamine at which the map's benefit fails, the other arm as imputed."""
    own = grid[grid["reference"] == 0].sort_values("treated")
    high = own["ci_high"].to_numpy(float)
    if not (len(own) and high[0] < 0 < high[-1]):
        return None
    return float(np.interp(0.0, high, own["treated"].to_numpy(float)))


def handling_shown() -> pd.DataFrame:
    """What each declared handling of an event makes of the scores of three made-up people."""
    change = np.array([[-6.0, -8.0, -9.0], [-4.0, -5.0, np.nan], [-7.0, -8.0, -6.0]])
    handling = {
        "infusion stopped": "treatment policy",
        "sedative": "composite",
        "withdrew": "hypothetical",
    }
    events = pd.DataFrame({"person": [0, 1, 2], "kind": list(handling), "visit": [0, 1, 2]})
    handled, _, _ = handle_events(change, events, handling)
    names = [f"{kind}: {how}" for kind, how in handling.items()]
    shown = pd.DataFrame(handled, index=names, columns=["2 h", "5 h", "day 1"])
    return shown.astype(object).fillna("to be imputed")
