"""The likelihood of many trials, against that of each."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from analysis.mmrm import prepare
from analysis.mmrm.batch.likelihood import Likelihoods
from analysis.mmrm.batch.stack import stack_trials
from analysis.mmrm.batch.sums import batches
from analysis.mmrm.design.table import read_table
from analysis.mmrm.fit.covariance import Covariance
from tests.mmrm.batch.designs import FREE, ROLES, TrialDesign, random_trials

COUNT = 3


@pytest.fixture(
    scope="module",
    params=[(FREE, None, True), (FREE, "arm", True), ("y ~ baseline + arm * visit", None, False)],
    ids=["free means", "by group", "common slope, ML"],
)
def both(request):
    """Likelihoods of a batch, and the likelihood of each of its trials by itself."""
    formula, group, reml = request.param
    data = random_trials(TrialDesign(60, 3, "some"), COUNT, 5)
    data["subject"] = data["trial"].astype(str) + data["subject"]
    method = {"method": "reml" if reml else "ml", "df": "satterthwaite"}
    spec = prepare(formula, data, **ROLES, group=group, **method)
    table = read_table(data, spec.template.roles)
    trial = data["trial"].to_numpy()[table.rows]
    (batch,) = batches(stack_trials(spec.template, table, trial, COUNT))
    structure = Covariance("us", 3, ["1", "2", "3"], spec.template.levels.groups)
    singles = []
    for number in batch.trials:
        fit = spec.fit(data[data["trial"] == number])
        singles.append(replace(fit._optimum.likelihood, covariance=structure))
    return Likelihoods(batch, structure.basis, reml), singles


def thetas(likelihoods: Likelihoods) -> np.ndarray:
    """Covariances near those of the trials, another for each trial and group."""
    rng = np.random.default_rng(4)
    shape = COUNT, likelihoods.batch.w.shape[1], 3, 3
    noise = rng.normal(size=shape)
    matrices = 60 * np.eye(3) + 40 + 5 * (noise + noise.swapaxes(2, 3))
    rows, columns = np.tril_indices(3)
    return matrices[..., rows, columns].reshape(COUNT, -1)


def test_log_likelihood_and_estimates_are_those_of_each(both):
    likelihoods, singles = both
    states = likelihoods.at(thetas(likelihoods))
    batch = likelihoods.batch
    gamma = np.einsum("tpr,tr->tp", batch.transform, states.gamma + batch.offset)
    for place, single in enumerate(singles):
        state = single.at(states.theta[place])
        np.testing.assert_allclose(states.loglik[place], state.loglik, rtol=1e-12)
        own = single.moments.basis.coefficients(state.gamma)
        np.testing.assert_allclose(gamma[place], own, rtol=1e-9, atol=1e-9)


def test_gradient_and_information_are_those_of_each(both):
    likelihoods, singles = both
    states = likelihoods.at(thetas(likelihoods))
    slopes = likelihoods.derivatives(states)
    for place, single in enumerate(singles):
        own = single.derivatives(single.at(states.theta[place]))
        for name in ("gradient", "observed", "expected", "average"):
            ours, theirs = getattr(slopes, name)[place], getattr(own, name)
            np.testing.assert_allclose(ours, theirs, rtol=1e-8, atol=1e-9 * np.abs(theirs).max())


def test_a_covariance_that_is_not_definite_has_no_likelihood(both):
    likelihoods, _ = both
    theta = thetas(likelihoods)
    theta[1, 0] = -1.0
    assert np.isneginf(likelihoods.at(theta).loglik).tolist() == [False, True, False]


def test_a_covariance_so_small_that_numbers_overflow_is_refused_without_a_word(both):
    likelihoods, _ = both
    tiny = 1e-307 * thetas(likelihoods)
    assert (likelihoods.at(tiny).loglik == -np.inf).all()
