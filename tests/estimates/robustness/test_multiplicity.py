"""Adjusted P values against R, a published graph, closed testing and simulation."""

from __future__ import annotations

import gc
import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from analysis.estimates.robustness.multiplicity import fixed_sequence, graphical, hochberg, holm
from benchmarks.estimates import multiplicity as characteristics
from tests.estimates.r_listing import listed

P = [0.012, 0.031, 0.004, 0.24, 0.026, 0.049]
# Two doses, each with a primary and a secondary endpoint: graphicalMCP 0.2.8, vignette "shortcut
# testing", https://openpharma.github.io/graphicalMCP/articles/shortcut-testing.html.
DOSES = {
    "H1": {"H2": 0.5, "H3": 0.5},
    "H2": {"H1": 0.5, "H4": 0.5},
    "H3": {"H2": 1.0},
    "H4": {"H1": 1.0},
}


@pytest.fixture(autouse=True)
def without_garbage():
    """statsmodels collects garbage in every call of Holm's procedure."""
    gc.freeze()
    yield
    gc.unfreeze()


def named(values) -> dict[str, float]:
    return {f"claim {i}": value for i, value in enumerate(values)}


@pytest.mark.parametrize(("function", "method"), [(holm, "holm"), (hochberg, "hochberg")])
def test_adjusted_p_values_are_those_of_r(function, method):
    found = function(named(P))
    assert found["adjusted_p"].tolist() == pytest.approx(list(listed(method).values()))
    assert found["claim"].tolist() == list(named(P))
    assert (found["rejected"] == (found["adjusted_p"] <= 0.05)).all()


def test_the_published_graph():
    p = {"H1": 0.018, "H2": 0.01, "H3": 0.105, "H4": 0.006}
    found = graphical(p, weights={"H1": 0.5, "H2": 0.5}, transitions=DOSES, alpha=0.025)
    assert found["adjusted_p"].tolist() == pytest.approx([0.024, 0.020, 0.105, 0.024])
    assert found["rejected"].tolist() == [True, True, False, True]


chances = st.lists(st.floats(0, 1), min_size=1, max_size=5)


def holm_graph(names: list[str]) -> dict:
    k = len(names)
    return {
        "weights": dict.fromkeys(names, 1 / k),
        "transitions": {a: {b: 1 / (k - 1) for b in names if b != a} for a in names}
        if k > 1
        else {},
    }


@settings(max_examples=50, deadline=None)
@given(chances)
def test_holm_and_the_fixed_sequence_are_graphs(values):
    p = named(values)
    names = list(p)
    by_graph = graphical(p, **holm_graph(names))["adjusted_p"]
    assert by_graph.tolist() == pytest.approx(holm(p)["adjusted_p"].tolist())
    chain = {a: {b: 1.0} for a, b in itertools.pairwise(names)}
    one_by_one = graphical(p, weights={names[0]: 1.0}, transitions=chain)["adjusted_p"]
    assert one_by_one.tolist() == pytest.approx(fixed_sequence(p)["adjusted_p"].tolist())


def closed(p: np.ndarray, weight: np.ndarray, passed: np.ndarray) -> np.ndarray:
    """Adjusted P values by testing every intersection with the weights of the reduced graph."""
    from analysis.estimates.robustness.multiplicity import _without

    k = len(p)
    adjusted = np.zeros(k)
    for kept in itertools.product([False, True], repeat=k):
        if any(kept):
            w, g = weight, passed
            for j in range(k):
                if not kept[j]:
                    w, g = _without(w, g, j)
            ratios = [p[j] / w[j] for j in range(k) if kept[j] and w[j] > 0]
            local = min([1.0, *ratios])
            adjusted = np.where(kept, np.maximum(adjusted, local), adjusted)
    return adjusted


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6))
def test_the_shortcut_is_the_closed_test(seed):
    """Bretz 2009, section 2: the graph is a short cut through all intersections."""
    rng = np.random.default_rng(seed)
    k = 4
    weight, passed = rng.dirichlet(np.ones(k)), rng.dirichlet(np.ones(k), k)
    np.fill_diagonal(passed, 0)
    p = rng.uniform(0, 0.2, k)
    names = list(named(p))
    found = graphical(
        named(p),
        weights=dict(zip(names, weight, strict=True)),
        transitions={
            a: dict(zip(names, row, strict=True)) for a, row in zip(names, passed, strict=True)
        },
    )
    assert found["adjusted_p"].tolist() == pytest.approx(closed(p, weight, passed).tolist())


@given(chances)
def test_hochberg_rejects_what_holm_does_and_no_adjusted_p_is_smaller(values):
    p = named(values)
    one, other = holm(p), hochberg(p)
    assert (other["adjusted_p"] <= one["adjusted_p"] + 1e-12).all()
    for found in (one, other, fixed_sequence(p)):
        assert (found["adjusted_p"] >= found["p_value"] - 1e-12).all()


def test_the_fixed_sequence_stops_at_the_first_failure():
    found = fixed_sequence({"hours": 0.01, "day": 0.2, "week": 0.001})
    assert found["rejected"].tolist() == [True, False, False]
    assert found["adjusted_p"].tolist() == [0.01, 0.2, 0.2]


@pytest.mark.parametrize("function", [holm, hochberg, fixed_sequence])
@pytest.mark.parametrize("wrong", [math.nan, -0.1, 1.1])
def test_a_claim_without_a_p_value_is_refused_and_still_counts(function, wrong):
    with pytest.raises(ValueError, match="declared and still counts"):
        function({"hours": 0.01, "day": wrong})
    with pytest.raises(ValueError, match="at least one claim"):
        function({})
    with pytest.raises(ValueError, match="Alpha"):
        function({"hours": 0.01}, alpha=5)
    assert function({"hours": 0.03, "day": 1.0})["adjusted_p"][0] >= 0.03


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"weights": {"a": 0.7, "b": 0.7}}, "sum to more than 1"),
        ({"weights": {"a": -0.1}}, "negative"),
        ({"weights": {"c": 1.0}}, "without a P value: c"),
        ({"transitions": {"a": {"a": 1.0}}}, "to itself"),
        ({"transitions": {"a": {"b": 1.5}}}, "sum to more than 1"),
    ],
)
def test_graphs_that_cannot_be_are_refused(wrong, message):
    with pytest.raises(ValueError, match=message):
        graphical({"a": 0.1, "b": 0.2}, **({"weights": {"a": 1.0}, "transitions": {}} | wrong))


def test_the_chance_of_any_false_rejection_stays_at_alpha():
    for r in characteristics.run(replicates=250, seed=4, cells=[("skewed, bounded", 15)]):
        most = stats.binom.ppf(0.9995, r["replicates"], r["nominal"])
        assert r["value"] * r["replicates"] <= most, r
