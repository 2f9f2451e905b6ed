"""What an interval, a standard error or a count of people implies, and when it implies nothing."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

from analysis.errors import EvidenceError

LEVEL = 0.95
PRINTED_LEVEL = "the printed limits are taken as a 95 % interval"


def critical(df: float | None) -> tuple[float, str]:
    """Two-sided 5 % critical value, normal or t, and its name in words."""
    if df is None:
        return float(stats.norm.ppf(0.5 + LEVEL / 2)), "normal approximation"
    if not df > 0:
        raise EvidenceError("df", "Degrees of freedom must be above zero.")
    return float(stats.t.ppf(0.5 + LEVEL / 2, df)), f"t with {df:g} df"


def two_sided(ratio: float, df: float | None) -> float:
    """Two-sided p of an estimate divided by its standard error."""
    return float(2 * (stats.norm.sf(abs(ratio)) if df is None else stats.t.sf(abs(ratio), df)))


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


def exact_share(events: int, n: int) -> tuple[float, float]:
    """Clopper-Pearson interval of a share, doi:10.1093/biomet/26.4.404."""
    low, high = proportion_confint(events, n, alpha=1 - LEVEL, method="beta")
    return float(low), float(high)


def newcombe(events1: int, n1: int, events0: int, n0: int) -> tuple[float, float]:
    """Newcombe's interval (his method 10) of a difference of shares.

    doi:10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I
    """
    low, high = confint_proportions_2indep(
        events1, n1, events0, n0, method="newcomb", compare="diff", alpha=1 - LEVEL
    )
    return float(low), float(high)


def small_sample_factor(df: float) -> float:
    """Hedges' J by its usual approximation, doi:10.3102/10769986006002107."""
    return 1 - 3 / (4 * df - 1)


def result(value: Any, method: str, rows: list[str], **extra: Any) -> dict[str, Any]:
    """The shape that every derived quantity has."""
    return {"value": value, "method": method, "rows": list(dict.fromkeys(rows)), **extra}
