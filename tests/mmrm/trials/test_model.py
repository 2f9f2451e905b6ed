"""Many trials at once give each the numbers of its own fit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from analysis.mmrm import MMRM, FitWarning, ManyMMRM, many, many_arrays, mmrm, prepare
from analysis.mmrm.threads import single_threaded
from tests.length import seed, trials
from tests.mmrm.batch.designs import DESIGNS, FREE, ROLES, TrialDesign, random_trials

SAME = 1e-8
ORDINARY = TrialDesign(60, 4, "some")


def by_of(design: TrialDesign) -> str | None:
    return "visit" if "visit" in design.formula else None


def apart(ours: pd.DataFrame, one: pd.DataFrame) -> float:
    """Largest difference of two tables: points in standard errors, df in parts of themselves."""
    pairs = [(ours[c].to_numpy(), one[c].to_numpy(), one["se" if c != "df" else c].to_numpy())
             for c in ("estimate", "se", "df", "ci_low", "ci_high")]  # fmt: skip
    assert all((np.isnan(a) == np.isnan(b)).all() for a, b, _ in pairs)
    return max(float(np.nanmax(np.abs(a - b) / unit, initial=0.0)) for a, b, unit in pairs)


def covariances(found: Any) -> np.ndarray:
    parts = found.values() if isinstance(found, dict) else [found]
    return np.stack([np.asarray(part) for part in parts], axis=-3)


def largest_difference(fits: ManyMMRM, singles: dict[Any, MMRM], by: str | None) -> float:
    ours = dict(list(fits.differences("arm", by=by).groupby("trial")))
    found = [apart(ours[t], one.differences("arm", by=by)) for t, one in singles.items()]
    for label, one in [*singles.items()][:1]:
        means = fits.lsmeans("arm", by=by)
        found.append(apart(means[means["trial"] == label], one.lsmeans("arm", by=by)))
    matrices = covariances(fits.covariance)
    for place, label in enumerate(fits.trials):
        if label in singles:
            one = covariances(singles[label].covariance)
            sd = np.sqrt(np.diagonal(one, axis1=1, axis2=2))
            unit = sd[:, :, None] * sd[:, None, :]
            found.append(float(np.max(np.abs(matrices[place] - one) / unit)))
            loglik = singles[label].loglik
            found.append(abs(fits.loglik.iloc[place] - loglik) / abs(loglik))
    return max(found, default=0.0)


@pytest.mark.simulates
@single_threaded
def test_random_trials_of_thirty_designs_are_fitted_as_each_by_itself():
    count, alone = trials(short=4, long=167), 0
    for design in DESIGNS:
        data = random_trials(design, count, seed(14))
        fits = many(design.formula, data, trial="trial", **ROLES, **design.options)
        spec = prepare(design.formula, data, **ROLES, **design.options)
        singles, refusals = {}, {}
        for label, rows in data.groupby("trial"):
            try:
                singles[label] = spec.fit(rows)
            except ValueError as refusal:
                refusals[label] = str(refusal)
        assert fits.refusals.to_dict() == refusals
        assert largest_difference(fits, singles, by_of(design)) < SAME, str(design)
        alone += int((fits.how == "one by one").sum())
    print(f"{alone} of {count * len(DESIGNS)} trials were fitted one by one")
    # Two of the designs are never plain.
    assert alone < 0.1 * count * len(DESIGNS)


@pytest.fixture(scope="module")
def data() -> pd.DataFrame:
    return random_trials(ORDINARY, 6, 3)


@pytest.fixture(scope="module")
def fits(data) -> ManyMMRM:
    return many(FREE, data, trial="trial", **ROLES)


@pytest.fixture(scope="module")
def one(data) -> MMRM:
    return mmrm(FREE, data[data["trial"] == 4], **ROLES)


def test_a_row_a_trial_and_contrast_with_the_columns_of_one_fit(fits, one):
    table, own = fits.differences("arm", by="visit"), one.differences("arm", by="visit")
    assert list(table.columns) == ["trial", *own.columns]
    assert table["trial"].tolist() == np.repeat(range(6), 4).tolist()
    assert table["contrast"].unique().tolist() == ["drug - control"]
    mine = table[table["trial"] == 4].drop(columns="trial").reset_index(drop=True)
    pd.testing.assert_frame_equal(mine, own, rtol=1e-7, atol=1e-7, check_dtype=False)


@pytest.mark.parametrize("covariates", ["rows", "subjects"])
@pytest.mark.parametrize("weights", ["equal", "proportional"])
def test_least_squares_means_stand_where_those_of_one_fit_stand(fits, one, weights, covariates):
    options = {
        "weights": weights,
        "covariates": covariates,
        "at": {"visit": ["visit 1", "visit 3"]},
    }
    table = fits.lsmeans("arm", **options)
    assert apart(table[table["trial"] == 4], one.lsmeans("arm", **options)) < SAME


def test_a_covariate_may_stand_at_a_value_and_another_level_be_the_reference(fits, one):
    options = {"at": {"baseline": 50.0}, "level": 0.9}
    ours, own = fits.lsmeans("visit", **options), one.lsmeans("visit", **options)
    assert apart(ours[ours["trial"] == 4], own) < SAME
    ours, own = (f.differences("visit", by="arm", reference="visit 2") for f in (fits, one))
    assert apart(ours[ours["trial"] == 4], own) < SAME


def test_a_contrast_is_weights_by_term_or_in_their_order(fits, one):
    named = {"arm[T.drug]": 1.0, "arm[T.drug]:visit[T.visit 3]": 0.5}
    ours = fits.contrast(named)
    assert apart(ours[ours["trial"] == 4], one.contrast(named).to_frame().T) < SAME
    row = [named.get(term, 0.0) for term in fits.terms]
    pd.testing.assert_frame_equal(fits.contrast(row), ours)


def test_coefficients_and_counts_of_each_trial(fits, one):
    np.testing.assert_allclose(fits.params.loc[4], one.params, rtol=1e-7)
    np.testing.assert_allclose(fits.bse.loc[4], one.bse, rtol=1e-7)
    assert fits.counts.loc[4].tolist() == [one.n_obs, one.n_excluded, one.n_subjects]


def test_trials_keep_their_names_and_order_and_share_names_of_subjects(data, fits):
    named = data.assign(trial="trial " + (9 - data["trial"]).astype(str))
    again = many(FREE, named.sample(frac=1.0, random_state=1), trial="trial", **ROLES)
    assert set(again.trials) == set(named["trial"])
    pd.testing.assert_series_equal(
        again.loglik.sort_index(ascending=False), fits.loglik, check_index=False, rtol=1e-9
    )


def test_a_trial_that_cannot_be_fitted_is_refused_by_the_sentence_of_its_own_fit(data):
    spoiled = data.copy()
    spoiled.loc[spoiled["trial"] == 2, "y"] = 7.0
    spoiled.loc[(spoiled["trial"] == 3) & (spoiled["visit"] == "visit 4"), "y"] = np.nan
    spoiled.loc[(spoiled["trial"] == 5) & (spoiled["visit"] == "visit 1"), "y"] = 7.0
    last = (spoiled["trial"] == 0) & (spoiled["visit"] == "visit 4")
    before = (spoiled["trial"] == 0) & (spoiled["visit"] == "visit 3")
    spoiled.loc[last, "y"] = spoiled.loc[before, "y"].to_numpy() + 2.0
    fits = many(FREE, spoiled, trial="trial", **ROLES)
    assert fits.refusals.index.tolist() == [0, 2, 3, 5]
    assert "visit 3 and visit 4 differ by the same number" in fits.refusals[0]
    assert "At visit visit 1" in fits.refusals[5]
    assert "constant" in fits.refusals[2]
    assert "Visit visit 4 was seen by 0" in fits.refusals[3]
    table = fits.differences("arm", by="visit").set_index("trial")
    assert table.loc[[0, 2, 3, 5], "estimate"].isna().all()
    assert table.loc[[1, 4], "estimate"].notna().all()
    assert repr(fits).endswith("6 trials, 2 at once, 4 refused>")


def test_a_trial_with_an_aliased_column_goes_its_own_way(data):
    spoiled = data.copy()
    spoiled.loc[spoiled["trial"] == 1, "baseline"] = 40.0
    fits = many(FREE, spoiled, trial="trial", **ROLES)
    assert fits.how[1] == "one by one"
    one = prepare(FREE, spoiled, **ROLES).fit(spoiled[spoiled["trial"] == 1])
    ours = fits.differences("arm", by="visit")
    assert apart(ours[ours["trial"] == 1], one.differences("arm", by="visit")) == 0


def test_a_trial_that_falls_back_says_to_what():
    apart_visits = random_trials(TrialDesign(40, 3), 1, 0)
    odd = apart_visits["subject"].str[1:].astype(int) // 2 % 2 == 1
    first, last = (apart_visits["visit"] == f"visit {number}" for number in (1, 3))
    apart_visits.loc[(odd & first) | (~odd & last), "y"] = np.nan
    fits = many(FREE, apart_visits, trial="trial", **ROLES)
    one = mmrm(FREE, apart_visits, **ROLES)
    assert (fits.structures, fits.fallbacks) == ([one.covariance_type], [one.fallbacks])
    assert one.fallbacks
    silent = apart_visits.assign(visit=apart_visits["visit"].astype(str))
    with pytest.warns(FitWarning, match=r"in 1 of 1 trials.*rests on the order"):
        many(FREE, silent, trial="trial", **ROLES | {"fallback": True})


# Arrays


def test_arrays_are_fitted_as_the_table_that_holds_them(data, fits):
    spec = prepare(FREE, data, **ROLES)
    shape = 6, 60, 4
    first = data[data["visit"] == "visit 1"]
    ours = many_arrays(
        spec,
        data["y"].to_numpy().reshape(shape),
        baseline=first["baseline"].to_numpy().reshape(shape[:2]),
        arm=first["arm"].to_numpy().reshape(shape[:2]),
    )
    pd.testing.assert_frame_equal(ours.differences("arm", by="visit"),
                                  fits.differences("arm", by="visit"))  # fmt: skip
    pd.testing.assert_frame_equal(ours.counts, fits.counts)


def test_arrays_may_be_of_people_of_trials_or_of_visits(data):
    spec = prepare("y ~ changing + arm * visit", data, **ROLES, group="arm", weights="w")
    y, changing, w = (data[name].to_numpy().reshape(6, 60, 4) for name in ("y", "changing", "w"))
    arm = np.repeat(["control", "drug"], 30)
    changing = np.where(np.arange(60)[:, None] == 7, np.nan, changing)
    ours = many_arrays(spec, y, changing=changing, w=w, arm=arm)
    table = data.assign(arm=np.tile(np.repeat(arm, 4), 6), changing=changing.ravel())
    fits = many("y ~ changing + arm * visit", table, trial="trial", **ROLES, group="arm",
                weights="w")  # fmt: skip
    pd.testing.assert_frame_equal(
        ours.contrast({"changing": 1.0}), fits.contrast({"changing": 1.0})
    )
    assert (ours.counts["n_excluded"] >= 4).all()


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"arm": ["control"] * 60}, "without baseline"),
        ({"arm": ["control"] * 60, "baseline": np.ones(60), "dose": np.ones(60)}, "with dose"),
        ({"arm": ["control"] * 60, "baseline": np.ones(59)}, "must have the shape"),
        ({"arm": ["placebo"] * 60, "baseline": np.ones(60)}, "not among the levels"),
        ({"arm": ["control"] * 60, "baseline": ["high"] * 60}, "must hold numbers"),
    ],
)
def test_arrays_that_do_not_fit_the_model_are_refused(data, columns, said):
    spec = prepare(FREE, data, **ROLES)
    with pytest.raises(ValueError, match=said):
        many_arrays(spec, np.zeros((2, 60, 4)), **columns)


def test_outcomes_of_other_visits_than_the_model_has_are_refused(data):
    with pytest.raises(ValueError, match="4 visits"):
        many_arrays(prepare(FREE, data, **ROLES), np.zeros((2, 60, 3)))


# Refusals


def test_what_concerns_all_trials_is_refused_for_all(data):
    with pytest.raises(ValueError, match="no column 'study'"):
        many(FREE, data, trial="study", **ROLES)
    with pytest.raises(ValueError, match="one DataFrame"):
        many(FREE, [data], trial="trial", **ROLES)
    with pytest.raises(ValueError, match=r"1 row\(s\) have no 'trial'"):
        many(FREE, data.assign(trial=data["trial"].where(data.index > 0)), trial="trial", **ROLES)
    with pytest.raises(ValueError, match=r"repeat a pair"):
        many(FREE, pd.concat([data, data[:1]]), trial="trial", **ROLES)
    with pytest.raises(ValueError, match="covariance must be one of"):
        many(FREE, data, trial="trial", **ROLES, covariance="wishart")


@pytest.mark.parametrize(
    ("weights", "said"),
    [
        ({"sex": 1.0}, "no term 'sex'"),
        ({}, "no weight on any"),
        (np.ones(3), "one weight for each"),
    ],
)
def test_a_contrast_that_is_none_is_refused(fits, weights, said):
    with pytest.raises(ValueError, match=said):
        fits.contrast(weights)
