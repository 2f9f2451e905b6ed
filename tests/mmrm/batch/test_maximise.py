"""Newton steps of many trials at once."""

from __future__ import annotations

import numpy as np

from analysis.mmrm import prepare
from analysis.mmrm.batch.likelihood import Likelihoods
from analysis.mmrm.batch.maximise import (
    highest_of_all,
    maximise_all,
    start,
    well_conditioned,
)
from analysis.mmrm.batch.stack import stack_trials
from analysis.mmrm.batch.sums import batches
from analysis.mmrm.design.table import read_table
from analysis.mmrm.fit.covariance import Covariance
from tests.mmrm.batch.designs import FREE, ROLES, TrialDesign, random_trials


def likelihoods_of(design: TrialDesign, count: int, kind: str = "us") -> Likelihoods:
    data = random_trials(design, count, 6)
    data["subject"] = data["trial"].astype(str) + data["subject"]
    spec = prepare(FREE, data, **ROLES)
    table = read_table(data, spec.template.roles)
    trial = data["trial"].to_numpy()[table.rows]
    (batch,) = batches(stack_trials(spec.template, table, trial, count))
    return Likelihoods(batch, Covariance(kind, design.k, ["1", "2", "3", "4"]).basis, True)


def test_complete_outcomes_start_at_the_maximum():
    likelihoods = likelihoods_of(TrialDesign(30, 3), 4)
    theta = start(likelihoods)
    slopes = likelihoods.derivatives(likelihoods.at(theta))
    step = np.linalg.solve(slopes.observed, slopes.gradient[..., None])[..., 0]
    assert np.sqrt((slopes.gradient * step).sum(axis=1)).max() < 1e-9


def test_an_em_step_never_lowers_the_likelihood():
    likelihoods = likelihoods_of(TrialDesign(60, 4, "much"), 20)
    states = likelihoods.at(start(likelihoods))
    for _ in range(5):
        later = likelihoods.at(likelihoods.expected_step(states))
        assert (later.loglik > states.loglik).all()
        states = later


def test_at_a_maximum_the_gradient_vanishes_and_no_step_is_higher():
    likelihoods = likelihoods_of(TrialDesign(60, 4, "some"), 20)
    optima = maximise_all(likelihoods)
    assert sorted(optima.places) == list(range(20))
    some = likelihoods.take(optima.places)
    scale = np.sqrt(np.diagonal(optima.theta_cov, axis1=1, axis2=2))
    assert np.abs(optima.slopes.gradient * scale).max() < 1e-8
    rng = np.random.default_rng(1)
    for _ in range(5):
        other = optima.states.theta + scale * rng.normal(0, 0.3, scale.shape)
        assert (some.at(other).loglik < optima.states.loglik).all()


def test_with_few_subjects_the_highest_of_three_climbs_is_taken():
    likelihoods = likelihoods_of(TrialDesign(16, 3, "some"), 20)
    once, highest = maximise_all(likelihoods), highest_of_all(likelihoods)
    logliks = np.full((2, 20), -np.inf)
    for row, optima in zip(logliks, (once, highest), strict=True):
        row[optima.places] = optima.states.loglik
    both = np.isfinite(logliks).all(axis=0)
    assert both.sum() > 10
    assert (logliks[1, both] >= logliks[0, both] - 1e-9).all()


def test_a_covariance_near_the_border_is_not_taken():
    matrices = np.array([[[[4.0, 2.0], [2.0, 4.0]]], [[[4.0, 3.999], [3.999, 4.0]]]])
    assert well_conditioned(matrices).tolist() == [True, False]


def test_a_hard_trial_does_not_hold_up_the_others():
    likelihoods = likelihoods_of(TrialDesign(20, 4, "much"), 30)
    optima = maximise_all(likelihoods)
    assert 0 < len(optima.places) < 30
    assert np.isfinite(optima.states.loglik).all()
