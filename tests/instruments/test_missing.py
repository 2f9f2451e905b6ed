"""A few blanks take the person's own mean and are marked; complete questionnaires stand beside."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis import instruments
from analysis.checks.forms import prorated_forms
from analysis.instruments.scoring import score
from analysis.instruments.totals import person_means
from tests.instruments.answered import every_version, study_of, valid_forms


def filled(name: str, values: np.ndarray, version: str = "standard") -> pd.DataFrame:
    return score(study_of(name, version, np.atleast_2d(values)), missing="person-mean")


def with_blanks(count: int, items: list[int], fill: float = 2.0) -> np.ndarray:
    values = np.full(count, fill)
    values[[item - 1 for item in items]] = np.nan
    return values


@pytest.mark.parametrize(
    ("items", "scored"),
    [
        ([1], True),
        # A fifth of the items, whichever they are.
        ([1, 2, 6, 7], True),
        ([1, 2, 8, 9, 15], False),
    ],
)
def test_pcl5_may_lack_a_fifth_of_its_items(items, scored):
    made = filled("PCL-5", with_blanks(20, items))
    assert made["prorated"].item() == scored
    np.testing.assert_equal(made["total"].item(), 40.0 if scored else np.nan)
    assert made["n_missing"].item() == len(items)


@pytest.mark.parametrize(("blank", "scored"), [(1, True), (2, True), (3, False)])
def test_phq9_may_lack_two_items(blank, scored):
    """The rule that the R package qscorer takes from Arrieta 2017: mean of the items times 9."""
    values = np.array([0, 1, 2, 3, 1, 0, 2, 1, 3], dtype=float)
    values[:blank] = np.nan
    expected = np.nanmean(values) * 9 if scored else np.nan
    np.testing.assert_allclose(filled("PHQ-9", values)["total"].item(), expected)


def test_items_of_different_ranges_are_filled_within_their_own():
    """A plain mean of the others would make 53 of at most 52, were people to rate themselves."""
    scale = replace(instruments.get("HAM-D17"), kind="self-report")
    values = np.array(scale.item_max("standard"), dtype=float)
    values[3] = np.nan
    assert person_means(scale, "standard", values[None])[0].sum() == 52
    # 16 of the 50 points that were asked about, and the same share of the two that were not.
    values = np.where(np.isnan(values), np.nan, 1.0)
    assert person_means(scale, "standard", values[None])[0].sum() == pytest.approx(16 + 32 / 50)


def test_who_answers_lowest_everywhere_is_filled_lowest():
    assert filled("GAD-7", with_blanks(7, [1], fill=0.0))["total"].item() == 0
    assert np.isnan(filled("GAD-7", with_blanks(7, [1, 2], fill=0.0))["total"].item())


@pytest.mark.parametrize("name", [
    "QIDS-SR16", "C-SSRS", "CGI-S", "CGI-I", "SUDS", "VAS",
    # A clinician's rating: no source of these says that blanks may be filled.
    "CAPS-5", "PSS-I-5", "MADRS", "HAM-D17", "HAM-A", "CADSS",
])  # fmt: skip
def test_some_scales_are_never_filled(name):
    scale = instruments.get(name)
    version = next(iter(scale.versions))
    tops = np.array(scale.item_max(version), dtype=float)
    tops[0] = np.nan
    made = filled(name, tops, version)
    assert not made["prorated"].item()
    assert np.isnan(made["total"].item()) or scale.rule == "highest"


@every_version
@settings(max_examples=3, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_a_filled_score_lies_within_its_range_and_is_marked(name, version, seed):
    values = valid_forms(name, version, seed)
    rng = np.random.default_rng(seed)
    values[rng.random(values.shape) < rng.random((len(values), 1)) / 3] = np.nan
    made = study_of(name, version, values)
    strict = score(made, missing="complete")["total"].to_numpy()
    forms = score(made, missing="person-mean")
    points, scored = forms["total"].to_numpy(), forms["total"].notna()
    low, high = instruments.get(name).total_range(version)
    assert (points[scored] >= low - 1e-9).all()
    assert (points[scored] <= high + 1e-9).all()
    # Marked exactly where the strict rule has no score and this one has.
    assert (forms["prorated"] == (np.isnan(strict) & scored)).all()
    np.testing.assert_array_equal(points[~np.isnan(strict)], strict[~np.isnan(strict)])


def test_how_totals_differ_between_the_rules():
    values = np.full((4, 20), 2.0)
    values[1, 0] = values[2, :6] = values[3] = np.nan
    values[1, 1:] = 1
    made = study_of("PCL-5", "standard", values)
    strict, filled = score(made, missing="complete")["total"], score(made)
    assert instruments.get("PCL-5").missing.allowed(20) == 4
    assert (len(strict), strict.notna().sum(), strict.mean()) == (4, 1, 40.0)
    assert (filled["prorated"].sum(), filled["total"].isna().sum()) == (1, 2)
    assert filled["total"].mean() == 30.0


def test_filled_forms_are_told():
    values = np.full((3, 20), 2.0)
    values[1:, 0] = np.nan
    made = study_of("PCL-5", "standard", values)
    (told,) = prorated_forms(score(made))
    assert (told.rule, told.severity, told.count) == ("score.prorated", "FLAG", 2)
    assert prorated_forms(score(made, missing="complete")) == []


def test_another_rule_is_refused():
    with pytest.raises(ValueError, match="complete, person-mean"):
        score(study_of("PCL-5", "standard", np.ones((1, 20))), missing="zero")  # type: ignore[arg-type]
