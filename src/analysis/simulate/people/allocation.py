"""Who is given ketamine, and where."""

from __future__ import annotations

import numpy as np

from analysis.simulate.people.together import Source, count_of
from analysis.simulate.scenarios.scenario import Arrays, World

__all__ = ["allocate"]


def allocate(world: World, people: Arrays, rng: Source) -> np.ndarray:
    """Who is given ketamine: of each trial as many as the allocation says.

    Where an arm is a site, chance decides the arm and the arm the site, with its response.
    """
    n = len(people["screening"])
    as_planned = np.arange(n) % world.people_per_n < world.allocation[0]
    if world.allocated_by in {"chance", "site"}:
        ketamine = rng.permutation(as_planned)
        if world.allocated_by == "site":
            people["site"] = np.where(ketamine, 0, 1)
            people["site_response"] = people["responses"][np.arange(n), people["site"]]
        return ketamine
    if world.allocated_by == "illness":
        noise = world.illness_noise * world.trait_sd
        first = people["trait"] + noise * rng.standard_normal(n)
    else:
        first = -np.arange(n, dtype=float)
    trials = count_of(rng)
    rank = first.reshape(trials, -1).argsort(axis=1).argsort(axis=1)
    return np.asarray((rank < as_planned.reshape(trials, -1).sum(axis=1)[:, None]).ravel())
