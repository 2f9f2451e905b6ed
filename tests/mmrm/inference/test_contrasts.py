"""Contrasts: signs, degrees of freedom, one row or several."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.mmrm import MMRM
from tests.mmrm.conftest import trial
from tests.mmrm.fits import fit


def test_differences_are_level_minus_reference(result: MMRM) -> None:
    means = result.lsmeans("arm", by="visit").pivot(index="visit", columns="arm", values="estimate")
    table = result.differences("arm", by="visit", reference="drug")
    assert set(table["contrast"]) == {"control - drug"}
    expected = (means["control"] - means["drug"])[list(table["visit"])]
    np.testing.assert_allclose(table["estimate"], expected, rtol=1e-9)
    with pytest.raises(ValueError, match="no level 'placebo' to be the reference"):
        result.differences("arm", reference="placebo")


def test_intervals_and_tests_use_the_same_df(result: MMRM) -> None:
    from scipy import stats

    table = result.differences("arm", by="visit", level=0.9)
    half = stats.t.ppf(0.95, table["df"]) * table["se"]
    np.testing.assert_allclose(table["ci_high"] - table["estimate"], half, rtol=1e-10)
    p = 2 * stats.t.sf(np.abs(table["estimate"] / table["se"]), table["df"])
    np.testing.assert_allclose(table["p_value"], p, rtol=1e-10)


@pytest.mark.parametrize("df", ["kenward-roger", "satterthwaite", "between-within", "residual"])
def test_f_of_one_contrast_is_the_square_of_t(df: str) -> None:
    result = fit(trial(30, 3, seed=21), df=df)
    for name in result.params.index:
        row, test = result.contrast({name: 1.0}), result.wald({name: 1.0})
        np.testing.assert_allclose(test["f"], row["t"] ** 2, rtol=1e-9)
        np.testing.assert_allclose(test["df2"], row["df"], rtol=1e-9)
        np.testing.assert_allclose(test["p_value"], row["p_value"], rtol=1e-7)


def test_redundant_contrasts_count_once(result: MMRM) -> None:
    names = [name for name in result.params.index if "arm" in name]
    once = result.wald([{name: 1.0} for name in names])
    twice = result.wald([{name: 1.0} for name in [*names, *names]])
    np.testing.assert_allclose(once, twice, rtol=1e-8)


@pytest.mark.parametrize(("f", "df1"), [(0.0, 2.0), (3.0, 2.0), (1.4, 5.0)])
def test_an_f_with_endless_denominator_df_is_a_chi_squared_over_its_df(f, df1):
    from scipy import stats

    from analysis.mmrm.inference.contrasts import f_tail

    assert f_tail(f, df1, np.inf) == pytest.approx(stats.chi2.sf(df1 * f, df1), rel=1e-12)
    assert f_tail(f, df1, 1e9) == pytest.approx(f_tail(f, df1, np.inf), rel=1e-6)
    assert f_tail(f, df1, 17.0) == pytest.approx(stats.f.sf(f, df1, 17.0), rel=1e-12)
