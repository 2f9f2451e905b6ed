"""What may stand in one pool, and what is refused."""

from __future__ import annotations

import math
import tempfile
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis import evidence
from analysis.errors import ReliefError
from analysis.estimates import pooling as arithmetic
from analysis.evidence import adding
from analysis.evidence.pooling import WINDOWS, one_a_trial, pool_trials, pools, trial_differences
from analysis.evidence.pooling.pools import sensitivity, slope_over_hours, window_of
from tests.evidence.adding.record_maker import measure, record, write
from tests.evidence.published_table import put


@cache
def made(*numbers: str, **options: str) -> pd.DataFrame:
    """The published table with made-up trials at 24 hours."""
    table = evidence.load()
    for place, mean in enumerate(numbers):
        entry = record(
            measure("PCL-5", {"24 hours": [(mean, "15.2"), ("40.3", "14.1")]}), **options
        )
        entry["protocolSection"]["identificationModule"]["nctId"] = f"NCT9999{place:04d}"
        entry["protocolSection"]["statusModule"]["resultsFirstPostDateStruct"]["date"] = (
            f"{2030 - place}-01-01"
        )
        with tempfile.TemporaryDirectory() as folder:
            found = adding.read(write(Path(folder), entry))
        text = pd.DataFrame(list(found.rows), dtype=str)
        table = pd.concat([table, evidence.validate(text)], ignore_index=True)
    return table


@pytest.fixture(scope="module")
def three() -> pd.DataFrame:
    return one_a_trial(trial_differences(made("34.6", "30.1", "38.0")))


def at_24(found: pd.DataFrame) -> pd.DataFrame:
    return found[found["window"] == "24 h"]


# --- what is pooled ------------------------------------------------------------------------------


def test_a_difference_from_two_means_is_hedges_g():
    """By hand: SD² = (23·15.2² + 22·14.1²)/45 = 215.28; g = −5.7/14.6724·(1 − 3/179) = −0.3820."""
    found = trial_differences(pd.concat([evidence.load()]))
    assert set(found["study_id"]) == {"Feder2014", "Feder2021", "Duek2023"}


def test_means_of_a_record_become_g_with_its_variance(three):
    g = at_24(three).set_index("study_id").loc["NCT99990000"]
    by_hand = -5.7 / math.sqrt((23 * 15.2**2 + 22 * 14.1**2) / 45) * (1 - 3 / 179)
    assert g["g"] == pytest.approx(by_hand)
    assert g["variance"] == pytest.approx(1 / 24 + 1 / 23 + by_hand**2 / 94)
    assert g["scaled_by"] == "scores"


def test_trials_that_are_alike_are_pooled(three):
    found = pool_trials(at_24(three))
    assert found.k == 3
    expected = arithmetic.pool(at_24(three)["g"].astype(float), at_24(three)["variance"])
    assert found == expected


def test_the_table_says_for_each_window_what_it_pools_or_why_not():
    found = pools(made("34.6", "30.1")).set_index("window")
    assert set(found.index) == set(WINDOWS)
    assert found.loc["24 h", "k"] == 2
    assert found.loc["24 h", "people"] == 94
    assert math.isnan(found.loc["24 h", "prediction_low"])
    assert "under 24 h has 0" in found.loc["under 24 h", "why_not"]
    assert "2 weeks has 1" in found.loc["2 weeks", "why_not"]


def test_published_trials_alone_are_not_pooled():
    """One trial a window at most: what the table can truly say today."""
    found = pools()
    assert (found["why_not"] != "").all()
    assert (found["k"] <= 1).all()


def test_other_estimators_each_trial_left_out_and_the_growth_by_year(three):
    found = sensitivity(at_24(three)).set_index("analysis")
    assert len(found) == 3 + 3 + 2
    assert found.loc["up to 2029", "k"] == 2
    assert found.loc["without NCT99990000", "k"] == 2
    assert found.loc["up to 2030", "estimate"] == found.iloc[0]["estimate"]


