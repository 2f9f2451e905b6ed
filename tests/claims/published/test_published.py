"""The published results: what they can and cannot say, each reason with its rows."""

from __future__ import annotations

import re

import pytest

from analysis import evidence
from analysis.claims.ledger import CONTRADICTED, NOT_DECIDED, NOT_TESTABLE
from analysis.studies import check_source, judge_source


@pytest.fixture(scope="module")
def ledger():
    return judge_source("published")[0]


def text(ledger, claim: str, gate: str) -> str:
    return next(r.text for r in ledger[claim].reasons if r.gate == gate)


def test_onset_is_not_testable_because_nothing_lies_before_24_hours(ledger):
    assert ledger["onset"].verdict == NOT_TESTABLE
    why = text(ledger, "onset", "time")
    assert "No controlled PTSD score with a number before 24 h; at 24 h" in why
    assert "1 trial and 3 pooled differences" in why
    assert "1 intramuscular trial may have earlier scores, unknown" in why
    assert "Needed: a randomised trial with a right-now scale and times within hours." in why
    assert "looks back a week" in text(ledger, "onset", "recall")


def test_beside_a_tick_nothing_says_that_hours_are_missing(ledger):
    told = {one.gate: one for one in ledger["attribution"].reasons}
    assert told["time"].passed
    assert told["time"].text.startswith("Later")
    assert "Within hours:" not in told["time"].text


def test_certainty_within_hours_is_not_testable(ledger):
    assert ledger["certainty_within_hours"].verdict == NOT_TESTABLE


def test_certainty_ever_is_contradicted_by_feder_2021(ledger):
    result = ledger["certainty_ever"]
    assert result.verdict == CONTRADICTED
    assert result.estimate["n"] == 15
    assert result.estimate["estimate"] == pytest.approx(10 / 15)
    # Clopper-Pearson, as scipy.stats.binomtest(10, 15) and the beta quantiles give it.
    assert result.estimate["ci_low"] == pytest.approx(0.3838, abs=1e-4)
    assert result.estimate["ci_high"] == pytest.approx(0.8818, abs=1e-4)
    why = text(ledger, "certainty_ever", "estimate")
    assert "10 of 15" in why
    assert ">=30%" in why
    assert "six infusions" in why
    assert "denominator 15 assumed" in why


def test_no_small_count_from_individual_data_is_told(ledger):
    told = " ".join(r.text for claim in ledger.claims for r in claim.reasons)
    assert "of 13" not in told
    beside = [row["contrast"] for claim in ledger.claims for row in claim.beside]
    assert not any("Duek2023" in contrast for contrast in beside)


def test_nothing_is_supported(ledger):
    assert {result.verdict for result in ledger.claims} == {
        CONTRADICTED,
        NOT_DECIDED,
        NOT_TESTABLE,
    }


def test_every_row_named_in_a_reason_is_in_the_table(ledger):
    known = set(evidence.load()["row"])
    named = 0
    for result in ledger.claims:
        for reason in result.reasons:
            for row in re.findall(r"[A-Za-z_]+\w*-\d{3}", reason.text):
                assert row in known
                named += 1
    assert named > 20


def test_the_wording_names_the_definition_that_decided(ledger):
    assert "CAPS-5 response >=30%" in ledger["certainty_ever"].wording


def test_checks_of_the_published_table_count_its_rows():
    found = check_source("published")
    read = sum(row["n"] for row in found["flow"] if row["stage"] == "rows read")
    assert read == len(evidence.load()) == 254
    assert [issue["rule"] for issue in found["issues"]] == ["evidence.interval-conflict"]


def test_no_literature_is_missing_where_no_score_could_answer(ledger):
    """What scores cannot tell is no gap in the table; where figures could exist, it is one."""
    absent = "Absence from this table is not absence from the literature."
    assert text(ledger, "brain_mechanism", "construct").endswith("no score could answer this.")
    for claim in ("dissociation_mechanism", "clusters"):
        assert text(ledger, claim, "construct").endswith(absent)


def test_speed_against_exposure_names_the_trial_that_will_be_the_first(ledger):
    assert ledger["speed_vs_exposure"].verdict == NOT_TESTABLE
    why = text(ledger, "speed_vs_exposure", "comparator")
    assert "No head-to-head comparison" in why
    assert "75 enrolled, completed October 2025" in why
