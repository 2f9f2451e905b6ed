"""What selection brings: the formula, its ceiling, two measures before, and made-up people."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from analysis.estimates.change.paired import paired_change
from analysis.estimates.change.regression_to_the_mean import (
    Selection,
    change_from_selection,
    expected_regression_to_the_mean,
    largest_change_from_selection,
    two_measures_before,
)
from benchmarks.estimates import regression_to_the_mean as characteristics

RETEST = [(0.82, "Blevins 2015"), (0.94, "Blanchard 2023")]


def test_regression_to_the_mean_in_the_textbook_form():
    """With screening as baseline: (1 - r) SD phi(z) / (1 - Phi(z))."""
    z = (33 - 21) / 11.6
    expected = (1 - 0.7) * 11.6 * stats.norm.pdf(z) / stats.norm.sf(z)
    found = expected_regression_to_the_mean(
        threshold=33, mean=21, sd=11.6, r_baseline=1.0, r_after=0.7
    )
    assert found == pytest.approx(expected, rel=1e-12)


def picked(r_baseline: float, r_after: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Screening, baseline and later scores of 400,000 made-up people with 33 or more."""
    rng = np.random.default_rng(12)
    screening, noise = rng.normal(size=400_000), rng.normal(size=(2, 400_000))
    visits = [
        10 + 5 * (r * screening + math.sqrt(1 - r**2) * e)
        for r, e in zip((r_baseline, r_after), noise, strict=True)
    ]
    taken = 21 + 11.6 * screening >= 33
    return 21 + 11.6 * screening[taken], visits[0][taken], visits[1][taken]


@pytest.mark.parametrize(("r_baseline", "r_after"), [(1.0, 0.6), (0.8, 0.6), (0.5, 0.5)])
def test_regression_to_the_mean_is_what_selection_brings(r_baseline, r_after):
    """People who do not change, taken in for a screening score on another scale."""
    _, baseline, after = picked(r_baseline, r_after)
    expected = expected_regression_to_the_mean(
        threshold=33, mean=21, sd=11.6, sd_outcome=5, r_baseline=r_baseline, r_after=r_after
    )
    fall = baseline - after
    assert fall.mean() == pytest.approx(expected, abs=4 * fall.std() / math.sqrt(len(fall)))
    selection = Selection.from_threshold(33, mean=21, sd=11.6, source="made up")
    (row,) = change_from_selection(
        selection, sd_outcome=5, r_baseline=r_baseline, correlations=[(r_after, "made up")]
    )
    assert row["estimate"] == pytest.approx(-expected)


def test_the_sd_of_everyone_is_had_from_the_people_picked():
    _, baseline, _ = picked(0.8, 0.6)
    selection = Selection.from_threshold(33, mean=21, sd=11.6, source="made up")
    assert baseline.std() < 4.5
    assert selection.unselected_sd(baseline.std(), 0.8) == pytest.approx(5, rel=0.01)


def test_the_share_taken_in_says_as_much_as_the_threshold():
    share = stats.norm.sf((33 - 21) / 11.6)
    one = Selection.from_threshold(33, mean=21, sd=11.6, source="population")
    other = Selection.from_share(share, source="flow of participants")
    assert other.z == pytest.approx(one.z)
    assert other.pull == pytest.approx(one.pull)


@given(st.floats(-5, 60), st.floats(0, 1))
def test_regression_to_the_mean_grows_with_the_threshold_and_needs_imperfect_correlation(c, r):
    def fall(threshold: float) -> float:
        return expected_regression_to_the_mean(
            threshold=threshold, mean=21, sd=11.6, r_baseline=1, r_after=r
        )

    assert 0 <= fall(c) <= fall(c + 1) + 1e-12
    assert math.isfinite(fall(c + 1000))


