"""Change beyond measurement error (Jacobson & Truax 1991, doi:10.1037/0022-006X.59.1.12)."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.instruments import Instrument
from analysis.instruments.measurement import ways
from analysis.numbers import numbers, one_number
from analysis.outcomes.change import DECIMALS
from analysis.rules import refusal

__all__ = ["has_reliable_change", "reliable_change", "reliable_change_threshold", "ways_of_change"]


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


def has_reliable_change(scale: Instrument) -> bool:
    """Whether a reliable change of the scale is published, or can be worked out as declared."""
    return reliable_change_threshold(scale) is not None or scale.measurement is not None


def ways_of_change(scale: Instrument, before: pd.Series, after: pd.Series) -> pd.Series:
    """Improved, worse and unchanged beyond measurement error, by the scale's own method.

    The published points where there are some; else the index of the method that a study declares
    for its own scale (:mod:`analysis.instruments.measurement`), over the people given here.

    Parameters
    ----------
    before, after : Series of float
        Points, on one index; NaN stays missing.

    Raises
    ------
    ValueError
        Where there is neither.
    ReliefError
        ``outcome.not-differenced``.
    """
    threshold = reliable_change_threshold(scale)
    if threshold is not None:
        return reliable_change(after - before, threshold)
    if scale.measurement is None:
        raise ValueError(f"No reliable change is published for {scale.name}; none is made up.")
    words = ways(scale.measurement, before.to_numpy(float), after.to_numpy(float))
    return pd.Series(words, index=before.index, dtype="str").replace("", np.nan)
