"""Each world of the catalogue does what it says; what is true of it comes from large draws."""

from dataclasses import fields, replace
from functools import cache

import numpy as np
import pandas as pd
import pytest

from analysis import simulate
from analysis.claims.definitions import load_definitions
from analysis.simulate import EXAMPLE, NO_EFFECT, World
from tests.simulate.truths import CATALOGUE, in_sd, truth

WHOLE = {"dropout": 0.0, "dropout_hours": 0.0, "missed": 0.0, "blank": 0.0}
FLAGS = ("guessed ketamine", "guessed midazolam", "one rating")
HOURS, DAY = slice(0, 2), 2


@cache
def draws(world: World, blocks: int = 4) -> dict[str, np.ndarray]:
    """Many people as arrays."""
    trials = [simulate.trial(world, 500, 40 + block) for block in range(blocks)]
    names = (
        "treated", "baseline_forms", "hours_since_end", "totals", "baseline", "cadss_rise"
    )  # fmt: skip
    values = {name: np.concatenate([getattr(one, name) for one in trials]) for name in names}
    groups = {
        name: np.concatenate([one.groups[name] for one in trials]) for name in trials[0].groups
    }
    return values | groups


def whole(name):
    return draws(replace(simulate.world(name), **WHOLE))


def change(drawn, visits):
    scores = drawn["totals"][:, visits]
    return (scores if scores.ndim == 1 else scores.mean(axis=1)) - drawn["baseline"]


def gap(values, treated):
    """Treated minus control, and its standard error."""
    one, other = values[treated], values[~treated]
    error = np.hypot(one.std() / np.sqrt(len(one)), other.std() / np.sqrt(len(other)))
    return one.mean() - other.mean(), error


def test_bounds_are_those_of_the_claims():
    rules = load_definitions()
    bound = rules.rule("bias_bound_sd")
    assert CATALOGUE.loc[f"unblinding-{bound:.2f}", "bias_sd"] == bound
    within = CATALOGUE["bias"].str.contains("within the bound")
    assert CATALOGUE.loc[within, "bias_sd"].max() == bound
    beyond = CATALOGUE[CATALOGUE["bias_sd"] > bound]
    assert beyond["bias"].str.contains("stopped by gate|nothing on these scores can tell").all()
    counts = CATALOGUE["drug_sd"] >= rules.rule("smallest_difference_sd")
    assert (CATALOGUE["effect_true"] == counts).all()


def test_a_world_can_be_asked_for_by_name_and_size():
    assert simulate.world("unblinding-0.80") == simulate.unblinded(0.8)
    assert simulate.entry("effect-0.75").drug == 0.75
    assert simulate.entry("expectancy-1.10").bias == 1.1
    assert simulate.catalogue(("null", "unblinding-1.50"))["bias_sd"].tolist() == [0, 1.5]
    with pytest.raises(ValueError, match="No scenario is named 'nowhere'"):
        simulate.world("nowhere")
    with pytest.raises(ValueError, match=r"from 0 to 1\.5 SD"):
        simulate.world("unblinding-1.60")


def test_no_bias_and_no_effect_are_the_world_in_which_the_drug_does_nothing():
    assert simulate.unblinded(0) == simulate.hopeful(0) == simulate.effect(0) == NO_EFFECT


def test_every_parameter_says_what_it_means_and_where_it_comes_from():
    table = simulate.parameters(NO_EFFECT).set_index("parameter")
    assert list(table.index) == [one.name for one in fields(World)]
    assert (table[["meaning", "source"]] != "").all(axis=None)
    changed = table.index[table["value"] != table["example"]]
    assert set(changed) == {
        "trait_sd", "item_sd", "noise_sd", "momentary_sd", "momentary_hours", "belief",
        "drug", "drug_sd", "drug_none", "frugal"
    }  # fmt: skip


@pytest.mark.parametrize("bias", [0.15, 0.8, 1.1, 1.5])
@pytest.mark.parametrize("family", ["unblinding", "expectancy"])
def test_bias_by_hope_has_the_size_that_was_asked_for(family, bias):
    found = truth(f"{family}-{bias:.2f}")
    assert in_sd(found, "mean_difference_by_expectancy") == pytest.approx(bias, rel=0.06)
    assert found["mean_difference_by_drug"]["hours_phase"] == 0


def test_unblinding_moves_those_who_guess_ketamine_and_nobody_else():
    drawn = whole("unblinding-0.80")
    plain = whole("null")
    moved = drawn["totals"][:, 1] - plain["totals"][:, 1]
    assert (moved[drawn["guessed midazolam"]] == 0).all()
    assert moved[drawn["guessed ketamine"]].mean() < -6
    gap_in_arms, _ = gap(change(drawn, HOURS), drawn["treated"])
    assert gap_in_arms == pytest.approx(-0.8 * 7.12, abs=4 * 0.25)


