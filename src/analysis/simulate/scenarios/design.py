"""The design of a trial, apart from what is true in it: any world can be drawn at any design."""

from __future__ import annotations

from dataclasses import dataclass, replace

from analysis.simulate.scenarios.scenario import World

__all__ = ["BASE", "Design"]

# Visits within hours, by how many there are; the visit of 4 h falls on both sides of the edge.
_VISITS = {1: ("4 h",), 2: ("3 h", "5 h"), 3: ("3 h", "4 h", "5 h")}
# Points of a person's own response that double the SD of what baseline leaves open within hours:
# fitted to 20,000 people. More people then stand at an end of the scale, where nothing can move
# them: what moves ketamine must be so much stronger for the difference that a world states.
_WIDER = {1.0: 0.0, 2.0: 15.8}
_STRONGER = 1.18
_MOVES_KETAMINE = ("drug", "belief", "expectancy_ketamine", "euphoria", "dip")
ONE_LOOK = 0.025


@dataclass(frozen=True)
class Design:
    """How a trial is made, whatever is true in it.

    Attributes
    ----------
    n_per_arm : int
        People in the smaller arm.
    loss : float
        Share without a score within hours, of both arms together, rounded down to whole people.
        Who that is goes by the world: by chance, or by the score that nobody sees.
    visits : int
        Visits within hours: 1 (at 4 h after the end), 2 (at 3 and 5 h) or 3.
    allocation : tuple of int
        People on ketamine to people on the comparator, as (1, 2).
    sd_ratio : float
        SD within hours, baseline accounted for, of the smaller arm over the larger, of equal
        arms ketamine over the comparator: 1 or 2.
    covariate : bool
        Whether a past-week form of the same symptoms was filled in before the infusion.
    look_level : float
        One-sided level of each look: below 0.025 there are two, one halfway, and the trial ends
        at the first if that shows enough.
    """

    n_per_arm: int = 30
    loss: float = 0.02
    visits: int = 2
    allocation: tuple[int, int] = (1, 1)
    sd_ratio: float = 1.0
    covariate: bool = True
    look_level: float = ONE_LOOK

    def of(self, world: World) -> World:
        """The world with this design, to be drawn with ``n_per_arm`` people in the smaller arm.

        What a world has of its own that departs from the base design, such as arms of unequal
        size, stays where this design does not ask for something else.

        Raises
        ------
        ValueError
            For a number of visits, or a ratio, that there is none of.
        """
        if self.visits not in _VISITS or self.sd_ratio not in _WIDER:
            raise ValueError(
                f"Visits must be 1, 2 or 3 and the ratio of SDs 1 or 2; got {self.visits} and "
                f"{self.sd_ratio:g}."
            )
        made = replace(world, lost_hours=self.loss, dropout_hours=0.0)
        if self.visits != BASE.visits:
            made = replace(made, hours_visits=_VISITS[self.visits])
        if self.allocation != BASE.allocation:
            made = replace(made, allocation=self.allocation)
        if self.sd_ratio != BASE.sd_ratio:
            made = _wider(made, _WIDER[self.sd_ratio])
        if not self.covariate:
            made = replace(made, week_form=False)
        if self.look_level != BASE.look_level:
            made = replace(made, looks=2, look_level=self.look_level, stops_early=True)
        return made


def _wider(world: World, points: float) -> World:
    """The world with more spread in the smaller arm, and the same difference between the arms."""
    ketamine, comparator = world.allocation
    if ketamine > comparator:
        return replace(world, response_sd=(0.0, points))
    stronger = {name: _STRONGER * getattr(world, name) for name in _MOVES_KETAMINE}
    return replace(world, response_sd=(points, 0.0), **stronger)


# What power is promised for, and every world is counted at.
BASE = Design()
