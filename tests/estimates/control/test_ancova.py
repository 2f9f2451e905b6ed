"""ANCOVA with HC3 against statsmodels' formulas, the formula by hand, and known truths."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
from scipy import stats

from analysis.estimates.change.standardised import hedges_correction
from analysis.estimates.control.ancova import ancova, ancova_by_baseline
from benchmarks.estimates import explanations as benchmark
from tests.estimates.explanations_reference import cases
from tests.estimates.explanations_reference import people as made_up
from tests.length import seed, trials


def cohort(rng: np.random.Generator, n: int, effect: float = 0.0) -> pd.DataFrame:
    """n participants per arm with skewed, bounded whole scores; arms of different spread."""
    arm = np.repeat(["ketamine", "midazolam"], n)
    baseline = np.round(56 * rng.beta(3.0, 2.2, 2 * n))
    noise = rng.gamma(2.0, 3.0, 2 * n) - 6.0
    after = 10 + 0.6 * baseline + noise * np.where(arm == "ketamine", 1.3, 0.8)
    score = np.where(arm == "ketamine", after + effect, after)
    return pd.DataFrame({"subject": range(2 * n), "arm": arm, "baseline": baseline, "score": score})


@pytest.fixture
def people() -> pd.DataFrame:
    return cohort(np.random.default_rng(3), 15, -6.0)


def difference(data: pd.DataFrame, treated="ketamine", control="midazolam") -> dict:
    return ancova(data, treated=treated, control=control)[0]


def numbers(row: dict) -> list[float]:
    return [row[name] for name in ("n", "estimate", "se", "df", "ci_low", "ci_high", "p_value")]


def test_statsmodels_formula_gives_the_same(people):
    row = difference(people)
    formula = "score ~ baseline + C(arm, Treatment('midazolam'))"
    fit = smf.ols(formula, people).fit(cov_type="HC3", use_t=True)
    name = "C(arm, Treatment('midazolam'))[T.ketamine]"
    low, high = fit.conf_int().loc[name]
    expected = [30, fit.params[name], fit.bse[name], 27, low, high, fit.pvalues[name]]
    assert numbers(row) == pytest.approx(expected, rel=1e-9)


def test_hc3_by_hand(people):
    """(X'X)^-1 X' diag(e_i^2 / (1 - h_i)^2) X (X'X)^-1, Long & Ervin 2000."""
    x = np.column_stack([np.ones(30), people["baseline"], people["arm"] == "ketamine"])
    bread = np.linalg.inv(x.T @ x)
    residual = people["score"].to_numpy() - x @ bread @ x.T @ people["score"].to_numpy()
    leverage = np.diag(x @ bread @ x.T)
    meat = (x.T * (residual / (1 - leverage)) ** 2) @ x
    row = difference(people)
    assert row["se"] == pytest.approx(np.sqrt((bread @ meat @ bread)[2, 2]), rel=1e-9)


def test_standardised_over_the_pooled_baseline_sd(people):
    points, standardised = ancova(people, treated="ketamine", control="midazolam")
    groups = people.groupby("arm")["baseline"]
    pooled = np.sqrt(groups.var().mean())
    expected = points["estimate"] / pooled * hedges_correction(28)
    assert standardised["estimate"] == pytest.approx(expected)
    assert np.isnan(standardised["ci_low"])


def test_swapping_the_arms_turns_the_sign(people):
    one, other = difference(people), difference(people, "midazolam", "ketamine")
    assert one["estimate"] == pytest.approx(-other["estimate"])
    assert (one["ci_low"], one["ci_high"]) == pytest.approx((-other["ci_high"], -other["ci_low"]))
    assert one["p_value"] == pytest.approx(other["p_value"])


def test_order_of_people_shift_and_unit_do_not_matter(people):
    plain = difference(people)
    assert numbers(difference(people.sample(frac=1, random_state=1))) == pytest.approx(
        numbers(plain)
    )
    shifted = people.assign(score=people["score"] + 100, baseline=people["baseline"] - 7)
    assert numbers(difference(shifted)) == pytest.approx(numbers(plain))
    # The same adjusted difference whether the outcome is a score or a change.
    change = people.assign(score=people["score"] - people["baseline"])
    assert numbers(difference(change)) == pytest.approx(numbers(plain))
    doubled = difference(people.assign(score=2 * people["score"]))
    assert doubled["estimate"] == pytest.approx(2 * plain["estimate"])
    assert doubled["p_value"] == pytest.approx(plain["p_value"])


@pytest.mark.parametrize("n", [10, 15, 30])
def test_coverage_with_skewed_scores_and_unequal_spread(n):
    """Known truth -4: 95 % within binomial limits, 1.5 % wider: HC3 is not exact."""
    rng, count = np.random.default_rng(seed(500 + n)), trials(short=250, long=800)
    rows = [difference(cohort(rng, n, -4.0)) for _ in range(count)]
    covered = sum(row["ci_low"] <= -4.0 <= row["ci_high"] for row in rows)
    low, high = stats.binom.ppf([0.001, 0.999], count, 0.95) + np.array([-0.015, 0.015]) * count
    assert low <= covered <= high
    estimates = np.array([row["estimate"] for row in rows])
    assert estimates.mean() == pytest.approx(-4.0, abs=4 * estimates.std() / np.sqrt(count))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda d: pd.concat([d, d.head(1)]), "occurs twice"),
        (lambda d: d.assign(score=d["score"].where(d.index > 0)), "must be complete"),
        (lambda d: d.assign(baseline=np.inf), "must be complete"),
        (lambda d: d.assign(arm=d["arm"].where(d.index > 0, "saline")), "must be 'ketamine' or"),
        (lambda d: d.iloc[[0, 1, 15, 16, 17, 18]], "at least three people; got 2 and 4"),
        (lambda d: d.assign(baseline=20.0), "does not vary"),
        (lambda d: d.assign(baseline=np.where(d.index == 0, 30.0, 20.0)), "alone sets the slope"),
        (lambda d: d.assign(score=d["baseline"] + 3.0), "no residual"),
    ],
)  # fmt: skip
def test_refusals_are_sentences(people, change, message):
    with pytest.raises(ValueError, match=message):
        difference(change(people))


