"""The bias model: identities, and a world in which belief is the whole difference."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from analysis.estimates.control.ancova import ancova
from analysis.estimates.explanations.blinding import guess_counts
from analysis.estimates.explanations.expectancy import (
    belief_gap,
    nullifying_belief,
    nullifying_bias,
    shifted,
)
from analysis.estimates.table import row

DIFFERENCE = row(
    estimand="adjusted difference", contrast="ketamine - midazolam", n=60, estimate=-9.0, se=2.0,
    df=57.0, ci_low=-13.0, ci_high=-5.0, p_value=0.0001, method="ANCOVA",
)  # fmt: skip
ARMS = {"treated": "ketamine", "control": "midazolam"}


def test_a_bias_moves_the_interval_and_leaves_its_width():
    rows = shifted(DIFFERENCE, [0, 2.5])
    assert [(r["estimate"], r["ci_low"], r["ci_high"]) for r in rows] == [
        (-9, -13, -5),
        (-6.5, -10.5, -2.5),
    ]
    assert all(math.isnan(r["p_value"]) for r in rows)
    assert rows[1]["estimand"] == "adjusted difference, if bias were 2.5 points"


def test_the_nullifying_bias_nullifies():
    points, _, interval, in_sd = nullifying_bias(DIFFERENCE, sd=8.0)
    at = shifted(DIFFERENCE, [points["estimate"], interval["estimate"]])
    assert at[0]["estimate"] == 0
    assert at[1]["ci_high"] == 0
    assert in_sd["estimate"] == 5 / 8


def test_no_benefit_needs_no_bias():
    worse = DIFFERENCE | {"estimate": 1.0, "ci_low": -2.0, "ci_high": 4.0}
    assert [r["estimate"] for r in nullifying_bias(worse, sd=8.0)] == [0, 0, 0, 0]
    gap = belief_gap(np.array([[9, 1, 0], [1, 9, 0]]))
    assert [r["estimate"] for r in nullifying_belief(worse, gap)] == [0, 0]


def test_belief_is_the_mean_of_the_guesses():
    """By hand: belief 1, 0 and 1/2, averaged within each arm."""
    counts = np.array([[18, 5, 7], [1, 23, 6]])
    by_hand = (18 + 7 / 2) / 30 - (1 + 6 / 2) / 30
    gap = belief_gap(counts)
    assert gap["estimate"] == pytest.approx(by_hand)
    assert gap["ci_low"] < by_hand < gap["ci_high"]


@pytest.mark.parametrize(
    ("counts", "estimate", "needed"),
    [([[20, 0, 0], [0, 20, 0]], 1, 9.0), ([[5, 5, 10], [5, 5, 10]], 0, math.inf)],
    ids=["all know", "nobody knows"],
)
def test_what_belief_would_have_to_do(counts, estimate, needed):
    gap = belief_gap(np.array(counts))
    assert gap["estimate"] == estimate
    rows = nullifying_belief(DIFFERENCE, gap)
    assert rows[0]["estimate"] == needed
    assert rows[0]["ci_high"] >= rows[0]["estimate"] >= rows[0]["ci_low"]


def test_a_world_where_belief_is_all_there_is():
    """Belief of being treated is worth 6 points: that is what the model finds it would take."""
    rng, n = np.random.default_rng(4), 20_000
    arm = np.repeat(["ketamine", "midazolam"], n)
    chance = np.where((arm == "ketamine")[:, None], [0.6, 0.2, 0.2], [0.1, 0.7, 0.2])
    which = (rng.random((2 * n, 1)) > chance.cumsum(axis=1)).sum(axis=1)
    belief = np.array([1.0, 0.0, 0.5])[which]
    before = rng.normal(32, 9, 2 * n)
    score = 10 + 0.5 * before - 6 * belief + rng.normal(0, 6, 2 * n)
    people = pd.DataFrame({"arm": arm, "baseline": before, "score": score})
    guess = pd.Series(np.array(["ketamine", "midazolam", "do not know"])[which])
    gap = belief_gap(guess_counts(people["arm"], guess, **ARMS))
    needed = nullifying_belief(ancova(people, **ARMS)[0], gap)[0]
    assert needed["estimate"] == pytest.approx(6, abs=0.3)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: shifted(DIFFERENCE | {"ci_low": math.nan}, [1]), "both ends"),
        (lambda: shifted(DIFFERENCE, [-1]), "0 or more"),
        (lambda: nullifying_bias(DIFFERENCE, sd=0.0), "must be positive"),
        (lambda: belief_gap(np.ones((3, 2))), "two arms, three guesses"),
    ],
)
def test_refusals_are_sentences(call, message):
    with pytest.raises(ValueError, match=message):
        call()
