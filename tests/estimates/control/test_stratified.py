"""Strata: R's metafor and sandwich, Mantel-Haenszel weights, and coverage."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.estimates.control.stratified import pool, stratified_difference
from benchmarks.estimates import explanations as benchmark
from tests.estimates.explanations_reference import cases, people

ARMS = {"treated": "ketamine", "control": "midazolam"}
POOLS = cases("pool")


def of(name: str) -> tuple[np.ndarray, np.ndarray]:
    case = POOLS[name]
    k = sum(key.startswith("e") for key in case)
    return tuple(np.array([case[f"{part}{i + 1}"] for i in range(k)]) for part in "es")


@pytest.mark.parametrize("name", POOLS)
def test_metafors_numbers(name):
    case = POOLS[name]
    fixed, random, spread, q, i2 = pool(*of(name))
    assert (fixed["estimate"], fixed["ci_low"], fixed["ci_high"]) == pytest.approx(
        (case["fe"], case["fe_low"], case["fe_high"])
    )
    assert (random["estimate"], random["ci_low"], random["ci_high"]) == pytest.approx(
        (case["re"], case["held_low"], case["held_high"]), rel=1e-5
    )
    assert spread["estimate"] == pytest.approx(case["tau"], abs=1e-5)
    assert (q["estimate"], q["p_value"], q["df"]) == pytest.approx(
        (case["q"], case["q_p"], len(of(name)[0]) - 1)
    )
    assert i2["estimate"] == pytest.approx(case["i2"], abs=1e-8)


def test_strata_that_agree_by_luck_are_not_held_to_be_certain():
    """Hartung and Knapp's own interval would be narrower than that of one common difference."""
    fixed, random = pool(*of("alike"))[:2]
    assert random["ci_high"] - random["ci_low"] > fixed["ci_high"] - fixed["ci_low"]


def test_each_stratum_and_the_one_model_as_in_r():
    *strata, one = stratified_difference(people(), stratum="site", **ARMS)[:4]
    listed = cases("stratum")
    for row in strata:
        site = row["contrast"][-1]
        expected = (listed[site]["est"], listed[site]["se"])
        assert (row["estimate"], row["se"]) == pytest.approx(expected)
    expected = cases("one_model")["t"]
    assert (one["estimate"], one["se"]) == pytest.approx((expected["est"], expected["se"]))
    assert sum(row["n"] for row in strata) == one["n"] == 36


def test_the_one_model_weighs_strata_as_mantel_and_haenszel():
    """Without a baseline to adjust for: differences weighed by n1 n0 / n."""
    table = people()
    # A baseline with no relation to anything within a stratum and arm changes nothing.
    rank = table.groupby(["site", "arm"]).cumcount()
    size = table.groupby(["site", "arm"])["score"].transform("size")
    table["baseline"] = rank - (size - 1) / 2
    resid = table["score"] - table.groupby(["site", "arm"])["score"].transform("mean")
    slope = (resid * table["baseline"]).sum() / (table["baseline"] ** 2).sum()
    table["score"] -= slope * table["baseline"]
    means = table.groupby(["site", "arm"])["score"].mean().unstack()
    sizes = table.groupby(["site", "arm"]).size().unstack()
    weight = sizes.prod(axis=1) / sizes.sum(axis=1)
    by_hand = ((means["ketamine"] - means["midazolam"]) * weight).sum() / weight.sum()
    row = stratified_difference(table, stratum="site", **ARMS)[3]
    assert row["estimate"] == pytest.approx(by_hand)


def test_order_of_people_does_not_matter():
    mixed = people().sample(frac=1, random_state=3)
    pairs = zip(
        *(stratified_difference(t, stratum="site", **ARMS) for t in (people(), mixed)), strict=True
    )
    for one, other in pairs:
        assert one["estimand"] == other["estimand"]
        assert one["estimate"] == pytest.approx(other["estimate"])


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"site": "a"}, "at least two"),
        ({"site": np.nan}, "known for everyone"),
        ({"site": lambda d: np.where(d.index < 3, "tiny", "rest")}, "Stratum tiny: .* Merge small"),
    ],
)
def test_refusals_are_sentences(changed, message):
    with pytest.raises(ValueError, match=message):
        stratified_difference(people().assign(**changed), stratum="site", **ARMS)


def test_pooling_needs_two_with_positive_errors():
    with pytest.raises(ValueError, match="two estimates at least"):
        pool(np.array([1.0]), np.array([1.0]))
    with pytest.raises(ValueError, match="above zero"):
        pool(np.array([1.0, 2.0]), np.array([1.0, 0.0]))


def test_random_effects_cover_where_the_fixed_effect_does_not_quite():
    """Five trials whose true differences scatter: conservative against too narrow."""
    fixed, random = (
        cell[-1](benchmark.KINDS[1], 30, 400, np.random.default_rng(6)).mean()
        for cell in benchmark.CELLS
        if "strata" in cell[0]
    )
    assert random >= 0.95
    assert fixed < random
