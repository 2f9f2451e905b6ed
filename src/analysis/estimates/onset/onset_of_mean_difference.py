"""When the difference between the arms' means began, by stepping backward from the last window."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from analysis.estimates.table import row
from analysis.numbers import columns_of

__all__ = ["backward_steps", "mean_onset"]

ALPHA = 0.05


def backward_steps(differences: pd.DataFrame, *, alpha: float = ALPHA) -> pd.DataFrame:
    """Step backward through the windows for as long as each shows a benefit.

    Parameters
    ----------
    differences : DataFrame
        Rows of the table of estimates, one a window, in the order of time; estimates in points,
        negative = benefit.
    alpha : float
        Two-sided level of each step. The fixed order from the last window backward, ended by
        the first that fails, keeps the chance of any false step at half of it, in the direction
        of benefit (Maurer, Hothorn & Lehmacher 1995: fixed sequence).

    Returns
    -------
    DataFrame
        The rows with ``shows_benefit`` (bool, this window alone) and ``counts`` (bool: it and
        all later windows show a benefit).

    Raises
    ------
    ValueError
        When there are no rows, a window occurs twice, or an estimate or p value is missing.
    """
    columns_of(differences, ["estimate", "p_value"], "window")
    if differences.empty or differences["window"].duplicated().any():
        raise ValueError("Stepping backward takes one difference a window, at least one.")
    if differences[["estimate", "p_value"]].isna().any(axis=None):
        raise ValueError("A difference has no estimate or no p value; leave its window out openly.")
    shows = (differences["estimate"] < 0) & (differences["p_value"] <= alpha)
    counts = shows[::-1].cummin()[::-1]
    return differences.assign(shows_benefit=shows, counts=counts)


def mean_onset(
    differences: pd.DataFrame, hours: pd.Series, *, alpha: float = ALPHA, **words: Any
) -> dict[str, Any]:
    """The earliest window such that it and all later ones show a benefit, as a row.

    Parameters
    ----------
    differences : DataFrame
        As :func:`backward_steps` takes them.
    hours : Series of float
        Scheduled hours by window.
    alpha : float
    **words
        Text columns of the table of estimates.

    Returns
    -------
    row
        ``estimate`` in hours, the scheduled time of the window. It is no confidence statement
        that the difference was absent before: ``method`` names the windows between which it was
        first shown. NaN where the last window shows none, whatever earlier ones show.

    Raises
    ------
    ValueError
        As :func:`backward_steps`, or when the windows do not stand in the order of time.
    """
    steps = backward_steps(differences, alpha=alpha)
    names, counts = steps["window"].tolist(), steps["counts"].tolist()
    if not (np.diff([hours[name] for name in names]) > 0).all():
        raise ValueError("Windows must stand in the order of time, the earliest first.")
    level = f"each at two-sided {alpha:g}"
    if not counts[-1]:
        how = f"no onset by this rule: no benefit at {names[-1]} (two-sided {alpha:g})"
        at = float("nan")
    else:
        first = counts.index(True)
        since = f", not shown at {names[first - 1]}" if first else ""
        how = f"backward from {names[-1]}, {level}: shown from {names[first]} on{since}"
        at = float(hours[names[first]])
    people = float(steps["n"].min()) if "n" in steps else float("nan")
    # Not called onset: that is the claim about hours.
    return row(estimand="beginning of the difference in means, hours", estimate=at, n=people,
               method=how, **words)  # fmt: skip
