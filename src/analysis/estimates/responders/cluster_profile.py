"""Which clusters of symptoms move: all at once, and one by one with intervals that hold together.

Multivariate analysis of covariance: every cluster after, adjusted for every cluster before.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from scipy import special

from analysis.estimates.table import row

__all__ = ["profile_contrast", "simultaneous_critical_value"]


def profile_contrast(
    after: pd.DataFrame,
    before: pd.DataFrame,
    treated: np.ndarray,
    *,
    items: dict[str, int],
    level: float = 0.95,
    draws: int = 100_000,
    seed: int,
    **words: Any,
) -> list[dict[str, Any]]:
    """Differences between two arms in several subscales at once, treated minus control.

    Parameters
    ----------
    after, before : DataFrame, shape (n, k)
        Subscale scores in points, a column a subscale, the same people in the same order.
    treated : ndarray of bool, shape (n,)
    items : dict
        Number of items of each subscale, by which its difference is divided to be compared
        with the others.
    level : float
        Of the simultaneous intervals.
    draws : int
        For the critical value of the simultaneous intervals.
    seed : int
    **words
        Text columns of the table of estimates.

    Returns
    -------
    list of rows
        ``difference in all subscales at once``: exact F of Hotelling's T2. ``the same difference
        per item in every subscale``: F of the contrasts between subscales (profile parallelism).
        Both checked against R's ``manova``; statsmodels' ``MANOVA`` gives the same, and its
        import takes longer than the verdict. Then each subscale's adjusted difference in
        points: limits and p-value hold together over the subscales (largest of |t|, see
        :func:`simultaneous_critical_value`).

    Raises
    ------
    ValueError
        When the tables do not fit together, a score is missing, fewer than two subscales are
        given, people are too few for the model, or the scores leave no residual.
    """
    scores, start, treated = _checked(after, before, treated, items)
    names = list(after.columns)
    n, k = scores.shape
    design = np.column_stack([np.ones(n), treated, start - start.mean(axis=0)])
    effect, residual, scale = _fit(design, scores)
    df = n - design.shape[1]
    covariance = residual.T @ residual / df
    se = np.sqrt(scale * covariance.diagonal())
    spread = np.sqrt(covariance.diagonal())
    largest = _largest_t(covariance / np.outer(spread, spread), df, draws, seed)
    reach = float(np.quantile(largest, level)) * se
    t = effect / se
    common = {"n": n, **words}
    sizes = np.array([items[name] for name in names], float)
    rows = _joint_tests(effect, scale * covariance, df, sizes, common)
    for j, name in enumerate(names):
        rows.append(
            row(
                estimand=f"adjusted difference in {name}",
                estimate=effect[j],
                se=se[j],
                df=df,
                ci_low=effect[j] - reach[j],
                ci_high=effect[j] + reach[j],
                p_value=float((1 + (largest >= abs(t[j])).sum()) / (1 + draws)),
                method=f"MANCOVA on all baselines, simultaneous over {k} subscales (max |t|)",
                **common,
            )
        )
    return rows


def _checked(
    after: pd.DataFrame, before: pd.DataFrame, treated: np.ndarray, items: dict[str, int]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Scores as arrays and treatment as 0 or 1, once they fit together."""
    if not (isinstance(after, pd.DataFrame) and isinstance(before, pd.DataFrame)):
        raise ValueError("After and before are pandas DataFrames, a column a subscale.")
    scores, start = after.to_numpy(float), before.to_numpy(float)
    treated = np.asarray(treated)
    n, k = scores.shape
    if list(after) != list(before) or scores.shape != start.shape or set(items) != set(after):
        raise ValueError("After, before and items need the same subscales, for the same people.")
    if not after.index.equals(before.index):
        raise ValueError("After and before need the same people in the same order.")
    if treated.dtype != bool or treated.shape != (n,):
        raise ValueError("Treated is true or false, one value a person.")
    if k < 2:
        raise ValueError("A profile has at least two subscales; for one, use an ANCOVA.")
    if not (np.isfinite(scores).all() and np.isfinite(start).all()):
        raise ValueError("Every subscale must be there before and after; leave people out.")
    # Residual df of at least one more than the subscales, or T2 does not exist.
    if min(treated.sum(), (~treated).sum()) < 2 or n - k - 2 <= k:
        raise ValueError(f"{k} subscales need more than {2 * k + 2} people, two or more an arm.")
    return scores, start, treated.astype(float)


