"""Any world can be drawn at any design, and its written study is that trial."""

from __future__ import annotations

from dataclasses import replace
from itertools import cycle

import numpy as np
import pandas as pd
import pytest

from analysis import simulate
from analysis.checks import check
from analysis.readers.assemble import read_study
from analysis.simulate import BASE, Design

SEEDS = range(8)
DESIGNS = {
    "base": BASE,
    "one visit, 1:2": Design(15, 0.10, 1, (1, 2)),
    "three visits, 2:1": Design(15, 0.05, 3, (2, 1)),
    "wider": Design(15, 0.15, 2, (1, 1), 2.0),
    "no covariate": Design(15, 0.30, 2, (1, 1), 1.0, covariate=False),
}
WORLDS = ("informative-dropout", "sites")


def drawn(name, design, seeds=SEEDS):
    """Trials without blank items: what becomes of a form with one is not for this room."""
    world = replace(design.of(simulate.world(name)), blank=0.0)
    generators = [np.random.default_rng(seed) for seed in seeds]
    return simulate.trials(world, design.n_per_arm, generators)


def joined(several, *parts):
    """What each function gives of each trial, one under the other."""
    return [np.concatenate([part(trial) for trial in several]) for part in parts]


def mean_within_hours(trial):
    hours = trial.totals[:, : trial.totals.shape[1] - 3]
    there = np.isfinite(hours)
    count = there.sum(axis=1)
    total = np.where(there, hours, 0.0).sum(axis=1)
    return np.divide(total, count, out=np.full(len(count), np.nan), where=count > 0)


def residuals(several):
    """What baseline leaves open of the mean within hours, for ketamine and the comparator."""
    treated, baseline, mean = joined(
        several, lambda one: one.treated, lambda one: one.baseline, mean_within_hours
    )
    found = []
    for arm in (treated, ~treated):
        own = arm & np.isfinite(mean)
        line = np.polyfit(baseline[own], mean[own], 1)
        found.append(np.std(mean[own] - np.polyval(line, baseline[own])))
    return found


@pytest.mark.parametrize("allocation", [(1, 1), (1, 2), (2, 1)])
def test_arms_are_as_large_as_the_design_says(allocation):
    for trial in drawn("null", Design(7, allocation=allocation)):
        assert (trial.treated.sum(), (~trial.treated).sum()) == (
            7 * allocation[0],
            7 * allocation[1],
        )


@pytest.mark.parametrize("visits", [1, 2, 3])
@pytest.mark.parametrize("loss", [0.02, 0.05, 0.10, 0.15, 0.30])
@pytest.mark.parametrize("world", ["null", "informative-dropout"])
def test_as_many_have_no_score_within_hours_as_the_design_says(world, loss, visits):
    for trial in drawn(world, Design(30, loss, visits)):
        hours = trial.hours_since_end
        inside = (hours >= 2) & (hours < 6)
        assert (inside.sum(axis=1) == visits).all()
        lost = np.isnan(mean_within_hours(trial))
        # Single forms of those with several visits are lost too, seldom all of a person.
        most = int(60 * loss + 1e-9)
        assert most <= lost.sum() <= most + (visits > 1)
        assert np.isnan(trial.totals[lost]).all(axis=1).sum() >= most


def test_loss_goes_by_the_score_that_nobody_sees_where_the_world_says_so():
    gaps = {}
    for name in ("null", "informative-dropout"):
        seen, whole = (drawn(name, Design(500, loss), range(6)) for loss in (0.15, 0.0))
        (lost,) = joined(seen, lambda one: np.isnan(mean_within_hours(one)))
        # The same seed is the same people, since what is lost is drawn last.
        rise, treated = joined(
            whole, lambda one: one.totals[:, 0] - one.baseline, lambda one: one.treated
        )
        gaps[name] = [
            np.nanmean(rise[arm & lost]) - np.nanmean(rise[arm & ~lost])
            for arm in (treated, ~treated)
        ]
    # About 450 people of an arm are lost, and change has an SD of 7.5 points.
    assert max(map(abs, gaps["null"])) < 4 * 7.5 / np.sqrt(450)
    assert gaps["informative-dropout"][0] > gaps["informative-dropout"][1] + 1
    assert gaps["informative-dropout"][1] > 1


