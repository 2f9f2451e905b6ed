"""Checks of forms."""

from __future__ import annotations

from dataclasses import replace

import pytest

from analysis.checks import check
from analysis.errors import ReliefError
from tests.checks.made_up import rules


def test_a_single_right_now_rating_before_is_flagged(study):
    first = study.assessments["hours_low"] < -20
    assert "baseline.one-rating" in rules(
        study.keep_forms(study.assessments["form"][~first]), "FLAG"
    )


def test_a_total_beyond_the_scale_stops_whatever_reader_it_came_from(study):
    forms = study.assessments.assign(stated_total=99.0)
    with pytest.raises(ReliefError, match=r"scores.csv, row \d+: 48 total") as caught:
        check(replace(study, assessments=forms, items={}))
    assert caught.value.rule == "score.out-of-range"
