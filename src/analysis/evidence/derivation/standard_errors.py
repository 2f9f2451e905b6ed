"""Standard errors: published, from an interval, of a change from standard deviations."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
from scipy import special

from analysis.errors import EvidenceError
from analysis.estimates.intervals import t_quantile, two_sided_p
from analysis.evidence.derivation.query import Query, result

LEVEL = 0.95
PRINTED_LEVEL = "the printed limits are taken as a 95 % interval"


def critical(df: float | None) -> tuple[float, str]:
    """Two-sided 5 % critical value, normal or t, and its name in words."""
    if df is None:
        return float(special.ndtri(0.5 + LEVEL / 2)), "normal approximation"
    if not df > 0:
        raise EvidenceError("df", "Degrees of freedom must be above zero.")
    return t_quantile(df, level=LEVEL), f"t with {df:g} df"


def two_sided(ratio: float, df: float | None) -> float:
    """Two-sided p of an estimate divided by its standard error."""
    return float(2 * special.ndtr(-abs(ratio))) if df is None else two_sided_p(ratio, df)


def standard_error(query: Query) -> dict[str, Any]:
    """The published standard error, else the one behind the interval."""
    published = query.narrowed(query.table[query.table["statistic"] == "se"])
    if len(published) == 1:
        row = published.iloc[0]
        return result(float(row["value"]), "published", [row["row"]], unit=row["unit"])
    figures = query.figures
    if not figures["ci_low"].notna().any():
        query.refuse(
            "no_se",
            "the table holds no standard error and no interval, so none can be derived; means "
            "without a standard deviation give none",
        )
    return standard_error_from_interval(query)


def standard_error_from_interval(query: Query) -> dict[str, Any]:
    """Standard error from a printed interval."""
    return behind_interval(query, "interval")[1]


def behind_interval(query: Query, what: str) -> tuple[pd.Series, dict[str, Any], float]:
    """The one figure with an interval, the standard error behind it, and estimate / SE."""
    figure = query.figure_with_interval(what)
    se, estimate, scale = se_from_interval(figure, query.df)
    method = f"(upper - lower) / (2 x critical value), {critical(query.df)[1]}, scale: {scale}"
    derived = result(
        se, f"{method}; {PRINTED_LEVEL}", figure["rows"], df=query.df, unit=scale,
        assumptions=query.assumptions(PRINTED_LEVEL),
    )  # fmt: skip
    return figure, derived, estimate / se


def se_from_interval(figure: pd.Series, df: float | None) -> tuple[float, float, str]:
    """Standard error behind a printed interval.

    Parameters
    ----------
    figure
        A row of ``estimates``.
    df
        Degrees of freedom behind the interval; None takes the normal approximation.

    Returns
    -------
    tuple
        Standard error, estimate (both on the log scale for an odds ratio), scale in words.

    Raises
    ------
    EvidenceError
        No interval was printed, or it is not symmetric about its estimate within rounding, so
        that it cannot come from estimate ± critical value × standard error.

    Notes
    -----
    SE = (upper - lower) / (2 · critical value); Cochrane Handbook 6.5.2.3,
    doi:10.1002/9781119536604.
    """
    low, high, estimate = figure["ci_low"], figure["ci_high"], figure["estimate"]
    label = f"{figure['study_id']}, {figure['instrument_printed']}"
    if not np.isfinite([low, high]).all():
        raise EvidenceError("no_interval", f"{label}: no interval was printed.")
    log = figure["kind"] == "odds ratio"
    scale = math.log if log else float
    half = figure["half_units"]
    # Rounding bounds of the midpoint and of the estimate must meet.
    middle = [
        (scale(low + s * half["ci_low"]) + scale(high + s * half["ci_high"])) / 2 for s in (-1, 1)
    ]
    around = [scale(estimate + s * half["estimate"]) for s in (-1, 1)]
    if middle[0] > around[1] + 1e-9 or around[0] > middle[1] + 1e-9:
        raise EvidenceError(
            "asymmetric_interval",
            f"{label}: the printed interval is not symmetric about the estimate "
            f"(rows {', '.join(figure['rows'])}), so no standard error follows from it.",
        )
    width = scale(high) - scale(low)
    return width / (2 * critical(df)[0]), scale(estimate), "log odds" if log else figure["unit"]


def se_of_change(query: Query) -> dict[str, Any]:
    """SE of a within-arm change: from the SD of change, else from both SDs and a correlation."""
    sd_rows = query.narrowed(query.table[query.table["statistic"] == "sd_change"])
    if len(sd_rows):
        row = query.one(sd_rows, "SD of change")
        value = float(row["value"] / math.sqrt(row["n"]))
        return result(value, "published SD of change / sqrt(n)", [row["row"]], unit=row["unit"])
    before, after = means_before_and_after(query)
    spread = [_sd_beside(query, row) for row in (before, after)]
    r = query.correlation
    if r is None or not -1 <= r <= 1:
        query.refuse(
            "correlation_needed",
            "two SDs give no SE of change without the correlation of before and after; state it "
            "as an assumption between -1 and 1, correlation=…",
        )
    s0, s1 = (float(s["value"]) for s in spread)
    value = math.sqrt((s0**2 + s1**2 - 2 * r * s0 * s1) / int(after["n"]))
    method = f"sqrt((SD0² + SD1² - 2 r SD0 SD1) / n) with r = {r:g} assumed"
    rows = [x["row"] for x in (before, after, *spread)]
    return result(value, method, rows, unit=after["unit"], assumptions=[f"correlation {r:g}"])


CORRELATIONS = (0.2, 0.5, 0.8)
"""Of before and after, where none is printed: what is tried, the middle one first shown."""


def sd_of_change(query: Query) -> dict[str, Any]:
    """SD of a within-arm change: printed, from its interval or SE, else from two SDs.

    From SDs alone the correlation is not known: the value is that of 0.5, and ``alternatives``
    has those of ``CORRELATIONS`` (Cochrane Handbook 6.5.2.8, doi:10.1002/9781119536604).
    """
    printed = query.narrowed(query.table[query.table["statistic"] == "sd_change"])
    if len(printed):
        row = query.one(printed, "SD of change")
        return result(float(row["value"]), "published", [row["row"]], unit=row["unit"])
    changes = query.figures[query.figures["kind"] == "change"]
    changes = query.narrowed(changes[changes["ci_low"].notna() & changes["n"].notna()])
    if len(changes) == 1:
        figure = changes.iloc[0]
        n = int(figure["n"])
        se = se_from_interval(figure, n - 1)[0]
        told = "SE from the interval by t with n - 1 df, times sqrt(n)"
        return result(se * math.sqrt(n), told, figure["rows"], unit=figure["unit"],
                      assumptions=[PRINTED_LEVEL])  # fmt: skip
    before, after = means_before_and_after(query)
    spread = [_sd_beside(query, row) for row in (before, after)]
    s0, s1 = (float(s["value"]) for s in spread)
    found = {r: math.sqrt(s0**2 + s1**2 - 2 * r * s0 * s1) for r in CORRELATIONS}
    stated = 0.5 if query.correlation is None else query.correlation
    if not -1 <= stated <= 1:
        query.refuse("correlation_needed", "a correlation lies between -1 and 1")
    value = math.sqrt(s0**2 + s1**2 - 2 * stated * s0 * s1)
    others = ", ".join(f"{r:g} gives {sd:.2f}" for r, sd in found.items())
    method = f"sqrt(SD0² + SD1² - 2 r SD0 SD1) with r = {stated:g} assumed; {others}"
    return result(value, method, [x["row"] for x in spread], unit=after["unit"],
                  assumptions=[f"correlation {stated:g}"], alternatives=found)  # fmt: skip


def means_before_and_after(query: Query) -> tuple[pd.Series, pd.Series]:
    """The printed means of one arm, where both rest on the same number of people."""
    means = query.table[(query.table["statistic"] == "mean") & (query.table["outcome"] == "score")]
    late = query.narrowed(means[means["phase"] != "before"])
    after = query.one(late, "mean after treatment")
    same = (means["arm"] == after["arm"]) & (
        means["instrument_printed"] == after["instrument_printed"]
    )
    before = query.one(means[same & (means["phase"] == "before")], "mean before treatment")
    if pd.isna(before["n"]) or pd.isna(after["n"]) or before["n"] != after["n"]:
        query.refuse(
            "different_people",
            f"the means before and after rest on {before['n']} and {after['n']} people "
            f"(rows {before['row']}, {after['row']}), so their difference is no one's change",
        )
    return before, after


def _sd_beside(query: Query, mean: pd.Series) -> pd.Series:
    rows = query.table[query.table["statistic"] == "sd"]
    for key in ("arm", "instrument_printed", "phase", "analysis"):
        rows = rows[rows[key] == mean[key]]
    hours = mean["hours_since_first_infusion"]
    rows = rows[rows["hours_since_first_infusion"].eq(hours) | pd.isna(hours)]
    if rows.empty:
        query.refuse("no_sd", f"no standard deviation was printed beside row {mean['row']}")
    return query.one(rows, "standard deviation")
