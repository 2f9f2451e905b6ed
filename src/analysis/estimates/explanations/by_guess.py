"""Change among those who guessed alike: descriptive, for nobody randomised these groups."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd

from analysis.estimates.explanations.blinding import GUESSES, guess_counts, meant_by
from analysis.estimates.table import row
from analysis.numbers import aligned, as_numbers
from analysis.quantity import Cell

__all__ = ["difference_by_guess"]

AFTER = "; groups formed after the infusion"


ALIKE = ", no interval: all changes of a group are equal"


def difference_by_guess(
    change: pd.Series,
    arm: pd.Series,
    guess: pd.Series,
    *,
    treated: str,
    control: str,
    at_least: int = 5,
    **words: Any,
) -> list[dict[str, Any]]:
    """Mean change by arm among those who guessed alike, and the difference: descriptive only.

    A guess comes after the infusion, from what the drug and the relief did, so people who
    guessed alike are not alike between the arms: these rows compare groups that nobody
    randomised. They neither show nor remove the effect of being unblinded.

    Parameters
    ----------
    change : Series of float
        Points, negative = fewer symptoms.
    arm, guess : Series of str
        As in :func:`guess_counts`.
    at_least : int
        Smaller groups give no row (2 or more; for disclosure, and for a standard error).
    **words
        Text columns of the table of estimates.

    Returns
    -------
    list of rows
        ``mean change by guess (descriptive)`` of each group, one-sample t; ``difference by guess
        (descriptive)``, Welch's t, where both arms have a group. No interval where the changes
        of a group are all equal; ``method`` says so.

    Raises
    ------
    ValueError
        As :func:`guess_counts`, or when a change is missing or there are not as many as arms.
    """
    change, arm, guess = map(pd.Series, aligned(change=change, arm=arm, guess=guess).values())
    points = as_numbers(change, "change")
    if not np.isfinite(points).all():
        raise ValueError("Every change must be known; leave people without one out and count them.")
    guess_counts(arm, guess, treated=treated, control=control)  # refuses what is no guess
    meant = meant_by(guess, treated, control).to_numpy()
    rows: list[dict[str, Any]] = []
    sizes = {one: pd.Series(meant[(arm == one).to_numpy()]).value_counts().to_dict()
             for one in (treated, control)}  # fmt: skip
    for answer, name in zip(GUESSES, (treated, control, GUESSES[2]), strict=True):
        group = {
            one: points[(arm == one).to_numpy() & (meant == answer)] for one in (treated, control)
        }
        shown = {one: v for one, v in group.items() if len(v) >= max(at_least, 2)}
        said = f"said {name}" if name != GUESSES[2] else "did not know"
        # A group is its arm without those who guessed otherwise.
        others = {one: {f"{one}, {guess}": n for guess, n in sizes[one].items() if guess != answer}
                  for one in shown}  # fmt: skip
        for one, values in shown.items():
            cell = Cell({one: len(values)}, without=others[one], parameters=1)
            rows.append(_mean(values, contrast=f"{one}, {said}", cell=cell, **words))
        if len(shown) == 2:
            both = f"{treated} - {control}, {said}"
            cell = Cell({one: len(values) for one, values in shown.items()}, parameters=2,
                        without=others[treated] | others[control])  # fmt: skip
            rows.append(_difference(group[treated], group[control], contrast=both, cell=cell,
                                    **words))  # fmt: skip
    return rows


def _mean(values: np.ndarray, **words: Any) -> dict[str, Any]:
    common = {
        "estimand": "mean change by guess (descriptive)",
        "n": len(values),
        "estimate": values.mean(),
        **words,
    }
    if _alike(values):
        return row(method=f"mean{ALIKE}{AFTER}", **common)
    from scipy import stats  # slow to import

    interval = stats.ttest_1samp(values, 0.0).confidence_interval()
    return row(
        se=values.std(ddof=1) / math.sqrt(len(values)),
        df=len(values) - 1,
        ci_low=interval.low,
        ci_high=interval.high,
        method=f"one-sample t{AFTER}",
        **common,
    )


def _difference(first: np.ndarray, second: np.ndarray, **words: Any) -> dict[str, Any]:
    common = {
        "estimand": "difference by guess (descriptive)",
        "n": len(first) + len(second),
        "estimate": first.mean() - second.mean(),
        **words,
    }
    if _alike(first) or _alike(second):
        return row(method=f"difference of means{ALIKE}{AFTER}", **common)
    from scipy import stats  # slow to import

    found = stats.ttest_ind(first, second, equal_var=False)
    interval = found.confidence_interval()
    return row(
        se=math.sqrt(first.var(ddof=1) / len(first) + second.var(ddof=1) / len(second)),
        df=found.df,
        ci_low=interval.low,
        ci_high=interval.high,
        # No p-value: a test would read as one of an effect of treatment.
        method=f"Welch t{AFTER}",
        **common,
    )


def _alike(values: np.ndarray) -> bool:
    """Whether the changes are equal but for rounding: they tell no spread."""
    return bool(np.ptp(values) <= 1e-10 * max(np.abs(values).max(), 1.0))
