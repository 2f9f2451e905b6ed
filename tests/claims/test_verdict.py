"""From gates to a word: every combination that VERDICT's rules speak of."""

from __future__ import annotations

import itertools

import pytest

from analysis.claims.decision_rule import decide_by_interval, decide_by_share
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


def test_contradiction_passes_the_same_gates_about_the_data_as_support():
    later = {"estimate": False, "robustness": None, "calibration": None}
    assert decide_by_gates(GATES, reasons(**later), CONTRADICTED) == CONTRADICTED
    assert decide_by_gates(GATES, reasons(recall=None, **later), CONTRADICTED) == NOT_DECIDED


def test_parts_combine_contradicted_before_not_testable_before_not_decided():
    order = [CONTRADICTED, NOT_TESTABLE, NOT_DECIDED, SUPPORTED]
    for parts in itertools.product(WORDS, repeat=3):
        assert combine_parts(parts) == min(parts, key=order.index)


def test_a_claim_without_parts_cannot_be_combined():
    with pytest.raises(ValueError, match="at least one part"):
        combine_parts([])


@pytest.mark.parametrize(
    ("estimate", "low", "high", "word"),
    [
        (-9, -12, -6, SUPPORTED),
        (-9, -15, -3.001, SUPPORTED),
        (-9, -15, -3, NOT_DECIDED),  # the upper limit must lie beyond the bias bound
        (-4.9, -6, -3.5, NOT_DECIDED),  # too small to matter, however precise
        (0, -4.9, 5, CONTRADICTED),
        (0, -5, 5, NOT_DECIDED),  # the lower limit must lie above minus M
        (5, 1, 9, CONTRADICTED),
        (-3, -20, 14, NOT_DECIDED),
    ],
)
def test_a_difference_is_weighed_against_the_smallest_difference_and_the_bias_bound(
    estimate, low, high, word
):
    assert decide_by_interval(low, high, estimate, smallest=5, bias=3) == word


def test_raising_a_bound_never_turns_a_difference_into_support():
    grid = [(-12, -6, -9), (-15, -3.1, -9), (-20, 2, -9), (-6, -3, -4.5), (-4, 4, 0)]
    for low, high, estimate in grid:
        for smallest, bias in itertools.product((1, 3, 5, 8), (0, 1, 3, 5)):
            before = decide_by_interval(low, high, estimate, smallest=smallest, bias=bias)
            for more in (1, 4):
                wider = decide_by_interval(
                    low - more, high + more, estimate, smallest=smallest, bias=bias
                )
                stricter = decide_by_interval(
                    low, high, estimate, smallest=smallest, bias=bias + more
                )
                if before != SUPPORTED:
                    assert wider != SUPPORTED
                    assert stricter != SUPPORTED


def test_certainty_is_supported_only_from_a_whole_interval_at_or_above_95_percent():
    assert decide_by_share({"ci_low": 0.95, "ci_high": 1.0}, 0.95) == SUPPORTED
    assert decide_by_share({"ci_low": 0.90, "ci_high": 0.9499}, 0.95) == CONTRADICTED
    assert decide_by_share({"ci_low": 0.90, "ci_high": 0.95}, 0.95) == NOT_DECIDED


def test_a_reason_names_a_known_gate():
    with pytest.raises(ValueError, match="gate must be one of"):
        Reason("vibes", True, "why")
