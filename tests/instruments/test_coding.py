"""What stands in a file becomes points only by what was declared or published."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analysis import instruments
from analysis.instruments import coding, totals
from analysis.instruments.scoring import looks_like_means, looks_older

BDI = instruments.get("BDI-II")
# Ratings of a sample report of scoring software (slideshare, deeps0081), total 51.
RATINGS = [2, 3, 2, 3, 2, 3, 2, 3, 2, 3, 2, 3, 2, 1, 2, 3, 3, 2, 3, 2, 3]
# The table by F. Weathers in the CAPS-5 training course, lesson 08_003:
# intensity 1 minimal to 4 extreme, frequency 1 once a month to 4 daily.
WEATHERS = {
    1: [1, 1, 1, 1],
    2: [1, 2, 2, 2],
    3: [2, 2, 3, 3],
    4: [2, 3, 3, 4],
}


def decoded(name: str, sixteen: str, eighteen: str, shift: int = 0) -> coding.Decoded:
    cells = {number: str(points + shift) for number, points in enumerate(RATINGS, 1)}
    cells |= {16: sixteen, 18: eighteen}
    return coding.decode(BDI, "standard", name, pd.DataFrame([cells]))


@pytest.mark.parametrize(
    ("name", "sixteen", "eighteen", "shift"),
    [
        ("letters", "3a", "2b", 0),
        ("letters", " 3A ", "2B", 0),
        ("options-from-0", "5", "4", 0),
        ("options-from-1", "6", "5", 1),
        # As a statistics program writes codes.
        ("options-from-1", "6.0", "5.0", 1),
    ],
)
def test_seven_options_are_worth_0_to_3(name, sixteen, eighteen, shift):
    read = decoded(name, sixteen, eighteen, shift)
    assert totals.total(BDI, "standard", read.points.to_numpy()).item() == 51
    assert not read.unknown.to_numpy().any()


def test_every_option_has_its_points():
    letters = [*"0", "1a", "1b", "2a", "2b", "3a", "3b"]
    points = [0, 1, 1, 2, 2, 3, 3]
    for name, codes in {
        "letters": letters,
        "options-from-0": list("0123456"),
        "options-from-1": list("1234567"),
    }.items():
        cells = pd.DataFrame({n: codes if n in (16, 18) else ["1"] * 7 for n in BDI.numbers})
        read = coding.decode(BDI, "standard", name, cells)
        assert read.points[16].tolist() == read.points[18].tolist() == points


def test_naive_codes_add_up_beyond_the_scale():
    """Bad input B4: options counted from 1 are 21 to 92 when they are added as they are."""
    tops = [7 if number in (16, 18) else 4 for number in BDI.numbers]
    cells = pd.DataFrame([{n: str(top) for n, top in zip(BDI.numbers, tops, strict=True)}])
    assert sum(tops) > BDI.total_range("standard")[1]
    read = coding.decode(BDI, "standard", "options-from-1", cells)
    assert totals.total(BDI, "standard", read.points.to_numpy()).item() == 63


@pytest.mark.parametrize("text", ["4", "1", "3c", "2a;3b", "seven", "-1", "0.5"])
def test_text_that_is_no_code_is_blank_and_told(text):
    read = decoded("letters", text, "2b")
    assert np.isnan(read.points.loc[0, 16])
    assert read.unknown.loc[0, 16]
    assert np.isnan(totals.total(BDI, "standard", read.points.to_numpy()).item())


def test_a_blank_is_no_unknown_code():
    read = decoded("letters", "", "2b")
    assert np.isnan(read.points.loc[0, 16])
    assert not read.unknown.to_numpy().any()


@pytest.mark.parametrize("intensity", [1, 2, 3, 4])
def test_caps5_severity_is_that_of_the_training_course(intensity):
    frequency = np.array([1.0, 2.0, 3.0, 4.0])
    made, odd = coding.severity(frequency, np.full(4, float(intensity)))
    assert made.tolist() == WEATHERS[intensity]
    assert not odd.any()


def test_caps5_severity_never_rises_above_intensity():
    frequency, intensity = np.meshgrid(np.arange(5.0), np.arange(5.0))
    made, _ = coding.severity(frequency, intensity)
    assert (made <= intensity).all()
    # A higher rating of either never lowers severity.
    assert (np.diff(made, axis=0) >= 0).all()
    assert (np.diff(made, axis=1) >= 0).all()
    assert np.diag(made).tolist() == [0, 1, 2, 3, 4]


def test_caps5_contradictions_are_flagged_and_blanks_stay_blank():
    frequency = np.array([0.0, 2.0, 0.0, np.nan, 0.0, np.nan])
    intensity = np.array([1.0, 0.0, 0.0, 3.0, np.nan, np.nan])
    made, odd = coding.severity(frequency, intensity)
    assert odd.tolist() == [True, True, False, False, False, False]
    np.testing.assert_equal(made, [0, 0, 0, np.nan, np.nan, np.nan])


def test_not_assessed_is_missing_and_never_added():
    """Bad input B24; CamCOPS hamd.py leaves code 3 of item 16 out of the total."""
    scale = instruments.get("HAM-D17")
    values = np.ones((2, 17))
    values[0, [15, 16]] = 3
    values[1, 0] = 3
    made, found = coding.without_not_assessed(scale, "standard", values)
    assert np.isnan(made[0, [15, 16]]).all()
    # On an item of four points, 3 is an answer.
    assert made[1, 0] == 3
    assert found.sum() == 2
    assert np.isnan(totals.total(scale, "standard", made)[0])


@pytest.mark.parametrize(("version", "blank"), [("0-6", False), ("1-7", True)])
def test_zero_is_an_answer_where_a_scale_counts_from_zero(version, blank):
    scale = instruments.get("BPRS+")
    made, _ = coding.without_not_assessed(scale, version, np.zeros((1, 4)))
    assert np.isnan(made).all() == blank


def test_a_rating_of_0_on_the_cgi_is_nobodys_health():
    scale = instruments.get("CGI-S")
    made, found = coding.without_not_assessed_totals(scale, "standard", np.array([0.0, 4.0]))
    np.testing.assert_equal(made, [np.nan, 4])
    assert found.tolist() == [True, False]
    # The total of many items is no item.
    stated = np.array([3.0])
    hamd = instruments.get("HAM-D17")
    made, found = coding.without_not_assessed_totals(hamd, "standard", stated)
    assert made.tolist() == [3]
    assert not found.any()


def test_sleep_and_appetite_within_a_day_are_older_answers():
    scale = instruments.get("MADRS")
    values = np.ones((3, 10))
    values[1, 3] = values[2, 3] = values[2, 4] = np.nan
    assert coding.carried_forward(scale, "past-day", values).tolist() == [True, True, False]
    assert not coding.carried_forward(scale, "standard", values).any()


@pytest.mark.parametrize(
    ("name", "stated", "looks"),
    [
        # Sums of three subscale means, at most 12.
        ("IES-R", [3.25, 7.5, 11.9, np.nan], True),
        ("IES-R", [3.25, 7.5, 31.0], False),
        ("IES-R", [3, 7, 11], False),
        ("PCL-5", [0.55, 1.2, 3.4], True),
        ("PCL-5", [0.5, 1.0, 14.0], False),
        ("DES-II", [3.5, 12.25, 30.5], False),
        ("SUDS", [0.5, 1.5, 2.5], False),
        ("IES-R", [np.nan, np.nan, np.nan], False),
    ],
)
def test_means_stated_for_sums(name, stated, looks):
    scale = instruments.get(name)
    version = next(iter(scale.versions))
    assert looks_like_means(scale, version, np.array(stated, dtype=float)) == looks


def test_an_older_version_never_reaches_the_highest_answer():
    """Secondary sources give the PSS-I-5 0 to 3 points an item, which is the PSS-I's."""
    scale = instruments.get("PSS-I-5")
    items = np.random.default_rng(1).integers(0, 4, (40, 20)).astype(float)
    assert looks_older(scale, "standard", items)
    assert not looks_older(scale, "standard", items[:20])
    items[0, 0] = 4
    assert not looks_older(scale, "standard", items)
    assert not looks_older(instruments.get("PCL-5"), "standard", items)
