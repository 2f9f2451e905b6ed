"""The indirect effect and its sensitivity: lavaan, statsmodels, and worlds with a hidden cause."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from statsmodels.stats.mediation import Mediation

from analysis.estimates.explanations.mediation import LinearMediation, linear_mediation
from benchmarks.estimates import explanations as benchmark
from tests.estimates.explanations_reference import cases, people


def fit(table: pd.DataFrame, **changed) -> LinearMediation:
    return linear_mediation(
        table["score"].to_numpy(),
        table["mediator"].to_numpy(),
        (table["arm"] == "ketamine").to_numpy(),
        table["baseline"].to_numpy(),
        **({"seed": 1, "resamples": 200} | changed),
    )


@pytest.fixture(scope="module")
def found() -> LinearMediation:
    return fit(people())


@pytest.mark.parametrize("rho", ["-0.6", "-0.2", "0", "0.3", "0.6"])
def test_lavaans_likelihood_at_a_fixed_error_correlation(found, rho):
    listed = cases("mediation")[rho]["indirect"]
    assert found.indirect(float(rho)) == pytest.approx(listed, abs=1e-5)


def test_zero_where_the_residuals_correlate_so(found):
    assert found.rho_null == pytest.approx(cases("mediation")["null"]["rho"])
    assert found.indirect(found.rho_null) == pytest.approx(0, abs=1e-12)


def test_product_of_coefficients_and_statsmodels_mediation(found):
    table = people()
    treated = (table["arm"] == "ketamine").astype(float)
    x = sm.add_constant(pd.DataFrame({"t": treated, "x": table["baseline"]}))
    mediator = sm.OLS(table["mediator"], x)
    outcome = sm.OLS(table["score"], x.assign(m=table["mediator"]))
    product = mediator.fit().params["t"] * outcome.fit().params["m"]
    assert found.indirect() == pytest.approx(product)
    drawn = Mediation(outcome, mediator, (1, 1), 3).fit("parametric", n_rep=400, rng=3)
    assert drawn.summary().loc["ACME (average)", "Estimate"] == pytest.approx(product, abs=0.3)


def test_total_is_direct_plus_indirect(found):
    total, direct, indirect = (row["estimate"] for row in found.rows()[:3])
    assert total == pytest.approx(direct + indirect)


def test_an_indirect_effect_never_comes_without_its_sensitivity(found):
    names = [row["estimand"] for row in found.rows()]
    assert any(name.startswith("error correlation that would nullify") for name in names)
    assert sum("if the errors correlated" in name for name in names) == 8
    assert all(
        "nothing unmeasured" in name for name in names if name.startswith("indirect effect, if n")
    )


def test_a_hidden_cause_is_seen_through_at_its_own_correlation():
    """No effect of the mediator, but a cause of both: wrong at 0, right at the true rho."""
    rng, n = np.random.default_rng(8), 40_000
    treated = np.arange(n) % 2
    hidden = rng.normal(size=n)
    mediator = 5 * treated + 3 * hidden + 4 * rng.normal(size=n)
    outcome = -3 * treated - 6 * hidden + 8 * rng.normal(size=n)
    found = linear_mediation(outcome, mediator, treated, seed=1, resamples=50)
    true_rho = -3 * 6 / np.sqrt((3**2 + 4**2) * (6**2 + 8**2))
    assert found.indirect() < -2
    assert found.indirect(true_rho) == pytest.approx(0, abs=0.25)


def test_order_of_people_and_constants_do_not_matter(found):
    mixed = people().sample(frac=1, random_state=2)
    for one, other in zip(found.rows(), fit(mixed).rows(), strict=True):
        numbers = ("estimate", "ci_low", "ci_high")
        assert [one[k] for k in numbers] == pytest.approx([other[k] for k in numbers], nan_ok=True)
    moved = people().assign(score=lambda d: d["score"] + 1000, mediator=lambda d: d["mediator"] * 2)
    assert fit(moved).indirect(0.2) == pytest.approx(found.indirect(0.2))


def test_sensitivity_bends_towards_the_ends(found):
    table = found.sensitivity([-0.9, 0, 0.9])
    assert table["estimate"].is_monotonic_decreasing
    assert (table["ci_low"] < table["ci_high"]).all()


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"mediator": 1.0}, "must vary"),
        ({"score": lambda d: 2 * d["mediator"]}, "must vary"),
        ({"score": np.nan}, "must be known"),
        ({"arm": "ketamine"}, "three participants per arm"),
        # One person who differs is missing from every third draw.
        ({"mediator": lambda d: (np.arange(len(d)) == 3) * 1.0}, "leave nothing to fit"),
    ],
)
def test_refusals_are_sentences(changed, message):
    with pytest.raises(ValueError, match=message):
        fit(people().assign(**changed))


def test_an_impossible_correlation_is_refused(found):
    with pytest.raises(ValueError, match="between -1 and 1"):
        found.sensitivity([1.0])
    with pytest.raises(ValueError, match="of the same people"):
        linear_mediation(np.ones(3), np.ones(4), np.ones(4), seed=1)


@pytest.mark.parametrize("kind", benchmark.KINDS)
def test_coverage_of_the_bootstrap_at_ten_an_arm(kind):
    """Percentile intervals: not below 90 % at 300 trials of 10 an arm."""
    (trials,) = (cell[-1] for cell in benchmark.CELLS if cell[0].startswith("indirect"))
    covered = trials(kind, 10, 300, np.random.default_rng(5)).mean()
    assert 0.90 <= covered <= 0.99
