"""What else explains a difference, of one study: right people, small groups left out."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from analysis.checks import check
from analysis.claims.case import Case
from analysis.claims.definitions import load_definitions
from analysis.describe import control
from analysis.describe.explanations import blinding, dissociation, expectancy, harms
from analysis.estimates.table import COLUMNS
from analysis.simulate import example_truth
from analysis.studies import load_study


@pytest.fixture(scope="module")
def case() -> Case:
    return Case(check(load_study("example")), load_definitions())


@pytest.fixture(scope="module")
def difference(case) -> dict:
    return expectancy.primary_difference(case, window="hours")


def with_study(case: Case, **changes) -> Case:
    """The case with parts of its study replaced."""
    study = replace(case.checked.study, **changes)
    return Case(replace(case.checked, study=study), case.definitions)


def test_guesses_add_up_and_show_no_small_cell(case):
    table = blinding.guesses(case)
    assert table["all"].tolist() == [30, 30]
    assert table.drop(columns="all").sum(axis=1).tolist() == [30, 30]
    assert (table.to_numpy() >= 5).all()
    assert list(table) == ["right", "wrong or do not know", "all"]
    assert list(blinding.guesses(case, at_least=1)) == ["right", "wrong", "do not know", "all"]


def test_indices_are_of_the_two_arms_and_their_mean(case):
    table = blinding.blinding_indices(case).set_index(["estimand", "contrast"])["estimate"]
    known = blinding.guesses(case, at_least=1)
    for arm in ("ketamine", "midazolam"):
        expected = (known.loc[arm, "right"] - known.loc[arm, "wrong"]) / 30
        assert table["Bang index", arm] == pytest.approx(expected)
    gap = table["difference in belief of being treated", "ketamine - midazolam"]
    assert gap == pytest.approx(table.loc["Bang index"].mean())


def test_nobody_asked_is_said(case):
    subjects = case.checked.study.subjects.assign(blinding_guess=None)
    with pytest.raises(ValueError, match="Nobody was asked"):
        blinding.guesses(with_study(case, subjects=subjects))
    unasked = with_study(case, subjects=subjects)
    rows = expectancy.nullifying(unasked, expectancy.primary_difference(case, window="hours"))
    assert not rows["estimand"].str.contains("belief").any()


def test_by_guess_leaves_small_groups_out(case):
    table = blinding.change_by_guess(case, window="hours")
    assert (table["n"] >= 5).all()
    assert table["p_value"].isna().all()
    assert "midazolam, said ketamine" not in set(table["contrast"])


def test_the_bias_curve_starts_at_the_difference_and_agrees_with_the_gate(case, difference):
    curve = expectancy.bias_curve(case, difference)
    assert curve.loc[0, "estimate"] == difference["estimate"]
    assert curve.loc[curve["decides"] == "yes", "bound_sd"].tolist() == [0.3]
    assert ((curve["ci_high"] < 0) == (curve["points_to"] == "supported")).all()


def test_the_truth_of_the_example_needs_less_than_what_would_nullify(case, difference):
    """Its generator made belief worth 1.6 points, far less than the whole difference needs."""
    rows = expectancy.nullifying(case, difference).set_index("estimand")["estimate"]
    belief = rows[rows.index.str.startswith("effect of belief")]
    assert len(belief) == 2
    assert (belief > -example_truth()["world"]["belief"]).all()


def test_dissociation_rises_on_ketamine_and_everyone_is_back_by_five_hours(case):
    course = dissociation.dissociation_course(case)
    peak = course[(course["window"] == "0 to 1 h") & (course["estimand"] == "mean score")]
    assert peak.set_index("contrast")["estimate"].idxmax() == "ketamine"
    back = dissociation.return_to_baseline(case)
    assert (back["lower"] <= back["upper"]).all()
    assert back.groupby("arm")["lower"].last().tolist() == pytest.approx([1, 1])
    sides = back["n"].to_numpy()[:, None] * np.stack(
        [back["lower"], back["upper"], 1 - back["lower"], 1 - back["upper"]], axis=1
    )
    assert ((sides < 1e-6) | (sides >= 5 - 1e-6)).all()
    for _, rows in back.groupby("arm"):
        assert rows["lower"].is_monotonic_increasing


def test_without_cadss_it_is_said(case):
    forms = case.checked.forms
    bare = Case(
        replace(case.checked, forms=forms[forms["instrument"] != "CADSS"]), case.definitions
    )
    with pytest.raises(ValueError, match="no CADSS score"):
        dissociation.dissociation_course(bare)
    table = harms.harms_table(bare).set_index("estimand")
    assert table.loc["dissociation not back near baseline by 4 h", "method"] == "not recorded"


def test_mediation_is_of_the_peak_and_reproducible(case, difference):
    one, other = (
        dissociation.mediated_by_dissociation(case, window="hours", seed=7, resamples=50)
        for _ in range(2)
    )
    assert one.n == 60
    assert one.rows()[0]["estimate"] == pytest.approx(difference["estimate"])
    pd.testing.assert_frame_equal(one.sensitivity(), other.sensitivity())


def test_residual_effects_start_from_the_same_difference(case, difference):
    table = dissociation.residual_effects(case, window="hours")
    assert table["estimate"][0] == pytest.approx(difference["estimate"])
    assert table["n"].tolist()[::2] == [60, 60]
    assert table["n"][1] < 60


def test_difference_by_baseline_at_points_that_are_nobodys(case):
    table = control.difference_by_baseline(case, window="hours")
    at = table["estimand"].str.extract(r"at baseline (\d+)$")[0].dropna().astype(int)
    assert (at % 2 == 0).all()
    assert list(table) == list(COLUMNS)


def test_strata_of_one_site_are_refused_and_two_are_pooled(case):
    with pytest.raises(ValueError, match="Strata must be known"):
        control.difference_by_stratum(case, window="hours")
    subjects = case.checked.study.subjects
    tiny = with_study(case, subjects=subjects.assign(site=np.where(subjects.index < 4, "a", "b")))
    with pytest.raises(ValueError, match="fewer than 5 people in an arm; merge small ones"):
        control.difference_by_stratum(tiny, window="hours")
    sites = np.where(subjects["subject"] % 2 == 0, "north", "south")
    table = control.difference_by_stratum(
        with_study(case, subjects=subjects.assign(site=sites)), window="hours"
    )
    assert table["contrast"].tolist()[:2] == [
        "ketamine - midazolam, north",
        "ketamine - midazolam, south",
    ]
    assert "difference pooled, random effects" in set(table["estimand"])


def test_external_control_uses_the_treated_arm_alone(case):
    published = pd.DataFrame({"mean_change": [-9.3], "sd_change": [9.9], "n": [13]})
    form = {"window": "day_7", "instrument": "PCL-5", "version": "past-week"}
    table, sentence = control.external_control(case, published, **form)
    people = case.people(*form.values())
    change = people.loc[people["arm"] == "ketamine", "change"]
    assert table["estimate"][1] == pytest.approx(change.mean() + 9.3)
    assert table["n"][1] == len(change)
    assert "no evidence that the infusion caused" in sentence


def test_harms_count_people_by_arm_and_name_what_was_not_recorded(case):
    table = harms.harms_table(case).set_index(["estimand", "contrast"])
    stopped = (case.checked.study.infusions["status"] == "stopped").sum()
    assert table.loc[("infusion stopped early", "ketamine"), "estimate"] * 30 == stopped
    silent = table[table["n"] == 0].reset_index()
    assert set(silent["method"]) == {"not recorded"}
    assert "blood pressure outside its limits" in set(silent["estimand"])
    few = harms.harms_table(case, at_least=31)
    assert set(few["method"]) == {"not recorded", "recorded for too few people to show"}
    worse = table.loc["worse by 18 points or more"]
    people = case.people("day_7", "PCL-5", "past-week")
    shares = people.groupby("arm")["change"].agg(lambda change: (change >= 18).mean())
    assert worse.loc["ketamine", "estimate"] == shares["ketamine"]
    assert worse.loc["midazolam", "n"] == (people["arm"] == "midazolam").sum()


def test_an_infusion_of_the_other_treatment_is_no_harm_of_the_arm(case):
    """Everyone on midazolam is given ketamine later, and it is stopped."""
    infusions = case.checked.study.infusions
    second = infusions[infusions["agent"] == "midazolam"].assign(
        infusion=2, agent="ketamine", status="stopped"
    )
    crossed = with_study(case, infusions=pd.concat([infusions, second], ignore_index=True))
    rows = harms.harms_table(crossed).set_index(["estimand", "contrast"])["estimate"]
    assert rows["infusion stopped early", "midazolam"] == 0


def asked_of_everyone(case: Case, *, withdrawn: bool = False) -> pd.DataFrame:
    """Harms where everyone was asked the C-SSRS at 24 h: level 5 in one person on ketamine."""
    read = case.checked.read
    subjects = read.subjects["subject"].to_numpy()
    forms = read.assessments.drop_duplicates("subject").set_index("subject").loc[subjects]
    first = subjects[(case.arms.loc[subjects] == "ketamine").to_numpy()][0]
    asked = forms.reset_index().assign(
        form=np.arange(len(subjects)) + 100_000,
        instrument="C-SSRS",
        hours_low=24.0,
        hours_high=24.0,
        stated_total=np.where(subjects == first, 5, 0),
    )
    assessments = pd.concat([read.assessments, asked], ignore_index=True)
    events = pd.DataFrame(
        {"subject": [first], "event": "consent-withdrawn", "hours_low": 2.0, "hours_high": 2.0}
    )
    changes = {"assessments": assessments} | ({"events": events} if withdrawn else {})
    changed = replace(case.checked, read=replace(read, **changes))
    rows = harms.harms_table(Case(changed, case.definitions))
    rows = rows[rows["estimand"] == "suicidal intent or behaviour after the infusion"]
    return rows.set_index("contrast")


def test_a_suicidal_event_after_the_infusion_counts(case):
    rows = asked_of_everyone(case)
    assert rows.loc["ketamine", "estimate"] == pytest.approx(1 / 30)
    assert rows.loc["midazolam", "ci_high"] == pytest.approx(1 - 0.025 ** (1 / 30))


def test_what_was_said_after_consent_was_withdrawn_is_not_used(case):
    rows = asked_of_everyone(case, withdrawn=True)
    assert (rows.loc["ketamine", "estimate"], rows.loc["ketamine", "n"]) == (0, 29)


def test_a_study_without_a_comparator_is_refused(case):
    design = replace(case.design, comparator_arm=None)
    with pytest.raises(ValueError, match="no comparator"):
        expectancy.primary_difference(with_study(case, design=design), window="hours")
