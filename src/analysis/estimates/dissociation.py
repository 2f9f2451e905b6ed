"""How long dissociation lasts: each person's return to baseline as an interval."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.errors import ReliefError

__all__ = ["time_to_return"]

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
    if forms["version"].nunique() > 1:
        raise ReliefError(
            "score.mixed-versions",
            "The forms are of several versions, whose totals are not compared; keep one version.",
        )
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
