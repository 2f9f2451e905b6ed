"""From gates to a word: every combination that VERDICT's rules speak of."""

from __future__ import annotations

import itertools

import pytest

from analysis.claims.ledger import (
    CONTRADICTED,
    GATES,
    NOT_DECIDED,
    NOT_TESTABLE,
    SUPPORTED,
    WORDS,
    Reason,
)
from analysis.claims.verdict import combine_parts, decide_by_gates

STATES = (True, False, None)


def reasons(**passed: bool | None) -> dict[str, Reason]:
    return {gate: Reason(gate, passed.get(gate, True), "why") for gate in GATES}


def test_support_needs_every_gate_passed():
    assert decide_by_gates(GATES, reasons(), SUPPORTED) == SUPPORTED


@pytest.mark.parametrize("gate", GATES)
def test_a_gate_that_was_not_evaluated_makes_support_impossible(gate):
    assert decide_by_gates(GATES, reasons(**{gate: None}), SUPPORTED) == NOT_DECIDED


@pytest.mark.parametrize("gate", GATES)
def test_a_gate_that_is_missing_makes_support_impossible(gate):
    found = reasons()
    del found[gate]
    assert decide_by_gates(GATES, found, SUPPORTED) == NOT_DECIDED


def test_no_combination_with_a_null_or_a_failure_is_ever_supported():
    for states in itertools.product(STATES, repeat=len(GATES)):
        found = reasons(**dict(zip(GATES, states, strict=True)))
        word = decide_by_gates(GATES, found, SUPPORTED)
        assert (word == SUPPORTED) == all(states)


@pytest.mark.parametrize("gate", ["construct", "time", "recall", "comparator"])
@pytest.mark.parametrize("points_to", [SUPPORTED, CONTRADICTED, NOT_DECIDED])
def test_a_failed_gate_about_the_data_is_not_testable_whatever_the_estimate(gate, points_to):
    assert decide_by_gates(GATES, reasons(**{gate: False}), points_to) == NOT_TESTABLE


@pytest.mark.parametrize("gate", ["estimate", "robustness", "calibration"])
def test_a_failed_later_gate_is_at_most_not_decided(gate):
    assert decide_by_gates(GATES, reasons(**{gate: False}), SUPPORTED) == NOT_DECIDED


def test_contradiction_passes_every_gate_but_that_of_the_estimate():
    assert decide_by_gates(GATES, reasons(estimate=False), CONTRADICTED) == CONTRADICTED
    for gate in set(GATES) - {"estimate"}:
        found = reasons(estimate=False, **{gate: None})
        assert decide_by_gates(GATES, found, CONTRADICTED) == NOT_DECIDED, gate


@pytest.mark.parametrize("gate", ["robustness", "calibration"])
def test_contradiction_that_does_not_stand_is_not_decided(gate):
    found = reasons(estimate=False, **{gate: False})
    assert decide_by_gates(GATES, found, CONTRADICTED) == NOT_DECIDED


def test_parts_combine_contradicted_before_not_testable_before_not_decided():
    order = [CONTRADICTED, NOT_TESTABLE, NOT_DECIDED, SUPPORTED]
    for parts in itertools.product(WORDS, repeat=3):
        assert combine_parts(parts) == min(parts, key=order.index)


def test_a_claim_without_parts_cannot_be_combined():
    with pytest.raises(ValueError, match="at least one part"):
        combine_parts([])


def test_a_reason_names_a_known_gate():
    with pytest.raises(ValueError, match="gate must be one of"):
        Reason("vibes", True, "why")
