"""Which of two arms each person is of, refused where it is not told."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["as_treated"]


def as_treated(treated: Any) -> NDArray[np.bool_]:
    """True for the treated and False for the others, from booleans or 0 and 1.

    NumPy makes any word and NaN true: a missing arm would count as treated.

    Raises
    ------
    ValueError
        When anything else is among them: a missing value, a word, another number.
    """
    values = np.asarray(treated)
    if values.dtype == object and all(isinstance(value, bool | np.bool_) for value in values.flat):
        values = values.astype(bool)
    if values.dtype.kind not in "biuf" or not np.isin(values, (0, 1)).all():
        raise ValueError("Arms need True or 1 (treated), False or 0, for each person.")
    return values.astype(bool)
