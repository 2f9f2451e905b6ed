"""Predictions, residuals and simulated outcomes of a fit."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analysis.mmrm import MMRM
from tests.mmrm.conftest import trial
from tests.mmrm.fits import fit


def test_splines_are_predicted_with_the_knots_of_the_fit() -> None:
    data = trial(60, 3, seed=24)
    result = fit(data, "y ~ bs(baseline, df=4) + arm * visit")
    means = result.lsmeans("arm", by="visit")
    new = means[["arm", "visit"]].assign(baseline=data.dropna()["baseline"].mean())
    np.testing.assert_allclose(means["estimate"], result.predict(new), rtol=1e-10)


def test_residuals(result: MMRM) -> None:
    data = trial(40, 4, seed=20)
    response = result.residuals()
    assert list(response.index) == list(np.flatnonzero(data["y"].notna()))
    fitted = result.predict(data.dropna())
    np.testing.assert_allclose(response, data["y"].dropna() - fitted, atol=1e-9)
    sd = np.sqrt(np.diag(result.covariance))[
        [list(result.covariance.index).index(v) for v in data.dropna()["visit"]]
    ]
    np.testing.assert_allclose(result.residuals("pearson"), response / sd, rtol=1e-9)
    white = result.residuals("normalized")
    assert white.pow(2).mean() == pytest.approx(1, abs=0.15)
    # The first visit of a subject has no earlier one to condition on.
    first = ~data.dropna()["subject"].duplicated().to_numpy()
    np.testing.assert_allclose(white[first], result.residuals("pearson")[first], rtol=1e-9)


def test_residuals_and_predictions_keep_the_index_of_the_data(result: MMRM) -> None:
    data = trial(40, 4, seed=20)
    names = pd.Index([f"row {i}" for i in range(len(data))], name="form")
    shuffled = data.set_index(names).sample(frac=1, random_state=3)
    again = fit(shuffled)
    seen = shuffled["y"].dropna()
    for values in (again.predict(), again.residuals(), again.residuals("normalized")):
        assert list(values.index) == list(seen.index)
        assert values.index.name == "form"
    # So that arithmetic with a column of the data puts each value with its own row.
    np.testing.assert_allclose(seen - again.predict(), again.residuals(), atol=1e-12)
    np.testing.assert_allclose(again.predict(shuffled)[seen.index], again.predict(), rtol=1e-12)
    ours = again.residuals().sort_index(key=lambda labels: labels.str[4:].astype(int))
    np.testing.assert_allclose(ours, result.residuals(), atol=1e-8)


def test_simulated_outcomes_have_the_fitted_mean_and_covariance() -> None:
    data = trial(30, 3, missing=0, seed=25)
    result = fit(data, "y ~ arm * visit")
    draws = result.simulate(4000, np.random.default_rng(0)).reshape(4000, 30, 3)
    np.testing.assert_allclose(
        draws.mean(axis=0).ravel(), result.predict(data), atol=6 * 2.5 / np.sqrt(4000)
    )
    centred = draws - draws.mean(axis=0)
    sample = np.einsum("sia,sib->ab", centred, centred) / centred[:, :, 0].size
    np.testing.assert_allclose(sample, result.covariance, rtol=0.05, atol=0.03)


def test_seeds_and_generators_draw_alike(result: MMRM) -> None:
    one, two = (result.simulate(3, rng) for rng in (7, np.random.default_rng(7)))
    np.testing.assert_array_equal(one, two)
    pd.testing.assert_frame_equal(
        result.bootstrap(3, 7), result.bootstrap(3, np.random.default_rng(7))
    )
