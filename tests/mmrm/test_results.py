from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from analysis.mmrm import MMRM, mmrm
from tests.mmrm.conftest import trial

COLUMNS = ["estimate", "se", "df", "ci_low", "ci_high", "t", "p_value"]


def fit(data: pd.DataFrame, formula: str = "y ~ baseline * visit + arm * visit", **options: Any):
    return mmrm(formula, data, subject="subject", visit="visit", **options)


@pytest.fixture(scope="module")
def result() -> MMRM:
    return fit(trial(40, 4, seed=20))


def test_visits_are_in_natural_order(result: MMRM) -> None:
    assert list(result.covariance.index) == ["VIS8", "VIS9", "VIS10", "VIS11"]
    assert list(result.lsmeans("visit")["visit"]) == ["VIS8", "VIS9", "VIS10", "VIS11"]


def test_visits_are_in_declared_order() -> None:
    data = trial()
    order = ["VIS11", "VIS8", "VIS9", "VIS10"]
    data["visit"] = pd.Categorical(data["visit"], categories=order, ordered=True)
    assert list(fit(data).covariance.columns) == order


def test_numeric_visits_are_a_factor() -> None:
    data = trial()
    data["visit"] = data["visit"].str[3:].astype(int)
    one, two = fit(data, "y ~ arm * visit"), fit(trial(), "y ~ arm * visit")
    assert one.loglik == pytest.approx(two.loglik, rel=1e-12)


def test_tables_have_the_declared_columns(result: MMRM) -> None:
    assert list(result.lsmeans("arm", by="visit")) == ["arm", "visit", *COLUMNS]
    assert list(result.differences("arm", by="visit")) == ["visit", "contrast", *COLUMNS]
    assert list(result.differences("arm")) == ["contrast", *COLUMNS]
    assert list(result.contrast({"baseline": 1.0}).index) == COLUMNS
    assert list(result.wald({"baseline": 1.0}).index) == ["f", "df1", "df2", "p_value"]
    assert list(result.bse.index) == list(result.params.index) == list(result.vcov.columns)


def test_ls_means_are_predictions_at_the_mean_covariate(result: MMRM) -> None:
    used = trial(40, 4, seed=20).dropna()
    means = result.lsmeans("arm", by="visit")
    new = means[["arm", "visit"]].assign(baseline=used["baseline"].mean())
    np.testing.assert_allclose(means["estimate"], result.predict(new), rtol=1e-10)
    by_subject = used.groupby("subject")["baseline"].first().mean()
    means = result.lsmeans("arm", by="visit", covariates="subjects")
    np.testing.assert_allclose(
        means["estimate"], result.predict(new.assign(baseline=by_subject)), rtol=1e-10
    )
    means = result.lsmeans("arm", by="visit", at={"baseline": 25})
    np.testing.assert_allclose(
        means["estimate"], result.predict(new.assign(baseline=25.0)), rtol=1e-10
    )


def test_equal_and_proportional_weights(result: MMRM) -> None:
    used = trial(40, 4, seed=20).dropna()
    cells = result.lsmeans("arm", by="visit").pivot(index="arm", columns="visit", values="estimate")
    equal = result.lsmeans("arm").set_index("arm")["estimate"]
    np.testing.assert_allclose(equal, cells.mean(axis=1), rtol=1e-10)
    share = used["visit"].value_counts(normalize=True)[cells.columns]
    proportional = result.lsmeans("arm", weights="proportional").set_index("arm")["estimate"]
    np.testing.assert_allclose(proportional, cells.to_numpy() @ share.to_numpy(), rtol=1e-10)


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


def test_a_rank_deficient_design_is_said_and_estimates_what_it_can() -> None:
    data = trial(40, 3, seed=22)
    data["twin"] = 2 * data["baseline"] + 1
    full = fit(data, "y ~ baseline + arm * visit")
    result = fit(data, "y ~ baseline + twin + arm * visit")
    assert result.aliased == ("twin",)
    assert "aliased and left out: twin" in result.summary()
    assert result.loglik == pytest.approx(full.loglik, rel=1e-10)
    ours, theirs = (r.differences("arm", by="visit") for r in (result, full))
    np.testing.assert_allclose(ours[COLUMNS], theirs[COLUMNS], rtol=1e-6)
    with pytest.raises(ValueError, match="cannot estimate this contrast"):
        result.contrast({"twin": 1.0})
    assert np.isnan(result.lsmeans("arm", at={"twin": 0.0})["estimate"]).all()


def test_an_empty_cell_has_no_ls_mean() -> None:
    data = trial(40, 3, seed=23)
    data = data[~((data["arm"] == "drug") & (data["visit"] == "VIS10"))]
    table = fit(data, "y ~ arm * visit").lsmeans("arm", by="visit")
    empty = (table["arm"] == "drug") & (table["visit"] == "VIS10")
    assert list(np.isnan(table["estimate"])) == list(empty)


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


