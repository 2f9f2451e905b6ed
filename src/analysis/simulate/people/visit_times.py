"""When simulated people are rated."""

from __future__ import annotations

import numpy as np

from analysis.simulate.scenarios.scenario import Arrays, World

__all__ = ["visit_hours"]


def visit_hours(world: World, people: Arrays, table: str) -> np.ndarray:
    """Hours since the start of the infusion (people, visits), to the minute."""
    visits, offset = world.forms[table][2:]
    return np.round((np.column_stack([people[visit] for visit in visits]) + offset) / 60, 3)
