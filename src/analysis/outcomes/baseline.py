"""The score before the infusion that change is counted from."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.outcomes.change import FORM

__all__ = ["baseline"]


def baseline(forms: pd.DataFrame, *, within_days: float, another_day_hours: float) -> pd.DataFrame:
    """The score before the first infusion, by a declared rule.

    A right-now form (recall 0 h) takes the mean of all ratings, since waiting for an
    infusion raises a rating taken just before it; any other form takes its last rating,
    which already looks back over days.

    Parameters
    ----------
    forms : DataFrame
        Placed, scored forms.
    within_days : float
        Ratings older than this do not count; a rating of unknown age does.
    another_day_hours : float
        A rating at least this many hours before the start counts as of another day.

    Returns
    -------
    DataFrame
        subject, instrument, version, recall_hours, baseline (points), n_ratings,
        other_day (bool: at least one rating of another day).
    """
    key = ["subject", *FORM]
    rated = (forms["phase"] == "before") & forms["total"].notna()
    before = forms.loc[rated, [*key, "hours_low", "hours_high", "total"]]
    age = -before["hours_low"]
    before = before[~np.isfinite(age) | (age <= 24 * within_days)]
    before = before.sort_values([*key, "hours_high", "hours_low"], kind="stable")
    before = before.assign(other=before["hours_high"] <= -another_day_hours)
    own = before.groupby(key)
    # Column by column: `agg` with names takes three times as long, and claims ask often.
    summary = own["total"].size().rename("n_ratings").reset_index()
    mean, last = own["total"].mean().to_numpy(), own["total"].last().to_numpy()
    summary["baseline"] = np.where(summary["recall_hours"] == 0, mean, last)
    summary["other_day"] = own["other"].any().to_numpy()
    return summary[[*key, "baseline", "n_ratings", "other_day"]]
