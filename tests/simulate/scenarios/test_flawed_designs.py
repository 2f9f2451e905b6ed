"""Studies that are flawed in how they were done or reported hold the bias that they state."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from analysis import simulate
from analysis.checks import check
from analysis.readers.assemble import read_study
from analysis.simulate import BASE, NO_EFFECT
from analysis.simulate.scenarios.entries import BOUND, NOTHING_TELLS
from analysis.simulate.scenarios.flawed_designs import FLAWED
from tests.length import trials

COUNT = trials(short=45, long=600)
# SD of baseline of people who were not let in by the form itself, points.
REFERENCE = 7.1


def drawn(world, n, count, seed=100):
    return simulate.trials(world, n, [np.random.default_rng(seed + i) for i in range(count)])


def hours(trial):
    """The mean within hours of those who have one."""
    scores = trial.totals[:, :-3]
    there = np.isfinite(scores)
    total = np.where(there, scores, 0.0).sum(axis=1)
    count = there.sum(axis=1)
    return np.divide(total, count, out=np.full(len(count), np.nan), where=count > 0)


def benefit(trial, unit=None):
    """What an analysis of covariance finds for ketamine, in SD of baseline."""
    score, baseline = hours(trial), trial.baseline
    own = np.isfinite(score) & np.isfinite(baseline)
    known = [trial.treated, np.ones(len(own)), baseline]
    if np.isfinite(trial.week_before).all():
        known.append(trial.week_before)
    found = np.linalg.lstsq(np.column_stack(known)[own].astype(float), score[own], rcond=None)[0]
    sd = np.sqrt(np.mean([np.nanvar(baseline[arm]) for arm in (trial.treated, ~trial.treated)]))
    return -found[0] / (unit or sd)


@pytest.mark.parametrize("name", FLAWED)
def test_the_sum_of_the_biases_is_what_the_world_says(name):
    # A single blank item, and an end that chance brings, would only add noise.
    world = replace(BASE.of(simulate.world(name)), blank=0.0, stops_early=False)
    # The choice of a form does the more, the fewer people there are.
    n, count = (30, trials(short=90, long=1200)) if name == "best-of-three" else (60, COUNT)
    unit = REFERENCE if name == "narrow-entry" else None
    found = np.array([benefit(one, unit) for one in drawn(world, n, count)])
    error = found.std(ddof=1) / np.sqrt(len(found))
    assert found.mean() == pytest.approx(FLAWED[name].bias, abs=3.5 * error + 0.02)


def test_every_world_says_what_answers_it():
    gates = {"time", "comparator", "robustness"}
    for one in FLAWED.values():
        assert one.no_effect
        assert one.stopped_by in {"", *gates}
        assert one.line.count(f"{one.bias:.2f} SD in all") == 1
        beyond = one.bias > BOUND and not one.stopped_by
        assert one.line.endswith(NOTHING_TELLS + ".") == beyond


def test_arms_are_rated_at_other_hours():
    for name, minutes in (("other-clock", 60), ("other-clock-25", 25)):
        one = drawn(simulate.world(name), 400, 1)[0]
        since = one.hours_since_end[:, :2]
        late = np.median(since[~one.treated], axis=0) - np.median(since[one.treated], axis=0)
        np.testing.assert_allclose(late, minutes / 60, atol=0.1)
        assert ((since >= 2) & (since < 6)).all()


def test_who_is_given_ketamine_goes_by_illness_by_calendar_or_by_site():
    ill, calendar, site = (
        drawn(simulate.world(name), 30, 40) for name in ("by-illness", "by-calendar", "by-site")
    )
    apart = [np.nanmean(t.baseline[~t.treated]) - np.nanmean(t.baseline[t.treated]) for t in ill]
    assert np.mean(apart) / REFERENCE == pytest.approx(0.8, abs=0.15)
    for one in calendar:
        assert one.treated.tolist() == [False] * 30 + [True] * 30
    for one in site:
        assert one.treated.sum() == 30
        np.testing.assert_array_equal(one.site == 0, one.treated)


def test_what_is_declared_is_declared_in_the_arrays_too():
    declared = {name: drawn(simulate.world(name), 10, 1)[0].declared for name in FLAWED}
    assert not declared["by-calendar"].concurrent
    assert declared["by-calendar-untold"].concurrent
    assert not declared["not-by-chance"].randomised
    assert declared["by-illness"].randomised
    assert (declared["looks"].looks, declared["looks"].look_level) == (2, 0.0147)
    assert (declared["peeking"].looks, declared["peeking"].look_level) == (1, 0.025)
    planned = {"ketamine": 10, "midazolam": 20}
    assert declared["wide-small-ketamine"].planned_per_arm == planned


def test_narrow_entry_narrows_the_form_it_goes_by():
    one = drawn(replace(simulate.world("narrow-entry"), blank=0.0), 300, 1)[0]
    other_day, before = one.baseline_forms.T
    assert ((other_day >= 28) & (other_day <= 34)).all()
    assert before.std() > 2 * other_day.std()
    assert np.std(one.baseline) < 0.75 * REFERENCE


def test_a_dip_is_gone_at_the_last_visit_within_hours():
    same = [drawn(replace(simulate.world(name), blank=0.0, missed=0.0), 200, 4)
            for name in ("dip-measured", "null")]  # fmt: skip
    moved = [one.totals - other.totals for one, other in zip(*same, strict=True)]
    treated = np.concatenate([one.treated for one in same[0]])
    moved = np.concatenate(moved)
    assert np.nanmean(moved[treated, 0]) < -8
    assert abs(np.nanmean(moved[treated, 1])) < 0.5
    assert not np.nan_to_num(moved[~treated]).any()
    assert drawn(simulate.world("dip"), 10, 1)[0].cadss_rise.shape == (20, 0)


def test_the_best_of_several_forms_is_better_than_one():
    world = simulate.world("best-of-three")
    best, one = (
        np.mean([benefit(trial) for trial in drawn(replace(world, instruments_tried=k), 30, 100)])
        for k in (3, 1)
    )
    assert best > one + 0.03


def test_a_trial_that_shows_enough_at_the_first_look_ends_there():
    several = drawn(replace(simulate.world("looks"), belief=-60.0), 30, 25)
    early = [one for one in several if len(one.treated) == 30]
    assert 3 < len(early) < 25
    assert {len(one.treated) for one in several} == {30, 60}
    for one in several:
        assert bool(one.declared.enrolment_reason) == (len(one.treated) == 30)
        assert one.declared.planned_per_arm == {"ketamine": 30, "midazolam": 30}
    assert all(benefit(one) > 0.5 for one in early)
    peeked = drawn(replace(simulate.world("peeking"), belief=-60.0), 30, 10)
    assert not any(one.declared.enrolment_reason for one in peeked)
    assert min(len(one.treated) for one in peeked) == 30


def test_everybody_entered_twice_stands_there_twice():
    for one in drawn(simulate.world("entered-twice"), 16, 3):
        assert one.groups["entered twice"].all()
        rows = np.column_stack([one.treated, one.baseline_forms, one.totals, one.hours_since_end])
        _, counts = np.unique(np.nan_to_num(rows, nan=-1.0), axis=0, return_counts=True)
        assert (counts == 2).all()
        assert one.treated.sum() == 16
    assert not drawn(NO_EFFECT, 16, 1)[0].groups["entered twice"].any()


@pytest.mark.parametrize("name", ["looks", "by-calendar", "not-by-chance", "dip"])
def test_a_written_study_declares_what_the_arrays_do(tmp_path, name):
    world = replace(simulate.world(name), belief=-60.0) if name == "looks" else simulate.world(name)
    told = simulate.trial(world, 30, 8).declared
    study = check(read_study(simulate.write_study(world, 30, 8, tmp_path))).study
    design = study.design
    assert (design.randomised, design.concurrent) == (told.randomised, told.concurrent)
    assert (design.looks, design.planned_per_arm) == (told.looks, told.planned_per_arm)
    assert (design.look_level or 0.025) == told.look_level
    assert (design.enrolment_reason or "") == told.enrolment_reason


@pytest.mark.parametrize("against", [0.15, 0.30])
@pytest.mark.parametrize("effect", [0.50, 0.75])
def test_hope_against_ketamine_takes_from_the_effect(effect, against):
    world = simulate.world(f"effect-{effect:.2f}-against-{against:.2f}")
    found = [benefit(one) for one in drawn(replace(world, blank=0.0), 60, COUNT)]
    error = np.std(found, ddof=1) / np.sqrt(len(found))
    assert np.mean(found) == pytest.approx(effect - against, abs=3.5 * error + 0.02)
    assert simulate.entry(f"effect-{effect:.2f}-against-{against:.2f}").drug == effect
    assert simulate.entry(f"against-{against:.2f}").bias == -against
