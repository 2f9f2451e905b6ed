"""Phases to the minute, intervals across an edge, repeated infusions, and recall shares."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.timeline import PHASES, place, recall_share_before
from tests.small_study import forms, infusion, study

MINUTE = 1 / 60
END = 40 * MINUTE


def phases(hours: list[float], **changes) -> list[str]:
    made = study(forms([{"hours": h} for h in hours]), **changes)
    return place(made, made.assessments)["phase"].tolist()


@pytest.mark.parametrize(
    ("minutes", "phase"),
    [
        # Minutes since the start of an infusion of 40 minutes.
        (-1, "before"),
        (0, "during"),
        (40, "during"),
        (41, "acute"),
        (40 + 119, "acute"),
        (40 + 120, "hours"),
        (40 + 359, "hours"),
        (40 + 360, "day"),
        (40 + 1800, "day"),
        (40 + 1801, "later"),
    ],
)
def test_edges_to_the_minute(minutes, phase):
    assert phases([minutes / 60]) == [phase]


EDGES = [edge + step for edge in (0, 120, 360, 1800) for step in (-1, 0, 1)]


@given(st.integers(0, 10**6), st.integers(1, 300), st.sampled_from(EDGES))
def test_edges_hold_wherever_the_infusion_stands_on_the_clock(start, length, after):
    """Times of the calendar are hours with long fractions; the edge must not move with them."""
    begin, end, moment = start / 60, (start + length) / 60, (start + length + after) / 60
    expected = (
        "before" if after < -length else "during" if after <= 0 else "acute" if after < 120
        else "hours" if after < 360 else "day" if after <= 1800 else "later"
    )  # fmt: skip
    assert phases([moment], infusions=[infusion(1, begin, end)]) == [expected]


@pytest.mark.parametrize(
    ("low", "high", "phase"),
    [
        (-2.0, -1.0, "before"),
        (-np.inf, 0.0, "before"),
        (-1.0, 0.5, ""),
        (0.1, 0.6, "during"),
        (0.5, 1.0, ""),
        (END, END + 1.0, ""),
        (END + 0.5, END + 1.9, "acute"),
        (END + 1.5, END + 2.5, ""),
        (END + 2.0, END + 5.9, "hours"),
        (END + 5.0, END + 7.0, ""),
        (END + 6.0, END + 30.0, "day"),
        (END + 29.0, END + 31.0, ""),
        (END + 30.1, END + 60.0, "later"),
        (np.nan, np.nan, ""),
    ],
)
def test_a_time_across_an_edge_belongs_to_neither_side(low, high, phase):
    made = study(forms([{"hours_low": low, "hours_high": high}]))
    assert place(made, made.assessments)["phase"].item() == phase


def test_a_time_across_the_start_has_no_infusion_and_no_hours():
    made = study(forms([{"hours_low": -1.0, "hours_high": 1.0}]))
    placed = place(made, made.assessments)
    assert placed["latest_infusion"].isna().item()
    assert placed["since_start_low"].isna().item()


def test_repeated_infusions_cut_windows():
    two = [infusion(1, 0.0, 1.0), infusion(2, 24.0, 25.0)]
    made = study(forms([{"hours": h} for h in (-1, 4, 23.9, 24, 25, 26, 28, 60)]), infusions=two)
    placed = place(made, made.assessments)
    assert placed["latest_infusion"].tolist() == [0, 1, 1, 2, 2, 2, 2, 2]
    assert placed["phase"].tolist() == [
        "before", "hours", "day", "during", "during", "acute", "hours", "later",
    ]  # fmt: skip
    assert placed["since_end_low"].tolist()[-1] == 35
    assert placed["since_start_low"].tolist()[-1] == 36
    across = study(forms([{"hours_low": 20.0, "hours_high": 30.0}]), infusions=two)
    assert place(across, across.assessments)["phase"].item() == ""


def test_a_later_infusion_of_unknown_time_hides_what_follows_the_first():
    two = [infusion(1, 0.0, 1.0), infusion(2, np.nan, np.nan)]
    assert phases([-1.0, 4.0], infusions=two) == ["before", ""]


@pytest.mark.parametrize(
    ("hours", "phase"),
    [
        (-1, "before"),
        (0, "during"),
        (4, ""),
        (29, ""),
        (30, "day"),
        (31, ""),
        (54, ""),
        (55, "later"),
    ],
)
def test_an_infusion_without_end_took_at_most_a_day(hours, phase):
    """Only at 30 h are both possible ends, 0 and 24 h, in one phase."""
    assert phases([hours], infusions=[infusion(1, 0.0, np.nan)]) == [phase]


def test_date_only_infusions_and_forms():
    """A day is an interval of 24 h; a form of the next day cannot be placed within hours."""
    day = {"start_low": 0.0, "start_high": 24.0, "end_low": 0.0, "end_high": 24.0}
    rows = [(-24.0, 0.0), (0.0, 24.0), (24.0, 48.0), (72.0, 96.0)]
    made = study(
        forms([{"hours_low": low, "hours_high": high} for low, high in rows]),
        infusions=[infusion(1, np.nan, np.nan, **day)],
    )
    assert place(made, made.assessments)["phase"].tolist() == ["before", "", "", "later"]


def test_declared_hours_since_a_named_infusion():
    """A crossover that tells days after an infusion, and neither clock nor end."""
    rows = forms(
        [
            {"hours_low": -np.inf, "hours_high": 0.0},
            {"hours_low": 24.0, "hours_high": 72.0},
            {"hours_low": np.nan, "hours_high": np.nan},
            {"hours_low": np.nan, "hours_high": np.nan},
        ]
    ).assign(
        infusion=[np.nan, 1, 2, 2],
        since_low=[np.nan, 24, 24, 216],
        since_high=[np.nan, 72, 72, 264],
    )
    two = [infusion(1, 0.0, np.nan), infusion(2, np.nan, np.nan)]
    placed = place(study(rows, infusions=two), rows)
    assert placed["phase"].tolist() == ["before", "", "", "later"]
    assert placed["latest_infusion"].tolist() == [0, 1, 2, 2]
    assert placed["since_start_high"].tolist()[1:] == [72, 72, 264]


def test_people_never_infused_have_no_phase():
    rows = forms([{"hours": 1.0}, {"hours": 1.0, "subject": 1}])
    made = study(rows, infusions=[infusion(1, 0.0, END)])
    assert place(made, rows)["phase"].tolist() == ["acute", ""]


def test_placing_changes_neither_its_input_nor_an_earlier_placing():
    made = study(forms([{"hours": 3.0}]))
    before = made.assessments.copy()
    once = place(made, made.assessments)
    pd.testing.assert_frame_equal(made.assessments, before)
    pd.testing.assert_frame_equal(place(made, once), once)
    assert set(once["phase"]) <= {*PHASES, ""}


# methods.md, section 1.2: share of the window before the infusion, in %, by hours since its start.
HOURS = (1, 2, 4, 24, 48, 72, 168)
SHARES = {
    720: (99.9, 99.7, 99.4, 96.7, 93.3, 90.0, 76.7),
    336: (99.7, 99.4, 98.8, 92.9, 85.7, 78.6, 50.0),
    168: (99.4, 98.8, 97.6, 85.7, 71.4, 57.1, 0),
    24: (95.8, 91.7, 83.3, 0, 0, 0, 0),
    0: (0, 0, 0, 0, 0, 0, 0),
}


@pytest.mark.parametrize("window", SHARES)
def test_recall_shares(window):
    share = recall_share_before(np.full(len(HOURS), window), np.array(HOURS))
    np.testing.assert_allclose(100 * share, SHARES[window], atol=0.05 + 1e-9)


def test_recall_share_counts_from_the_start_and_from_the_earliest_time():
    rows = forms(
        [
            {"hours": 24.0, "recall_hours": 168.0},
            {"hours_low": 24.0, "hours_high": 48.0, "recall_hours": 168.0},
            {"hours": -3.0, "recall_hours": 168.0},
            {"hours": -3.0, "recall_hours": 0.0},
        ]
    )
    placed = place(study(rows), rows)
    np.testing.assert_allclose(placed["share_before"], [6 / 7, 6 / 7, 1, 0])
