"""Arms that the data say are no comparison stop the question; what is less is flagged."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import mannwhitneyu

from analysis.checks import comparison
from analysis.checks.forms import SetAside
from analysis.checks.sites import check_sites
from analysis.claims.definitions import load_definitions
from analysis.errors import Issue
from analysis.study import Study
from tests.length import trials
from tests.small_study import forms, infusion, study

ARMS = ("ketamine", "midazolam")
Check = Callable[[Study, pd.DataFrame, pd.DataFrame], Iterator[Issue]]


@pytest.mark.parametrize("sizes", [(3, 4), (8, 20), (9, 9), (9, 200), (40, 35)])
@pytest.mark.parametrize("decimals", [0, 1, 9])
def test_the_chance_of_other_hours_is_that_of_mann_and_whitney(sizes, decimals):
    rng = np.random.default_rng([*sizes, decimals])
    for shift in (0.0, 0.5, 3.0):
        one, other = (
            rng.normal(by, 1, n).round(decimals) for by, n in zip((shift, 0), sizes, strict=True)
        )
        expected = mannwhitneyu(one, other).pvalue
        assert comparison.rank_sum_chance(one, other) == pytest.approx(expected, rel=1e-12)


def test_hours_that_are_all_the_same_are_no_evidence():
    assert comparison.rank_sum_chance(np.ones(20), np.ones(30)) == 1.0


def trial(n_per_arm: int, scores: list[dict] | None = None, **design: Any) -> Study:
    """People of two arms in turn, each given what their arm is given."""
    people = range(2 * n_per_arm)
    rows = scores or [{"subject": person, "hours": 3.0} for person in people]
    given = [infusion(1, 0.0, 0.0, subject=person, agent=ARMS[person % 2]) for person in people]
    made = study(forms(rows), given)
    both = {"active_arm": ARMS[0], "comparator_arm": ARMS[1]}
    arm = pd.Series([ARMS[person % 2] for person in people])
    return replace(
        made,
        design=replace(made.design, **(both | design)),
        subjects=pd.DataFrame({"subject": people, "arm": arm, "site": np.nan}),
    )


def rated(hours: np.ndarray, before: np.ndarray | None = None) -> pd.DataFrame:
    """Primary scores of people in turn of both arms: one before, and one so many hours after."""
    people = np.arange(len(hours))
    told = pd.DataFrame({
        "subject": np.tile(people, 2), "phase": np.repeat(["before", "hours"], len(people)),
        "latest_infusion": np.repeat([0, 1], len(people)), "recall_hours": 0.0,
        "hours_high": np.concatenate([np.full(len(people), -1.0), hours]),
        "total": 30.0 if before is None else np.tile(before, 2),
    })  # fmt: skip
    after = told["hours_high"].where(told["phase"] == "hours")
    return told.assign(since_end_low=after, since_end_high=after)[told["hours_high"].notna()]


def found(check: Check, of: Study, primary: pd.DataFrame | None = None) -> dict[str, Issue]:
    scores = rated(np.full(len(of.subjects), 3.0)) if primary is None else primary
    return {issue.rule: issue for issue in check(of, scores, scores)}


def stops(issue: Issue) -> bool:
    return (issue.severity, issue.scope) == ("STOP", "question")


def swapped(wrong: int, n_per_arm: int, other: str = "") -> Study:
    """So many people were given the other arm's treatment, or something else."""
    of = trial(n_per_arm)
    agents = [other or ARMS[1 - person % 2] for person in range(wrong)]
    agents += [ARMS[person % 2] for person in range(wrong, 2 * n_per_arm)]
    return replace(of, infusions=of.infusions.assign(agent=agents))


@pytest.mark.parametrize(("wrong", "n"), [(24, 12), (3, 12), (7, 60)])
def test_arms_that_the_infusions_deny_stop_the_question(wrong, n):
    told = found(comparison.other_than_given, swapped(wrong, n))["arm.other-than-given"]
    assert stops(told)
    assert told.count == wrong


