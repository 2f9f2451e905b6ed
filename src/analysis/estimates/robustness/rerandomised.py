"""Arms re-randomised, many times: what several analyses of one trial find in each allocation.

Under the sharp null hypothesis every person would have had the same scores, and the same of them
missing, in the other arm; then each deal of the arms was as likely as the real one, and a
statistic of the whole curve of analyses has an exact distribution (Fisher 1935; for curves of
specifications Simonsohn, Simmons & Nelson 2020, doi:10.1038/s41562-020-0912-z). No analysis has
to be right for that, only the same in every deal.

Each function takes all deals at once, shape (deals, n), and returns estimates and two-sided
p-values, shape (deals,): NaN where a deal leaves an arm too few people for them. Checked against
the single analyses on each deal by itself.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import special

from analysis.estimates.missing.conditional_normal import fill, missingness_patterns
from analysis.estimates.missing.strategies import expected
from analysis.estimates.missing.trial_data import first_missing_to_the_end

__all__ = ["Curve", "ancova", "deals", "jump_to_reference", "mixed_model", "trimmed_means"]

Array = NDArray[np.float64]
Arms = NDArray[np.bool_]
Found = tuple[Array, Array]
# Statistics that differ by less than this are equal: sums in another order.
TIE = 1e-9
# An arm of fewer people: nobody is trimmed off, or a regression has no residual of its own.
LEAST_TRIMMED, LEAST = 5, 3


def deals(treated: Arms, strata: NDArray[np.int_], number: int, rng: np.random.Generator) -> Arms:
    """The arms as they were, then re-randomised ``number`` times within the strata.

    Parameters
    ----------
    treated : array of bool, shape (n,)
    strata : array of int, shape (n,)
        Arms are exchanged only between people of one stratum.

    Returns
    -------
    array of bool, shape (1 + number, n)

    Raises
    ------
    ValueError
        When no two people of a stratum had different arms: there is one deal only.
    """
    dealt = np.tile(treated, (1 + number, 1))
    mixed = False
    for stratum in np.unique(strata):
        own = np.flatnonzero(strata == stratum)
        mixed |= len(np.unique(treated[own])) > 1
        dealt[1:, own] = rng.permuted(dealt[1:, own], axis=1)
    if not mixed:
        raise ValueError(
            "Everyone in a stratum had the same arm; the arms cannot be re-randomised."
        )
    return dealt


@dataclass(frozen=True)
class Curve:
    """Estimates and p-values of every analysis in every deal; the first deal is the real one.

    Attributes
    ----------
    estimates, p_values : array of shape (deals, analyses)
        Points, negative = fewer symptoms; two-sided p-values.
    """

    estimates: Array
    p_values: Array

    def table(self) -> pd.DataFrame:
        """The two statistics of the curve, in the direction of benefit.

        Returns
        -------
        DataFrame
            Rows ``median estimate`` (points) and ``share with benefit and p < 0.05``; columns
            observed, by_chance (median of the deals), p_value: the share of all deals, the
            real one among them, whose statistic favours treatment at least as much. One-sided.
        """
        empty = np.asarray(np.isnan(self.estimates).all(axis=1))
        benefit = (self.estimates < 0) & (self.p_values < 0.05)
        # A deal in which nothing can be estimated counts for the null hypothesis.
        estimates = np.where(empty[:, None], -np.inf, self.estimates)
        statistics = {
            "median estimate": (np.nanmedian(estimates, axis=1), 1),
            "share with benefit and p < 0.05": (benefit.mean(axis=1), -1),
        }
        rows = {
            name: {
                "observed": values[0],
                "by_chance": np.median(values[1:]),
                "p_value": np.mean(sign * values <= sign * values[0] + TIE),
            }
            for name, (values, sign) in statistics.items()
        }
        return pd.DataFrame.from_dict(rows, orient="index").rename_axis("statistic")


def mixed_model(change: Array, covariates: Array, arms: Arms, covariance: Array) -> Found:
    """Mixed model of visits, its covariance given up to a factor: generalised least squares.

    Parameters
    ----------
    change : array of shape (n, k)
        NaN where missing.
    covariates : array of shape (n,) or (n, c)
        The baseline and others, each with its own slope at every visit.
    arms : array of bool, shape (deals, n)
    covariance : array of shape (k, k)
        Of the visits, from a fit that does not know the arms and is thus the same in every
        deal. Its scale is estimated anew in each.

    Returns
    -------
    estimates, p_values
        Difference averaged over the visits; t with n - 2 - c degrees of freedom. With complete
        scores the estimate is that of a mixed model with one covariance for both arms; at one
        visit so are standard error and p-value.
    """
    some = np.isfinite(change).any(axis=1)
    fixed = _fixed(covariates[some])
    return _least_squares(change[some], fixed, arms[:, some], covariance)[1:]


def jump_to_reference(change: Array, covariates: Array, arms: Arms, covariance: Array) -> Found:
    """Jump to reference by conditional means, then analysis of covariance of the filled scores.

    Arguments as for :func:`mixed_model`. The estimate is that of
    :func:`analysis.estimates.missing.conditional_mean` but for the covariance; the p-value
    takes the filled scores for seen ones, which no report should do, but which is the same in
    every deal.
    """
    seen = np.isfinite(change)
    some = np.asarray(seen.any(axis=1))
    fixed = _fixed(covariates, some)
    beta = _least_squares(change[some], fixed[some], arms[:, some], covariance)[0]
    reference = fixed @ beta[:, :-1]
    own = reference + arms[:, :, None] * beta[:, -1, None]
    jump = expected("JR", own, reference, first_missing_to_the_end(change))
    filled = fill(change, jump, covariance)
    return _ancova(filled.mean(axis=2), covariates, arms, robust=False)


def ancova(score: Array, baseline: Array, arms: Arms) -> Found:
    """Analysis of covariance on the baseline, HC3 standard errors, t with n - 3 degrees of freedom.

    Arguments as for :func:`mixed_model`, with one score a person, complete, shape (n,).
    """
    return _ancova(score[None, :], baseline, arms, robust=True)


def trimmed_means(change: Array, arms: Arms, *, trim: float) -> Found:
    """Welch's t test of complete changes, or with ``trim`` > 0 Yuen's of trimmed means.

    SciPy's ``ttest_ind``, all deals with the same sizes of arms at once.
    """
    from scipy import stats  # slow to import

    sizes = arms.sum(axis=1)
    estimate, p_value = np.full(len(arms), np.nan), np.full(len(arms), np.nan)
    least = LEAST_TRIMMED if trim else 2
    for size in np.unique(sizes[np.minimum(sizes, len(change) - sizes) >= least]):
        rows = sizes == size
        order = np.argsort(~arms[rows], axis=1, kind="stable")
        ours, theirs = change[order[:, :size]], change[order[:, size:]]
        estimate[rows] = stats.trim_mean(ours, trim, axis=1) - stats.trim_mean(theirs, trim, axis=1)
        with warnings.catch_warnings():
            # An arm whose changes are all alike has no variance; its p-value is 0 or NaN.
            warnings.filterwarnings("ignore", "Precision loss", RuntimeWarning)
            with np.errstate(divide="ignore", invalid="ignore"):
                found = stats.ttest_ind(ours, theirs, axis=1, equal_var=False, trim=trim)
        p_value[rows] = found.pvalue
    return estimate, p_value


def _fixed(covariates: Array, of: Arms | slice = slice(None)) -> Array:
    """Constant and covariates, centred at the mean of some people; shape (n, 1 + c)."""
    table = covariates.reshape(len(covariates), -1)
    return np.column_stack([np.ones(len(table)), table - table[of].mean(axis=0)])


def _least_squares(
    change: Array, fixed: Array, arms: Arms, covariance: Array
) -> tuple[Array, Array, Array]:
    """Coefficients (deals, p + 1, k) of the p fixed columns and arm; estimate, p-value."""
    n, k = change.shape
    p = fixed.shape[1]
    seen = np.asarray(np.isfinite(change))
    weight = np.zeros((n, k, k))
    for members in missingness_patterns(seen):
        at = np.flatnonzero(seen[members[0]])
        weight[np.ix_(members, at, at)] = np.linalg.inv(covariance[np.ix_(at, at)])
    weighted = (weight @ np.where(seen, change, 0.0)[:, :, None])[:, :, 0]
    gram = np.empty((len(arms), p + 1, k, p + 1, k))
    gram[:, :p, :, :p] = np.einsum("ni,nj,nvw->ivjw", fixed, fixed, weight)
    # Only what is summed over the treated differs from deal to deal.
    summed = arms.astype(float) @ np.einsum("ni,nvw->nivw", fixed, weight).reshape(n, -1)
    summed = summed.reshape(-1, p, k, k)
    gram[:, :p, :, p] = summed
    gram[:, p, :, :p] = summed.transpose(0, 3, 1, 2)
    gram[:, p, :, p] = summed[:, 0]
    right = np.empty((len(arms), p + 1, k))
    right[:, :p] = fixed.T @ weighted
    right[:, p] = arms.astype(float) @ weighted
    beta, squares = np.full_like(right, np.nan), np.full(len(arms), np.nan)
    fits = (np.minimum(arms @ seen.astype(int), ~arms @ seen.astype(int)) > 1).all(axis=1)
    size = (p + 1) * k
    inverse = np.linalg.inv(gram[fits].reshape(-1, size, size)).reshape(-1, p + 1, k, p + 1, k)
    beta[fits] = np.einsum("pivjw,pjw->piv", inverse, right[fits])
    total = float((weighted * np.where(seen, change, 0.0)).sum())
    rest = total - (beta * right).sum(axis=(1, 2))
    squares[fits] = inverse[:, p, :, p].mean(axis=(1, 2))
    se = np.sqrt(squares * rest.clip(0.0) / (seen.sum() - size))
    estimate = beta[:, p].mean(axis=1)
    return beta, estimate, _two_sided(estimate, se, n - p - 1)


def _ancova(score: Array, covariates: Array, arms: Arms, *, robust: bool) -> Found:
    """Arm's coefficient by partialling out constant and covariates (Frisch-Waugh-Lovell).

    ``score`` has shape (1, n), or (deals, n) where it differs from deal to deal.
    """
    n, fixed = len(covariates), np.linalg.qr(_fixed(covariates))[0]
    df = n - fixed.shape[1] - 1
    arm = arms - arms @ fixed @ fixed.T
    rest = score - score @ fixed @ fixed.T
    squares = (arm**2).sum(axis=1)
    sizes = arms.sum(axis=1)
    enough = (np.minimum(sizes, n - sizes) >= LEAST) & (squares > TIE)
    squares = np.where(enough, squares, np.nan)
    estimate = (arm * rest).sum(axis=1) / squares
    residual = rest - estimate[:, None] * arm
    if not robust:
        se = np.sqrt((residual**2).sum(axis=1) / df / squares)
        return estimate, _two_sided(estimate, se, df)
    leverage = (fixed**2).sum(axis=1) + arm**2 / squares[:, None]
    # A person who sets a coefficient alone has no residual, and HC3 no value.
    spared = np.where(leverage < 1 - TIE, 1 - leverage, np.nan)
    se = np.sqrt(((arm * residual / spared) ** 2).sum(axis=1)) / squares
    return estimate, _two_sided(estimate, se, df)


def _two_sided(estimate: Array, se: Array, df: float) -> Array:
    ratio = np.divide(np.abs(estimate), se, out=np.full(len(se), np.nan), where=se > 0)
    return np.asarray(2 * special.stdtr(df, -ratio), float)
