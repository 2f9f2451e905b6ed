"""Between-within degrees of freedom, by whether a column varies within subjects.

Between: subjects minus columns constant within every subject. Within: rows minus subjects
minus columns that vary. A contrast has the smallest of the degrees of freedom of the
columns it weights (Schluchter and Elashoff 1990, doi:10.1080/00949659008811295).

These are the numbers of R's mmrm and of nlme, but for the intercept, which both count within
subjects. They are not those of SAS, which gives every effect the between ones under an
unstructured covariance, and else splits the within ones by effect. With 537 rows of 197 subjects
(fev, RACE, SEX, arm by visit): arm 192 in all three, visit and arm by visit 334 here and in mmrm,
192 in SAS (openpharma/mmrm, vignette between_within, "Differences compared to SAS").
"""

from __future__ import annotations

import numpy as np

from analysis.mmrm.arrays import Array, Mask


def column_df(varies: Mask, n_obs: int, n_subjects: int) -> Array:
    """Degrees of freedom of each column that is not aliased.

    Parameters
    ----------
    varies : array of bool, shape (r,)
        Whether the column changes within a subject.
    """
    n_within = int(varies.sum())
    between_df = n_subjects - (len(varies) - n_within)
    within_df = n_obs - n_subjects - n_within
    return np.where(varies, within_df, between_df).astype(float)


def each_df(weights: Array, df: Array) -> Array:
    """Degrees of freedom of each contrast (row); infinite for a row without weights."""
    return np.where(weights != 0, df, np.inf).min(axis=1)