@pytest.mark.parametrize(
    ("wrong", "n", "other"), [(2, 12, ""), (6, 60, ""), (24, 12, "other")],
    ids=["two people", "a twentieth", "blinded names"],
)  # fmt: skip
def test_slips_and_agents_of_neither_arm_do_not(wrong, n, other):
    assert not found(comparison.other_than_given, swapped(wrong, n, other))


def test_a_crossover_has_no_arms_to_deny():
    of = swapped(24, 12)
    assert not found(
        comparison.other_than_given, replace(of, design=replace(of.design, design="crossover"))
    )


def at(sites: list[str], n_per_arm: int = 12) -> set[str]:
    of = trial(n_per_arm)
    aside = SetAside()
    of = replace(of, subjects=of.subjects.assign(site=sites))
    check_sites(of, of.assessments.assign(phase="", total=np.nan), aside)
    return {issue.rule for issue in aside.issues}


@pytest.mark.parametrize("sites", [["A", "B"] * 12, ["A", "B", "C", "D"] * 6])
def test_sites_that_have_one_arm_each_stop_the_question(sites):
    assert "comparator.arm-is-site" in at(sites)


def test_one_person_of_the_other_arm_makes_no_comparison_of_two_sites():
    both = {"site.goes-with-arm", "comparator.at-other-sites"}
    assert at(["A", "A", *["A", "B"] * 11]) == both
    assert at(["A", "B"] * 11 + ["B", "A"]) == {"site.goes-with-arm"}


@pytest.mark.parametrize(
    "sites",
    [["A", "B"] * 7 + ["B", "A"] * 5, ["A"] * 16 + ["B", "C"] * 4, [*"AABBCCDDEEFF"] * 2],
    ids=["nearly half", "two sites of one arm", "pairs at every site"],
)
def test_a_site_with_both_arms_lets_it_be_asked(sites):
    assert "site.goes-with-arm" not in at(sites)


def test_sites_in_other_proportions_are_no_sites_that_go_with_the_arm():
    """1:2 at one site and 2:1 at the other, as some trials allocate."""
    assert not at((["A", "B"] * 2 + ["B", "A"]) * 20, 60)


@pytest.mark.parametrize("size", [2, 3, 8, 30])
def test_arms_of_chance_seldom_go_with_sites(size):
    rng, n = np.random.default_rng(size), 30
    sites = np.repeat([f"site {number}" for number in range(2 * n)], size)[: 2 * n]
    found = [at(list(rng.permutation(sites)), n) for _ in range(trials(short=100, long=10_000))]
    wrong = sum("site.goes-with-arm" in rules for rules in found)
    assert wrong <= 0.001 * len(found)


@pytest.mark.parametrize(
    "sites", [["A"] * 24, [str(person) for person in range(24)], [np.nan] * 24]
)
def test_one_site_or_a_site_for_each_person_says_nothing_of_allocation(sites):
    assert "comparator.arm-is-site" not in at(sites)


def apart(hours: float, n_per_arm: int) -> dict[str, Issue]:
    """What is found where the comparator was rated so much later, each person at their minute."""
    of, jitter = trial(n_per_arm), np.random.default_rng(3).uniform(-0.2, 0.2, 2 * n_per_arm)
    at_hours = 3 + jitter + hours * (np.arange(2 * n_per_arm) % 2)
    return found(comparison.rated_at_other_hours, of, rated(at_hours))


def test_arms_that_were_rated_at_other_hours_stop_the_question():
    assert stops(apart(0.75, 12)["comparator.rated-at-other-hours"])


@pytest.mark.parametrize(
    ("hours", "n", "flagged"),
    [(0.4, 12, True), (0.75, 5, True), (0.1, 12, False), (0.75, 3, False)],
)
def test_less_is_flagged_and_what_chance_may_do_is_not(hours, n, flagged):
    assert set(apart(hours, n)) == ({"time.differs-by-arm"} if flagged else set())


def test_planned_times_are_not_compared():
    of = trial(12, times="nominal")
    later = rated(3.0 + np.arange(24) % 2)
    assert not found(comparison.rated_at_other_hours, of, later)


