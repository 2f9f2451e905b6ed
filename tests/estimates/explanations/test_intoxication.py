"""Residual effects of the drug: who is marked, and the two ways of dealing with them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analysis.errors import ReliefError
from analysis.estimates.control.ancova import ancova
from analysis.estimates.explanations.intoxication import still_dissociated, without_residual
from benchmarks.estimates import explanations as benchmark
from tests.estimates.explanations.test_dissociation import course
from tests.estimates.explanations_reference import people

ARMS = {"treated": "ketamine", "control": "midazolam"}


def away(*persons: list[tuple[float, float]]) -> list:
    """Marks of people whose CADSS is (hours since the start, total); the infusion ends at 0.67."""
    found = still_dissociated(course(*persons), points=4, low=2, high=6)
    return [None if pd.isna(mark) else bool(mark) for mark in found["away"]]


def test_any_rating_above_baseline_in_the_window_marks():
    assert away(
        [(-1, 2), (0.7, 40), (3, 7), (5, 2)],  # away at 3 h, back at 5 h
        [(-1, 2), (0.7, 40), (3, 6), (5, 2)],  # back within the points
        [(-1, 2), (0.7, 40), (2.5, 30), (7, 30)],  # away outside the window alone
    ) == [True, False, None]


def test_versions_are_never_mixed():
    table = course([(-1, 2), (3, 40)])
    table.loc[1, "version"] = "19-item"
    with pytest.raises(ReliefError, match="keep one version"):
        still_dissociated(table, points=4, low=2, high=6)


def marked(*places: int) -> pd.Series:
    return pd.Series([i in places for i in range(36)], dtype="boolean")


def test_nobody_affected_changes_nothing():
    rows = without_residual(people(), marked(), **ARMS)
    assert len({row["estimate"] for row in rows}) == 1


def test_set_aside_is_the_analysis_of_the_others_and_says_what_it_breaks():
    table = people()
    whole, aside, composite = without_residual(table, marked(0, 4, 9), **ARMS)
    expected = ancova(table.drop(index=[0, 4, 9]), **ARMS)[0]
    assert whole["estimate"] == ancova(table, **ARMS)[0]["estimate"]
    assert (aside["estimate"], aside["n"]) == (expected["estimate"], 33)
    assert "breaks the randomisation" in aside["method"]
    assert composite["n"] == 36


def test_composite_counts_them_as_not_improved_but_never_as_better_than_seen():
    table = people()
    table.loc[0, "score"] = table.loc[0, "baseline"] + 20
    moved = table.copy()
    moved.loc[[2], "score"] = moved.loc[[2], "baseline"]
    composite = without_residual(table, marked(0, 2), **ARMS)[2]
    assert composite["estimate"] == ancova(moved, **ARMS)[0]["estimate"]


def test_who_was_not_rated_counts_as_affected():
    unknown = marked().mask(np.arange(36) == 5)
    assert (
        "1 still affected or not rated" in without_residual(people(), unknown, **ARMS)[1]["method"]
    )


def test_marks_of_other_people_are_refused():
    with pytest.raises(ValueError, match="Every person needs a mark"):
        without_residual(people(), marked()[:5], **ARMS)


def test_composite_keeps_its_level():
    (trials,) = (cell[-1] for cell in benchmark.CELLS if cell[0].startswith("residual"))
    assert trials(benchmark.KINDS[1], 15, 150, np.random.default_rng(2)).mean() <= 0.1
