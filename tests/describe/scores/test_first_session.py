"""The first session against the end of a course."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analysis.describe.scores import first_session
from analysis.simulate.people.sessions import sessions


def test_one_infusion_a_person_is_no_course(case):
    with pytest.raises(ValueError, match="Nobody has two ratings before"):
        first_session.course_scores(case)


def test_a_course_is_the_one_that_the_claim_is_judged_by(case, monkeypatch):
    scores = pd.DataFrame({"before_1": [40.0], "first": [30.0]}, index=["a person"])
    monkeypatch.setattr(
        first_session, "session_courses", lambda asked: scores if asked is case else None
    )
    assert first_session.course_scores(case).to_dict() == {
        "before_1": {0: 40.0},
        "first": {0: 30.0},
    }


def test_cohorts_without_a_relation_show_the_coupling():
    table = first_session.correlations_without_relation(30, cohorts=60).set_index("estimand")[
        "estimate"
    ]
    assert table.is_monotonic_decreasing
    assert table.iloc[0] > 0.2
    assert abs(table.iloc[-1]) < 0.1


def test_made_up_courses_lie_on_the_scale():
    table = sessions(500, np.random.default_rng(1), relation=0.5)
    assert table.to_numpy().min() >= 0
    assert table.to_numpy().max() <= 56
    assert (table == table.round()).all(axis=None)
    assert table["first"].mean() < table["before_1"].mean() - 5