def test_people_seen_at_one_of_two_visits_are_no_arms_at_other_hours():
    """Where an arm's hours have two peaks, its median jumps from one to the other by chance."""
    of, rng = trial(16), np.random.default_rng(1)
    hours = [np.where(rng.random(32) < 0.5, 3.0, 5.0) + rng.uniform(0, 0.1, 32) for _ in range(100)]
    medians = [abs(np.median(own[::2]) - np.median(own[1::2])) for own in hours]
    assert max(medians) > 1
    assert not any(
        "comparator.rated-at-other-hours" in found(comparison.rated_at_other_hours, of, rated(own))
        for own in hours
    )


def unrated(lost: int, n_per_arm: int = 12) -> dict[str, Issue]:
    """What is found where so many of the ketamine arm have no score within hours."""
    hours = np.full(2 * n_per_arm, 3.0)
    hours[: 2 * lost : 2] = np.nan
    return found(comparison.rated_in_shares, trial(n_per_arm), rated(hours))


def test_arms_of_which_other_shares_were_rated_stop_the_question():
    told = unrated(9)["comparator.rated-in-other-shares"]
    assert stops(told)
    assert told.count == 9


@pytest.mark.parametrize(("lost", "n", "flagged"), [(7, 12, True), (4, 12, False), (35, 200, True)])
def test_somewhat_other_shares_are_flagged(lost, n, flagged):
    assert set(unrated(lost, n)) == ({"score.lost-in-one-arm"} if flagged else set())


def test_nobody_rated_within_hours_is_another_matter():
    nobody = rated(np.full(24, np.nan))
    assert not found(comparison.rated_in_shares, trial(12), nobody)
    assert not found(comparison.rated_at_other_hours, trial(12), nobody)


