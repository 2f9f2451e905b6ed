"""Trials drawn together are those that are drawn alone."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest

from analysis import simulate
from analysis.simulate.people.together import Together, count_of

SEEDS = (5, 6, 7)
# All that differs in how a trial is drawn: sites, order of enrolment, doses, no frugal hours.
WORLDS = ("null", "sites", "drift", "two-doses", "past-week", "one-rating", "example")


@pytest.mark.parametrize("name", WORLDS)
def test_each_trial_has_the_numbers_of_its_own_generator_to_the_last_bit(name):
    world = simulate.EXAMPLE if name == "example" else simulate.world(name)
    together = simulate.trials(world, 7, [np.random.default_rng(seed) for seed in SEEDS])
    for seed, ours in zip(SEEDS, together, strict=True):
        alone = simulate.trial(world, 7, seed)
        for field in fields(alone):
            one, other = getattr(ours, field.name), getattr(alone, field.name)
            if field.name == "groups":
                assert list(one) == list(other)
                assert all(np.array_equal(one[flag], other[flag]) for flag in other)
            else:
                np.testing.assert_array_equal(one, other, strict=True)


@pytest.mark.parametrize(
    "draw",
    [
        lambda rng, n: rng.standard_normal((n, 3)),
        lambda rng, n: rng.standard_normal(n),
        lambda rng, n: rng.random((n, 2)),
        lambda rng, n: rng.integers(0, 9, (n, 2)),
        lambda rng, n: rng.binomial(4, np.full((n, 5), 0.3)),
        lambda rng, n: rng.permutation(np.arange(n) % 2),
    ],
)
def test_a_draw_is_that_of_each_and_so_is_the_next(draw):
    sizes = [2, 6, 4]
    generators = [np.random.default_rng(seed) for seed in SEEDS]
    both = Together(generators, sizes)
    alone = [np.random.default_rng(seed) for seed in SEEDS]
    for _ in range(2):
        expected = np.concatenate([draw(g, n) for g, n in zip(alone, sizes, strict=True)])
        np.testing.assert_array_equal(draw(both, sum(sizes)), expected)


def test_how_many_draw():
    generator = np.random.default_rng(1)
    assert count_of(generator) == 1
    assert count_of(Together([generator] * 3, [1, 2, 3])) == 3
    assert Together([generator] * 2, [2, 1]).owner.tolist() == [0, 0, 1]
