"""The mixed model over every window of one visit: means, differences, what binds the windows.

One fit for all tables of it: notebooks 04 and 05, `relief describe`.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from analysis.claims.case import Case
from analysis.describe.common import released, two_arms
from analysis.describe.scores.control import difference_by_window
from analysis.estimates.table import row
from analysis.mmrm.results import MMRM
from analysis.quantity import Cell

__all__ = ["MIXED", "MixedModel", "mixed_model"]

# Not the adjusted difference of one window by itself, which ANCOVA gives.
MIXED = "adjusted difference, mixed model over all windows"

# Of one window: level, baseline and arm.
PARAMETERS = 3
NUMBERS = ("estimate", "se", "df", "ci_low", "ci_high")
# Structures of the covariance, tried in this order, in words.
KINDS = {"us": "unstructured", "toeph": "heterogeneous Toeplitz",
         "ar1h": "heterogeneous AR(1)", "cs": "compound symmetry"}  # fmt: skip
FALLBACK = tuple(KINDS)[1:]


@dataclass(frozen=True, eq=False)
class MixedModel:
    """A fit, and the people behind it.

    Attributes
    ----------
    case : Case
    fit : MMRM
    sizes : DataFrame
        People by window label and arm.
    """

    case: Case
    fit: MMRM
    sizes: pd.DataFrame

    @property
    def several(self) -> bool:
        """Whether there is more than one window."""
        return len(self.sizes) > 1

    @property
    def covariance(self) -> str:
        """The structure of the covariance in words."""
        return KINDS[self.fit.covariance_type]

    @property
    def _by(self) -> str | None:
        return "visit" if self.several else None

    def people(self) -> pd.DataFrame:
        """People with a score, by arm and window, as the view shows them."""
        return released(self.case, self.sizes.T.rename_axis(index="arm", columns=None))

    def facts(self) -> pd.DataFrame:
        """Participants, scores used, covariance, and whether it had to be a simpler one."""
        told = {
            "participants": self.fit.n_subjects,
            "scores used": self.fit.n_obs,
            "covariance": self.covariance,
            "simpler covariance": "yes" if self.fit.fallbacks else "no",
        }
        return pd.Series(told, name="model").to_frame()

    def means(self) -> pd.DataFrame:
        """Least squares mean change by arm and window: rows of the table of estimates."""
        found = self.fit.lsmeans("arm", by=self._by).to_dict("records")
        return released(self.case, [self._row("least squares mean change", one, arm)
                                    for arm in self.sizes for one in found
                                    if str(one["arm"]) == arm])  # fmt: skip

    def differences(self) -> pd.DataFrame:
        """Treated minus control by window: rows of the table of estimates."""
        control = str(self.case.design.comparator_arm)
        found = self.fit.differences("arm", reference=control, by=self._by)
        return released(self.case, [self._row(MIXED, one, self.case.contrast)
                                    for one in found.to_dict("records")])  # fmt: skip

    def _row(self, estimand: str, one: dict[Any, Any], contrast: str) -> dict[str, Any]:
        window = str(one.get("visit", self.sizes.index[0]))
        people = {str(arm): int(n) for arm, n in self.sizes.T[window].items()}
        own = {contrast: people[contrast]} if contrast in people else people
        numbers = {name: float(one[name]) for name in NUMBERS}
        if contrast == self.case.contrast:
            numbers["p_value"] = float(one["p_value"])
        return row(
            estimand=estimand, window=window, n=sum(own.values()), contrast=contrast,
            instrument=self.case.scale.name, cell=Cell(own, parameters=PARAMETERS),
            method=f"mixed model, covariance {self.covariance}, Kenward-Roger", **numbers,
        )  # fmt: skip

    def joint(self) -> pd.Series:
        """The test of no difference in any window: f, df1, df2, p_value."""
        terms = [name for name in self.fit.params.index if name.startswith("arm")]
        return self.fit.wald([{name: 1.0} for name in terms])

    def beside_ancova(self) -> pd.DataFrame:
        """The differences of the model and of each window by itself, side by side."""
        alone = difference_by_window(self.case, windows=self.case.visits)
        alone = alone[alone["estimand"] == "adjusted difference"].set_index("window")
        both = {"mixed model": self.differences().set_index("window"), "ANCOVA": alone}
        shown = {name: table[["estimate", "se", "df"]] for name, table in both.items()}
        return pd.concat(shown, axis=1).loc[list(self.sizes.index)]

    def correlations(self) -> pd.DataFrame:
        """Correlation of a person's changes between windows, given arm and baseline.

        Raises
        ------
        ValueError
            When one window alone was scored.
        """
        if not self.several:
            raise ValueError("One window alone was scored: there are no two to go together.")
        covariance = self.fit.covariance
        if not isinstance(covariance, pd.DataFrame):
            raise ValueError("Each arm has a covariance of its own; no one table shows them.")
        sd = pd.Series(covariance.to_numpy().diagonal() ** 0.5, covariance.index)
        return covariance.div(sd, axis=0).div(sd, axis=1)

    def covariance_of_differences(self) -> np.ndarray:
        """Of the differences by window, shape (windows, windows)."""
        treated, labels = self.case.design.active_arm, list(self.sizes.index)
        terms = [f"arm[T.{treated}]"]
        terms += [f"arm[T.{treated}]:visit[T.{label}]" for label in labels[1:]]
        sums = np.eye(len(terms))
        sums[:, 0] = 1.0
        found: np.ndarray = sums @ self.fit.vcov.loc[terms, terms].to_numpy() @ sums.T
        return found


def mixed_model(case: Case) -> MixedModel:
    """Change on baseline and arm at every window with enough participants scored in each arm.

    Unstructured covariance, restricted maximum likelihood, Kenward-Roger; where that covariance
    cannot be fitted, a simpler one, which is named.

    Raises
    ------
    ValueError
        When the study has no comparator, no such window, or no covariance can be fitted.
    """
    if "mixed model" in case.found:
        known: MixedModel = case.found["mixed model"]
        if known.case.view == case.view:
            return known
    treated, control = two_arms(case, "there is no difference to follow")
    if not case.visits:
        raise ValueError("No window holds scores of enough participants in each arm.")
    labels = {name: case.windows[name].label for name in case.visits}
    data = pd.concat([case.people(name).assign(visit=label) for name, label in labels.items()])
    data = data[data["arm"].isin([treated, control])]
    sizes = pd.crosstab(data["visit"], data["arm"]).reindex(index=list(labels.values()))
    data["visit"] = pd.Categorical(data["visit"], categories=list(labels.values()), ordered=True)
    data["arm"] = pd.Categorical(data["arm"], categories=[control, treated])
    found = MixedModel(case, _fit(data, len(labels)), sizes[[treated, control]])
    case.found["mixed model"] = found
    return found


def _fit(data: pd.DataFrame, windows: int) -> MMRM:
    from analysis.mmrm import FitWarning, mmrm  # slow, and most tables fit no mixed model

    formula = (
        "change ~ baseline * visit + arm * visit" if windows > 1 else "change ~ baseline + arm"
    )
    with warnings.catch_warnings():
        # `facts` tells which covariance it was in the end.
        warnings.simplefilter("ignore", FitWarning)
        return mmrm(formula, data, subject="subject", visit="visit", covariance="us",
                    fallback=FALLBACK, df="kenward-roger")  # fmt: skip
