"""Who was set aside, counted stage by stage."""

from __future__ import annotations

from dataclasses import replace

import pytest

from analysis.checks import check
from analysis.errors import ReliefError
from analysis.rules import issue


def test_people_set_aside_on_reading_are_counted_and_their_forms_are_not(study):
    gone = {0: "infusion.end-before-start"}
    flow = check(replace(study, set_aside=gone)).flow
    n = flow.groupby("stage")["n"].sum()
    assert (n["people read"], n["people set aside"], n["people analysed"]) == (12, 1, 11)
    assert n["scored before the infusion"] == 11


def test_everybody_set_aside_leaves_no_score(study):
    with pytest.raises(ReliefError) as caught:
        check(replace(study, set_aside=dict.fromkeys(range(12), "infusion.end-before-start")))
    assert caught.value.rule == "score.nobody-left"


def test_who_is_of_another_group_is_a_participant_and_no_row(study):
    told = issue("group.set-aside", file="x", count=25, other="HV", words="healthy", analysed="MDD")
    flow = check(replace(study, issues=(told,))).flow
    n = flow.groupby("stage")["n"].sum()
    assert n["people of other groups"] == 25
    assert "rows set aside" not in n
    assert n["people read"] == 12