def test_one_arm_cannot_be_both(people):
    with pytest.raises(ValueError, match="two names"):
        difference(people, "ketamine", "ketamine")


LISTED = cases("by_baseline")
ARMS = {"treated": "ketamine", "control": "midazolam"}


def test_slope_by_arm_as_in_r():
    """lm and sandwich's HC3; the variance of the mean baseline added for the average."""
    rows = ancova_by_baseline(made_up(), at=[35], **ARMS)
    for row, name in zip(rows, ("mean", "slope", "35"), strict=True):
        assert row["df"] == 32
        expected = (LISTED[name]["est"], LISTED[name]["se"])
        assert (row["estimate"], row["se"]) == pytest.approx(expected)


def test_at_the_mean_baseline_it_is_the_average_of_everyones_difference():
    """Predict everybody under both arms; the mean of the differences."""
    table = made_up()
    fit = smf.ols("score ~ baseline * C(arm)", table).fit()
    both = [fit.predict(table.assign(arm=name)).mean() for name in ("ketamine", "midazolam")]
    row = ancova_by_baseline(table, **ARMS)[0]
    assert row["estimate"] == pytest.approx(both[0] - both[1])


def test_a_difference_beyond_the_baselines_seen_is_refused():
    with pytest.raises(ValueError, match="between those seen"):
        ancova_by_baseline(made_up(), at=[80], **ARMS)


@pytest.mark.parametrize("n", [10, 30])
def test_coverage_with_a_slope_by_arm(n):
    """True average -4 while severity matters; HC3 is conservative at 10 an arm."""
    (trials,) = (cell[-1] for cell in benchmark.CELLS if cell[0].startswith("difference at the"))
    covered = trials(benchmark.KINDS[1], n, 300, np.random.default_rng(n)).mean()
    assert 0.915 <= covered <= 1
