"""The design of a trial as gate 7 keys it: what error rates hang on, coarsened to what is counted.

A scenario at another design than the usual one is named with the design behind an at sign, as in
``null@loss-0.10+visits-1``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from analysis import simulate
from analysis.claims.decision_rule import ONE_SIDED
from analysis.simulate import World, entry

if TYPE_CHECKING:
    from analysis.claims.primary_analysis import Primary, Scores
    from analysis.simulate import Entry

__all__ = ["BASE", "HOURS", "LATER", "SIZES", "Design", "counted_designs", "design_of",
           "design_of_trial", "scenario", "sd_ratio"]  # fmt: skip

SIZES = (15, 30, 60)
LOSSES = (0.02, 0.05, 0.10, 0.15, 0.30)
# One-sided, of two looks by Pocock's bound (1977, doi:10.1093/biomet/64.2.191).
LOOK_LEVELS = (0.0147,)
# In a later window, for which fewer are counted.
LATER_LOSSES = (0.05, 0.15, 0.30)
HOURS, LATER = "hours", "later"
# The window that stands for all later ones.
_LATER_WINDOW, _FOR_EVER = "day_7", 1e6
# Up to here arms count as alike; beyond the larger a trial has no row.
_ALIKE, _MOST = 1.25, 2.0


@dataclass(frozen=True)
class Design:
    """What a committed row of counts is keyed by, beside the scenario and the participants per arm.

    Attributes
    ----------
    loss : float
        Share of people with a baseline who have no score in the window, one of ``LOSSES``.
    visits : int
        In the window, as the primary analysis has them.
    allocation : int
        People in the larger arm for each in the smaller one.
    sd_ratio : int
        SD of what the model leaves over in the window, the wider arm's to the other's; the
        wider one is the smaller arm, or ketamine.
    covariate : bool
        Whether a form of the same symptoms that looks back was measured before.
    level : float
        One-sided, of this look.
    window : str
        ``hours`` or ``later``: about 7 days after, for all that come later.
    """

    loss: float = LOSSES[0]
    visits: int = 2
    allocation: int = 1
    sd_ratio: int = 1
    covariate: bool = True
    level: float = ONE_SIDED
    window: str = HOURS

    @property
    def name(self) -> str:
        """What differs from the usual design, as scenarios are named; empty where nothing does."""
        parts = {
            f"loss-{self.loss:.2f}": self.loss != BASE.loss,
            f"visits-{self.visits}": self.visits != BASE.visits,
            f"allocation-{self.allocation}": self.allocation != BASE.allocation,
            f"sd-{self.sd_ratio}": self.sd_ratio != BASE.sd_ratio,
            "covariate-0": not self.covariate,
            f"level-{self.level:g}": self.level != BASE.level,
            f"window-{self.window}": self.window != BASE.window,
        }
        return "+".join(part for part, own in parts.items() if own)

    def told(self) -> str:
        """The design in words."""
        arms = "1:1" if self.allocation == 1 else f"1:{self.allocation}"
        spread = "arms alike in SD" if self.sd_ratio == 1 else "one arm with up to twice the SD"
        form = "with" if self.covariate else "without"
        visits = "one visit" if self.visits == 1 else f"{self.visits} visits"
        window = "within hours" if self.window == HOURS else "in a later window"
        level = "" if self.level == ONE_SIDED else f", one-sided level {self.level:g}"
        return (
            f"{visits} {window}, at most {self.loss:.0%} without a score there, allocation {arms}, "
            f"{spread}, {form} a past-week scale at baseline{level}"
        )

    def drawn(self, world: World) -> World:
        """The world with trials of this design."""
        made = simulate.Design(
            loss=self.loss,
            visits=self.visits,
            allocation=(1, self.allocation),
            sd_ratio=float(self.sd_ratio),
            covariate=self.covariate,
            look_level=self.level,
        )
        drawn = made.of(world)
        if self.window == HOURS:
            return drawn
        # Effect and bias of the scenario are those of the window, and so are all that are lost.
        return replace(drawn, dropout=0.0, drug_half_life=_FOR_EVER, expectancy_half_life=_FOR_EVER)

    @property
    def windows(self) -> tuple[str, ...]:
        """Windows of claims.toml that are analysed as visits; empty for those of the hours."""
        return () if self.window == HOURS else (_LATER_WINDOW,)


BASE = Design()
_KEYS = {"loss": float, "visits": int, "allocation": int, "sd": int, "covariate": int,
         "level": float, "window": str}  # fmt: skip


def counted_designs() -> dict[str, list[Design]]:
    """The designs beyond the usual one that rows are counted for, in groups.

    How far the arms differ in SD is estimated, and is above 1.25 by chance alone in many small
    trials: each other departure is crossed with it.
    """
    both = (1, 2)
    hours = [Design(loss=loss, visits=visits, sd_ratio=ratio)
             for ratio in both for visits in (2, 1) for loss in LOSSES]  # fmt: skip
    return {
        "loss and visits": [one for one in hours if one != BASE],
        "allocation": [Design(allocation=2, sd_ratio=ratio) for ratio in both],
        "covariate": [Design(covariate=False, sd_ratio=ratio) for ratio in both],
        "look": [Design(level=level, sd_ratio=ratio) for level in LOOK_LEVELS for ratio in both],
        "later window": [Design(loss=loss, visits=1, sd_ratio=ratio, window=LATER)
                         for ratio in both for loss in LATER_LOSSES],
    }  # fmt: skip


def scenario(name: str) -> tuple[Entry, Design]:
    """A scenario of the catalogue and the design that its name asks for.

    Raises
    ------
    ValueError
        For an unknown scenario or design.
    """
    world, _, asked = name.partition("@")
    return entry(world), design_of(asked)


def design_of(asked: str) -> Design:
    """The design of a name such as ``loss-0.10+visits-1``; the usual one of an empty name.

    Raises
    ------
    ValueError
        For a part that is none of a design.
    """
    found: dict[str, object] = {}
    for part in filter(None, asked.split("+")):
        key, _, value = part.partition("-")
        if key not in _KEYS or not value:
            raise ValueError(
                f"No design is named {part!r}; its parts are {', '.join(_KEYS)}, each with a "
                "hyphen and a value, joined by +, as in loss-0.10+visits-1."
            )
        found["sd_ratio" if key == "sd" else key] = _KEYS[key](value)
    if "covariate" in found:
        found["covariate"] = bool(found["covariate"])
    return replace(BASE, **found)  # type: ignore[arg-type]


def sd_ratio(primary: Primary) -> float:
    """SD of what the model leaves over in the window, the wider arm's to the narrower's."""
    k = primary.covariance.shape[-1]
    first, second = np.sqrt(primary.covariance.sum(axis=(1, 2)) / k**2)
    return float(max(first, second) / min(first, second))


def design_of_trial(
    scores: Scores, primary: Primary, *, level: float, window: str
) -> tuple[int, Design] | str:
    """Committed size and design of a trial, or why there is none.

    People are rounded down, the loss is rounded up.
    """
    arms = sorted([int(scores.treated.sum()), int((~scores.treated).sum())])
    size = max((n for n in SIZES if n <= arms[0]), default=None)
    if size is None:
        return "fewer participants per arm than any committed row has"
    lost, steps = 1 - float(scores.seen.mean()), LOSSES if window == HOURS else LATER_LOSSES
    loss = next((step for step in steps if lost <= step + 1e-9), None)
    if loss is None:
        return f"more participants without a score in the window than {steps[-1]:.0%}"
    apart = arms[1] / arms[0]
    if apart > _MOST + 1e-9:
        return f"an arm more than {_MOST:g} times as large as the other"
    ratio = sd_ratio(primary)
    if ratio > _MOST:
        return f"an arm whose scores spread more than {_MOST:g} times as much as the other's"
    return size, Design(
        loss=loss,
        visits=len(scores.visits),
        allocation=1 if apart <= _ALIKE else 2,
        sd_ratio=1 if ratio <= _ALIKE else 2,
        covariate=scores.same_symptoms is not None,
        level=level,
        window=window,
    )
