"""Data in chunks give the numbers of the data in one piece."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from analysis.mmrm import MMRM, mmrm
from tests.mmrm.conftest import trial

FORMULA = "y ~ baseline * visit + arm * visit"


def fit(data: Any, formula: str = FORMULA, **options: Any) -> MMRM:
    return mmrm(formula, data, subject="subject", visit="visit", **options)


def data() -> pd.DataFrame:
    table = trial(60, 4, seed=50)
    return table.assign(w=np.random.default_rng(0).uniform(0.5, 2, len(table)))


def chunks(table: pd.DataFrame, rows: int) -> list[pd.DataFrame]:
    return [table.iloc[i : i + rows] for i in range(0, len(table), rows)]


def agree(one: MMRM, two: MMRM) -> None:
    assert one.loglik == pytest.approx(two.loglik, rel=1e-11)
    np.testing.assert_allclose(one.coefficients(), two.coefficients(), rtol=1e-6, atol=1e-9)
    for options in ({}, {"weights": "proportional"}, {"covariates": "subjects"}):
        a, b = one.lsmeans("arm", **options), two.lsmeans("arm", **options)
        np.testing.assert_allclose(a["estimate"], b["estimate"], rtol=1e-9)
    assert (one.n_obs, one.n_excluded, one.n_subjects) == (
        two.n_obs,
        two.n_excluded,
        two.n_subjects,
    )


@pytest.mark.parametrize("rows", [10, 101, 1000])
def test_any_size_of_chunk(rows: int) -> None:
    agree(fit(data()), fit(chunks(data(), rows)))


@pytest.mark.parametrize(
    "options",
    [{"group": "arm"}, {"weights": "w"}, {"covariance": "cs"}, {"df": "between-within"}],
    ids=str,
)
def test_options(options: dict[str, Any]) -> None:
    agree(fit(data(), **options), fit(chunks(data(), 50), **options))


def test_a_column_that_is_constant_in_the_first_chunk_only() -> None:
    table = data().sort_values("arm", kind="stable")
    agree(fit(table), fit(chunks(table, 40)))


def test_a_function_that_reads_again() -> None:
    agree(fit(data()), fit(lambda: iter(chunks(data(), 90))))


@pytest.mark.parametrize(
    "use",
    [
        lambda r: r.residuals(),
        lambda r: r.predict(),
        lambda r: r.jackknife(),
        lambda r: r.bootstrap(2, np.random.default_rng(0)),
        lambda r: r.simulate(2, np.random.default_rng(0)),
    ],
)
def test_what_needs_rows_is_refused(use: Any) -> None:
    result = fit(chunks(data(), 90))
    with pytest.raises(ValueError, match="needs the rows, which a fit to chunks lets go"):
        use(result)
    assert len(result.predict(data())) == 240
