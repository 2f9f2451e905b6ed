"""The NIMH crossover: depression and days, so the page's claims are not testable with it."""

from __future__ import annotations

import pytest

from analysis.claims.definitions import CLAIM_IDS
from analysis.claims.ledger import NOT_TESTABLE
from analysis.studies import judge_source


@pytest.fixture(scope="module")
def ledger(open_data):
    open_data("nimh-ketamine-ds005917")
    return judge_source("nimh")[0]


@pytest.mark.parametrize("claim", CLAIM_IDS)
def test_every_claim_is_not_testable(ledger, claim):
    assert ledger[claim].verdict == NOT_TESTABLE


def test_the_reasons_are_the_people_and_the_times(ledger):
    found = {reason.gate: reason for reason in ledger["onset"].reasons}
    assert found["construct"].passed is False
    assert "does not declare population" in found["construct"].text
    assert found["time"].passed is False
    assert "no claim about hours" in found["time"].text
    assert found["estimate"].passed is None


def test_infusion_length_and_brain_mechanism_are_answered_by_their_own_rules(ledger):
    length = {reason.gate: reason for reason in ledger["infusion_length"].reasons}
    assert "actual start and an actual end" in length["time"].text
    brain = {reason.gate: reason for reason in ledger["brain_mechanism"].reasons}
    assert list(brain) == ["construct"]
    assert "do not measure the brain" in brain["construct"].text


def test_no_estimate_is_given_for_a_claim_that_cannot_be_tested(ledger):
    assert all(result.as_dict()["estimate"]["estimate"] is None for result in ledger.claims)
