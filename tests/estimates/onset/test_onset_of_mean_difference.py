"""Stepping backward: it ends at the first window that fails, and keeps its level."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from analysis.estimates.onset.onset_of_mean_difference import backward_steps, mean_onset

WINDOWS = ["3 h", "5 h", "24 h", "72 h", "168 h"]
HOURS = pd.Series([3.0, 5, 24, 72, 168], index=WINDOWS)


def rows(p_values, estimates=-5.0) -> pd.DataFrame:
    return pd.DataFrame({"window": WINDOWS, "estimate": estimates, "p_value": p_values, "n": 60.0})


@pytest.mark.parametrize(
    ("p_values", "onset"),
    [
        ([0.01, 0.01, 0.01, 0.01, 0.01], 3),
        ([0.2, 0.01, 0.01, 0.01, 0.01], 5),
        # An early window counts only if all later ones do.
        ([0.01, 0.01, 0.2, 0.01, 0.01], 72),
        ([0.01, 0.01, 0.01, 0.01, 0.06], np.nan),
        ([0.05, 0.05, 0.05, 0.05, 0.05], 3),
    ],
)
def test_onset_by_hand(p_values, onset):
    found = mean_onset(rows(p_values), HOURS)
    assert found["estimate"] == pytest.approx(onset, nan_ok=True)


def test_harm_is_no_onset_of_benefit():
    assert np.isnan(mean_onset(rows([0.001] * 5, 5.0), HOURS)["estimate"])


def test_the_method_names_the_windows():
    assert (
        "shown from 24 h on, not shown at 5 h" in mean_onset(rows([1, 1, 0, 0, 0]), HOURS)["method"]
    )
    none = mean_onset(rows([0, 0, 0, 0, 1]), HOURS)["method"]
    assert none.startswith("no onset by this rule: no benefit at")


def test_any_false_step_is_as_rare_as_half_the_level():
    """Correlated windows, true onset between 5 h and 24 h: stepping past it is an error."""
    rng = np.random.default_rng(3)
    covariance = 0.5 + 0.5 * np.eye(5)
    truth = np.array([0, 0, -3.5, -3.5, -3.5])
    z = truth + rng.multivariate_normal(np.zeros(5), covariance, 800)
    p = 2 * stats.norm.sf(np.abs(z))
    early = 0
    for values, ps in zip(z, p, strict=True):
        early += bool(backward_steps(rows(ps, values))["counts"].iloc[:2].any())
    low, high = stats.binomtest(early, 800).proportion_ci(0.999)
    assert low <= 0.025 <= 2 * high


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda d: d.iloc[:0], "at least one"),
        (lambda d: d.assign(window="3 h"), "one difference a window"),
        (lambda d: d.assign(p_value=np.nan), "no p value"),
        (lambda d: d.iloc[::-1], "in the order of time"),
    ],
)
def test_refusals_are_sentences(change, message):
    with pytest.raises(ValueError, match=message):
        mean_onset(change(rows([0.01] * 5)), HOURS)
