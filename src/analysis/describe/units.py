"""The unit of an estimate, by what it estimates; tables of estimates name it in a column."""

from __future__ import annotations

import re

__all__ = ["unit_of"]

# The first pattern that is found names the unit; what none names has no unit that is sure.
UNITS = {
    r"\(points\)|^SD of scores|^points of": "points",
    r"\(SD\b|^standardised|^d_|in SD$": "SD",
    r"^(?:\w+ )?ratio": "ratio",
    r"\(hours\)|hours to|, hours|^half-life": "hours",
    r"\(minutes\)": "minutes",
    r"number needed": "people",
    r"index|correlation|slope|AUC|joint|at once|distributions|crossings over": "",
    r"probability": "probability",
    r"shares?\b|or more|or lower|reliabl|unchanged|\bfell\b|fall\b|stopped|affected by|"
    r"not resolved|suicidal|outside|worse by|belief of": "share",
    r"score|change|difference|effect|bias|comparison|fall": "points",
}


def unit_of(estimand: str) -> str:
    """Points, SD, share (of 1), ratio, hours, people, probability; empty where none is sure."""
    return next((unit for pattern, unit in UNITS.items() if re.search(pattern, estimand)), "")