def test_the_power_cell_holds_what_it_promises():
    found = simulate.truth(simulate.power_cell(), 4000, seed=3)
    assert in_sd(found, "mean_difference") == pytest.approx(1.0, abs=0.03)
    assert found["mean_difference_by_expectancy"]["hours_phase"] == 0
    assert found["share_ketamine"]["no_score_at_168_h"] < 0.15
    assert found["share_midazolam"]["no_score_at_168_h"] < 0.15
    drawn = draws(replace(simulate.power_cell(), **WHOLE), blocks=16)
    controls = ~drawn["treated"]
    assert drawn["baseline"].std() == pytest.approx(7.12, abs=0.15)
    related = [
        np.corrcoef(drawn["baseline"][controls], drawn["totals"][controls, visit])[0, 1]
        for visit in (0, 1)
    ]
    assert np.mean(related) == pytest.approx(0.5, abs=0.03)  # 8,000 people: 3 SE are 0.025


@pytest.mark.parametrize("difference", [0.25, 0.75, 1.5])
def test_an_effect_has_the_size_that_was_asked_for(difference):
    found = truth(f"effect-{difference:.2f}")
    assert in_sd(found, "mean_difference") == pytest.approx(difference, rel=0.06)


def test_selection_alone_makes_both_arms_fall_alike():
    drawn = whole("regression")
    fall = change(drawn, HOURS)
    difference, error = gap(fall, drawn["treated"])
    assert abs(difference) < 4 * error
    for arm in (drawn["treated"], ~drawn["treated"]):
        assert fall[arm].mean() < -1
    everybody = draws(replace(simulate.world("regression"), **WHOLE, entry_threshold=0))
    fall = change(everybody, HOURS)
    assert abs(fall.mean()) < 4 * fall.std() / np.sqrt(len(fall))


def test_hope_alone_lowers_both_arms_by_one_sd_more():
    moved = whole("hope")["totals"] - whole("null")["totals"]
    treated = whole("null")["treated"]
    for arm in (treated, ~treated):
        assert moved[arm, HOURS].mean() == pytest.approx(-7.12, abs=0.5)


def test_waiting_raises_the_rating_just_before_and_not_that_of_another_day():
    other, before = (whole("anticipation")["baseline_forms"] - whole("null")["baseline_forms"]).T
    assert abs(other.mean()) < 0.05
    assert before.mean() == pytest.approx(0.8 * 6, abs=1)  # 8 points instead of 2, 40 min before


def test_effect_at_24_h_only_leaves_the_scores_within_hours_alone():
    moved = whole("real-24h")["totals"] - whole("null")["totals"]
    treated = whole("null")["treated"]
    assert (moved[:, HOURS] == 0).all()
    assert moved[treated, DAY].mean() < -6


def test_a_short_lived_effect_is_gone_at_24_h():
    found = truth("short-lived")["mean_difference_by_drug"]
    assert found["5_h"] < -6
    assert -1.2 < found["24_h"] < 0


def test_half_the_people_respond():
    moved = whole("responders")["totals"][:, 1] - whole("null")["totals"][:, 1]
    moved = moved[whole("null")["treated"]]
    assert (moved == 0).mean() == pytest.approx(0.5, abs=0.05)
    assert moved[moved != 0].mean() < -13


def test_the_drug_makes_some_people_worse():
    moved = whole("some-worse")["totals"][:, 1] - whole("null")["totals"][:, 1]
    moved = moved[whole("null")["treated"]]
    assert (moved > 2).mean() == pytest.approx(0.15, abs=0.03)
    assert (moved < -2).mean() > 0.8


def test_the_past_week_world_differs_from_the_power_cell_in_its_form_alone():
    assert replace(simulate.world("past-week"), now_form=True) == simulate.power_cell()


def test_a_past_week_form_barely_moves_at_4_h_whatever_the_effect():
    week = simulate.truth(simulate.world("past-week"), 1000, seed=5)["mean_difference"]
    now = truth("power-cell")["mean_difference"]
    # Points an item: the forms have 20 and 14 items.
    assert week["5_h"] / 20 > 0.12 * now["5_h"] / 14
    assert week["168_h"] / 20 < 0.5 * now["24_h"] / 14
    tables = simulate.simulate(simulate.world("past-week"), 10, 1)
    assert "pcl5_now" not in tables
    assert tables["pcl5_week"]["visit"].nunique() == 7


def test_euphoria_lowers_scores_while_dissociation_lasts_and_is_gone_at_24_h():
    drawn, plain = whole("euphoria-0.80"), whole("null")
    moved = drawn["totals"] - plain["totals"]
    treated = drawn["treated"]
    assert (moved[~treated] == 0).all()
    assert moved[treated, HOURS].mean() == pytest.approx(-0.8 * 7.12, abs=0.6)
    assert abs(moved[treated, DAY].mean()) < 0.1
    at_3_h = drawn["cadss_rise"][:, 3] > 4
    assert at_3_h[treated].mean() > 0.3
    assert (plain["cadss_rise"][treated, 3] > 4).mean() < 0.1
    assert moved[at_3_h & treated, 0].mean() < moved[treated, 0].mean() - 1


