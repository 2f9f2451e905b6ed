"""Standard errors that follow from what was printed, and one that does not."""

from __future__ import annotations

import math

import pandas as pd
import pytest
from scipy import stats

from analysis import evidence
from analysis.errors import EvidenceError
from tests.evidence.published_table import check, put


def test_an_asymmetric_interval_gives_no_standard_error(text):
    row = "Feder2014-003"
    bent = evidence.validate(put(text, row, value="-30.0", printed_value="30.0"))
    with pytest.raises(EvidenceError, match="not symmetric") as error:
        evidence.derive("Feder2014", "p_value", table=bent)
    assert error.value.rule == "asymmetric_interval"
    assert row in error.value.message


# --- the open data file's summaries agree with each other ---------------------------------------


def duek(table: pd.DataFrame, arm: str, statistic: str, hours: float) -> pd.Series:
    mine = table[(table["study_id"] == "Duek2023") & (table["instrument_printed"] == "PCL-5")]
    when = mine["phase"] == "before"
    if not math.isnan(hours):
        when = mine["hours_since_first_infusion"] == hours
    found = mine[(mine["arm"] == arm) & (mine["statistic"] == statistic) & when]
    assert len(found) == 1
    return found.iloc[0]


@pytest.mark.parametrize(
    ("arm", "hours"), [("ketamine", 144), ("midazolam", 144), ("ketamine", 720)]
)
def test_mean_change_is_the_difference_of_means(table, arm, hours):
    before, after = duek(table, arm, "mean", math.nan), duek(table, arm, "mean", hours)
    change = duek(table, arm, "mean_change", hours)["value"]
    assert after["value"] - before["value"] == pytest.approx(change, abs=0.0015)


@pytest.mark.parametrize("hours", [144, 720])
def test_welch_interval_follows_from_the_arms(table, hours):
    arms = ("ketamine", "midazolam")
    change = [duek(table, arm, "mean_change", hours)["value"] for arm in arms]
    spread = [duek(table, arm, "sd_change", hours) for arm in arms]
    part = [s["value"] ** 2 / int(s["n"]) for s in spread]
    df = sum(part) ** 2 / sum(p**2 / (int(s["n"]) - 1) for p, s in zip(part, spread, strict=True))
    difference, se = change[0] - change[1], math.sqrt(sum(part))
    half = stats.t.ppf(0.975, df) * se
    p = 2 * stats.t.sf(abs(difference) / se, df)
    expected = {"diff": difference, "ci_low": difference - half, "ci_high": difference + half}
    for statistic, value in expected.items():
        printed = duek(table, "ketamine_vs_midazolam", statistic, hours)["value"]
        assert printed == pytest.approx(value, abs=0.003), statistic
    assert duek(table, "ketamine_vs_midazolam", "p", hours)["value"] == pytest.approx(p, abs=6e-4)


def test_albott_standardised_change_does_not_follow_from_its_interval():
    found = evidence.interval_conflicts().set_index("instrument")
    check("albott_implied_change", found.loc["PCL-5", "implied"])
    assert (found["ratio"] > 1.1).all()
