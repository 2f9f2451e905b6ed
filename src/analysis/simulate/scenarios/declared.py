"""What a simulated trial declares of how it was done, true or not."""

from __future__ import annotations

from dataclasses import dataclass

from analysis.simulate.scenarios.scenario import World

__all__ = ["Declared", "declared"]


@dataclass(frozen=True)
class Declared:
    """The keys of a study.toml that decide, with the meaning they have there.

    Attributes
    ----------
    randomised, concurrent : bool
    planned_per_arm : dict of int
        By treatment, ``ketamine`` and ``midazolam``.
    looks : int
    look_level : float
        One-sided.
    enrolment_reason : str
        Why fewer were taken in than planned; empty where none is given.
    """

    randomised: bool
    concurrent: bool
    planned_per_arm: dict[str, int]
    looks: int
    look_level: float
    enrolment_reason: str


def declared(world: World, n_per_arm: int, enrolled: int) -> Declared:
    """What a trial of this world declares that has so many people."""
    ketamine, midazolam = world.allocation
    early = world.looks > 1 and enrolled < n_per_arm * world.people_per_n
    return Declared(
        world.randomised,
        world.concurrent,
        {"ketamine": ketamine * n_per_arm, "midazolam": midazolam * n_per_arm},
        world.looks,
        world.look_level,
        "ended at the first of two looks" if early else "",
    )
