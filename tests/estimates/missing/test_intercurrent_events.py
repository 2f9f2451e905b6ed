"""Intercurrent events handled as declared."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analysis.estimates.missing import handle_events

NAN = np.nan
CHANGE = np.array(
    [
        [-5.0, -8.0, -9.0],
        [-4.0, 3.0, NAN],
        [-6.0, -7.0, -2.0],
        [-1.0, NAN, NAN],
    ]
)
HANDLING = {
    "stopped": "treatment policy",
    "rescue": "composite",
    "withdrew": "hypothetical",
}


def events(*rows: tuple[int, str, int]) -> pd.DataFrame:
    return pd.DataFrame(list(rows), columns=["person", "kind", "visit"]).astype(
        {"person": int, "visit": int}
    )


def test_treatment_policy_keeps_every_score() -> None:
    handled, event, _ = handle_events(CHANGE, events((0, "stopped", 0)), HANDLING)
    np.testing.assert_array_equal(handled, CHANGE)
    assert event.tolist() == [3, 2, 3, 1]


def test_composite_counts_nobody_as_improved_from_the_event_on() -> None:
    handled, event, counts = handle_events(CHANGE, events((1, "rescue", 0)), HANDLING)
    # The fall counts 0, the rise stays, and the missing score is an outcome, not missing.
    assert handled[1].tolist() == [0.0, 3.0, 0.0]
    assert event[1] == 3
    assert counts.set_index("kind").loc["rescue", ["people", "scores_changed"]].tolist() == [1, 2]


def test_hypothetical_sets_missing_what_came_after_and_dates_the_event() -> None:
    handled, event, counts = handle_events(CHANGE, events((2, "withdrew", 1)), HANDLING)
    assert np.isfinite(handled[2]).tolist() == [True, False, False]
    assert event[2] == 1
    assert counts["scores_changed"].tolist() == [0, 0, 2]
    assert (counts["handling"] == list(HANDLING.values())).all()


def test_composite_prevails_over_hypothetical_whichever_is_written_first() -> None:
    both = [(0, "rescue", 1), (0, "withdrew", 1)]
    for rows in (both, both[::-1]):
        handled, _, _ = handle_events(CHANGE, events(*rows), HANDLING)
        assert handled[0].tolist() == [-5.0, 0.0, 0.0]


def test_no_event_changes_nothing_and_every_declared_kind_is_counted() -> None:
    handled, event, counts = handle_events(CHANGE, events(), HANDLING)
    np.testing.assert_array_equal(handled, CHANGE)
    assert event.tolist() == [3, 2, 3, 1]
    assert counts["people"].tolist() == [0, 0, 0]


def test_the_changes_given_are_not_written_to() -> None:
    given = CHANGE.copy()
    handle_events(given, events((0, "rescue", 0)), HANDLING)
    np.testing.assert_array_equal(given, CHANGE)


def test_an_undeclared_kind_is_refused_before_anything_is_done() -> None:
    with pytest.raises(ValueError, match="No handling is declared for 'died'"):
        handle_events(CHANGE, events((0, "died", 0)), HANDLING)
    with pytest.raises(ValueError, match="not 'ignore'"):
        handle_events(CHANGE, events(), {"died": "ignore"})
    with pytest.raises(ValueError, match="person from 0 to 3 at a visit 0 to 2"):
        handle_events(CHANGE, events((0, "rescue", 3)), HANDLING)


@pytest.mark.parametrize("odd", [{"visit": 0.9}, {"person": 0.9}, {"visit": NAN}])
def test_a_position_is_a_whole_number(odd: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="whole numbers"):
        handle_events(CHANGE, events((0, "rescue", 0)).assign(**odd), HANDLING)


def test_a_whole_number_kept_as_a_decimal_is_one() -> None:
    as_decimals = events((1, "rescue", 1)).astype({"visit": float, "person": float})
    handled, event, _ = handle_events(CHANGE, as_decimals, HANDLING)
    np.testing.assert_array_equal(handled[1], [-4.0, 3.0, 0.0])
    assert event[1] == 3