def later(
    hours: np.ndarray, days: np.ndarray, *, phase: str = "later", **design: Any
) -> dict[str, Issue]:
    """What is found of people rated so many hours, and days, after; NaN where they were not."""
    of = trial(len(hours) // 2, **design)
    scores = rated(hours)
    people = np.arange(len(days))[~np.isnan(days)]
    at = 24 * days[people]
    more = pd.DataFrame({"subject": people, "phase": phase, "latest_infusion": 1, "total": 30.0,
                         "recall_hours": 0.0, "hours_high": at, "since_end_low": at,
                         "since_end_high": at})  # fmt: skip
    scores = pd.concat([scores, more], ignore_index=True)
    checks = (comparison.rated_at_other_hours, comparison.rated_in_shares)
    return {rule: own for check in checks for rule, own in found(check, of, scores).items()}


def week(late: float = 0.0, lost: int = 0, n_per_arm: int = 12) -> np.ndarray:
    """A visit about a week after, the comparator's so many days later, some of ketamine lost."""
    days = 7 + np.random.default_rng(4).uniform(-0.01, 0.01, 2 * n_per_arm)
    days += late * (np.arange(2 * n_per_arm) % 2)
    days[: 2 * lost : 2] = np.nan
    return days


HOURS = np.full(24, 3.0)


@pytest.mark.parametrize(
    ("days", "rule"),
    [(week(late=0.5), "rated-at-other-hours"), (week(lost=9), "rated-in-other-shares")],
)
def test_the_later_window_that_decides_is_compared_too(days, rule):
    """Beside hours it touches what is said beyond them alone; without hours, everything."""
    assert set(later(HOURS, days)) == {f"later.{rule}"}
    nobody = np.full(24, np.nan)
    assert set(later(nobody, days)) == {f"comparator.{rule}"}
    assert stops(later(HOURS, days)[f"later.{rule}"])


def test_a_later_window_that_does_not_decide_is_not_compared():
    """The first visit in time decides, unless another one is declared and registered."""
    both = np.where(np.arange(24) % 2, 8.9, 6.1)
    windows = {"later_window": "day_14", "registration": "NCT00000000 2024-12-01"}
    assert later(HOURS, both)
    assert not later(HOURS, both, **windows)
    assert later(HOURS, both, **windows, registered_late=True)
    assert later(HOURS, both, **(windows | {"registration": "none"}))


def test_a_week_like_in_both_arms_is_no_matter():
    assert not later(HOURS, week())
    assert not later(HOURS, week(lost=3))


def test_the_share_that_makes_a_visit_is_that_of_the_claims():
    assert load_definitions().rule("later_window_share") == comparison._SHARE_OF_VISIT


def shares(n_ketamine: int, n_other: int, planned: dict[str, int], **design: Any) -> set[str]:
    """Rules that so many people of each arm break, of so many planned."""
    people = max(n_ketamine, n_other)
    of = trial(people, planned_per_arm=planned, **design)
    scores = rated(np.full(2 * people, 3.0))
    gone = (scores["subject"] // 2) >= np.where(scores["subject"] % 2, n_other, n_ketamine)
    return set(found(comparison.shared_out, of, scores[~gone]))


PLAN = {"ketamine": 30, "midazolam": 60}


@pytest.mark.parametrize(("n_ketamine", "n_other"), [(60, 30), (45, 45), (15, 75)])
def test_arms_in_another_proportion_than_planned_are_told(n_ketamine, n_other):
    assert shares(n_ketamine, n_other, PLAN) == {"arm.share-off-plan"}


@pytest.mark.parametrize(
    ("n_ketamine", "n_other", "planned"),
    [(30, 60, PLAN), (36, 54, PLAN), (15, 30, PLAN), (12, 12, {"ketamine": 11, "midazolam": 14}),
     (0, 0, PLAN), (30, 30, None)],
    ids=["as planned", "by chance", "half of both", "nearly", "nobody", "no plan"],
)  # fmt: skip
def test_arms_as_planned_or_as_chance_makes_them_are_not(n_ketamine, n_other, planned):
    assert not shares(n_ketamine, n_other, planned)


def test_doses_of_ketamine_that_are_taken_together_are_planned_together():
    doses = {"ketamine 0.5": 15, "ketamine 1.0": 15, "midazolam": 60}
    arms = ("ketamine 0.5", "ketamine 1.0")
    assert not shares(30, 60, doses, ketamine_arms=arms)
    assert shares(60, 30, doses, ketamine_arms=arms)


def ill(distance: float, n_per_arm: int = 10) -> dict[str, Issue]:
    """What is found where the arms lie so many SD apart before the infusion."""
    spread = np.repeat(np.linspace(-1, 1, n_per_arm), 2)
    spread = spread / np.std(spread[::2], ddof=1) if n_per_arm > 1 else spread
    before = 40 + 8 * (spread + distance * (np.arange(2 * n_per_arm) % 2))
    of = trial(n_per_arm)
    return found(comparison.baselines, of, rated(np.full(2 * n_per_arm, 3.0), before))


@pytest.mark.parametrize("distance", [-0.79, 0.51])
def test_arms_more_than_half_an_sd_apart_before_are_flagged_with_their_distance(distance):
    told = ill(distance)["baseline.arms-differ"]
    assert told.severity == "FLAG"
    assert f"differ by {abs(distance):.2f} SD" in told.message


@pytest.mark.parametrize("distance", [-0.81, 2.0])
def test_arms_still_further_apart_are_flagged_as_such(distance):
    assert set(ill(distance)) == {"baseline.arms-far-apart"}


@pytest.mark.parametrize(("distance", "n"), [(0.49, 10), (3.0, 4)])
def test_less_and_arms_of_hardly_anybody_are_not(distance, n):
    assert not ill(distance, n)


@pytest.mark.parametrize(
    "check",
    [comparison.other_than_given, comparison.rated_at_other_hours, comparison.rated_in_shares,
     comparison.baselines, comparison.shared_out],
)  # fmt: skip
def test_studies_with_nothing_to_compare_are_left_alone(check):
    nothing = rated(np.empty(0))
    assert not found(check, trial(1))
    assert not found(check, trial(12), nothing)
    alone = trial(12)
    assert not found(check, replace(alone, design=replace(alone.design, comparator_arm=None)))
    assert not found(check, alone.keep_subjects([0]), rated(np.full(1, 3.0)))
    assert not found(check, alone.keep_subjects([]), nothing)
    blank = alone.subjects.assign(arm=np.nan)
    none = alone.infusions.iloc[:0]
    assert not found(check, replace(alone, subjects=blank, infusions=none))
