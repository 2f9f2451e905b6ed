"""What differs from trial to trial, in words: with hours, and with the number of people."""

from __future__ import annotations

import pandas as pd

from analysis.describe.display import number, p_value
from analysis.describe.in_words import counted, listed
from analysis.evidence.pooling.pools import slope_over_hours, small_studies

__all__ = ["slope_told", "small_studies_told"]


def slope_told(table: pd.DataFrame | None = None) -> str:
    """How the differences of trials change with hours, or why nothing is said of it."""
    found = slope_over_hours(table)
    if isinstance(found, str):
        return f"Over hours: {found}"
    return (
        f"Over hours: {number(found.estimate)} SD for each doubling ({number(found.ci_low)} to "
        f"{number(found.ci_high)}, CR2 with {number(found.df)} degrees of freedom, "
        f"{found.clusters} trials)."
    )


def small_studies_told(table: pd.DataFrame | None = None) -> str:
    """Whether small trials differ from large ones, with what so few trials can tell of it."""
    found = small_studies(table)
    tested = [
        f"{row.window}: z {number(row.z)}, p {p_value(row.p)} ({row.limits})"
        for row in found[found["z"].notna()].itertuples()
    ]
    counts = [
        f"{window} ({counted(k, 'trial')})"
        for window, k in found.loc[found["z"].isna(), ["window", "k"]].to_numpy()
    ]
    if counts:
        tested.append(
            f"not tested for {listed(counts)}: the test takes three trials that may be pooled, and "
            "with fewer than ten nothing would follow from it"
        )
    return f"Small trials against large ones, by Egger's test: {'; '.join(tested)}."
