"""Dissociation over the hours, and each person's return to baseline as an interval."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from analysis.errors import ReliefError
from analysis.estimates.intervals import median_interval, t_interval
from analysis.estimates.table import row
from analysis.quantity import Cell, dominates

__all__ = ["EDGES", "course", "refuse_mixed", "return_intervals", "time_to_return"]

# Hours from the start of the infusion that part one rating from the next.
EDGES = (0.0, 1.0, 1.75, 3.0, 5.0, 8.0, 30.0)

COLUMNS = {
    "subject": "int64",
    "peak": "float64",
    "last_away": "float64",
    "first_back": "float64",
    "back": "boolean",
}


def time_to_return(forms: pd.DataFrame, *, points: float, by_hours: float) -> pd.DataFrame:
    """When each person's score came back near baseline and stayed there.

    Parameters
    ----------
    forms : DataFrame
        Placed, scored CADSS forms of the people in question, of one version.
    points : float
        How near to baseline counts as back.
    by_hours : float
        Hours from the start of the first infusion by which it must have happened.

    Returns
    -------
    DataFrame
        One row a person with a rating before and one after the start within ``by_hours``:

        - subject
        - peak: points above baseline
        - last_away, first_back: hours from the start between which the score came back for
          good; 0 and the first rating where nobody saw it rise; first_back is NaN where it
          never came back
        - back: True where it was back by ``by_hours`` and at every later rating, False where
          it was away at ``by_hours`` or later, missing where no rating tells (the last rating
          away came before ``by_hours``, the first one back after it, or none followed)

    Raises
    ------
    ReliefError
        ``score.mixed-versions``: totals of 6, 19, 23 and 27 items are not compared.
    """
    refuse_mixed(forms)
    scored = forms[forms["total"].notna()].sort_values(["subject", "hours_high"], kind="stable")
    before = scored[scored["phase"] == "before"].groupby("subject")["total"].last()
    exact = scored["since_start_low"] == scored["since_start_high"]
    after = scored[(scored["latest_infusion"] == 1) & exact & (scored["since_start_low"] > 0)]
    rows = []
    for subject, course in after.sort_values("since_start_low").groupby("subject", sort=True):
        if subject in before.index and course["since_start_low"].min() <= by_hours:
            hours = course["since_start_low"].to_numpy()
            above = course["total"].to_numpy() - before[subject]
            rows.append((subject, *_return(hours, above, points, by_hours)))
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype(COLUMNS)


def _return(
    hours: np.ndarray, above: np.ndarray, points: float, by_hours: float
) -> tuple[float, float, float, bool | None]:
    """Peak, last rating away, first rating back, and whether it was back in time."""
    away = np.flatnonzero(above > points)
    first = 0 if not len(away) else int(away[-1]) + 1
    last_away = float(hours[first - 1]) if first else 0.0
    first_back = float(hours[first]) if first < len(hours) else np.nan
    back = True if first_back <= by_hours else False if last_away >= by_hours else None
    return float(above.max()), last_away, first_back, back


def refuse_mixed(forms: pd.DataFrame) -> None:
    """Refuse forms of several versions: ``score.mixed-versions``."""
    if forms["version"].nunique() > 1:
        raise ReliefError(
            "score.mixed-versions",
            "The forms are of several versions, whose totals are not compared; keep one version.",
        )


def return_intervals(returns: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Half-open intervals (last rating away, first one back] of the hours to return.

    Parameters
    ----------
    returns : DataFrame
        As :func:`time_to_return` gives it.

    Returns
    -------
    left, right : ndarray of float, shape (n,)
        Hours from the start; right is infinite where the score never came back, and left is 0
        where nobody saw it rise. What an interval-censored estimator takes: the time of the
        first rating back is never the time of the return.
    """
    left = returns["last_away"].to_numpy(float)
    return left, returns["first_back"].fillna(np.inf).to_numpy(float)


def course(
    forms: pd.DataFrame,
    arms: pd.Series,
    *,
    edges: Sequence[float] = EDGES,
    at_least: int = 5,
    **words: Any,
) -> list[dict[str, Any]]:
    """Mean and median score before and in spans of hours after the start, by arm.

    Parameters
    ----------
    forms : DataFrame
        Placed, scored CADSS forms of one version; those of the first infusion count.
    arms : Series of str
        Arm by subject.
    edges : sequence of float
        Hours from the start of the infusion; a form lies in a span (low, high] with its whole
        time. A person's forms in one span are averaged.
    at_least : int
        A span with fewer people of an arm gives no row for it.
    **words
        Text columns of the table of estimates, except estimand, contrast and window.

    Returns
    -------
    list of rows
        ``mean score`` (t interval) and ``median score`` (order statistics), points; the window
        is ``before`` or ``low to high h from the start``.

    Raises
    ------
    ReliefError
        ``score.mixed-versions``.
    ValueError
        When the edges do not rise.
    """
    refuse_mixed(forms)
    if len(edges) < 2 or not all(low < high for low, high in pairwise(edges)):
        raise ValueError("Edges of spans are hours that rise, two at the least.")
    scored = forms[forms["total"].notna()]
    spans = {"before": scored["phase"] == "before"}
    for low, high in pairwise(edges):
        inside = (scored["since_start_low"] > low) & (scored["since_start_high"] <= high)
        spans[f"{low:g} to {high:g} h"] = inside & (scored["latest_infusion"] == 1)
    rows = []
    for window, inside in spans.items():
        people = scored[inside].groupby("subject")["total"].mean()
        for arm, scores in people.groupby(arms.reindex(people.index), sort=True):
            if len(scores) >= max(at_least, 2):
                here = {"contrast": str(arm), "window": window, **words}
                values = scores.to_numpy(float)
                rows.append(_mean_score(values, **here))
                rows.append(median_interval(values, estimand="median score", **here))
    return rows


def _mean_score(values: np.ndarray, **words: Any) -> dict[str, Any]:
    n = len(values)
    return row(
        estimand="mean score",
        n=n,
        **t_interval(values.mean(), values.std(ddof=1) / math.sqrt(n), n - 1),
        method="mean, t interval",
        cell=Cell.of(words.get("contrast", ""), n, parameters=1, dominated=dominates(values)),
        **words,
    )
