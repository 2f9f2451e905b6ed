"""Harms beside the benefit: shares by arm with exact intervals, and their difference."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from analysis.estimates.intervals import median_interval
from analysis.estimates.proportions import exact_share, share_difference
from analysis.numbers import aligned, as_numbers

__all__ = ["harm", "peak_by_arm"]


def harm(
    happened: pd.Series,
    arm: pd.Series,
    name: str,
    *,
    treated: str,
    control: str | None = None,
    **words: Any,
) -> list[dict[str, Any]]:
    """Share of people with a harm in each arm, and the risk difference.

    Where nothing happened the upper limit still says how often it may (3 of n or so: Hanley &
    Lippman-Hand 1983, doi:10.1001/jama.1983.03330370053031, here exact). No p-value: absence of
    significance is no evidence of safety in a trial of this size.

    Parameters
    ----------
    happened : Series of bool
        Whether it happened to the person; those who were not asked left out and counted.
    arm : Series of str
        The same people, matched as :mod:`analysis.numbers` says.
    name : str
        What happened, in words.
    treated, control : str
        The values of ``arm``; without a control, shares of the treated arm alone.
    **words
        Text columns of the table of estimates, except estimand and contrast.

    Returns
    -------
    list of rows
        ``<name>`` for each arm (Clopper-Pearson) and the arms' difference (Newcombe).

    Raises
    ------
    ValueError
        When a mark is missing, or an arm is empty or has another name.
    """
    happened, arm = map(pd.Series, aligned(happened=happened, arm=arm).values())
    if happened.isna().any() or len(happened) != len(arm):
        raise ValueError("Every person needs a mark; leave people not asked out and count them.")
    names = [treated] if control is None else [treated, control]
    if not arm.isin(names).all():
        raise ValueError(f"Every person's arm must be {' or '.join(map(repr, names))}.")
    marks = happened.to_numpy(bool)
    sizes = tuple(int((arm == one).sum()) for one in names)
    events = tuple(int(marks[(arm == one).to_numpy()].sum()) for one in names)
    rows = [
        exact_share(count, n, estimand=name, contrast=one, **words)
        for one, count, n in zip(names, events, sizes, strict=True)
    ]
    if control is not None:
        both = {"estimand": name, "contrast": f"{treated} - {control}"}
        rows.append(share_difference((events[0], events[1]), (sizes[0], sizes[1]), **both, **words))
    return rows


def peak_by_arm(values: pd.Series, arm: pd.Series, name: str, **words: Any) -> list[dict[str, Any]]:
    """Median of the people's highest values by arm, with an exact interval.

    Parameters
    ----------
    values : Series of float
        One value a person, for example the highest CADSS above baseline, points.
    arm : Series of str
        The same people, matched as :mod:`analysis.numbers` says.
    name : str
        What the value is, with its unit.
    **words
        Text columns of the table of estimates, except estimand and contrast.

    Returns
    -------
    list of rows
        ``<name>, median``, one an arm, in alphabetical order.

    Raises
    ------
    ValueError
        When a value or an arm is missing.
    """
    values, arm = map(pd.Series, aligned(values=values, arm=arm).values())
    if arm.isna().any() or not np.isfinite(as_numbers(values, "values")).all():
        raise ValueError("Every person needs a value and an arm; leave others out and count them.")
    return [
        median_interval(mine, estimand=f"{name}, median", contrast=str(one), **words)
        for one, mine in values.groupby(arm.to_numpy(), sort=True)
    ]
