"""Difference by site or by kind of comparator, and over them: pooled, with heterogeneity."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
from scipy import special

from analysis.estimates import pooling
from analysis.estimates.control.ancova import ancova
from analysis.estimates.control.hc3 import least_squares_hc3
from analysis.estimates.intervals import t_test
from analysis.estimates.table import row
from analysis.numbers import columns_of, numbers
from analysis.quantity import Cell

__all__ = ["pool", "stratified_difference"]


def stratified_difference(
    data: pd.DataFrame,
    *,
    stratum: str,
    outcome: str = "score",
    baseline: str = "baseline",
    arm: str = "arm",
    treated: str,
    control: str,
    **words: Any,
) -> list[dict[str, Any]]:
    """Baseline-adjusted difference in each stratum, within strata by one model, and pooled.

    Parameters
    ----------
    data : DataFrame
        One row a person, complete in ``outcome``, ``baseline`` (points), ``arm``, ``stratum``.
    stratum : str
        Column of sites, or of kinds of comparator (saline, midazolam): ``control`` is then one
        word for all of them, for differences against an active and a passive comparator answer
        different questions.
    treated, control : str
        The two values of ``arm``.
    **words
        Text columns of the table of estimates, except contrast's stratum, which is added.

    Returns
    -------
    list of rows
        ``adjusted difference`` in each stratum, in alphabetical order (contrast says which);
        ``adjusted difference within strata, one model``: strata as intercepts, so that a stratum
        weighs by ``n1 n0 / n`` as in Mantel and Haenszel's estimator, HC3, t; and what
        :func:`pool` gives of the strata.

    Raises
    ------
    ValueError
        As :func:`analysis.estimates.control.ancova.ancova`, for the stratum named; or when there
        are fewer than two strata.
    """
    columns_of(data, [outcome, baseline], arm, stratum)
    if data[stratum].isna().any() or data[stratum].nunique() < 2:
        raise ValueError("Strata must be known for everyone, and at least two.")
    columns = {"outcome": outcome, "baseline": baseline, "arm": arm}
    arms = {"treated": treated, "control": control}
    contrast = words.pop("contrast", f"{treated} - {control}")
    rows = []
    for name, people in data.groupby(stratum, sort=True):
        try:
            found = ancova(people, **columns, **arms, contrast=f"{contrast}, {name}", **words)[0]
        except ValueError as refusal:
            raise ValueError(f"Stratum {name}: {refusal} Merge small strata.") from None
        rows.append(found)
    effects, ses = (np.array([found[key] for found in rows]) for key in ("estimate", "se"))
    # Without the people of the smallest stratum: its difference follows from all the others.
    smallest = min((found["cell"] for found in rows), key=lambda cell: min(_sizes(cell)))
    whole = Cell({name: int((data[arm] == name).sum()) for name in (treated, control)},
                 without=smallest.people_by_arm, parameters=2 + len(rows))  # fmt: skip
    common = {"contrast": contrast, "cell": whole, **words}
    return [
        *rows,
        _one_model(data, stratum, columns, treated, **common),
        *pool(effects, ses, n=len(data), **common),
    ]


def _sizes(cell: Cell) -> list[int]:
    return list(cell.people_by_arm.values())


def _one_model(
    data: pd.DataFrame, stratum: str, columns: dict[str, str], treated: str, **words: Any
) -> dict[str, Any]:
    """One slope and one difference, an intercept for each stratum."""
    score, before = columns_of(data, [columns["outcome"], columns["baseline"]]).T
    design = np.column_stack(
        [
            pd.get_dummies(data[stratum]).to_numpy(float),
            before - before.mean(),
            (data[columns["arm"]] == treated).to_numpy(float),
        ]
    )
    fit = least_squares_hc3(design, score)
    return row(
        estimand="adjusted difference within strata, one model",
        n=len(data),
        **t_test(fit.coefficients[-1], math.sqrt(fit.covariance[-1, -1]), fit.df),
        method="ANCOVA on baseline and stratum, HC3",
        **words,
    )


def pool(effects: np.ndarray, ses: np.ndarray, **words: Any) -> list[dict[str, Any]]:
    """Differences of strata or trials pooled, with fixed and with random effects.

    Parameters
    ----------
    effects, ses : ndarray of float, shape (k,)
        Differences in points and their standard errors, taken as known.
    **words
        ``n`` and text columns of the table of estimates.

    Returns
    -------
    list of rows
        ``difference pooled, fixed effect`` (inverse variance, normal: the strata are these and
        share one difference); ``difference pooled, random effects`` (Paule & Mandel's variance,
        Hartung & Knapp's interval, t with k - 1 df, its standard error never below the one that
        the weights imply, Röver 2015 doi:10.1186/s12874-015-0091-1: the mean over strata like
        these);
        ``standard deviation of the difference between strata`` (points); ``heterogeneity Q``
        with its p-value; ``heterogeneity I2`` (0 to 1).

    Raises
    ------
    ValueError
        When there are fewer than two, or a standard error is not positive.
    ReliefError
        Where the extra `pooling` is not installed.

    Notes
    -----
    :func:`analysis.estimates.pooling.pool`, held to R's metafor (``PM``, ``adhoc``). With two or
    three strata the random effects interval is wide, and rightly so.
    """
    effects, ses = numbers(effects=effects, ses=ses)
    # A negative standard error must not become a variance.
    found = pooling.pool(effects, np.where(ses > 0, ses, np.nan) ** 2, method="PM")
    df = found.df
    spread = {
        "standard deviation of the difference between strata": {
            "estimate": found.tau, "method": found.method,
        },
        "heterogeneity Q": {
            "estimate": found.q, "df": df, "p_value": found.q_p, "method": "Cochran's Q",
        },
        "heterogeneity I2": {"estimate": found.i2, "method": "(Q - df) / Q"},
    }  # fmt: skip
    return [
        row(
            estimand="difference pooled, fixed effect",
            **_normal(found.common_estimate, found.common_se),
            method="inverse variance",
            **words,
        ),
        row(
            estimand="difference pooled, random effects",
            **t_test(found.estimate, found.se, df),
            method="Paule-Mandel, modified Hartung-Knapp",
            **words,
        ),
        *(row(estimand=name, **columns, **words) for name, columns in spread.items()),
    ]


def _normal(estimate: float, se: float) -> dict[str, float]:
    """Estimate with its normal interval and test: no degrees of freedom."""
    reach = special.ndtri(0.975) * se
    return {"estimate": estimate, "se": se, "ci_low": estimate - reach, "ci_high": estimate + reach,
            "p_value": 2 * special.ndtr(-abs(estimate / se))}  # fmt: skip
