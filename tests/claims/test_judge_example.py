"""The example study (synthetic): what its generator's truth allows, and what the judge says."""

from __future__ import annotations

import pytest

from analysis.checks import checked
from analysis.claims.ledger import CONTRADICTED, NOT_DECIDED, NOT_TESTABLE, SUPPORTED
from analysis.simulate import example_truth
from analysis.studies import judge_source

# The verdicts that the generator's truth and this version's gates call for, and why.
EXPECTED = {
    "headline": NOT_DECIDED,
    # About 89 in 100 fall within hours, so it is false; 30 people are too few to show it.
    "certainty_within_hours": NOT_DECIDED,
    # About 99 in 100 fall at some time by noise alone; 30 people cannot show 95 % or more.
    "certainty_ever": NOT_DECIDED,
    "magnitude": NOT_DECIDED,
    # No arm of exposure therapy was generated, and one infusion a person.
    "speed_vs_exposure": NOT_TESTABLE,
    "first_session_guides": NOT_TESTABLE,
    "brain_mechanism": NOT_TESTABLE,
    # Infusions last 38 to 43 minutes and people leave within six hours of their end.
    "infusion_length": SUPPORTED,
    "monitoring_length": SUPPORTED,
    # 96 in 100 are back by 4 h; 28 of 30 leaves the lower limit just below 80 %.
    "dissociation_brief": NOT_DECIDED,
    "dissociation_mechanism": NOT_DECIDED,
    "clusters": NOT_DECIDED,
}


@pytest.fixture(scope="module")
def judged():
    """The ledger, and which rules were left out as the study was checked again."""
    again, check = [], checked.check

    def counted(study, **how):
        again.extend([how["put_back"]] if "put_back" in how else [])
        return check(study, **how)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(checked, "check", counted)
        return judge_source("example")[0], again


@pytest.fixture(scope="module")
def ledger(judged):
    return judged[0]


def test_no_group_that_claims_toml_does_not_list_is_put_back(judged):
    """Forms with many blanks were set aside; they are no group to be tried."""
    assert judged[1] == []


@pytest.fixture(scope="module")
def truth():
    return example_truth()


@pytest.mark.parametrize(("claim", "verdict"), EXPECTED.items())
def test_verdict_is_the_one_that_truth_and_gates_call_for(ledger, claim, verdict):
    assert ledger[claim].verdict == verdict


def test_no_verdict_goes_against_the_truth(ledger, truth):
    share = truth["share_ketamine"]
    falls_for_all = share["any_fall_hours_phase"] >= 0.95
    assert not falls_for_all
    assert ledger["certainty_within_hours"].verdict != SUPPORTED
    assert ledger["headline"].verdict != SUPPORTED
    # The drug works in this world, so nothing may say that it does not.
    assert (
        truth["mean_difference_by_drug"]["hours_phase"] < -0.5 * truth["baseline_sd"]["mean_of_two"]
    )
    assert ledger["onset"].verdict != CONTRADICTED


def test_the_primary_difference_covers_the_true_one(ledger, truth):
    estimate = ledger["onset"].estimate
    true = truth["mean_difference"]["hours_phase"]
    assert estimate["ci_low"] < true < estimate["ci_high"]
    assert estimate["method"] == (
        "MMRM, unstructured covariance (one per arm), REML, Kenward-Roger, adjusted for baseline "
        "and a scale of the same symptoms"
    )


def test_onset_is_supported_if_and_only_if_its_calibration_is_committed(ledger):
    # A true fall within hours (mean difference about -6 points) passes the first six gates.
    found = {reason.gate: reason.passed for reason in ledger["onset"].reasons}
    calibrated = found.pop("calibration")
    assert set(found.values()) == {True}
    assert ledger["onset"].verdict == (SUPPORTED if calibrated else NOT_DECIDED)


def test_attribution_says_of_hours_what_onset_does_and_stands_open_a_day_later(ledger):
    attribution, onset = ledger["attribution"], ledger["onset"]
    assert attribution.parts == {"hours": onset.verdict, "later": NOT_DECIDED}
    assert attribution.verdict == onset.verdict
    assert attribution.estimate["estimate"] == onset.estimate["estimate"]
    windows = {row["window"] for row in (attribution.estimate, *attribution.beside)}
    assert windows == {"2 to 6 h", "about 24 h"}
    assert ledger["magnitude"].estimate["window"] == "2 to 6 h"


def test_every_line_says_synthetic(ledger):
    assert ledger.synthetic
    assert "synthetic" in ledger.title
    for result in ledger.claims:
        assert result.wording.startswith("Synthetic data: ")


def test_the_wording_on_an_ad_hoc_form_carries_its_cap(ledger):
    assert "on an unvalidated right-now scale" in ledger["onset"].wording


def test_the_headline_names_its_four_parts(ledger):
    assert list(ledger["headline"].parts) == ["DIMINISH", "WITHIN HOURS", "INFUSION", "WILL"]
