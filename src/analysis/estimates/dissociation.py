"""How long dissociation lasts: each person's return to baseline as an interval."""

from __future__ import annotations

import numpy as np
import pandas as pd

__all__ = ["time_to_return"]


def time_to_return(forms: pd.DataFrame, *, points: float, by_hours: float) -> pd.DataFrame:
    """When each person's score came back near baseline and stayed there.

    Parameters
    ----------
    forms : DataFrame
        Placed, scored CADSS forms of the people in question.
    points : float
        How near to baseline counts as back.
    by_hours : float
        Hours from the start of the first infusion by which it must have happened.

    Returns
    -------
    DataFrame
        One row a person with a rating before and one after the start within ``by_hours``:
        subject, peak (points above baseline), last_away and first_back (hours from the
        start; 0 and the first rating where nobody saw it rise; NaN for first_back where
        it never came back), back (bool: back by ``by_hours`` and at every later rating).
    """
    before = (
        forms[forms["phase"] == "before"]
        .sort_values("hours_high")
        .groupby("subject")["total"]
        .last()
    )
    after = forms[
        (forms["latest_infusion"] == 1) & (forms["since_start_low"] == forms["since_start_high"])
    ]
    after = after[after["since_start_low"] > 0].sort_values(["subject", "since_start_low"])
    rows = []
    for subject, course in after.groupby("subject", sort=True):
        if subject not in before.index or course["since_start_low"].min() > by_hours:
            continue
        hours = course["since_start_low"].to_numpy()
        above = course["total"].to_numpy() - before[subject]
        away = np.flatnonzero(above > points)
        first = 0 if not len(away) else away[-1] + 1
        back_at = hours[first] if first < len(hours) else np.nan
        rows.append(
            (
                subject,
                above.max(),
                hours[away[-1]] if len(away) else 0.0,
                back_at,
                bool(back_at <= by_hours),
            )
        )
    return pd.DataFrame(rows, columns=["subject", "peak", "last_away", "first_back", "back"])
