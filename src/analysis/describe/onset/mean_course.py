"""When the difference in means began and how it faded: tables of one study from one model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from analysis.claims.case import Case
from analysis.describe.common import released_row
from analysis.describe.onset.courses import schedule
from analysis.describe.scores.mixed_model import PARAMETERS, mixed_model
from analysis.estimates.onset.durability import half_life
from analysis.estimates.onset.onset_of_mean_difference import backward_steps, mean_onset
from analysis.quantity import Cell

__all__ = ["MeanCourse", "mean_course"]


@dataclass(frozen=True, eq=False)
class MeanCourse:
    """Differences of one mixed model by window, with their covariance.

    Attributes
    ----------
    differences : DataFrame
        Rows of the table of estimates, treated minus control, in the order of time.
    covariance : ndarray of float, shape (windows, windows)
        Of the differences.
    hours : Series of float
        Scheduled hours by window label.
    people_by_arm : dict of str to int
        Fewest in any window.
    """

    differences: pd.DataFrame
    covariance: np.ndarray
    hours: pd.Series
    words: dict[str, Any]
    case: Case
    people_by_arm: dict[str, int]

    def steps(self) -> pd.DataFrame:
        """The differences with ``hours``, ``shows_benefit`` and ``counts`` (see mean_onset)."""
        return backward_steps(self.differences).assign(
            hours=self.differences["window"].map(self.hours)
        )

    def beginning(self) -> dict[str, Any]:
        """The window in which the difference began, as a row."""
        return self._told(mean_onset(self.differences, self.hours, **self.words))

    def half_life(self, *, since: float) -> dict[str, Any]:
        """Half-life of the difference from the window scheduled at ``since`` hours, as a row."""
        own = (self.hours >= since).to_numpy()
        people = self.differences[own]
        found = half_life(
            self.hours.to_numpy()[own],
            people["estimate"].to_numpy(),
            self.covariance[np.ix_(own, own)],
            df=float(people["df"].min()),
            n=float(people["n"].min()),
            window=f"from {people['window'].iloc[0]} on",
            **self.words,
        )
        return self._told(found)

    def _told(self, line: dict[str, Any]) -> dict[str, Any]:
        cell = Cell(self.people_by_arm, parameters=PARAMETERS)
        shown = released_row(self.case, line | {"cell": cell})
        return {name: value for name, value in shown.items() if name != "cell"}


def mean_course(case: Case) -> MeanCourse:
    """The differences of the mixed model of notebook 04, and what binds them.

    Raises
    ------
    ValueError
        When the study has no comparator, or no window holds the declared minimum of people of
        each arm.
    """
    model = mixed_model(case)
    labels = list(model.sizes.index)
    hours = pd.Series(list(schedule(case).values()), index=labels)
    words = {"contrast": case.contrast, "instrument": case.scale.name}
    fewest = {str(arm): int(n) for arm, n in model.sizes.min().items()}
    covariance = model.covariance_of_differences()
    return MeanCourse(model.differences(), covariance, hours, words, case, fewest)
