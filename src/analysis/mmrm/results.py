"""The fitted model: what a trial statistician reads off it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from analysis.mmrm.inference import Inference
from analysis.mmrm.lsmeans import mean_weights
from analysis.mmrm.prediction import rows_of_residuals, simulate_outcomes
from analysis.mmrm.resample import Refitter

Array = NDArray[np.float64]
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
        The gradient vanished at a maximum with positive definite information. Always true:
        a fit that ends elsewhere raises an error.
    gradient_norm : float
        Newton decrement at the end, in standard errors of the covariance parameters.
    aliased : tuple of str
        Columns left out because the columns before them determine them.
    """

    def __init__(self, formula: str, method: str, inference: Inference) -> None:
        self.formula = formula
        self.method = method
        self._inference = inference
        self._design = inference.design
        self._optimum = inference.optimum
        moments = self._optimum.likelihood.moments
        self._moments = moments
        self.df, self.vcov_method = inference.df, inference.vcov
        self.n_obs, self.n_subjects = moments.n_obs, moments.n_subjects
        self.n_excluded = self._design.n_excluded
        self.covariance_type = self._optimum.likelihood.covariance.kind
        self.fallbacks = self._optimum.failed
        self.converged = True
        self.gradient_norm = self._optimum.decrement
        self.aliased = tuple(self._design.columns[j] for j in moments.basis.aliased)

    # Estimates

    @property
    def _terms(self) -> list[str]:
        return [self._design.columns[j] for j in self._moments.basis.kept]

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

        For ``sp_exp`` it is the covariance at the mean observed time of each visit.
        """
        likelihood = self._optimum.likelihood
        structure = likelihood.covariance
        if structure.kind == "sp_exp":
            structure = self._at_mean_times()
        matrices = structure.matrices(self._optimum.state.theta)
        labels = pd.Index(self._design.visits)
        frames = [pd.DataFrame(matrix, index=labels, columns=labels) for matrix in matrices]
        return frames[0] if len(frames) == 1 else dict(zip(structure.groups, frames, strict=True))

    def _at_mean_times(self) -> Any:
        from dataclasses import replace

        from analysis.mmrm.model import distances

        design = self._design
        times = design.times if design.times is not None else np.empty((len(design.y), 0))
        mean = pd.DataFrame(times).groupby(design.visit).mean().to_numpy()
        structure = self._optimum.likelihood.covariance
        n_groups = len(structure.groups)
        return replace(
            structure,
            distance=np.repeat(distances(mean[None]), n_groups, axis=0),
            unit_group=np.arange(n_groups),
        )

    def covariance_parameters(self, *, level: float = 0.95) -> pd.DataFrame:
        """Covariance parameters with Wald intervals from the observed information.

        Columns estimate, se, ci_low, ci_high. Variances have the interval of SAS, from a
        chi-square with Satterthwaite degrees of freedom ``2 (estimate / se)^2``; other
        parameters have a symmetric normal interval.
        """
        names = self._optimum.likelihood.covariance.names()
        estimate = self._optimum.state.theta
        se = np.sqrt(np.diag(self._optimum.theta_cov))
        half = stats.norm.ppf((1 + level) / 2) * se
        low, high = estimate - half, estimate + half
        is_variance = np.array([name.split(": ")[-1].startswith("variance") for name in names])
        df = 2 * (estimate / se) ** 2
        scaled = df * estimate
        low = np.where(is_variance, scaled / stats.chi2.ppf((1 + level) / 2, df), low)
        high = np.where(is_variance, scaled / stats.chi2.ppf((1 - level) / 2, df), high)
        return pd.DataFrame(
            {"estimate": estimate, "se": se, "ci_low": low, "ci_high": high}, index=names
        )

    # Likelihood

    @property
    def loglik(self) -> float:
        """Log-likelihood with all constants; under REML without ``log|X'X|``, as SAS."""
        return self._optimum.state.loglik

    @property
    def _n_parameters(self) -> int:
        fixed = self._moments.rank if self.method == "ml" else 0
        return int(len(self._optimum.state.theta) + fixed)

    @property
    def aic(self) -> float:
        """-2 loglik + 2 d; d counts fixed effects under ML, not under REML (as SAS)."""
        return -2 * self.loglik + 2 * self._n_parameters

    @property
    def bic(self) -> float:
        """-2 loglik + d log n, n the number of subjects with a row used."""
        return float(-2 * self.loglik + self._n_parameters * np.log(self.n_subjects))

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
        rows = self._weights(weights)
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
        return pd.Series(self._inference.wald(self._weights(weights)))

    def coefficients(self, *, level: float = 0.95) -> pd.DataFrame:
        """Fixed effects with standard errors, df, intervals and tests, one row a term."""
        weights = np.zeros((self._moments.rank, len(self._design.columns)))
        weights[np.arange(self._moments.rank), self._moments.basis.kept] = 1.0
        return pd.DataFrame(self._inference.contrast(weights, level), index=self._terms)

    def _weights(self, weights: Any) -> Array:
        columns = self._design.columns
        if isinstance(weights, Mapping):
            weights = [weights]
        if isinstance(weights, (list, tuple)) and weights and isinstance(weights[0], Mapping):
            rows = np.zeros((len(weights), len(columns)))
            for row, named in zip(rows, weights, strict=True):
                for name, value in named.items():
                    if name not in columns:
                        raise ValueError(f"The model has no term '{name}'.")
                    row[columns.index(name)] = value
            return rows
        given = np.atleast_2d(np.asarray(weights, dtype=float))
        if given.shape[1] == len(columns):
            return given
        if given.shape[1] != self._moments.rank:
            raise ValueError(
                f"{given.shape[1]} weights were given; the model has {self._moments.rank} terms."
            )
        rows = np.zeros((len(given), len(columns)))
        rows[:, self._moments.basis.kept] = given
        return rows

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
            self._design, names, at=at, weights=weights, covariates=covariates
        )
        return levels.assign(**self._inference.contrast(rows, level))

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
        names = [factor] if by is None else [by, factor]
        levels, rows = mean_weights(
            self._design, names, at=at, weights=weights, covariates=covariates
        )
        options = list(levels[factor].unique())
        reference = options[0] if reference is None else reference
        if reference not in options:
            raise ValueError(f"'{factor}' has no level '{reference}' to be the reference.")
        here = options.index(reference)
        blocks = rows.reshape(-1, len(options), rows.shape[1])
        others = [i for i in range(len(options)) if i != here]
        contrasts = (blocks[:, others] - blocks[:, [here]]).reshape(-1, rows.shape[1])
        table = pd.DataFrame(
            {"contrast": [f"{options[i]} - {reference}" for _ in blocks for i in others]}
        )
        if by is not None:
            table.insert(0, by, np.repeat(list(levels[by].unique()), len(others)))
        return table.assign(**self._inference.contrast(contrasts, level))

    # Rows

    def predict(self, new_data: pd.DataFrame | None = None) -> pd.Series:
        """Fixed-effects means, for new rows or for the rows used, indexed as the rows came.

        Raises
        ------
        ValueError
            When a column is missing, a level was never seen, or a value is missing.
        """
        if new_data is None:
            self._inference.kept_rows()
            x, index = self._design.x, pd.Index(self._design.order)
        else:
            x, index = self._design.encode(new_data), new_data.index
        if not self._inference.estimable(x).all():
            raise ValueError("The design cannot estimate the mean of one of the new rows.")
        kept = self._moments.basis.kept
        series = pd.Series(x[:, kept] @ self.params.to_numpy(), index=index, name="predicted")
        return series if new_data is not None else series.sort_index()

    def residuals(
        self, kind: Literal["response", "pearson", "normalized"] = "response"
    ) -> pd.Series:
        """Residuals of the rows used, indexed by position in the data given.

        Parameters
        ----------
        kind : {"response", "pearson", "normalized"}
            Outcome minus mean; divided by its standard deviation; or multiplied by the
            inverse Cholesky root of the subject's covariance, so that they are
            uncorrelated with variance one.
        """
        return rows_of_residuals(self._inference, kind)

    def simulate(self, n: int, rng: np.random.Generator) -> Array:
        """Outcomes drawn from the fitted model for the rows used, shape (n, rows).

        Columns are in the order of `residuals`.
        """
        return simulate_outcomes(self._inference, n, rng)

    # Resampling

    def bootstrap(self, n: int, rng: np.random.Generator) -> pd.DataFrame:
        """Coefficients of `n` refits to subjects drawn with replacement, one row a draw.

        Each refit works on the sums by pattern, not on the rows, and starts from this fit's
        covariance. A row is NaN where a draw has no fit. The draws do not depend on the
        names or the order of the subjects.
        """
        refitter, size = self._refitter(), self.n_subjects
        order = refitter.by_content()
        draws = []
        for _ in range(n):
            counts = np.zeros(size)
            counts[order] = np.bincount(rng.integers(0, size, size), minlength=size)
            draws.append(refitter.estimate(counts))
        return pd.DataFrame(draws, columns=self._terms)

    def jackknife(self) -> pd.DataFrame:
        """Coefficients without each subject in turn, indexed by subject.

        The subject is taken off the sum of its pattern. A row is NaN where the others have
        no fit.
        """
        estimates = list(self._refitter().leave_one_out())
        return pd.DataFrame(estimates, index=self._design.subjects, columns=self._terms)

    def _refitter(self) -> Refitter:
        return Refitter(self._optimum, *self._inference.kept_rows())

    def summary(self, *, level: float = 0.95) -> str:
        """Plain text: the model, its fit, fixed effects, covariance parameters."""
        head = [
            f"Mixed model for repeated measures: {self.formula}",
            f"covariance {self.covariance_type}, {self.method.upper()}, df {self.df}, "
            f"vcov {self.vcov_method}",
            f"{self.n_subjects} subjects, {self.n_obs} rows used, {self.n_excluded} left out",
            f"-2 log-likelihood {-2 * self.loglik:.4f}, AIC {self.aic:.2f}, BIC {self.bic:.2f}",
        ]
        if self.fallbacks:
            head.append(f"did not converge: {', '.join(self.fallbacks)}")
        if self.aliased:
            head.append(f"aliased and left out: {', '.join(self.aliased)}")
        fixed = self.coefficients(level=level).to_string(float_format=lambda v: f"{v:.4f}")
        parts = self.covariance_parameters(level=level)
        covariance = parts.to_string(float_format=lambda v: f"{v:.4f}")
        return "\n".join([*head, "", "Fixed effects", fixed, "", "Covariance", covariance])

    def __repr__(self) -> str:
        return (
            f"<MMRM {self.formula}: {self.covariance_type}, {self.method}, "
            f"{self.n_subjects} subjects, {self.n_obs} rows>"
        )
