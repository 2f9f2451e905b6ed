"""Estimates, tests and intervals of contrasts under the chosen degrees of freedom."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from analysis.mmrm.arrays import Array, Mask
from analysis.mmrm.design.matrix import Design
from analysis.mmrm.fit.maximise import Optimum
from analysis.mmrm.inference import between_within, kenward_roger, satterthwaite
from analysis.mmrm.inference.chunk_sandwich import sandwich_of_chunks
from analysis.mmrm.inference.sandwich import Sandwich, stretch_rows, weights_of
from analysis.mmrm.moments.chunks import Streamed
from analysis.mmrm.moments.columns import SubjectColumns
from analysis.mmrm.moments.cross_products import Patterns

DF_METHODS = (
    "kenward-roger",
    "kenward-roger-original",
    "satterthwaite",
    "between-within",
    "residual",
)
VCOV_METHODS = ("model", "CR0", "CR2", "CR3")

# Weights on aliased columns that differ by more than this from what the others imply.
ESTIMABLE = 1e-8


@dataclass(frozen=True)
class KeptRows:
    """The rows of a fit to one table, and what the pass over them found."""

    design: Design
    columns: SubjectColumns
    patterns: Patterns


@dataclass(frozen=True)
class Inference:
    """Contrasts of a fitted model; weights are on every column of the design.

    Attributes
    ----------
    rows : Design or Streamed
        What least squares means and names need of the data.
    kept : KeptRows or None
        None after a fit to chunks.
    """

    rows: Design | Streamed
    kept: KeptRows | None
    optimum: Optimum
    df: str
    vcov: str

    @property
    def terms(self) -> list[str]:
        """Names of the columns that are estimated."""
        columns = self.rows.template.recipe.names
        return [columns[j] for j in self.optimum.likelihood.moments.basis.kept]

    @property
    def aliased(self) -> tuple[str, ...]:
        """Names of the columns that the columns before them determine."""
        columns = self.rows.template.recipe.names
        return tuple(columns[j] for j in self.optimum.likelihood.moments.basis.aliased)

    def kept_rows(self) -> KeptRows:
        """What is kept of the subjects.

        Raises
        ------
        ValueError
            After a fit to chunks, which lets the rows go.
        """
        if self.kept is None:
            raise ValueError(
                "This needs the rows, which a fit to chunks lets go: fit one DataFrame instead."
            )
        return self.kept

    def weights_of(self, given: Any) -> Array:
        """Rows of weights on every column of the design.

        Parameters
        ----------
        given : dict of term to weight, list of such dicts, or array
            An array has a weight for each column of the design or for each one kept.

        Raises
        ------
        ValueError
            When a term is unknown or the number of weights is neither.
        """
        columns = self.rows.template.recipe.names
        kept = self.optimum.likelihood.moments.basis.kept
        given = [given] if isinstance(given, Mapping) else given
        if isinstance(given, (list, tuple)) and given and isinstance(given[0], Mapping):
            rows = np.zeros((len(given), len(columns)))
            for row, named in zip(rows, given, strict=True):
                for name, value in named.items():
                    if name not in columns:
                        raise ValueError(f"The model has no term '{name}'.")
                    if not isinstance(value, (int, float, np.number)) or not np.isfinite(value):
                        raise ValueError(f"The weight of '{name}' must be a finite number.")
                    row[columns.index(name)] = value
            return rows
        try:
            values = np.atleast_2d(np.asarray(given, dtype=float))
        except (TypeError, ValueError) as error:
            raise ValueError("Weights must be numbers, or a dict of term to weight.") from error
        if not np.isfinite(values).all():
            raise ValueError("Weights must be finite numbers, or a dict of term to weight.")
        if values.shape[1] == len(columns):
            return values
        if values.shape[1] != len(kept):
            raise ValueError(
                f"{values.shape[1]} weights were given; the model has {len(kept)} terms."
            )
        rows = np.zeros((len(values), len(columns)))
        rows[:, kept] = values
        return rows

    def estimable(self, weights: Array) -> Mask:
        """Whether each row of weights has one value whatever the aliased columns' share."""
        basis = self.optimum.likelihood.moments.basis
        implied = weights[:, basis.kept] @ basis.alias_weights
        gap = np.abs(implied - weights[:, basis.aliased])
        size = np.maximum(np.abs(weights).max(axis=1), 1e-300)
        return np.asarray(np.all(gap <= ESTIMABLE * size[:, None], axis=1))

    def in_basis(self, weights: Array) -> Array:
        """Weights on the orthonormal columns."""
        basis = self.optimum.likelihood.moments.basis
        return basis.contrasts(np.atleast_2d(weights)[:, basis.kept])

    def estimates(self, rows: Array) -> Array:
        """Estimates of contrasts given in the orthonormal basis."""
        # Least squares estimates were taken out before the fit.
        least_squares = self.optimum.likelihood.moments.basis.c
        return np.asarray(rows @ (self.optimum.state.gamma + least_squares))

    @cached_property
    def _sandwich(self) -> Sandwich:
        if isinstance(self.rows, Streamed):
            return sandwich_of_chunks(self.vcov, self.optimum, self.rows)
        kept = self.kept_rows()
        weights = weights_of(kept.design)
        rows = stretch_rows(self.vcov, self.optimum, kept.columns, kept.patterns, weights)
        return Sandwich(rows.scores.T @ rows.scores, rows.phi, rows.sums)

    @cached_property
    def covariance(self) -> Array:
        """Covariance of the estimates in the orthonormal basis, as `vcov` and `df` say."""
        if self.vcov != "model":
            return self._sandwich.covariance
        if self.df.startswith("kenward-roger"):
            original = self.df == "kenward-roger-original"
            return kenward_roger.adjusted_covariance(self.optimum, original=original)
        return self.optimum.state.phi

    @cached_property
    def column_df(self) -> Array:
        """Between-within degrees of freedom of the columns kept."""
        moments = self.optimum.likelihood.moments
        varies = self.rows.varies_within_subject()[moments.basis.kept]
        return between_within.column_df(varies, moments.n_obs, moments.n_subjects)

    @property
    def residual_df(self) -> float:
        """Rows minus estimable fixed effects."""
        moments = self.optimum.likelihood.moments
        return float(moments.n_obs - moments.rank)

    def each_df(self, rows: Array) -> Array:
        """Satterthwaite's degrees of freedom of contrasts in the orthonormal basis."""
        if self.vcov != "model":
            return self._sandwich.each_df(rows)
        o = self.optimum
        return satterthwaite.each_df(rows, o.state.phi, o.derivatives.slope, o.theta_cov)

    def contrast(self, weights: Array, level: float) -> dict[str, Array]:
        """Estimate, standard error, df, interval, t and p of each row of weights.

        A contrast that the design cannot estimate is NaN throughout.
        """
        # Imported with the first test: `scipy.stats` takes longer than NumPy and pandas together.
        from scipy.special import stdtr, stdtrit

        check_level(level)
        weights = np.atleast_2d(weights)
        rows = self.in_basis(weights)
        estimate = self.estimates(rows)
        se = np.sqrt(np.maximum(np.einsum("ij,jk,ik->i", rows, self.covariance, rows), 0.0))
        df = self._contrast_df(weights, rows)
        unknown = ~self.estimable(weights)
        estimate, se, df = (np.where(unknown, np.nan, v) for v in (estimate, se, df))
        with np.errstate(divide="ignore", invalid="ignore"):
            t = estimate / se
        half = stdtrit(df, (1 + level) / 2) * se
        return {
            "estimate": estimate,
            "se": se,
            "df": df,
            "ci_low": estimate - half,
            "ci_high": estimate + half,
            "t": t,
            "p_value": 2 * stdtr(df, -np.abs(t)),
        }

    def _contrast_df(self, weights: Array, rows: Array) -> Array:
        if self.df == "residual":
            df = np.full(len(rows), self.residual_df)
        elif self.df == "between-within":
            kept = self.optimum.likelihood.moments.basis.kept
            df = between_within.each_df(weights[:, kept], self.column_df)
        else:
            df = self.each_df(rows)
        return np.where(np.any(rows, axis=1), df, np.nan)

    def wald(self, weights: Array) -> dict[str, float]:
        """F test that every row of weights has estimate zero.

        Raises
        ------
        ValueError
            When a row cannot be estimated, or all rows are zero.
        """
        weights = np.atleast_2d(weights)
        if not self.estimable(weights).all():
            raise ValueError("The design cannot estimate one of the contrasts to be tested.")
        rows = self.in_basis(weights)
        if not np.any(rows):
            raise ValueError("The contrasts to be tested have no weight on any term.")
        estimate = self.estimates(rows)
        if self.df.startswith("kenward-roger"):
            f, df1, df2 = kenward_roger.several_df(rows, estimate, self.covariance, self.optimum)
        else:
            kept = self.optimum.likelihood.moments.basis.kept
            f, df1, df2 = satterthwaite.several_df(rows, estimate, self.covariance, self.each_df)
            if self.df == "residual":
                df2 = self.residual_df
            elif self.df == "between-within":
                df2 = float(between_within.each_df(weights[:, kept], self.column_df).min())
        return {"f": f, "df1": df1, "df2": df2, "p_value": f_tail(f, df1, df2)}


def check_level(level: Any) -> None:
    """Refuse a confidence level that is no number between 0 and 1."""
    if not isinstance(level, (int, float, np.number)) or not 0 < level < 1:
        raise ValueError(f"level must be between 0 and 1, not {level}.")


def f_tail(f: float, df1: float, df2: float) -> float:
    """Chance of a larger F; without end to ``df2`` it is that of a chi-squared over ``df1``."""
    from scipy.special import chdtrc, fdtrc

    f = max(f, 0.0)
    return float(chdtrc(df1, df1 * f) if np.isposinf(df2) else fdtrc(df1, df2, f))
