"""Words of a record as hours, windows, signs and drugs."""

from __future__ import annotations

import pytest

from analysis.evidence.adding import record_words as words

TIMES = [
    ("24 hours", 24), ("24 hours post-infusion", 24), ("1 week", 168), ("Week 2", 336),
    ("90 days", 2160), ("3 months", 2160), ("40 minutes after the start", 40 / 60),
    ("Baseline", words.BEFORE), ("Before infusion", words.BEFORE), ("Pre-treatment", words.BEFORE),
]  # fmt: skip


@pytest.mark.parametrize(("text", "hours"), TIMES)
def test_a_time_is_hours_since_the_first_infusion(text, hours):
    assert words.hours_of(text, change=False, day_zero=False, single=True) == pytest.approx(hours)


def test_a_day_counts_from_the_infusion_where_the_record_has_a_day_0():
    assert words.hours_of("Day 1", change=False, day_zero=True, single=True) == 24
    assert "day 1 may be" in words.hours_of("Day 1", change=False, day_zero=False, single=True)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("Up to 4 weeks", "a span"),
        ("End of treatment", "a span"),
        ("24 hours and 7 days", "several times"),
        ("At follow-up", "no time"),
        ("Baseline to 24 hours", "both before and after"),
        ("24 hours after the last infusion", "another infusion"),
    ],
)
def test_a_time_that_is_not_told_has_a_reason(text, why):
    told = words.hours_of(text, change=False, day_zero=False, single=False)
    assert isinstance(told, str)
    assert why in told


def test_a_change_from_baseline_is_at_the_later_time():
    assert words.hours_of("Baseline and 24 hours", change=True, day_zero=False, single=True) == 24


@pytest.mark.parametrize(
    ("text", "sign"),
    [
        ("Positive values indicate improvement", "positive"),
        ("Negative change indicates improvement.", "negative"),
        ("Lower scores mean fewer symptoms", "negative"),
        ("Negative values represent worsening", "positive"),
        ("Total score", ""),
        ("Positive values indicate improvement. Negative values indicate improvement.", ""),
    ],
)
def test_the_sign_of_a_change_is_what_the_record_says(text, sign):
    assert words.sign_of("Change in PCL-5", text) == sign


def test_higher_scores_that_are_better_are_no_severity():
    assert words.scored_the_other_way("Higher scores indicate better outcome")
    assert not words.scored_the_other_way("Higher scores indicate more severe symptoms")


def test_drugs_doses_routes_periods_and_windows():
    assert words.agents_in("IV Esketamine") == ["ketamine"]
    assert words.agents_in("Placebo (saline)") == ["saline"]
    assert (words.kind_of("midazolam"), words.kind_of("saline")) == ("active", "passive")
    assert words.dose_in("Ketamine 0.5 mg/kg over 40 minutes") == "0.5"
    assert words.dose_in("0.2 mg/kg, then 0.5 mg/kg") == ""
    assert words.route_in("intramuscular injection") == "intramuscular"
    assert words.period_of("IES-R, first infusion") == "first"
    assert words.recall_in("over the past week, not the past month") == (168.0, 720.0)
    assert words.recall_of("PCL-5") == (168.0, 720.0)
    assert words.scales_in("PTSD Checklist for DSM-5 (PCL-5)") == ["PCL-5"]
