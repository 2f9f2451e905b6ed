"""Change beyond measurement error (Jacobson & Truax 1991, doi:10.1037/0022-006X.59.1.12)."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.instruments import Instrument
from analysis.numbers import numbers, one_number
from analysis.outcomes.change import DECIMALS
from analysis.rules import refusal

__all__ = ["reliable_change", "reliable_change_threshold"]


def reliable_change(change: pd.Series, threshold: float) -> pd.Series:
    """Three ways: improved (fall of at least the threshold), worse (rise), unchanged.

    Parameters
    ----------
    change : Series of float
        Points, negative = fewer symptoms; NaN stays missing.
    threshold : float
        The scale's published reliable change, points; a change of just this much counts.

    Returns
    -------
    Series of str

    Raises
    ------
    ValueError
        When the threshold is not positive.
    """
    if not one_number(threshold, "threshold") > 0:
        raise ValueError("A reliable change is a positive number of points.")
    index = change.index if isinstance(change, pd.Series) else None
    points = pd.Series(numbers(change=change)[0], index=index).round(DECIMALS)
    words = np.select(
        [points <= -threshold, points >= threshold], ["improved", "worse"], "unchanged"
    )
    return pd.Series(words, index=points.index, dtype="str").where(points.notna())


def reliable_change_threshold(scale: Instrument) -> float | None:
    """The scale's published reliable change in points, None where none is published.

    Raises
    ------
    ReliefError
        ``outcome.not-differenced`` for a scale on which a change has no meaning.
    """
    if not scale.differenced:
        raise refusal("outcome.not-differenced", scale=scale.name)
    return None if scale.reliable_change is None else scale.reliable_change.value
