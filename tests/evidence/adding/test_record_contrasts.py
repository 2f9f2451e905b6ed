"""Posted differences between arms: read with their interval, or refused with the reason."""

from __future__ import annotations

import pytest

from analysis.errors import ReliefError
from analysis.evidence import adding
from analysis.evidence.pooling.trial_differences import trial_differences
from tests.evidence.adding.record_maker import analysed, analysis, changed, write


def contrasts(tmp_path, *analyses, **options):
    found = adding.read(write(tmp_path, analysed(*analyses)), **options)
    return [row for row in found.rows if row["contrast"] == "true"], found


def told(rows):
    return {row["statistic"]: row["value"] for row in rows}


def test_a_difference_is_read_with_its_interval_p_people_and_the_path_of_each_number(tmp_path):
    made = analysed(analysis())
    rows, _ = contrasts(tmp_path, analysis())
    assert told(rows) == {"diff": "-6.1", "ci_low": "-11.2", "ci_high": "-1.0", "p": "0.02"}
    assert {(row["arm"], row["n"], row["hours_since_first_infusion"]) for row in rows} == {
        ("ketamine_vs_midazolam", "47", "24")
    }
    for row in rows:
        place = made
        for step in row["found_at"].replace("[", ".").replace("]", "").split("."):
            place = place[int(step)] if step.isdigit() else place[step]
        assert place == row["printed_value"]


@pytest.mark.parametrize(
    ("words", "value", "limits"),
    [
        ("Midazolam minus ketamine at 24 hours", "6.1", ("1.0", "11.2")),
        ("At 24 hours", "6.1", ("1.0", "11.2")),
    ],
    ids=["in words", "by the arms' own figures"],
)
def test_a_difference_taken_the_other_way_is_turned(tmp_path, words, value, limits):
    other = analysis(groupDescription=words, paramValue=value, ciLowerLimit=limits[0],
                     ciUpperLimit=limits[1])  # fmt: skip
    rows, _ = contrasts(tmp_path, other)
    assert told(rows) == {"diff": "-6.1", "ci_low": "-11.2", "ci_high": "-1.0", "p": "0.02"}
    assert {row["printed_value"] for row in rows if row["statistic"] == "diff"} == {"6.1"}


def test_a_standard_error_stands_for_an_interval_that_is_not_posted(tmp_path):
    error = {"dispersionType": "STANDARD_ERROR_OF_MEAN", "dispersionValue": "2.6"}
    no_interval = {"ciLowerLimit": None, "ciUpperLimit": None, "pValue": "<0.05"}
    rows, _ = contrasts(tmp_path, analysis(**error, **no_interval))
    assert told(rows) == {"diff": "-6.1", "se": "2.6"}


def test_the_only_time_after_the_infusion_is_that_of_the_difference(tmp_path):
    made = analysed(analysis(groupDescription="Ketamine against midazolam"))
    measures = made["resultsSection"]["outcomeMeasuresModule"]["outcomeMeasures"]
    del measures[0]["classes"][2]
    found = adding.read(write(tmp_path, made))
    assert [r["hours_since_first_infusion"] for r in found.rows if r["statistic"] == "diff"] == [
        "24"
    ]


def test_what_is_no_difference_in_means_is_left_out_and_told(tmp_path):
    rows, found = contrasts(
        tmp_path, analysis(paramType=None, paramValue=None), analysis(paramType="Odds Ratio (OR)")
    )
    assert rows == []
    assert [why.partition(", ")[2] for why in found.left_out][:2] == [
        "analyses[0]: it tells no estimate",
        "analyses[1]: odds ratio (or) is no difference in means",
    ]


def test_the_arms_own_figures_stand_where_nothing_scales_the_difference(tmp_path):
    with_it = adding.with_rows(adding.read(write(tmp_path, analysed(analysis()))))
    without = adding.with_rows(adding.read(write(tmp_path, changed())))
    day = [
        found[found["study_id"].eq("NCT99990001") & found["hours_since_first_infusion"].eq(24)]
        for found in map(trial_differences, (with_it, without))
    ]
    assert [len(one) for one in day] == [1, 1]
    assert day[0]["g"].iloc[0] == pytest.approx(day[1]["g"].iloc[0])


PLANTED = {
    "three groups": (analysis(groupIds=["OG000", "OG001", "OG002"]), "evidence.arm"),
    "one group": (analysis(groupIds=["OG000"]), "evidence.arm"),
    "a group that is not there": (analysis(groupIds=["OG000", "OG007"]), "evidence.arm"),
    "a group with itself": (analysis(groupIds=["OG001", "OG001"]), "evidence.arm"),
    "no time": (analysis(groupDescription="Overall"), "evidence.window"),
    "a time that is not posted": (
        analysis(groupDescription="Difference at 3 days"), "evidence.window"),
    "two times": (analysis(groupDescription="24 hours and 7 days"), "evidence.window"),
    "no number": (analysis(paramValue="-6,1"), "evidence.number"),
    "no limit above": (analysis(ciUpperLimit=None), "evidence.number"),
    "an interval of 90 %": (analysis(ciPctValue="90"), "evidence.unit"),
    "an interval of no told level": (analysis(ciPctValue=None), "evidence.unit"),
    "an interval of one side": (analysis(ciNumSides="ONE_SIDED"), "evidence.unit"),
    "no uncertainty": (analysis(ciLowerLimit=None, ciUpperLimit=None), "evidence.unit"),
    "a standard error of zero": (
        analysis(ciLowerLimit=None, ciUpperLimit=None, dispersionType="STANDARD_ERROR_OF_MEAN",
                 dispersionValue="0"), "evidence.number"),
    "a standard deviation for a standard error": (
        analysis(ciLowerLimit=None, ciUpperLimit=None, dispersionType="STANDARD_DEVIATION",
                 dispersionValue="14"), "evidence.unit"),
    "an interval that holds both directions": (
        analysis(ciLowerLimit="-14.0", ciUpperLimit="9.0", paramValue="-2.5", pValue="0.67"),
        "evidence.sign"),
    "words that the figures deny": (
        analysis(groupDescription="Midazolam minus ketamine at 24 hours"), "evidence.sign"),
    "an estimate outside its interval": (
        analysis(paramValue="-16.1"), "evidence.contradicts-itself"),
    "a p that the interval denies": (analysis(pValue="0.62"), "evidence.contradicts-itself"),
    "wider than the scale": (
        analysis(paramValue="-96.1", ciLowerLimit="-111.2"), "evidence.out-of-scale"),
}  # fmt: skip


@pytest.mark.parametrize("what", PLANTED)
def test_an_error_planted_in_an_analysis_is_caught(what, tmp_path):
    planted, rule = PLANTED[what]
    with pytest.raises(ReliefError) as refused:
        contrasts(tmp_path, planted)
    assert refused.value.rule == rule
    assert "record.json" in refused.value.message


def test_two_analyses_of_one_difference_are_caught(tmp_path):
    with pytest.raises(ReliefError, match="two analyses"):
        contrasts(tmp_path, analysis(), analysis(statisticalMethod="t-Test", paramValue="-5.7"))


def test_an_analysis_that_cannot_be_placed_leaves_the_arms_figures_where_that_is_asked(tmp_path):
    rows, found = contrasts(tmp_path, analysis(groupDescription="Overall"), placeable=True)
    assert rows == []
    assert any(row["statistic"] == "mean" for row in found.rows)
    assert any("may be of any of 2 times" in why for why in found.left_out)
