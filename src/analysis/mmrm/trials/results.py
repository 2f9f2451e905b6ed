"""The fits of many trials: what one fit says, with an axis over trials in front."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
import pandas as pd

from analysis.mmrm.arrays import Array, Index
from analysis.mmrm.batch.inference import Fitted, tested
from analysis.mmrm.batch.stack import Stack
from analysis.mmrm.inference.lsmeans import differences_of
from analysis.mmrm.results import MMRM
from analysis.mmrm.spec import ModelSpec
from analysis.mmrm.trials.grids import mean_weights_of_each

TOGETHER, ALONE, REFUSED = "at once", "one by one", "refused"


@dataclass(frozen=True)
class Origin:
    """What was fitted.

    Attributes
    ----------
    labels : Index of length T
        Names of the trials.
    n_excluded : array of int, shape (T,)
    """

    spec: ModelSpec
    stack: Stack
    labels: pd.Index
    n_excluded: Index


class ManyMMRM:
    """A mixed model for repeated measures, fitted to each of many trials.

    Tables have a column with the trial and are sorted by it, in the order in which the trials
    came; Series and the first axis of arrays are in that order too. What could not be fitted is
    NaN.

    Attributes
    ----------
    formula, method, df : str
    trials : Index
        Names of the trials.
    how : Series
        Of each trial: "at once" with others, "one by one" by the single engine, or "refused".
    refusals : Series
        Why, of each that was refused.
    structures : list of str
        The covariance structure really used in each trial.
    fallbacks : list of tuple of str
        The structures that did not converge in each trial before it.
    """

    def __init__(
        self,
        origin: Origin,
        parts: list[Fitted],
        singles: dict[int, MMRM],
        refusals: dict[int, str],
    ) -> None:
        self._origin, self._parts, self._singles = origin, parts, singles
        options = origin.spec.options
        self.formula, self.method, self.df = origin.spec.formula, options.method, options.df
        self.trials = origin.labels
        how = np.full(len(self.trials), TOGETHER, dtype=object)
        how[list(singles)], how[list(refusals)] = ALONE, REFUSED
        self.how = pd.Series(how, index=self.trials, name="how", dtype="str")
        index = self.trials[list(refusals)]
        self.refusals = pd.Series([*refusals.values()], index=index, name="refusal", dtype="str")
        one_visit = len(origin.stack.template.levels.visits) == 1
        self.structures = ["us" if one_visit else options.covariance] * len(self.trials)
        self.fallbacks: list[tuple[str, ...]] = [()] * len(self.trials)
        for trial, fit in singles.items():
            self.structures[trial], self.fallbacks[trial] = fit.covariance_type, fit.fallbacks

    @property
    def terms(self) -> list[str]:
        """Names of the fixed effects."""
        return list(self._origin.stack.template.recipe.names)

    # Estimates

    @cached_property
    def params(self) -> pd.DataFrame:
        """Fixed effects, one row a trial; NaN where one is aliased."""
        values = self._gather((len(self.terms),), Fitted.coefficients)
        for trial, fit in self._singles.items():
            values[trial] = fit.params.reindex(self.terms)
        return pd.DataFrame(values, index=self.trials, columns=self.terms)

    @cached_property
    def bse(self) -> pd.DataFrame:
        """Standard errors of the fixed effects, one row a trial."""
        values = self._gather(
            (len(self.terms),),
            lambda part: np.sqrt(np.diagonal(part.vcov(), axis1=1, axis2=2)),
        )
        for trial, fit in self._singles.items():
            values[trial] = fit.bse.reindex(self.terms)
        return pd.DataFrame(values, index=self.trials, columns=self.terms)

    @cached_property
    def covariance(self) -> Array | dict[str, Array]:
        """Covariances of the visits, (T, K, K); a dict by group where groups have their own."""
        levels = self._origin.stack.template.levels
        k, groups = len(levels.visits), [str(group) for group in levels.groups]
        values = self._gather(
            (len(groups), k, k), lambda part: part.likelihoods.covariances(part.theta)
        )
        for trial, fit in self._singles.items():
            found = fit.covariance
            own = list(found.values()) if isinstance(found, dict) else [found]
            values[trial] = np.stack([frame.to_numpy() for frame in own])
        if len(groups) == 1:
            return values[:, 0]
        return {group: values[:, g] for g, group in enumerate(groups)}

    @cached_property
    def loglik(self) -> pd.Series:
        """Log-likelihood, with the constants of `MMRM.loglik`."""
        values = self._gather((), lambda part: part.loglik)
        for trial, fit in self._singles.items():
            values[trial] = fit.loglik
        return pd.Series(values, index=self.trials, name="loglik")

    @cached_property
    def counts(self) -> pd.DataFrame:
        """n_obs, n_excluded and n_subjects of each trial."""
        origin, n = self._origin, len(self.trials)
        return pd.DataFrame(
            {
                "n_obs": np.bincount(origin.stack.trial_of_row, minlength=n),
                "n_excluded": origin.n_excluded,
                "n_subjects": np.bincount(origin.stack.trial, minlength=n),
            },
            index=self.trials,
        )

    # Contrasts

    def contrast(
        self, weights: Mapping[str, float] | Sequence[float] | Array, *, level: float = 0.95
    ) -> pd.DataFrame:
        """One linear combination of the fixed effects in every trial.

        Parameters
        ----------
        weights : dict of term to weight, or array with a weight for each of `terms`

        Returns
        -------
        DataFrame
            trial, estimate, se, df, ci_low, ci_high, t, p_value.
        """
        row = np.zeros(len(self.terms))
        if isinstance(weights, Mapping):
            for name, value in weights.items():
                if name not in self.terms:
                    raise ValueError(f"The model has no term '{name}'.")
                row[self.terms.index(name)] = value
        else:
            row = np.asarray(weights, dtype=float)
        if row.shape != (len(self.terms),):
            raise ValueError(
                f"contrast takes one weight for each of {len(self.terms)} terms, not an array of "
                f"shape {row.shape}."
            )
        if not row.any():
            raise ValueError("The contrast has no weight on any term.")
        each = np.broadcast_to(row, (len(self.trials), 1, len(row)))
        return self._table({}, each, level)

    def lsmeans(
        self,
        factor: str,
        *,
        by: str | None = None,
        at: Mapping[str, Any] | None = None,
        weights: Literal["equal", "proportional"] = "equal",
        covariates: Literal["rows", "subjects"] = "rows",
        level: float = 0.95,
    ) -> pd.DataFrame:
        """Least squares means of every trial; see `MMRM.lsmeans`.

        Returns
        -------
        DataFrame
            trial, the factor, by, estimate, se, df, ci_low, ci_high, t, p_value.
        """
        names = [factor] if by is None else [factor, by]
        options = {"at": at, "weights": weights, "covariates": covariates}
        levels, rows = mean_weights_of_each(self._origin.stack, names, **options)
        return self._table(levels, rows, level)

    def differences(
        self,
        factor: str,
        *,
        by: str | None = None,
        reference: Any = None,
        at: Mapping[str, Any] | None = None,
        weights: Literal["equal", "proportional"] = "equal",
        covariates: Literal["rows", "subjects"] = "rows",
        level: float = 0.95,
    ) -> pd.DataFrame:
        """Differences of least squares means of every trial; see `MMRM.differences`.

        Returns
        -------
        DataFrame
            trial, by, contrast ("a - b" is level minus reference), estimate, se, df, ci_low,
            ci_high, t, p_value.
        """
        names = [factor] if by is None else [by, factor]
        options = {"at": at, "weights": weights, "covariates": covariates}
        levels, rows = mean_weights_of_each(self._origin.stack, names, **options)
        labels, contrasts = differences_of(levels, rows, factor, by, reference)
        return self._table(labels, contrasts, level)

    # What is gathered from the parts

    def _gather(self, shape: tuple[int, ...], of: Any) -> Array:
        values = np.full((len(self.trials), *shape), np.nan)
        for part in self._parts:
            values[part.trials] = of(part)
        return values

    def _table(self, labels: Mapping[str, list[Any]], rows: Array, level: float) -> pd.DataFrame:
        """Tests of contrasts (T, q, p) in every trial, trial by trial."""
        if not 0 < level < 1:
            raise ValueError(f"level must be between 0 and 1, not {level}.")
        n, q, _ = rows.shape
        estimate, se, df = np.full((3, n, q), np.nan)
        for part in self._parts:
            here = part.trials
            estimate[here], se[here], df[here] = part.contrast(rows[here], self.df)
        for trial, fit in self._singles.items():
            found = fit._inference.contrast(rows[trial], level)
            estimate[trial], se[trial], df[trial] = (found[c] for c in ("estimate", "se", "df"))
        tests = tested(estimate.ravel(), se.ravel(), df.ravel(), level)
        names = {str(self.trials.name): self.trials.repeat(q)}
        repeated = {name: list(values) * n for name, values in labels.items()}
        return pd.DataFrame({**names, **repeated, **tests}).reset_index(drop=True)

    def __repr__(self) -> str:
        counts = self.how.value_counts()
        said = ", ".join(f"{counts[kind]} {kind}" for kind in (TOGETHER, ALONE, REFUSED)
                         if kind in counts)  # fmt: skip
        return f"<ManyMMRM {self.formula}: {len(self.trials)} trials, {said}>"