def _fit(design: np.ndarray, scores: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
    """Effect of treatment on each subscale, residuals, and variance factor of the effect."""
    if np.linalg.matrix_rank(design) < design.shape[1]:
        raise ValueError("Some subscale did not vary before, or two are alike; none can adjust.")
    coefficients = np.linalg.lstsq(design, scores, rcond=None)[0]
    residual = scores - design @ coefficients
    if np.linalg.matrix_rank(residual) < scores.shape[1]:
        raise ValueError("The subscales leave no residual of their own; no interval can be given.")
    return coefficients[1], residual, float(np.linalg.inv(design.T @ design)[1, 1])


def _joint_tests(
    effect: np.ndarray, covariance: np.ndarray, df: int, items: np.ndarray, common: dict[str, Any]
) -> list[dict[str, Any]]:
    """Any difference, and any difference between subscales: Hotelling's T2 and its exact F."""
    k = len(items)
    # Each subscale per item, minus the first.
    between = (np.eye(k) / items[:, None])[:, 1:] - np.outer(np.eye(k)[0] / items, np.ones(k - 1))
    rows = []
    for estimand, contrasts in (
        ("difference in all subscales at once", np.eye(k)),
        ("the same difference per item in every subscale", between),
    ):
        d, p = effect @ contrasts, contrasts.shape[1]
        t2 = float(d @ np.linalg.solve(contrasts.T @ covariance @ contrasts, d))
        df2 = df - p + 1
        f = t2 * df2 / (df * p)
        joint = row(
            estimand=estimand,
            df=float(df2),
            p_value=float(special.fdtrc(p, df2, f)),
            method=f"MANCOVA, F({p:g}, {df2:g}) = {f:.3g}",
            **common,
        )
        if "cell" in joint:
            # The degrees of freedom give the number of people.
            joint["cell"] = replace(joint["cell"], method="MANCOVA, Hotelling's T2")
        rows.append(joint)
    return rows


def simultaneous_critical_value(
    correlation: np.ndarray, df: float, *, level: float = 0.95, draws: int = 100_000, seed: int
) -> float:
    """The value that the largest of k dependent |t| exceeds with probability 1 - level.

    Each t has its own residual variance, and these depend on one another as a Wishart matrix
    does; the multivariate t of SciPy has one variance for all. Hence by draws (Bartlett's
    form), given the estimated correlation. Checked at its ends: independent subscales
    give Šidák's value, identical ones Student's.

    Parameters
    ----------
    correlation : ndarray of float, shape (k, k)
        Of the residuals.
    df : float
        Residual degrees of freedom, at least k.
    level : float
    draws, seed : int

    Returns
    -------
    float
    """
    return float(np.quantile(_largest_t(np.asarray(correlation, float), df, draws, seed), level))


def _largest_t(correlation: np.ndarray, df: float, draws: int, seed: int) -> np.ndarray:
    """Draws of the largest |t| where nothing differs."""
    rng = np.random.default_rng(seed)
    k = len(correlation)
    # Bartlett's form of the Wishart: only the lengths of the rows of (root @ factor) are needed.
    root = np.linalg.cholesky(correlation + 1e-12 * np.eye(k))
    factor = np.tril(rng.standard_normal((draws, k, k)), -1)
    factor[:, range(k), range(k)] = np.sqrt(rng.chisquare(df - np.arange(k), (draws, k)))
    squares = ((root @ factor) ** 2).sum(axis=2)
    z = rng.standard_normal((draws, k)) @ root.T
    return np.abs(z / np.sqrt(squares / df)).max(axis=1)
