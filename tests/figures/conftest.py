"""Fixtures that the tests of this room share."""

from __future__ import annotations

import pandas as pd
import pytest

from analysis.estimates.table import row, table


@pytest.fixture
def changes() -> pd.DataFrame:
    """Mean changes of two arms in two windows."""
    return table(
        [
            row(contrast=arm, window=window, n=30, estimate=e, ci_low=e - 2, ci_high=e + 3)
            for arm, shift in (("ketamine", -9), ("midazolam", -2))
            for window, e in (("about 3 h", shift), ("about 24 h", shift + 1.5))
        ]
    )


# Of the windows above, as sections hand them to a figure of time.
HOURS = {"about 3 h": 3.0, "about 24 h": 24.0}


@pytest.fixture
def hours() -> dict[str, float]:
    return HOURS


@pytest.fixture
def recall() -> pd.DataFrame:
    rows = [("month", h, 1 - h / 720) for h in (1, 24)] + [("now", h, 0.0) for h in (1, 24)]
    return pd.DataFrame(rows, columns=["form", "hours", "share_before"])


@pytest.fixture
def counts() -> pd.DataFrame:
    return pd.DataFrame({"before": [5, 3], "hours": [4, 0]}, index=["PCL-5-now", "IES-R"])


@pytest.fixture
def shares() -> pd.DataFrame:
    rows = [("ketamine", -8.0, 0.25), ("ketamine", -2.0, 0.75), ("midazolam", -4.0, 0.5)]
    return pd.DataFrame(rows, columns=["arm", "change", "share"])