def test_information_criteria_count_fixed_effects_under_ml_only() -> None:
    data = trial(30, 3, seed=26)
    reml = fit(data, "y ~ arm * visit")
    ml = fit(data, "y ~ arm * visit", method="ml", df="satterthwaite")
    assert reml.aic == pytest.approx(-2 * reml.loglik + 2 * 6)
    assert ml.aic == pytest.approx(-2 * ml.loglik + 2 * 12)
    assert ml.bic == pytest.approx(-2 * ml.loglik + 12 * np.log(30))


def test_what_the_tables_refuse(result: MMRM) -> None:
    data = trial(40, 4, seed=20)
    with pytest.raises(ValueError, match="level must be between 0 and 1, not 95"):
        result.lsmeans("arm", level=95)
    with pytest.raises(ValueError, match="'arm' cannot be both the factor and by"):
        result.lsmeans("arm", by="arm")
    with pytest.raises(ValueError, match="'baseline' is not a factor of the formula"):
        result.lsmeans("baseline")
    with pytest.raises(ValueError, match="'arm' has no level placebo"):
        result.lsmeans("visit", at={"arm": "placebo"})
    with pytest.raises(ValueError, match="'baseline' of the new data has 160 missing"):
        result.predict(data.assign(baseline=np.nan))
    with pytest.raises(ValueError, match="no column 'baseline'"):
        result.predict(data.drop(columns="baseline"))
    with pytest.raises(ValueError, match="no term 'arm'"):
        result.contrast({"arm": 1.0})


def test_column_types_of_pandas_do_not_matter(result: MMRM) -> None:
    other = fit(trial(40, 4, seed=20).convert_dtypes())
    assert other.loglik == pytest.approx(result.loglik, rel=1e-12)


def test_the_example_of_the_docstring() -> None:
    import doctest

    from analysis.mmrm import model

    outcome = doctest.testmod(model)
    assert outcome.attempted > 0
    assert outcome.failed == 0


@pytest.mark.parametrize("weights", ["equal", "proportional"])
@pytest.mark.parametrize("covariates", ["rows", "subjects"])
def test_tables_are_read_off_the_sums_not_the_rows(weights: Any, covariates: Any) -> None:
    """So that what comes after the pass takes as long for many subjects as for few."""
    options = {"by": "visit", "weights": weights, "covariates": covariates}
    one, two = fit(trial()), fit(trial())
    for name in ("y", "subject", "visit", "codes", "numbers", "order"):
        object.__setattr__(two._rows, name, None)
    for read in (
        lambda f: f.lsmeans("arm", **options),
        lambda f: f.differences("arm", **options),
        lambda f: f.coefficients(),
    ):
        pd.testing.assert_frame_equal(read(one), read(two))


@pytest.mark.parametrize(
    "change",
    [
        lambda d: d.assign(subject=d["subject"].str[1:].astype(int)),
        lambda d: d.set_index(np.zeros(len(d), dtype=int)),
        lambda d: d.convert_dtypes(),
        lambda d: d.convert_dtypes(dtype_backend="pyarrow"),
        lambda d: d.assign(arm=pd.Categorical(d["arm"], ["control", "drug", "never given"])),
        lambda d: d.assign(arm=(d["arm"] == "drug")),
        lambda d: d.assign(arm=(d["arm"] == "drug").astype("boolean")),
        lambda d: d.assign(arm=(d["arm"] == "drug").astype("bool[pyarrow]")),
    ],
    ids=["numbers", "index", "nullable", "pyarrow", "unused", "bool", "boolean", "arrow bool"],
)
def test_how_a_column_is_stored_changes_no_number(result: MMRM, change: Any) -> None:
    other = fit(change(trial(40, 4, seed=20)))
    one, two = (f.differences("arm", by="visit")[COLUMNS] for f in (result, other))
    pd.testing.assert_frame_equal(one, two, rtol=1e-12)


def test_seeds_and_generators_draw_alike(result: MMRM) -> None:
    one, two = (result.simulate(3, rng) for rng in (7, np.random.default_rng(7)))
    np.testing.assert_array_equal(one, two)
    pd.testing.assert_frame_equal(
        result.bootstrap(3, 7), result.bootstrap(3, np.random.default_rng(7))
    )


def test_one_subject_at_a_visit_is_refused_and_half_empty_patterns_are_not() -> None:
    table = trial(60, 6, missing=0.45, seed=3)
    some = fit(table, "y ~ baseline + arm * visit")
    patterns = table.dropna().groupby("subject")["visit"].agg(tuple)
    # More patterns than a third of the subjects, most of them with one or two.
    assert patterns.nunique() > 20
    assert some.n_subjects == 60
    assert np.isfinite(some.coefficients()).all(axis=None)
    last = table["visit"] == "VIS13"
    keep = table[last & table["y"].notna()].index[0]
    lonely = table.assign(y=table["y"].mask(last & (table.index != keep)))
    with pytest.raises(ValueError, match=r"Visit VIS13 was seen by 1 subject\(s\)"):
        fit(lonely)
