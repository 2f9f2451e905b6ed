"""Foretelling the end: statsmodels refits, definitions, published limits, and level."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy import stats

from analysis.estimates.responders.prediction import (
    BASELINE,
    BOTH,
    predict_end,
)
from analysis.simulate.people.sessions import sessions
from benchmarks.estimates import who as benchmark
from tests.estimates.who_reference import keeps

FALL = 12.0


@pytest.fixture(scope="module")
def course() -> pd.DataFrame:
    table = sessions(24, np.random.default_rng(4), relation=0.8)
    return table.sort_values(["end", "first", "before_2"], ignore_index=True)


def foretold(table: pd.DataFrame, **words):
    return predict_end(table["before_2"], table["first"], table["end"], fall=FALL, seed=1, **words)


def refit(table: pd.DataFrame, columns: list[str], left: list[int]) -> np.ndarray:
    """Probability of response of those left out, by statsmodels' predictive distribution."""
    design = sm.add_constant(table[columns].to_numpy())
    kept = ~table.index.isin(left)
    fit = sm.OLS(table["end"].to_numpy()[kept], design[kept]).fit()
    ahead = fit.get_prediction(design[left])
    cut = table["before_2"].to_numpy()[left] - FALL
    return stats.t.cdf((cut - ahead.predicted_mean) / ahead.se_obs, fit.df_resid)


@pytest.mark.parametrize(
    ("name", "columns"), [(BASELINE, ["before_2"]), (BOTH, ["before_2", "first"])]
)
def test_those_left_out_are_foretold_as_by_a_refit(course, name, columns):
    found = foretold(course)
    one = np.concatenate([refit(course, columns, [i]) for i in course.index])
    assert found.probability[name] == pytest.approx(one, abs=1e-10)
    responded = (course["end"] - course["before_2"] <= -FALL).to_numpy()
    np.testing.assert_array_equal(found.responded, responded)
    wins = []
    for i in np.flatnonzero(responded):
        for j in np.flatnonzero(~responded):
            ahead = dict(zip([i, j], refit(course, columns, [i, j]), strict=True))
            wins.append((1 + np.sign(np.round(ahead[i] - ahead[j], 9))) / 2)
    area = next(r for r in found.rows() if r["estimand"] == f"AUC, {name}")
    assert area["estimate"] == pytest.approx(np.mean(wins))


def test_the_first_session_adds_what_a_linear_model_says(course):
    found = foretold(course, window="end").rows()[-1]
    design = sm.add_constant(course[["before_2", "first"]])
    fit = sm.OLS(course["end"], design).fit()
    assert (found["estimate"], found["p_value"]) == pytest.approx(
        (fit.params["first"], fit.pvalues["first"])
    )
    assert (found["ci_low"], found["ci_high"]) == pytest.approx(tuple(fit.conf_int().loc["first"]))
    assert found["window"] == "end"


def test_calibration_is_near_one_for_a_signal_and_low_for_noise():
    rng = np.random.default_rng(2)
    slopes = {}
    for name, relation in (("signal", 1.0), ("noise", 0.0)):
        start = 40 + rng.standard_normal(30)
        first = 30 + 6 * rng.standard_normal(30)
        end = 28 + relation * (first - 30) + 2 * rng.standard_normal(30)
        rows = predict_end(start, first, end, fall=12, seed=1).rows()
        slopes[name] = next(
            r["estimate"] for r in rows if r["estimand"] == f"calibration slope, {BOTH}"
        )
    assert slopes["signal"] == pytest.approx(1, abs=0.08)
    assert slopes["noise"] < 0.8


def test_the_calibration_of_a_model_that_foretells_nothing_is_a_share():
    """One slope a sample, averaged, has no mean: it came out anywhere from -3 to 2."""
    rng = np.random.default_rng(7)
    for seed in range(8):
        start, first = 45 + 6 * rng.standard_normal((2, 30))
        end = 35 + 8 * rng.standard_normal(30)
        rows = predict_end(start, first, end, fall=10, resamples=200, seed=seed).rows()
        slope = next(r for r in rows if r["estimand"] == f"calibration slope, {BASELINE}")
        assert 0 <= slope["estimate"] < 1


def test_order_of_people_changes_nothing(course):
    turned = course.sample(frac=1, random_state=3)
    for one, other in zip(foretold(course).rows(), foretold(turned).rows(), strict=True):
        assert other["estimate"] == pytest.approx(one["estimate"])


def test_each_person_has_the_chance_of_that_person(course):
    turned = np.random.default_rng(3).permutation(len(course))
    once, again = foretold(course), foretold(course.iloc[turned])
    np.testing.assert_array_equal(again.responded, once.responded[turned])
    for name, chance in again.probability.items():
        np.testing.assert_allclose(chance, once.probability[name][turned], atol=1e-12)


def test_going_on_with_everyone_has_its_known_curve(course):
    thresholds = np.array([0.2, 0.5, 0.8])
    found = foretold(course)
    table = found.decision_curve(thresholds).set_index(["strategy", "threshold"])["net_benefit"]
    share = found.responded.mean()
    expected = (share - thresholds) / (1 - thresholds)
    assert table["go on with everyone"].to_numpy() == pytest.approx(expected)
    assert (table["go on with no one"] == 0).all()
    assert table[BOTH].max() <= share


def test_what_cannot_be_foretold_is_refused(course):
    start, first, end = (course[name].to_numpy() for name in ("before_2", "first", "end"))
    wrong = {
        "the same people": (start, first[1:], end, FALL),
        "Every score must be there": (start, np.where(first > 30, first, np.nan), end, FALL),
        "positive number of points": (start, first, end, 0.0),
        "at least ten people": (start[:9], first[:9], end[:9], FALL),
        "two must not": (start, first, end, 60.0),
        "vary apart": (start, start + 1, end, FALL),
        "no residual": (start, first, first, FALL),
    }
    for words, (a, b, c, fall) in wrong.items():
        with pytest.raises(ValueError, match=words):
            predict_end(a, b, c, fall=fall, seed=1)


def test_the_area_is_half_where_nothing_foretells():
    names = ("AUC, pairs left out", "AUC, pairs left out, mean at 0.5")
    rows = benchmark.run(120, 3, names=names, sizes=(15,), kinds=benchmark.KINDS[1:])
    for r in rows:
        if r["quantity"] == "bias":
            # Three standard errors rather than two: the seed is fixed, the limits honest.
            reach = 1.5 * (r["mc_high"] - r["mc_low"]) / 2
            assert r["value"] == pytest.approx(0.5, abs=reach)
        else:
            assert keeps(r), r
