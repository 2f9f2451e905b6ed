"""Tables of who improves: the case's own people, nobody small shown, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from analysis import describe
from analysis.claims.case import Case
from analysis.claims.evaluators.cluster_cases import cluster_cases
from analysis.describe.scores import responders
from analysis.estimates.table import COLUMNS
from analysis.outcomes.reliable_change import reliable_change

WEEK = {"window": "day_7", "instrument": "PCL-5", "version": "past-week"}


def test_three_ways_are_those_of_the_people(case):
    table = responders.three_ways_compared(case, **WEEK)
    assert list(table) == list(COLUMNS)
    people = case.people(*WEEK.values())
    ways = reliable_change(people["change"], 18)
    expected = pd.crosstab(people["arm"], ways, normalize="index")
    found = table[table["estimand"] == "reliably improved"].set_index("contrast")["estimate"]
    assert found.to_dict() == pytest.approx(expected["improved"].to_dict())
    difference = table[table["estimand"] == "difference in share reliably improved"]
    assert difference["contrast"].unique().tolist() == ["ketamine - midazolam"]
    assert difference["estimate"].tolist() == pytest.approx(
        [expected["improved"]["ketamine"] - expected["improved"]["midazolam"]] * 2
    )


def test_no_threshold_is_made_up(case):
    with pytest.raises(ValueError, match="none is made up"):
        responders.three_ways_compared(
            case, window="hours", instrument="PCL-5-now", version="ad-hoc"
        )
    ad_hoc = responders.shares_at_thresholds(case, window="hours")
    assert ad_hoc["estimand"].str.removeprefix("difference in ").unique().tolist() == [
        "any fall",
        f"{case.smallest_difference[0]:.1f} points or more (minimal important difference)",
        "30 % of baseline or more",
        "50 % of baseline or more",
    ]


def test_thresholds_are_counted_with_themselves(case):
    table = responders.shares_at_thresholds(case, **WEEK).set_index(["estimand", "contrast"])[
        "estimate"
    ]
    people = case.people(*WEEK.values())
    own = people[people["arm"] == "ketamine"]
    expected = {
        "any fall": (own["change"] < 0).mean(),
        "10 points or more (minimal important difference)": (own["change"] <= -10).mean(),
        "30 % of baseline or more": (own["score"] <= 0.7 * own["baseline"] + 1e-9).mean(),
    }
    for name, share in expected.items():
        assert table[name, "ketamine"] == pytest.approx(share)


def test_small_cells_of_real_people_are_withheld(real):
    shares = responders.shares_at_thresholds(real, **WEEK)
    told = shares["method"].str.startswith("withheld")
    assert told.any()
    assert shares.loc[told, ["n", "estimate", "ci_low", "ci_high"]].isna().all(axis=None)
    ways = responders.three_ways_compared(real, **WEEK)
    assert ways["method"].str.contains("1 of 26").sum() == 0
    counts = shares.loc[~told, "method"].str.extractall(r"(\d+) of (\d+)").astype(int)
    few = counts[0].between(1, 9) | (counts[1] - counts[0]).between(1, 9)
    assert not few.any()


def test_the_curve_of_real_people_has_no_step_of_few(real, case):
    bands, free = (
        responders.change_bands(real, window="hours"),
        responders.change_bands(case, window="hours"),
    )
    assert 0 < len(bands) < len(free)
    for arm, own in bands.groupby("arm"):
        people = case.people("hours")
        change = people.loc[people["arm"] == arm, "change"]
        counts = np.array([(change <= point).sum() for point in own["change"]])
        steps = np.diff(np.concatenate([[0], counts, [len(change)]]))
        assert steps.min() >= 10
        assert (own["low"] <= own["share"]).all()
        assert (own["share"] <= own["high"]).all()


def test_limits_of_the_next_real_person_are_no_persons_change(real, case):
    assert responders.next_person(case, window="hours")["ci_low"].notna().all()
    shown = responders.next_person(real, window="hours")
    own = shown["method"].str.contains("own value")
    assert own.tolist() == [False, True] * 2
    assert shown.loc[own, ["estimate", "ci_low", "ci_high"]].isna().all(axis=None)


def test_spread_and_distribution_are_of_the_same_people(case):
    change = case.people("day").groupby("arm")["change"]
    ratio = responders.spread_between_arms(case, windows=("day",))["estimate"][0]
    assert ratio == pytest.approx(change.var()["ketamine"] / change.var()["midazolam"])
    tests = responders.compare_change(case, windows=("day",))
    assert tests["n"].tolist() == [len(case.people("day"))] * 2


def test_clusters_add_up_to_the_total_of_the_same_people(case):
    table = responders.cluster_profile(case, windows=("day",))
    single = table[table["estimand"].str.startswith("adjusted")]
    assert len(single) == 4
    total = describe.difference_by_window(case, windows=("day",))["estimate"][0]
    # Adjusted for four baselines and not for one, so near and not equal.
    assert single["estimate"].sum() == pytest.approx(total, abs=1.0)
    # A form with a total of filled blanks may lack a cluster: too many of its blanks are there.
    clusters = cluster_cases(case, case.scale.name, case.primary_form[0])
    whole = set.intersection(*(set(own.people("day")["subject"]) for own in clusters.values()))
    assert whole < set(case.people("day")["subject"])
    assert (table["n"] == len(whole)).all()
    with pytest.raises(ValueError, match="from about 24 h on"):
        responders.cluster_profile(case, windows=("hours",))


def test_a_window_with_too_few_people_is_named(case):
    with pytest.raises(ValueError, match=r"fewer than 3 participants with a score at about 7 days"):
        responders.shares_at_thresholds(
            with_changes(case, [-5] * 12, [0] * 2), window="day_7", instrument="PCL-5"
        )


def with_changes(case: Case, ketamine: list[float], midazolam: list[float]) -> SimpleNamespace:
    """What stands in for a real case: people with these changes, from 60 points."""
    table = pd.concat(
        pd.DataFrame({"arm": arm, "change": changes, "baseline": 60.0})
        for arm, changes in (("ketamine", ketamine), ("midazolam", midazolam))
    )
    table = table.assign(score=table["baseline"] + table["change"])
    design = replace(case.design, synthetic=False)
    return SimpleNamespace(
        people=lambda *_: table,
        design=design,
        definitions=case.definitions,
        windows=case.windows,
        scale=case.scale,
        view="shared",
    )


def test_a_small_part_does_not_follow_from_the_others(case):
    """15, 12 and 3 of 30: with 15 and 12 told, 3 would be."""
    made = with_changes(case, [-20] * 15 + [0] * 12 + [20] * 3, [-20] * 15 + [0] * 15)
    table = responders.three_ways_compared(made, **WEEK)
    of_ketamine = table[table["contrast"] == "ketamine"]
    assert of_ketamine["estimate"].notna().sum() <= 1
    assert not of_ketamine["method"].str.contains("3 of 30").any()
    of_midazolam = table[table["contrast"] == "midazolam"]
    assert of_midazolam["estimate"].notna().tolist() == [True, True, False]


def test_few_people_between_two_thresholds_are_not_told(case):
    """20 of 40 fell at all and 16 by 10 points: 4 people lie between."""
    made = with_changes(case, [-25] * 16 + [-5] * 4 + [5] * 20, [-25] * 20 + [5] * 20)
    table = responders.shares_at_thresholds(made, **WEEK).set_index(["estimand", "contrast"])
    assert table.loc[("any fall", "ketamine"), "estimate"] == 0.5
    assert np.isnan(
        table.loc[("10 points or more (minimal important difference)", "ketamine"), "estimate"]
    )


@pytest.fixture(scope="module")
def people(case) -> pd.DataFrame:
    return case.people("hours")


def test_three_ways_add_up_to_the_people(case):
    table = describe.three_ways(case, window="day_7", instrument="PCL-5", version="past-week")
    assert table["estimand"].tolist()[:3] == ["reliably improved", "unchanged", "reliably worse"]
    assert table.groupby("contrast")["estimate"].sum().tolist() == pytest.approx([1, 1])
    people = case.people("day_7", "PCL-5", "past-week")
    improved = reliable_change(people["change"], 18) == "improved"
    expected = improved.groupby(people["arm"]).mean()
    found = table[table["estimand"] == "reliably improved"].set_index("contrast")["estimate"]
    assert found.to_dict() == pytest.approx(expected.to_dict())


def test_three_ways_needs_a_published_threshold(case):
    with pytest.raises(ValueError, match="none is made up"):
        describe.three_ways(case, window="hours", instrument="IES-R", version="standard")


def test_cumulative_change_counts_people_at_or_below(case, people):
    table = describe.cumulative_change(case, window="hours")
    for row in table.itertuples():
        mine = people.loc[people["arm"] == row.arm, "change"]
        assert row.share == pytest.approx((mine <= row.change).mean())


@pytest.mark.parametrize("at_least", [3, 5, 11])
def test_no_step_of_the_curve_holds_fewer_people_than_declared(case, people, at_least):
    table = describe.cumulative_change(case, window="hours", step=0.5, at_least=at_least)
    sizes = people["arm"].value_counts()
    for arm, rows in table.groupby("arm"):
        counts = (rows["share"] * sizes[arm]).round().tolist()
        assert np.diff([0, *counts, sizes[arm]]).min() >= at_least


def changes_alone(*arms: list[float]) -> SimpleNamespace:
    """What stands in for a case: people with these changes, an arm a list."""
    table = pd.concat(
        pd.DataFrame({"arm": name, "change": values})
        for name, values in zip("ab", arms, strict=False)
    )
    design = SimpleNamespace(synthetic=True)
    return SimpleNamespace(people=lambda window: table, design=design, view="team")


def test_the_ends_of_the_curve_are_not_shown():
    """Neither the smallest nor the largest change can be read, nor anything of few people."""
    table = describe.cumulative_change(
        changes_alone([-40, *[-4] * 7, 0, 0, 0, 0, 30], [-3.0] * 9), window="hours"
    )
    assert table["arm"].tolist() == ["a"]
    assert table["change"].tolist() == [-4]
    assert table["share"].tolist() == pytest.approx([8 / 13])


def test_an_arm_of_fewer_than_twice_the_least_has_no_curve():
    few = changes_alone([-3.0, -1, 0, 1, 2, 3, 4, 5, 6])
    table = describe.cumulative_change(few, window="hours")
    assert table.empty
    assert list(table) == ["arm", "change", "share"]