@pytest.mark.parametrize(("allocation", "wider"), [((1, 1), 0), ((1, 2), 0), ((2, 1), 1)], ids=str)
def test_the_smaller_arm_spreads_twice_as_wide(allocation, wider):
    design = Design(1000, allocation=allocation, sd_ratio=2.0)
    sds = residuals(drawn("null", design, range(4)))
    assert sds[wider] / sds[1 - wider] == pytest.approx(2, abs=0.08)
    alike = residuals(drawn("null", Design(1000, allocation=allocation), range(4)))
    assert alike[0] / alike[1] == pytest.approx(1, abs=0.04)


@pytest.mark.parametrize("ratio", [1.0, 2.0])
def test_no_design_moves_the_arms_apart(ratio):
    gaps = []
    for trial in drawn("null", Design(500, 0.0, sd_ratio=ratio), range(12)):
        change = mean_within_hours(trial) - trial.baseline
        gaps.append(np.nanmean(change[trial.treated]) - np.nanmean(change[~trial.treated]))
    assert abs(np.mean(gaps)) < 4 * np.std(gaps, ddof=1) / np.sqrt(len(gaps))


def test_the_past_week_form_before_tells_of_the_score_within_hours():
    week, baseline, score = joined(
        drawn("null", BASE, range(40)),
        lambda one: one.week_before, lambda one: one.baseline, lambda one: one.totals[:, 0],
    )  # fmt: skip
    table = pd.DataFrame({"week": week, "baseline": baseline, "score": score})
    assert table["week"].between(0, 80).all()
    related = table.corr()
    assert 0.5 < related.loc["week", "score"] < 0.65
    assert 0.6 < related.loc["week", "baseline"] < 0.8
    for trial in drawn("null", Design(covariate=False), range(2)):
        assert np.isnan(trial.week_before).all()


@pytest.mark.parametrize(
    ("name", "design"), list(zip(cycle(WORLDS), DESIGNS.values(), strict=False)), ids=DESIGNS
)
def test_a_written_study_holds_the_trial_that_is_drawn_as_arrays(tmp_path, name, design):
    world, n = replace(design.of(simulate.world(name)), blank=0.0), design.n_per_arm
    trial = simulate.trial(world, n, 3)
    checked = check(read_study(simulate.write_study(world, n, 3, tmp_path)))
    treated = trial.treated.sum(), (~trial.treated).sum()
    planned = checked.study.design.planned_per_arm
    assert planned == dict(zip(("ketamine", "midazolam"), treated, strict=True))
    assert (checked.study.subjects["arm"] == "ketamine").sum() == treated[0]
    forms = checked.forms
    now = forms[(forms["instrument"] == "PCL-5-now") & (forms["phase"] != "before")]
    shown = sorted(zip(now["since_end_low"].round(3), now["total"], strict=True))
    found = np.isfinite(trial.totals)
    own = sorted(zip(trial.hours_since_end[found].round(3), trial.totals[found], strict=True))
    np.testing.assert_allclose(own, shown, atol=2e-3)
    week = forms[(forms["instrument"] == "PCL-5") & (forms["phase"] == "before")]
    assert sorted(week["total"]) == sorted(trial.week_before[np.isfinite(trial.week_before)])


def test_a_design_that_there_is_none_of_is_refused():
    with pytest.raises(ValueError, match="1, 2 or 3"):
        Design(visits=4).of(simulate.NO_EFFECT)
    with pytest.raises(ValueError, match="ratio of SDs 1 or 2"):
        Design(sd_ratio=3.0).of(simulate.NO_EFFECT)
