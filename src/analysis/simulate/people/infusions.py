"""The infusions of simulated people: arms, lengths, dissociation, guesses; one each, or two."""

from __future__ import annotations

import numpy as np

from analysis.simulate.people.allocation import allocate
from analysis.simulate.people.people import look
from analysis.simulate.people.together import Source, count_of
from analysis.simulate.scenarios.scenario import FULL_DOSE, VISITS, Arrays, World

__all__ = ["cross", "treat"]


def treat(world: World, people: Arrays, rng: Source) -> None:
    """Add arm, infusion, dissociation, guess, effects, visit times, what forms then read."""
    _infuse(world, people, allocate(world, people, rng), rng)
    if world.frugal:
        look(world, people, rng)


def cross(world: World, people: Arrays, rng: Source) -> Arrays:
    """The same people around their second infusion, of the other treatment.

    What the drug does in a person is the same as in the first; luck with dissociation, guess
    and expectancy is new. Hours count from the second infusion's start.
    """
    second = dict(people)
    _infuse(world, second, ~people["ketamine"], rng)
    return second


def _infuse(world: World, people: Arrays, ketamine: np.ndarray, rng: Source) -> None:
    n = len(ketamine)
    # Trials in rows: what is counted or ordered is so within each.
    own = ketamine.reshape(count_of(rng), -1)
    order = np.cumsum(own, axis=1).ravel() - 1
    dose = np.array(world.doses)[order % len(world.doses)]
    minutes = rng.integers(38, 44, n)
    median = np.where(ketamine, world.cadss_ketamine * dose / FULL_DOSE, world.cadss_midazolam)
    peak = median * np.exp(world.cadss_log_sd * rng.standard_normal(n))
    strongest = np.argsort((-peak * ketamine).reshape(own.shape), axis=1, kind="stable")
    rank = np.argsort(strongest, axis=1)
    most = np.array([round(world.stopped * treated) for treated in own.sum(axis=1)])
    stopped = (rank < most[:, None]).ravel()
    minutes = np.where(stopped, rng.integers(20, 31, n), minutes)
    felt = np.log1p(peak) + world.guess_sd * rng.standard_normal(n)
    guess = np.digitize(felt, world.guess_cuts)
    expectancy = world.expectancy + world.expectancy_sd * rng.standard_normal(n)
    expectancy = expectancy + world.belief * guess / 2 + world.expectancy_ketamine * ketamine
    if any(world.response_sd):
        own_sd = np.where(ketamine, *world.response_sd)
        expectancy = expectancy + own_sd * rng.standard_normal(n)
    luck = rng.random(n)
    drug = (luck >= world.drug_none) * (world.drug + world.drug_sd * rng.standard_normal(n))
    drug = people.get("response", np.where(luck > 1 - world.drug_worse, world.drug_worse_by, drug))
    # Minutes until stopping, dose in proportion, and log spreads of 0.7 and 0.35: assumptions.
    people |= {
        "ketamine": ketamine,
        "order": np.tile(np.arange(own.shape[1]) / max(own.shape[1] - 1, 1), len(own)),
        "dose": dose,
        "response": drug,
        "minutes": minutes,
        "stopped": stopped,
        "guess": guess,
        "expectancy": expectancy + people.get("site_response", 0.0),
        "drug": ketamine * drug * dose / FULL_DOSE * np.where(stopped, minutes / 40, 1.0),
        "cadss_peak": peak,
        "cadss_baseline": world.cadss_baseline * np.exp(0.7 * rng.standard_normal(n)),
        "cadss_half_life": world.cadss_half_life * np.exp(0.35 * rng.standard_normal(n)),
    }
    # One draw for all visits, where the numbers of single ones need not be kept.
    luck = rng.random((n, len(world.visits))) if world.frugal else np.empty((n, 0))
    for number, visit in enumerate(world.visits):
        clock, nominal, low, high = VISITS[visit]
        wide = world.visit_jitter if visit in world.after else 1.0
        first: int = round(low * wide)
        last: int = round(high * wide)
        if world.frugal:
            moved = first + np.floor(luck[:, number] * (last - first + 1)).astype(int)
        else:
            moved = rng.integers(first, last + 1, n)
        if visit in world.hours_visits and any(world.clock_late):
            moved = moved + np.where(ketamine, *world.clock_late)
        people[visit] = nominal + moved + (clock == "end") * minutes
    people["other day"] = people["other_day"]
    people["stay_end"] = people[world.hours_visits[-1]] + rng.integers(30, 76, n)
