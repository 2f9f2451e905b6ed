"""The fitted model: what a trial statistician reads off it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, Literal

import numpy as np
import pandas as pd

from analysis.mmrm.arrays import Array
from analysis.mmrm.design.frames import as_frame
from analysis.mmrm.fit.covariance import mean_distances
from analysis.mmrm.fit.maximise import CONVERGED
from analysis.mmrm.inference.contrasts import Inference
from analysis.mmrm.inference.covariance_intervals import covariance_intervals
from analysis.mmrm.inference.lsmeans import difference_weights, mean_weights
from analysis.mmrm.inference.resampling import Refitter
from analysis.mmrm.inference.residuals import rows_of_residuals, simulate_outcomes
from analysis.mmrm.summary import summary_text

Weights = Mapping[str, float] | Sequence[float] | Array


class MMRM:
    """A mixed model for repeated measures, fitted.

    Attributes
    ----------
    formula : str
    method : {"reml", "ml"}
    df, vcov_method : str
        How degrees of freedom and the covariance of the estimates are computed.
    n_obs, n_excluded, n_subjects : int
        Rows used, rows left out for a missing value, subjects with a row used.
    covariance_type : str
        The structure really used.
    fallbacks : tuple of str
        Structures tried before it that did not converge.
    converged : bool
        The covariance that was asked for reached its maximum: the gradient vanished and the
        information is positive definite. False after a fallback, whose own maximum was reached;
        a fit without one raises an error.
    gradient_norm : float
        Newton decrement at the end, in standard errors of the covariance parameters.
    aliased : tuple of str
        Columns left out because the columns before them determine them.
    """

    def __init__(self, inference: Inference) -> None:
        self._inference = inference
        self._rows = inference.rows
        self._template = inference.rows.template
        self._optimum = inference.optimum
        likelihood = self._optimum.likelihood
        moments = likelihood.moments
        self.formula = self._template.roles.formula
        self.method = likelihood.method
        self._moments = moments
        self.df, self.vcov_method = inference.df, inference.vcov
        self.n_obs, self.n_subjects = moments.n_obs, moments.n_subjects
        self.n_excluded = self._rows.n_excluded
        self.covariance_type = likelihood.covariance.kind
        self.fallbacks = self._optimum.failed
        self.gradient_norm = self._optimum.decrement
        self.converged = not self.fallbacks and self.gradient_norm < CONVERGED
        self.aliased = inference.aliased
        self._terms = inference.terms

    # Estimates

    @cached_property
    def params(self) -> pd.Series:
        """Fixed effects by term, aliased terms left out."""
        values = self._moments.basis.coefficients(self._optimum.state.gamma)
        return pd.Series(values, index=self._terms, name="estimate")

    @cached_property
    def vcov(self) -> pd.DataFrame:
        """Covariance of the fixed effects, adjusted as `df` and `vcov` say."""
        rows = self._moments.basis.contrasts(np.eye(self._moments.rank))
        values = rows @ self._inference.covariance @ rows.T
        return pd.DataFrame((values + values.T) / 2, index=self._terms, columns=self._terms)

    @property
    def bse(self) -> pd.Series:
        """Standard errors of the fixed effects."""
        return pd.Series(np.sqrt(np.diag(self.vcov)), index=self._terms, name="se")

    @cached_property
    def covariance(self) -> pd.DataFrame | dict[str, pd.DataFrame]:
        """Covariance of the visits; a dict by group where groups have their own.

        It is NaN at a visit that nobody of a group had.
        For ``sp_exp`` it is the covariance at the mean observed time of each visit.
        """
        structure = self._optimum.likelihood.covariance
        design = self._inference.kept_rows().design if structure.kind == "sp_exp" else None
        if design is not None and design.times is not None:
            structure = mean_distances(structure, design.visit, design.times)
        matrices = structure.matrices(self._optimum.state.theta)
        labels = pd.Index(self._template.levels.visits)
        if structure.seen is not None:
            both = structure.seen[:, :, None] & structure.seen[:, None, :]
            matrices = np.where(both, matrices, np.nan)
        frames = [pd.DataFrame(matrix, index=labels, columns=labels) for matrix in matrices]
        return frames[0] if len(frames) == 1 else dict(zip(structure.groups, frames, strict=True))

    def covariance_parameters(
        self, *, level: float = 0.95, method: Literal["wald", "profile"] = "wald"
    ) -> pd.DataFrame:
        """Covariance parameters with intervals: estimate, se, ci_low, ci_high.

        Parameters
        ----------
        level : float
            Confidence level.
        method : {"wald", "profile"}
            Wald: from the observed information; variances have the interval of SAS, from a
            chi-square with Satterthwaite degrees of freedom ``2 (estimate / se)^2``. Profile:
            where twice the fall of the (restricted) log-likelihood, maximised over all
            other parameters, reaches the chi-square quantile; a limit is infinite where it
            never does (see :mod:`analysis.mmrm.inference.covariance_intervals`).
        """
        return covariance_intervals(self._optimum, level, method)

    # Likelihood

    @property
    def loglik(self) -> float:
        """Log-likelihood with all constants; under REML without ``log|X'X|``, as SAS."""
        return self._optimum.state.loglik

    @property
    def aic(self) -> float:
        """-2 loglik + 2 d; d counts fixed effects under ML, not under REML (as SAS)."""
        return self._optimum.aic

    @property
    def bic(self) -> float:
        """-2 loglik + d log n, n the number of subjects with a row used."""
        return self._optimum.bic

    # Contrasts

    def contrast(self, weights: Weights, *, level: float = 0.95) -> pd.Series:
        """One linear combination of the fixed effects.

        Parameters
        ----------
        weights : dict of term to weight, or array
            An array has one weight for each of `params` or for each column of the design.
        level : float
            Confidence level.

        Returns
        -------
        Series
            estimate, se, df, ci_low, ci_high, t, p_value.

        Raises
        ------
        ValueError
            When a term is unknown or the combination cannot be estimated.
        """
        rows = self._inference.weights_of(weights)
        if not np.any(rows):
            raise ValueError("The contrast has no weight on any term.")
        if len(rows) != 1:
            raise ValueError(f"contrast takes one row of weights, not {len(rows)}: use wald.")
        if not self._inference.estimable(rows).all():
            raise ValueError("The design cannot estimate this contrast: a column is aliased.")
        result = self._inference.contrast(rows, level)
        return pd.Series({name: float(value[0]) for name, value in result.items()})

    def wald(self, weights: Weights | Sequence[Mapping[str, float]]) -> pd.Series:
        """F test of several linear combinations at once: f, df1, df2, p_value.

        Parameters
        ----------
        weights : array of shape (q, terms), dict of term to weight, or list of such dicts

        Raises
        ------
        ValueError
            When a term is unknown or a combination cannot be estimated.
        """
        return pd.Series(self._inference.wald(self._inference.weights_of(weights)))

    def coefficients(self, *, level: float = 0.95) -> pd.DataFrame:
        """Fixed effects with standard errors, df, intervals and tests, one row a term."""
        weights = np.zeros((self._moments.rank, len(self._template.recipe.names)))
        weights[np.arange(self._moments.rank), self._moments.basis.kept] = 1.0
        return pd.DataFrame(self._inference.contrast(weights, level), index=self._terms)

    # Least squares means

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
        """Least squares means of the levels of a factor, for each level of another.

        Parameters
        ----------
        factor, by : str
            Factors of the formula.
        at : dict, optional
            Values of covariates in place of their means, or levels to average over.
        weights : {"equal", "proportional"}
            How the levels of the other factors are averaged: each combination alike, or in
            proportion to its frequency in the rows (or subjects) used.
        covariates : {"rows", "subjects"}
            Covariates stand at the mean over rows, as in SAS and emmeans, or at the mean
            over subjects, each counted once. The two differ when visits are missing.
        level : float
            Confidence level.

        Returns
        -------
        DataFrame
            The factor, by, estimate, se, df, ci_low, ci_high, t, p_value; NaN where the
            design cannot estimate a mean.
        """
        names = [factor] if by is None else [factor, by]
        levels, rows = mean_weights(
            self._rows, names, at=at, weights=weights, covariates=covariates
        )
        return pd.DataFrame({**levels, **self._inference.contrast(rows, level)})

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
        """Differences of least squares means from a reference level.

        Parameters are those of `lsmeans`; the reference is the first level by default.

        Returns
        -------
        DataFrame
            by, contrast ("a - b" is level minus reference), estimate, se, df, ci_low,
            ci_high, t, p_value.
        """
        options = {"at": at, "weights": weights, "covariates": covariates}
        levels, rows = difference_weights(self._rows, factor, by, reference, **options)
        return pd.DataFrame({**levels, **self._inference.contrast(rows, level)})

    # Rows

    def predict(self, new_data: pd.DataFrame | None = None) -> pd.Series:
        """Fixed-effects means of new rows, or of the rows used, with the index of the data.

        Raises
        ------
        ValueError
            When a column is missing, a level was never seen, or a value is missing.
        """
        kept, beta = self._moments.basis.kept, self.params.to_numpy()
        if new_data is None:
            design = self._inference.kept_rows().design
            return design.as_they_came(design.x[:, kept] @ beta, "predicted")
        new_data = as_frame(new_data)
        x = self._template.encode(new_data)
        if not self._inference.estimable(x).all():
            raise ValueError("The design cannot estimate the mean of one of the new rows.")
        return pd.Series(x[:, kept] @ beta, index=new_data.index, name="predicted")

    def residuals(
        self, kind: Literal["response", "pearson", "normalized"] = "response"
    ) -> pd.Series:
        """Residuals of the rows used, with the index of the data.

        Parameters
        ----------
        kind : {"response", "pearson", "normalized"}
            Outcome minus mean; divided by its standard deviation; or multiplied by the
            inverse Cholesky root of the subject's covariance, so that they are
            uncorrelated with variance one.
        """
        return rows_of_residuals(self._inference, kind)

    def simulate(self, n: int, rng: np.random.Generator | int) -> Array:
        """Outcomes drawn from the fitted model for the rows used, shape (n, rows).

        Columns are in the order of `residuals`; `rng` may be a seed.
        """
        return simulate_outcomes(self._inference, n, rng)

    # Resampling

    def bootstrap(self, n: int, rng: np.random.Generator | int, *, n_jobs: int = 1) -> pd.DataFrame:
        """Coefficients of `n` refits to subjects drawn with replacement, one row a draw.

        Each refit works on the sums by pattern, not on the rows, and starts from this fit's
        covariance. A row is NaN where a draw has no fit. The draws depend neither on the
        names or the order of the subjects nor on the number of workers.

        Parameters
        ----------
        n_jobs : int
            Workers of joblib that share the refits.
        """
        return pd.DataFrame(self.refitter().bootstrap(n, rng, n_jobs), columns=self._terms)

    def jackknife(self) -> pd.DataFrame:
        """Coefficients without each subject in turn, indexed by subject.

        The subject is taken off the sum of its pattern. A row is NaN where the others have
        no fit.
        """
        estimates = self.refitter().jackknife()
        subjects = self._inference.kept_rows().design.subjects
        return pd.DataFrame(estimates, index=subjects, columns=self._terms)

    def refitter(self) -> Refitter:
        """Refits to other counts of the same subjects, with coefficients and covariance."""
        kept = self._inference.kept_rows()
        return Refitter(self._optimum, kept.columns, kept.patterns)

    def summary(self, *, level: float = 0.95) -> str:
        """Plain text: the model, its fit, fixed effects, covariance parameters."""
        tables = self.coefficients(level=level), self.covariance_parameters(level=level)
        return summary_text(self._inference, *tables)

    def __repr__(self) -> str:
        return (
            f"<MMRM {self.formula}: {self.covariance_type}, {self.method}, "
            f"{self.n_subjects} subjects, {self.n_obs} rows>"
        )
