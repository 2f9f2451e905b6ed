"""How right-now items move within people is that of people with PTSD, not an assumption."""

from __future__ import annotations

import numpy as np
import pytest

from analysis import instruments
from analysis.simulate import NO_EFFECT
from analysis.simulate.people.people import _wave, difficulty, recruit
from analysis.simulate.scenarios.scenario import CLUSTERS, NOW_ITEMS

PEOPLE, DAYS, PROMPTS = 300, 30, (9, 13, 17, 21)


@pytest.fixture(scope="module")
def rated():
    """Items on a line from 0 to 4, four times a day for a month (people, times, items)."""
    world, rng = NO_EFFECT, np.random.default_rng(3)
    people = recruit(world, PEOPLE, rng)
    hours = DAYS * 24
    severity = people["trait"][:, None]
    severity = severity + _wave(rng, PEOPLE, hours, world.slow_sd, world.slow_hours)
    severity = severity + _wave(rng, PEOPLE, hours, world.momentary_sd, world.momentary_hours)
    asked = (24 * np.arange(DAYS)[:, None] + np.array(PROMPTS)).ravel()
    scale = instruments.get("PCL-5-now")
    cluster_of = {item: CLUSTERS[key] for key, items in scale.subscales.items() for item in items}
    number = np.array(scale.numbers) - 1
    lasting = people["item"][:, number] + people["cluster"][:, [*map(cluster_of.get, number + 1)]]
    latent = severity[:, asked, None] / NOW_ITEMS + (difficulty(20)[number] + lasting)[:, None, :]
    return np.clip(latent + world.noise_sd * rng.standard_normal(latent.shape), 0, 4)


def test_items_move_within_people_as_published(rated):
    """Medians of 20 people with PTSD: doi:10.1002/jts.22491, openESM dataset 0034."""
    within = rated.var(axis=1, ddof=1).mean(axis=0)
    between = rated.mean(axis=1).var(axis=0, ddof=1) - within / rated.shape[1]
    assert np.median(rated.std(axis=1, ddof=1)) == pytest.approx(0.72, abs=0.02)
    assert np.median(between / (between + within)) == pytest.approx(0.56, abs=0.03)


def test_the_sum_of_the_items_moves_with_them(rated):
    # Items that moved apart would give a sum of 2.7 points, items that moved as one 10.1.
    assert np.median(rated.sum(axis=2).std(axis=1, ddof=1)) == pytest.approx(7.0, abs=0.3)


def test_the_form_hangs_together(rated):
    once = rated[:, 0]
    items = once.shape[1]
    alpha = items / (items - 1) * (1 - once.var(axis=0).sum() / once.sum(axis=1).var())
    assert alpha == pytest.approx(0.9, abs=0.04)
