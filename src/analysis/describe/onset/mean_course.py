"""When the difference in means began and how it faded: tables of one study from one model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from analysis.claims.case import Case
from analysis.describe.common import released, released_row, two_arms
from analysis.describe.onset.courses import schedule
from analysis.estimates.onset.durability import half_life
from analysis.estimates.onset.onset_of_mean_difference import backward_steps, mean_onset
from analysis.estimates.table import row
from analysis.quantity import Cell

__all__ = ["MeanCourse", "mean_course"]

# Of one window: level, baseline and arm.
PARAMETERS = 3


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

    def onset(self) -> dict[str, Any]:
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
    """Fit the mixed model of notebook 04 and keep the differences and what binds them.

    Raises
    ------
    ValueError
        When the study has no comparator, or no window holds the declared minimum of people of
        each arm.
    """
    from analysis.mmrm import mmrm  # slow, and most tables fit no mixed model

    treated, control = two_arms(case, "there is no difference to follow")
    visits = schedule(case)
    labels = {name: case.windows[name].label for name in visits}
    data = pd.concat([case.people(name).assign(visit=label) for name, label in labels.items()])
    data = data[data["arm"].isin([treated, control])]
    sizes = pd.crosstab(data["visit"], data["arm"]).reindex(index=list(labels.values()))
    data["visit"] = pd.Categorical(data["visit"], categories=list(labels.values()), ordered=True)
    data["arm"] = pd.Categorical(data["arm"], categories=[control, treated])
    fit = mmrm("change ~ baseline * visit + arm * visit", data, subject="subject", visit="visit",
               covariance="us", fallback=("toeph", "ar1h", "cs"), df="kenward-roger")  # fmt: skip
    found = fit.differences("arm", by="visit", reference=control)
    words = {"contrast": case.contrast, "instrument": case.scale.name}
    keys = ["estimate", "se", "df", "ci_low", "ci_high", "p_value"]
    rows = [
        row(estimand="adjusted difference", window=str(one["visit"]),
            n=int(sizes.loc[one["visit"]].sum()),
            method=f"mixed model, covariance {fit.covariance_type}, Kenward-Roger",
            cell=Cell(sizes.loc[one["visit"]].astype(int).to_dict(), parameters=PARAMETERS),
            **{key: float(one[key]) for key in keys}, **words)
        for one in found.to_dict("records")
    ]  # fmt: skip
    terms = [f"arm[T.{treated}]"]
    terms += [f"arm[T.{treated}]:visit[T.{label}]" for label in list(labels.values())[1:]]
    sums = np.eye(len(terms))
    sums[:, 0] = 1.0
    covariance = sums @ fit.vcov.loc[terms, terms].to_numpy() @ sums.T
    hours = pd.Series(list(visits.values()), index=list(labels.values()))
    fewest = {str(arm): int(n) for arm, n in sizes.min().items()}
    return MeanCourse(released(case, rows), covariance, hours, words, case, fewest)
