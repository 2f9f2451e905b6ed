"""The score before the infusion that change is counted from."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.outcomes.change import FORM
from analysis.timeline import of_visit

__all__ = ["baseline"]


def baseline(
    forms: pd.DataFrame,
    *,
    within_days: float,
    another_day_hours: float,
    declared: str | tuple[float, float] | None = None,
) -> pd.DataFrame:
    """The score before the first infusion, by a declared rule.

    Where the study declares which visit is the baseline, the last form of it counts and no other:
    whoever has none has no baseline. Else a right-now form (recall 0 h) takes the mean of all
    ratings, since waiting for an infusion raises a rating taken just before it; any other form
    takes its last rating, which already looks back over days.

    Parameters
    ----------
    forms : DataFrame
        Placed, scored forms.
    within_days : float
        Ratings older than this do not count, unless their visit is declared; a rating of unknown
        age does.
    another_day_hours : float
        A rating at least this many hours before the start counts as of another day.
    declared : str or (float, float), optional
        Name of the baseline visit, or hours since the first infusion's start.

    Returns
    -------
    DataFrame
        subject, instrument, version, recall_hours, baseline (points), n_ratings,
        other_day (bool: at least one rating of another day).
    """
    key = ["subject", *FORM]
    before = forms[(forms["phase"] == "before") & forms["total"].notna()]
    if declared is None:
        age = -before["hours_low"]
        before = before[~np.isfinite(age) | (age <= 24 * within_days)]
    else:
        before = before[of_visit(before, declared)]
    before = before.sort_values([*key, "hours_high", "hours_low"], kind="stable")
    before = before.assign(other=before["hours_high"] <= -another_day_hours)
    own = before.groupby(key)
    # Column by column: `agg` with names takes three times as long, and claims ask often.
    summary = own["total"].size().rename("n_ratings").reset_index()
    mean, last = own["total"].mean().to_numpy(), own["total"].last().to_numpy()
    averaged = (summary["recall_hours"] == 0) & (declared is None)
    summary["baseline"] = np.where(averaged, mean, last)
    summary["other_day"] = own["other"].any().to_numpy()
    return summary[[*key, "baseline", "n_ratings", "other_day"]]
