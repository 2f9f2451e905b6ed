"""What becomes of a trial once it was done: its best form, people twice, an early end."""

from __future__ import annotations

import numpy as np

from analysis.simulate.people.course import answers
from analysis.simulate.people.together import Source, count_of
from analysis.simulate.scenarios.scenario import Arrays, World

__all__ = ["best_instrument", "reported"]

# What an early end asks for, in SD of baseline: a difference, and one that its limit shows.
_MATTERS, _BOUND = 0.5, 0.30


def best_instrument(world: World, people: Arrays, rng: Source, trials: int) -> np.ndarray:
    """The items of the form on which each trial's ketamine arm does best within hours."""
    primary = world.primary
    level = people[f"level {primary}"]
    tried = []
    for _ in range(world.instruments_tried):
        own = level + world.instrument_sd * rng.standard_normal(level.shape)
        tried.append(answers(world, people | {f"level {primary}": own}, primary, rng))
    totals = np.stack(tried).sum(axis=3)
    change = totals[:, :, 2 : 2 + len(world.hours_visits)].mean(axis=2) - totals[:, :, :2].mean(2)
    ketamine = people["ketamine"].reshape(trials, -1)
    by_trial = change.reshape(len(tried), trials, -1)
    gap = np.where(ketamine, by_trial, 0.0).sum(2) / ketamine.sum(1)
    gap -= np.where(ketamine, 0.0, by_trial).sum(2) / (~ketamine).sum(1)
    best = np.repeat(gap.argmin(axis=0), ketamine.shape[1])
    return np.stack(tried)[best, np.arange(len(best))]


def reported(
    world: World, people: Arrays, items: Arrays, rng: Source
) -> tuple[Arrays, Arrays, list[int]]:
    """People and items as the trials' data hold them, and how many people each trial has."""
    trials = count_of(rng)
    size = len(people["ketamine"]) // trials
    if not world.entered_twice and not world.stops_early:
        return people, items, [size] * trials
    rows = []
    for start in range(0, size * trials, size):
        own = np.arange(start, start + size)
        if world.entered_twice:
            own = _twice(own, people["ketamine"][own])
        if world.stops_early and _ends_early(world, people, items, own[: size // 2]):
            own = own[: size // 2]
        rows.append(own)
    taken = np.concatenate(rows)
    twice = np.bincount(taken, minlength=size * trials)[taken] > 1
    people = {key: values[taken] for key, values in people.items()} | {"entered twice": twice}
    return people, {table: values[taken] for table, values in items.items()}, [*map(len, rows)]


def _twice(own: np.ndarray, ketamine: np.ndarray) -> np.ndarray:
    """Every other person of an arm gives way to the one before, entered again."""
    taken = own.copy()
    for arm in (ketamine, ~ketamine):
        place = np.flatnonzero(arm)
        taken[place] = own[place[np.arange(len(place)) // 2 * 2]]
    return taken


def _ends_early(world: World, people: Arrays, items: Arrays, own: np.ndarray) -> bool:
    """Whether an analysis of covariance of these people meets what the verdict asks for."""
    from scipy.special import stdtrit  # slow to import

    totals = items[world.primary][own].sum(axis=2)
    baseline = totals[:, :2].mean(axis=1)
    hours = totals[:, 2 : 2 + len(world.hours_visits)]
    there = np.isfinite(hours)
    score = np.where(there, hours, 0.0).sum(axis=1) / np.maximum(there.sum(axis=1), 1)
    seen = there.any(axis=1) & np.isfinite(baseline)
    treated, baseline, score = people["ketamine"][own][seen], baseline[seen], score[seen]
    if min(treated.sum(), (~treated).sum()) < 3:
        return False
    design = np.column_stack([treated, np.ones(len(score)), baseline]).astype(float)
    inverse = np.linalg.inv(design.T @ design)
    found = inverse @ design.T @ score
    left = len(score) - 3
    variance = ((score - design @ found) ** 2).sum() / left
    limit = found[0] - stdtrit(left, world.look_level) * np.sqrt(variance * inverse[0, 0])
    arms = [baseline[treated], baseline[~treated]]
    sd = np.sqrt(sum(float(((arm - arm.mean()) ** 2).sum()) for arm in arms) / (len(score) - 2))
    return bool(limit < -_BOUND * sd and found[0] <= -_MATTERS * sd)
