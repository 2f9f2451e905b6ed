"""The level of the primary analysis: a covariance an arm, small and unequal arms, lost scores.

Each trial is drawn without a difference between the arms: every p-value below 5 % is false.
"""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy import stats

from analysis.claims.primary_analyses import primary_analyses
from analysis.claims.primary_analysis import Scores
from tests.length import seed, trials

pytestmark = pytest.mark.simulates

COUNT = trials(short=1_000, long=12_000)
CELLS = list(itertools.product((10, 15, 30), (1, 2), (1, 2)))
# The short form draws the corners; the long one every cell.
DRAWN = trials(short=[(10, 1, 1), (10, 2, 2), (15, 1, 2), (30, 2, 1)], long=CELLS)
TOGETHER = 500


def drawn(rng: np.random.Generator, n: int, allocation: int, ratio: int) -> Scores:
    """A trial without a difference; the smaller arm has ``ratio`` times the SD, 8 % is missing."""
    treated = np.arange(n * (1 + allocation)) < n
    people = len(treated)
    baseline = rng.normal(30, 7, people)
    week = 0.7 * baseline + rng.normal(0, 5, people)
    rest = rng.normal(0, 4, people)[:, None] + rng.normal(0, 4, (people, 2))
    rest[treated] *= ratio
    score = 0.5 * baseline[:, None] + 0.2 * week[:, None] + rest
    score[rng.random(score.shape) < 0.08] = np.nan
    return Scores(score, baseline, treated, ("3 h", "5 h"), same_symptoms=week)


@pytest.mark.parametrize(("n", "allocation", "ratio"), DRAWN)
def test_five_of_a_hundred_differences_are_false_at_five_percent(n, allocation, ratio):
    """4 to 6 % of 12,000, or as far from 5 % as luck takes fewer trials once in 10,000."""
    rng = np.random.default_rng([seed(31), n, allocation, ratio])
    p_values = []
    for _ in range(COUNT // TOGETHER):
        several = [drawn(rng, n, allocation, ratio) for _ in range(TOGETHER)]
        p_values += [found.p_value for found in primary_analyses(several)]
    false = int((np.array(p_values) < 0.05).sum())
    if COUNT >= 12_000:
        assert 0.04 < false / COUNT < 0.06
    else:
        low, high = stats.binom.ppf((5e-5, 1 - 5e-5), COUNT, 0.05)
        assert low <= false <= high


def test_labels_dealt_anew_lie_below_no_difference_in_one_of_forty():
    """With B and M at 0 support is an upper limit below 0: 2.5 % of random labels of one trial."""
    rng = np.random.default_rng(seed(32))
    trial = drawn(rng, 20, 1, 1)
    count = trials(short=1_500, long=12_000)
    below = 0
    for _ in range(count // TOGETHER):
        several = [
            Scores(trial.score, trial.baseline, rng.permutation(trial.treated), trial.visits,
                   trial.same_symptoms)
            for _ in range(TOGETHER)
        ]  # fmt: skip
        below += sum(found.ci_high < 0 for found in primary_analyses(several))
    low, high = stats.binom.ppf((5e-5, 1 - 5e-5), count, 0.025)
    assert low <= below <= high