def test_the_slope_over_hours_needs_three_trials():
    told = slope_over_hours()
    assert told == "A slope over trials needs three trials or more; there are 2."
    found = slope_over_hours(made("34.6", "30.1"))
    assert (found.clusters, found.k) == (4, 5)


# --- what is refused -----------------------------------------------------------------------------


def refused(rows: pd.DataFrame) -> str:
    with pytest.raises(ReliefError) as error:
        pool_trials(rows)
    return error.value.rule


def test_a_change_before_and_after_never_enters(three):
    for comparison in ("before and after", "within person"):
        rows = at_24(three).copy()
        rows.loc[rows.index[0], "comparison"] = comparison
        assert refused(rows) == "evidence.not-between-arms"


def test_no_series_and_no_single_arm_is_among_the_differences():
    found = trial_differences()
    assert not {"Albott2018", "Ross2019", "Feder2025WET", "KA-EMDR"} & set(found["study_id"])
    assert not found["study_id"].str.startswith("meta_").any()


def test_a_past_week_form_at_24_h_never_mixes_with_caps_at_week_2(three):
    caps = one_a_trial(trial_differences()).query("study_id == 'Feder2021'")
    mixed = pd.concat([at_24(three), caps])
    assert refused(mixed) == "evidence.not-alike"


def test_two_scales_of_one_trial_are_never_two_trials(three):
    one = at_24(three).iloc[[0]]
    assert refused(pd.concat([one, one.assign(instrument="IES-R")])) == (
        "evidence.several-of-one-trial"
    )
    assert len(one_a_trial(pd.concat([one, one.assign(instrument="CAPS-5")]))) == 1


def test_the_clinicians_scale_and_the_usual_dose_stand_for_a_trial(three):
    one = at_24(three).iloc[[0]]
    several = pd.concat([one.assign(dose=0.2), one.assign(dose=0.5), one.assign(dose=1.0)])
    assert list(one_a_trial(several)["dose"]) == [0.5]
    both = pd.concat([one, one.assign(instrument="CAPS-5")])
    assert list(one_a_trial(both)["instrument"]) == ["CAPS-5"]


@pytest.mark.parametrize("variance", [0.0, -0.1, math.nan, math.inf])
def test_a_variance_that_is_none_never_passes(three, variance):
    rows = at_24(three).copy()
    rows.loc[rows.index[1], "variance"] = variance
    assert refused(rows) == "evidence.no-variance"


@pytest.mark.parametrize(
    ("column", "value"),
    [("co_therapy", "psychotherapy"), ("scaled_by", "change"), ("recall_hours_high", 0.0)],
)
def test_trials_that_differ_in_what_matters_are_not_pooled(three, column, value):
    rows = at_24(three).copy()
    rows.loc[rows.index[0], column] = value
    assert refused(rows) == "evidence.not-alike"


def test_a_time_that_is_not_told_is_in_no_window(three):
    rows = at_24(three).assign(hours_since_first_infusion=np.nan).drop(columns="window")
    assert refused(rows) == "evidence.not-alike"
    assert window_of(math.nan) == "time not told"


def test_both_periods_of_a_crossover_are_not_between_arms():
    found = trial_differences(made("34.6", interventionModel="CROSSOVER"))
    own = found[found["study_id"] == "NCT99990000"]
    assert list(own["comparison"]) == ["within person"]
    assert len(pools(made("34.6", interventionModel="CROSSOVER")).query("k > 1")) == 0


def test_what_cannot_be_derived_says_why(text):
    found = trial_differences().set_index("study_id").loc["Feder2014"]
    assert "own controls" in found["why_not"]
    words = {"statistic": "posted", "statistic_printed": "posted", "text_value": "x",
             "printed_value": "x", "value": "", "unit": "", "direction": "none"}  # fmt: skip
    without = put(text, "Duek2023-014", **words)
    # Else the difference of the means, in units of the scores, stands instead.
    for row in text["row"][(text["study_id"] == "Duek2023") & (text["statistic"] == "sd")]:
        without = put(without, row, **words)
    table = evidence.validate(without)
    why = trial_differences(table).query("study_id == 'Duek2023'")["why_not"].iloc[0]
    assert "SD of change" in why