def test_the_ceiling_is_never_passed():
    """Whatever the population: the fall of those picked by baseline, mean 0 or more."""
    rng = np.random.default_rng(2)
    for mean in (5.0, 20.0, 40.0):
        first, noise = rng.normal(mean, 12, 200_000), rng.normal(0, 12, 200_000)
        later = mean + 0.7 * (first - mean) + math.sqrt(1 - 0.49) * noise
        taken = first >= 33
        (row,) = largest_change_from_selection(first[taken].mean(), correlations=[(0.7, "here")])
        assert row["estimate"] < (later - first)[taken].mean()
    assert row["estimand"] == "largest change from selection alone"


def test_rows_name_source_assumption_and_window():
    selection = Selection.from_share(0.4, source="40 % of those screened")
    rows = change_from_selection(
        selection, sd_outcome=11, correlations=RETEST, r_baseline=0.96, window="about 7 days"
    )
    assert [r["estimate"] for r in rows] == sorted(r["estimate"] for r in rows)
    for row, (r, source) in zip(rows, RETEST, strict=True):
        assert row["estimand"] == "change expected from selection alone"
        assert row["window"] == "about 7 days"
        for text in (
            f"{r:g}",
            source,
            "with baseline 0.96",
            "40 % of those screened",
            "upper tail",
        ):
            assert text in row["method"]
        assert math.isnan(row["ci_low"])


@pytest.mark.parametrize(
    "wrong", [{"sd": 0}, {"sd": -1}, {"r_after": 1.2}, {"sd": math.nan}, {"sd_outcome": 0}]
)
def test_regression_to_the_mean_refuses_what_cannot_be(wrong):
    given = {"threshold": 33, "mean": 21, "sd": 11.6, "r_baseline": 1.0, "r_after": 0.7}
    with pytest.raises(ValueError, match="SDs must be positive"):
        expected_regression_to_the_mean(**(given | wrong))


def test_assumptions_without_a_source_are_refused():
    selection = Selection.from_share(0.4, source="flow")
    with pytest.raises(ValueError, match="say where it comes from"):
        change_from_selection(selection, sd_outcome=9, correlations=[(0.8, "")])
    with pytest.raises(ValueError, match="correlations lie between"):
        largest_change_from_selection(40, correlations=[(1.8, "x")])
    with pytest.raises(ValueError, match="below the scale"):
        largest_change_from_selection(-1, correlations=RETEST)
    with pytest.raises(ValueError, match="between 0 and 1"):
        Selection.from_share(1.0, source="flow")
    with pytest.raises(ValueError, match="must be positive"):
        Selection.from_threshold(33, mean=20, sd=0, source="x")


def test_two_measures_before_show_the_fall_that_needed_no_infusion():
    """Equally correlated visits: all regression is over by baseline."""
    rng = np.random.default_rng(5)
    trait = rng.normal(30, 9, 4000)
    screening, baseline, after = trait + rng.normal(0, 5, (3, 4000))
    taken = screening >= 38
    before, later, difference = two_measures_before(
        screening[taken], baseline[taken], after[taken] - 3, window="day"
    )
    assert before["estimate"] < -2
    assert later["ci_low"] < -3 < later["ci_high"]
    assert difference["estimate"] == pytest.approx(later["estimate"] - before["estimate"])
    plain = paired_change(baseline[taken], after[taken] - 3, window="day")[0]
    assert later == plain | {"estimand": "mean change after the infusion"}
    with pytest.raises(ValueError, match="same people"):
        two_measures_before(screening[:5], baseline[:5], after[:4])
    with pytest.raises(ValueError, match="lack one half"):
        two_measures_before(screening[:5], baseline[:5], np.array([1, 2, 3, np.nan, 4]))


def test_the_normal_formula_errs_by_the_tail():
    """Right for normal scores; too little for a long upper tail (Linden 2013), else too much."""
    cells = [cell for cell in characteristics.CELLS if cell[1] == 30]
    found = {r["scores"]: r for r in characteristics.run(300, seed=3, cells=cells)
             if r["quantity"] == "bias"}  # fmt: skip
    assert abs(found["normal"]["value"]) < 0.3
    assert found[characteristics.MIRRORED]["mc_high"] < 0
    assert found["skewed, bounded"]["mc_low"] > 0
