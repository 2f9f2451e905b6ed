"""External comparison: metafor's prediction interval, Welch's, and the words it is bound to."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from analysis.estimates.control.external import (
    CAVEAT,
    expected_control_change,
    external_comparison,
    external_sentence,
)
from benchmarks.estimates import explanations as benchmark
from tests.estimates.explanations_reference import cases

DUEK = expected_control_change(np.array([-9.308]), np.array([9.877 / math.sqrt(13)]))


@pytest.mark.parametrize("name", ["apart", "strata", "alike"])
def test_prediction_interval_from_metafors_parts(name):
    case = cases("pool")[name]
    k = sum(key.startswith("e") for key in case)
    changes, ses = (np.array([case[f"{part}{i + 1}"] for i in range(k)]) for part in "es")
    row = expected_control_change(changes, ses)
    assert (row["ci_low"], row["ci_high"]) == pytest.approx(
        (case["pi_low"], case["pi_high"]), rel=1e-5
    )


def test_one_published_arm_says_what_it_leaves_out():
    assert DUEK["ci_low"] == pytest.approx(-9.308 - 1.959964 * 9.877 / math.sqrt(13))
    assert "how studies differ is not in the interval" in DUEK["method"]


def test_the_comparison_is_welchs_when_the_control_is_a_sample():
    """With the control's own df the interval is scipy's from summary statistics."""
    known = DUEK | {"df": 12.0}
    row = external_comparison(mean=-20.0, sd=11.0, n=15, expected=known)
    found = stats.ttest_ind_from_stats(-20.0, 11.0, 15, -9.308, 9.877, 13, equal_var=False)
    t = row["estimate"] / row["se"]
    assert t == pytest.approx(found.statistic)
    assert 2 * stats.t.sf(abs(t), row["df"]) == pytest.approx(found.pvalue)


def test_no_p_value_and_no_word_of_cause():
    row = external_comparison(mean=-20.0, sd=11.0, n=15, expected=DUEK)
    assert math.isnan(row["p_value"])
    assert row["estimand"] == "external comparison, not attribution"
    sentence = external_sentence(row, DUEK)
    assert sentence.startswith("The 15 participants changed by -20.0 points on average")
    assert sentence.endswith(CAVEAT)
    assert "no evidence that the infusion caused" in sentence
    assert "because" not in sentence


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: expected_control_change(np.array([]), np.array([])), "one is needed"),
        (lambda: expected_control_change(np.array([1.0]), np.array([0.0])), "standard error"),
        (lambda: expected_control_change(np.ones(2), np.ones(2)), "Two arms cannot tell"),
        (lambda: expected_control_change(np.array([np.nan]), np.ones(1)), "one is needed"),
        (lambda: external_comparison(mean=1, sd=1, n=2, expected=DUEK), "three people"),
        (
            lambda: external_comparison(mean=1, sd=1, n=9, expected=DUEK | {"estimand": "x"}),
            "nothing else stands for it",
        ),
        (lambda: external_sentence(DUEK, DUEK), "Only an external comparison"),
    ],
)
def test_refusals_are_sentences(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize("n", [10, 30])
def test_coverage_of_one_more_control_arm(n):
    """A prediction from five published arms: within 4 points of nominal at 500 trials."""
    (trials,) = (cell[-1] for cell in benchmark.CELLS if cell[0].startswith("expected"))
    assert 0.90 <= trials(benchmark.KINDS[1], n, 500, np.random.default_rng(n)).mean() <= 0.99
