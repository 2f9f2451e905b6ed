"""The design of a trial, apart from what is true in it: any world can be drawn at any design."""

from __future__ import annotations

from dataclasses import dataclass, replace

from analysis.simulate.scenario import World

__all__ = ["BASE", "Design"]

# Visits within hours, by how many there are; the visit of 4 h falls on both sides of the edge.
_VISITS = {1: ("4 h",), 2: ("3 h", "5 h"), 3: ("3 h", "4 h", "5 h")}
# Points of a person's own response that double the SD of what baseline leaves open within hours:
# fitted to 10,000 people. They move the mean by under 0.02 SD, since scores end at 0 and 56.
_WIDER = {1.0: 0.0, 2.0: 15.8}


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
    """

    n_per_arm: int = 30
    loss: float = 0.02
    visits: int = 2
    allocation: tuple[int, int] = (1, 1)
    sd_ratio: float = 1.0
    covariate: bool = True

    def of(self, world: World) -> World:
        """The world with this design, to be drawn with ``n_per_arm`` people in the smaller arm.

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
        ketamine, comparator = self.allocation
        wider = _WIDER[self.sd_ratio]
        return replace(
            world,
            hours_visits=_VISITS[self.visits],
            allocation=self.allocation,
            response_sd=(wider, 0.0) if ketamine <= comparator else (0.0, wider),
            lost_hours=self.loss,
            dropout_hours=0.0,
            week_form=self.covariate,
        )


# What power is promised for, and every world is counted at.
BASE = Design()
