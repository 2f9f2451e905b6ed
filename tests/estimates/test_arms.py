"""Who is treated is read from true and false, 1 and 0, and from nothing else."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analysis.estimates.arms import as_treated


@pytest.mark.parametrize(
    "told",
    [
        [True, False],
        [1, 0],
        np.array([1.0, 0.0]),
        np.array([True, False], dtype=object),
        pd.Series([True, False], dtype="boolean"),
    ],
)
def test_true_and_false_are_read_however_they_are_kept(told):
    assert as_treated(told).tolist() == [True, False]


@pytest.mark.parametrize(
    "told",
    [
        ["ketamine", "saline"],
        ["", "1"],
        [1.0, np.nan],
        [True, None],
        [0.5, 1],
        [-1, 1],
        pd.Series([True, pd.NA], dtype="boolean"),
    ],
)
def test_what_tells_no_arm_is_refused(told):
    with pytest.raises(ValueError, match="for each person"):
        as_treated(told)
