"""Reliable change three ways, the threshold itself included."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analysis import instruments
from analysis.outcomes.reliable_change import (
    has_reliable_change,
    reliable_change,
    reliable_change_threshold,
)


def test_reliable_change_three_ways_with_the_threshold_itself():
    changes = pd.Series([-18, -17.999, 0, 17.999, 18, np.nan])
    ways = reliable_change(changes, 18)
    assert ways.tolist()[:5] == ["improved", "unchanged", "unchanged", "unchanged", "worse"]
    assert ways.isna().tolist() == [False] * 5 + [True]
    # A mean of whole scores may miss the threshold by a rounding error alone.
    assert reliable_change(pd.Series([np.nextafter(-18, 0)]), 18).item() == "improved"
    with pytest.raises(ValueError, match="positive"):
        reliable_change(changes, 0)


def test_the_threshold_is_the_published_one():
    assert reliable_change_threshold(instruments.get("PCL-5")) == 18
    assert reliable_change_threshold(instruments.get("IES-R")) is None
    assert has_reliable_change(instruments.get("PCL-5"))
    assert not has_reliable_change(instruments.get("IES-R"))