@pytest.mark.parametrize("name", ["leavers", "informative-dropout"])
def test_those_who_leave_had_a_score_that_nobody_saw(name):
    lossy = replace(simulate.world(name), missed=0.0, blank=0.0)
    seen, unseen = draws(lossy), whole(name)
    gone = np.isnan(seen["totals"])
    assert 0.01 < gone[:, 0].mean() < 0.06
    assert 0.05 < gone[:, -1].mean() < 0.2
    rose = [
        change(unseen, visit)[gone[:, visit]].mean() - change(unseen, visit)[~gone[:, visit]].mean()
        for visit in (0, 1)
    ]
    assert min(rose) > 1
    kept = ~gone[:, 1]
    bias, _ = gap(change(unseen, 1)[kept], unseen["treated"][kept])
    everyone, _ = gap(change(unseen, 1), unseen["treated"])
    if name == "informative-dropout":
        assert bias < everyone - 0.15


def test_reporting_drifts_in_both_arms_and_with_the_calendar():
    moved = whole("drift")["totals"] - whole("null")["totals"]
    assert moved[:, -1].mean() < moved[:, 0].mean() - 1.5
    order = np.arange(len(moved)) % 1000
    assert moved[order > 800].mean() < moved[order < 200].mean() - 1.5
    treated = whole("null")["treated"]
    assert abs(moved[treated].mean() - moved[~treated].mean()) < 0.5


def test_sites_differ_in_level_and_in_response():
    rows = []
    for seed in range(12):
        tables = simulate.simulate(replace(simulate.world("sites"), **WHOLE), 150, seed)
        table = tables["pcl5_now"].pivot(index="id", columns="visit", values="total")
        sites = tables["subjects"].set_index("id")["site"]
        before = table[["other day", "before"]].mean(axis=1)
        fall = table[["3 h", "5 h"]].mean(axis=1) - before
        rows.append(pd.DataFrame({"level": before, "fall": fall}).groupby(sites).mean().std())
        assert sites.nunique() == 3
    between = pd.DataFrame(rows).mean()
    # Chance alone: 7.1 and 7.4 points between people, about 100 a site, give 0.7.
    assert (between > 1.2).all()
    assert "site" not in simulate.simulate(NO_EFFECT, 5, 1)["subjects"]


def test_loose_visits_fall_outside_the_hours_for_some():
    since = whole("jitter")["hours_since_end"]
    usual = whole("null")["hours_since_end"]
    assert since[:, :2].std(axis=0).min() > 2 * usual[:, :2].std(axis=0).max()
    assert 0 < (since[:, 1] >= 6).mean() < 0.2
    assert (np.diff(since, axis=1) > 0).all()
    assert (usual[:, :2] < 6).all()


def test_half_the_people_have_one_rating():
    assert draws(simulate.world("one-rating"))["one rating"].mean() == pytest.approx(0.5, abs=0.05)
    assert whole("null")["one rating"].mean() == 0


def test_effect_and_dissociation_go_with_the_dose():
    low, full = truth("low-dose"), truth("power-cell")
    part = "mean_difference_by_drug"
    assert low[part]["5_h"] == pytest.approx(0.4 * full[part]["5_h"], rel=0.06)
    assert low["share_ketamine"]["guess_ketamine"] < full["share_ketamine"]["guess_ketamine"] / 2
    infusions = simulate.simulate(simulate.world("two-doses"), 10, 1)["infusions"]
    doses = infusions[infusions["status"] == "completed"].groupby("agent")["dose_mg_per_kg"]
    assert doses.value_counts()["ketamine"].to_dict() == {0.2: 5, 0.5: 5}


def test_the_second_period_starts_with_what_is_left_of_the_first():
    tables = simulate.simulate(replace(simulate.world("carry-over"), **WHOLE), 400, 2)
    now = tables["pcl5_now"].merge(tables["subjects"][["id", "arm"]])
    mean = now.groupby(["arm", "period", "visit"])["total"].mean()
    gaps = {
        period: mean["ket", period, "other day"] - mean["mdz", period, "other day"]
        for period in (1, 2)
    }
    assert abs(gaps[1]) < 2
    # Two weeks are one half-life.
    assert gaps[2] == pytest.approx(-0.5 * 9.2, abs=2)
    first = now[now["period"] == 1].set_index(["id", "visit"])["total"].unstack()
    own = simulate.trial(replace(simulate.world("carry-over"), **WHOLE), 400, 2)
    np.testing.assert_array_equal(first[["3 h", "5 h"]].to_numpy(), own.totals[:, :2])


def test_the_example_has_nothing_that_was_added_for_other_worlds():
    table = simulate.parameters(EXAMPLE)
    assert (table["value"] == table["example"]).all()
