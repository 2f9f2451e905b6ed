"""Between-within degrees of freedom, by whether a column varies within subjects.

Between: subjects minus columns constant within every subject. Within: rows minus subjects
minus columns that vary. A contrast has the smallest of the degrees of freedom of the
columns it weights (Schluchter and Elashoff 1990, doi:10.1080/00949659008811295).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def column_df(x: Array, subject: NDArray[np.intp]) -> Array:
    """Degrees of freedom of each column.

    Parameters
    ----------
    x : array of shape (N, r)
        Columns of the design that are not aliased; rows sorted by subject.
    subject : array of int, shape (N,)
    """
    n_subjects = len(np.unique(subject))
    same = np.diff(subject) == 0
    within = np.array([bool(np.any(np.diff(column)[same] != 0)) for column in x.T])
    n_within = int(within.sum())
    between_df = n_subjects - (x.shape[1] - n_within)
    within_df = len(x) - n_subjects - n_within
    return np.where(within, within_df, between_df).astype(float)


def contrast_df(weights: Array, df: Array) -> float:
    """Degrees of freedom of a contrast, or of several (rows) tested together."""
    used = np.any(np.atleast_2d(weights) != 0, axis=0)
    return float(df[used].min())
