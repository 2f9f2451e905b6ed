"""Onset as an interval: every way in which missed visits may have gone, and events by strategy."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.estimates.onset.courses import Courses, Threshold, courses
from analysis.estimates.onset.time_to_response import onset_intervals

SCHEDULE = {"3 h": 3.0, "5 h": 5.0, "24 h": 24.0, "72 h": 72.0, "168 h": 168.0}
NOMINAL = np.array(list(SCHEDULE.values()))
HALF = Threshold("half", share=0.5)
INF = np.inf


def course(seen: str, events: list[tuple[str, float]] = (), **strategies: str) -> Courses:
    """One person of baseline 40: at each visit 1 crossed, 0 not, - missed."""
    score = {"1": 20.0, "0": 40.0}
    rows = [
        ("a", name, score[mark], hour, hour)
        for mark, (name, hour) in zip(seen, SCHEDULE.items(), strict=True)
        if mark != "-"
    ]
    visits = pd.DataFrame(rows, columns=["subject", "visit", "score", "hours_low", "hours_high"])
    happened = pd.DataFrame(
        [("a", name, hour, hour) for name, hour in events],
        columns=["subject", "event", "hours_low", "hours_high"],
    )
    people = pd.DataFrame({"subject": ["a"], "baseline": [40.0]})
    declared = {"rescue": "composite", "dropout": "as missing"} | strategies
    return courses(people, visits, HALF, schedule=SCHEDULE, events=happened, strategies=declared)


def interval(seen: str, sustained: bool, *args, **kwargs) -> tuple[float, float]:
    table = onset_intervals(course(seen, *args, **kwargs), sustained=sustained)
    return float(table["left"].iloc[0]), float(table["right"].iloc[0])


def status(seen: str, sustained: bool, *args, **kwargs) -> str:
    return onset_intervals(course(seen, *args, **kwargs), sustained=sustained)["status"].iloc[0]


@pytest.mark.parametrize(
    ("seen", "unsustained", "sustained"),
    [
        ("00000", (168, INF), (168, INF)),
        ("00111", (5, 24), (5, 24)),
        ("11111", (0, 3), (0, 3)),
        # Not held at 24 h, 21 h after the first: only the later crossing is sustained.
        ("10011", (0, 3), (24, 72)),
        # What lies between a crossing and its confirmation does not count.
        ("10100", (0, 3), (0, 3)),
        # 24 h is 19 h after the 5 h visit: that crossing is held, or not, at 72 h.
        ("01100", (3, 5), (168, INF)),
        ("01010", (3, 5), (3, 5)),
        ("11011", (0, 3), (3, 5)),
        # A crossing at the last visit is unconfirmed: censored at the visit before.
        ("00001", (72, 168), (72, INF)),
        # Missed visits widen.
        ("0-011", (24, 72), (24, 72)),
        ("--000", (168, INF), (168, INF)),
        ("0-111", (3, 24), (3, 24)),
        ("0-100", (3, 24), (168, INF)),
        ("1-1--", (0, 3), (0, 3)),
        # The confirmation of 3 h was missed: held, it began by 3 h; not held, by 72 h.
        ("10-11", (0, 3), (0, 72)),
        # Seen to 5 h only.
        ("00---", (5, INF), (5, INF)),
        ("01---", (3, 5), (3, INF)),
        ("-----", (0, INF), (0, INF)),
    ],
)
def test_intervals_by_hand(seen, unsustained, sustained):
    assert interval(seen, False) == unsustained
    assert interval(seen, True) == sustained


@settings(max_examples=50, deadline=None)
@given(st.lists(st.sampled_from("01-"), min_size=5, max_size=5).map("".join), st.booleans())
def test_the_interval_is_what_every_way_missed_visits_may_have_gone_leaves(seen, sustained):
    """Enumerated: each missed visit, and the one after the schedule, either way.

    The right end is the latest onset over all of them; the left end is the last visit attended
    before the first crossing seen that counts in any of them.
    """
    after = (2, 3, 3, 4, 5) if sustained else tuple(range(5))
    onsets, may_count = [], set()
    for guess in itertools.product((0, 1), repeat=6):
        full = [g if mark == "-" else int(mark) for mark, g in zip(seen + "-", guess, strict=True)]
        starts = [place for place in range(5) if full[place] and full[after[place]]]
        seen_starts = [place for place in starts if seen[place] == "1"]
        may_count.update(seen_starts)
        onsets.append(min(seen_starts, default=5))
    latest, first = max(onsets), min(may_count, default=5)
    attended = [NOMINAL[place] for place in range(first) if seen[place] != "-"]
    expected = (max(attended, default=0.0), NOMINAL[latest] if latest < 5 else INF)
    assert interval(seen, sustained) == expected


@pytest.mark.parametrize(
    ("seen", "hour", "strategy", "unsustained", "sustained"),
    [
        # Rescue before the confirmation: not sustained, and nobody crosses after it.
        ("11111", 10, "composite", (0, 3), (168, INF)),
        ("00111", 10, "composite", (168, INF), (168, INF)),
        ("00111", 30, "composite", (5, 24), (168, INF)),
        ("11111", 30, "composite", (0, 3), (0, 3)),
        ("00001", 169, "composite", (72, 168), (168, INF)),
        ("00111", 10, "treatment policy", (5, 24), (5, 24)),
        ("00111", 10, "as missing", (5, INF), (5, INF)),
        ("11111", 10, "as missing", (0, 3), (0, INF)),
        # Nobody starts to cross after the end of treatment; a crossing before it stays open.
        ("00111", 10, "while on treatment", (168, INF), (168, INF)),
        ("11111", 10, "while on treatment", (0, 3), (0, INF)),
    ],
)
def test_each_strategy_does_what_it_says(seen, hour, strategy, unsustained, sustained):
    events = [("rescue", hour)]
    assert interval(seen, False, events, rescue=strategy) == unsustained
    assert interval(seen, True, events, rescue=strategy) == sustained


def test_dropout_can_be_failure_and_a_missed_visit_is_no_dropout():
    assert interval("00---", False, dropout="composite") == (168, INF)
    assert interval("01---", True, dropout="composite") == (168, INF)
    assert interval("0-0-0", False, dropout="composite") == (168, INF)
    assert interval("0-0--", False) == (24, INF)
    assert interval("0-0-1", False, dropout="composite") == interval("0-0-1", False)
    with pytest.raises(ValueError, match="nothing is seen"):
        course("00---", dropout="treatment policy")


def test_statuses_tell_what_became_of_people():
    assert status("00111", True) == "crossed"
    assert status("00001", True) == "crossed, unconfirmed"
    assert status("00000", True) == "not crossed"
    assert status("000--", True) == "not crossed, lost early"
    assert status("00011", True, [("rescue", 40)]) == "event first"


def test_times_are_those_of_the_visits_and_a_late_visit_is_not_a_late_onset():
    people = pd.DataFrame({"subject": [1, 2], "baseline": [40.0, 40.0]})
    visits = pd.DataFrame(
        [(1, "3 h", 40, 2.8, 2.9), (1, "5 h", 10, 5.1, 5.2), (1, "24 h", 10, 25.0, 25.0),
         (1, "72 h", 10, 70.0, 70.0), (2, "3 h", 10, 4.9, 4.9), (2, "24 h", 10, 24.0, 24.0)],
        columns=["subject", "visit", "score", "hours_low", "hours_high"],
    )  # fmt: skip
    made = courses(people, visits, HALF, schedule=SCHEDULE)
    table = onset_intervals(made, sustained=True)
    assert table[["left", "right"]].to_numpy().tolist() == [[2.8, 5.2], [0.0, 4.9]]
    # On the schedule 24 h stays the confirmation of the 3 h visit, however late that was.
    planned = onset_intervals(made.on_schedule(), sustained=True)
    assert planned[["left", "right"]].to_numpy().tolist() == [[3.0, 5.0], [0.0, 3.0]]


def test_a_threshold_is_points_or_a_share_and_just_enough_counts():
    baseline, score = pd.Series([40.0, 40.0, 9.0]), pd.Series([28.0, 28.1, 6.3])
    assert Threshold("30 %", share=0.3).crossed(baseline, score).tolist() == [1, 0, 1]
    assert Threshold("12 points", points=12).crossed(baseline, score).tolist() == [1, 0, 0]
    for wrong in ({}, {"points": 5.0, "share": 0.3}):
        with pytest.raises(ValueError, match="either"):
            Threshold("wrong", **wrong)
    with pytest.raises(ValueError, match="baseline is 0"):
        Threshold("30 %", share=0.3).crossed(pd.Series([0.0]), pd.Series([0.0]))


PEOPLE = pd.DataFrame({"subject": [1, 2], "baseline": [40.0, 30.0]})
VISITS = pd.DataFrame({"subject": [1, 1, 2], "visit": ["3 h", "5 h", "24 h"],
                       "score": [30.0, 20.0, 30.0], "hours_low": [3.0, 5.0, 24.0],
                       "hours_high": [3.0, 5.0, 24.0]})  # fmt: skip
EVENT = pd.DataFrame({"subject": [1], "event": ["rescue"], "hours_low": [4.0], "hours_high": [4.0]})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda p, v, e: (p.assign(subject=1), v, e), "occurs twice"),
        (lambda p, v, e: (p, pd.concat([v, v.head(1)]), e), "two scores"),
        (lambda p, v, e: (p, v.assign(score=np.nan), e), "must be complete"),
        (lambda p, v, e: (p.assign(baseline=np.nan), v, e), "must be complete"),
        (lambda p, v, e: (p, v.assign(visit=["3 h", "5 h", "4 h"]), e), "of the schedule"),
        (lambda p, v, e: (p, v.assign(subject=[1, 1, 9]), e), "known person"),
        (
            lambda p, v, e: (p, v.assign(hours_low=[6.0, 5, 24], hours_high=[6.0, 5, 24]), e),
            "order",
        ),
        (lambda p, v, e: (p, v.assign(hours_low=-1.0, hours_high=0.0), e), "order"),
        (lambda p, v, e: (p, v, e.assign(event="fire")), "No strategy is declared for: fire"),
        (lambda p, v, e: (p, v, e.assign(hours_low=np.nan)), "no time"),
        (lambda p, v, e: (p, v, e.assign(subject=9)), "known person"),
    ],
)
def test_refusals_are_sentences(change, message):
    people, visits, events = change(PEOPLE, VISITS, EVENT)
    with pytest.raises(ValueError, match=message):
        courses(people, visits.reset_index(drop=True), HALF, schedule=SCHEDULE, events=events)


def test_schedules_and_strategies_are_checked():
    with pytest.raises(ValueError, match="increasing"):
        courses(PEOPLE, VISITS, HALF, schedule={"5 h": 5.0, "3 h": 3.0})
    with pytest.raises(ValueError, match="Not a strategy: hope"):
        courses(PEOPLE, VISITS, HALF, schedule=SCHEDULE, strategies={"rescue": "hope"})
