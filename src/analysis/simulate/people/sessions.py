"""Courses of sessions with a known relation between the first response and the last."""

from __future__ import annotations

import numpy as np
import pandas as pd

__all__ = ["sessions"]

# Points of PCL-5-now (0 to 56); every number is an assumption.
LEVEL, LEVEL_SD, ERROR_SD = 36.0, 7.0, 5.0
FIRST, FIRST_SD = -8.0, 5.0
LAST, LAST_SD = -12.0, 6.0
TOP = 56.0


def sessions(n: int, rng: np.random.Generator, *, relation: float) -> pd.DataFrame:
    """Scores of people before, after the first and after the last session, made up.

    Parameters
    ----------
    n : int
        People.
    rng : Generator
    relation : float
        Correlation of the true first response with the true last one, -1 to 1.

    Returns
    -------
    DataFrame
        before_1, before_2 (two ratings before the first session), first, end: whole points,
        0 to 56.
    """
    level = rng.normal(LEVEL, LEVEL_SD, n)
    z = rng.standard_normal((n, 2))
    first = FIRST + FIRST_SD * z[:, 0]
    last = LAST + LAST_SD * (relation * z[:, 0] + np.sqrt(1 - relation**2) * z[:, 1])
    true = np.column_stack([level, level, level + first, level + last])
    scores = np.clip(np.round(true + rng.normal(0, ERROR_SD, true.shape)), 0, TOP)
    return pd.DataFrame(scores, columns=["before_1", "before_2", "first", "end"])
