"""Cohorts with a known truth: a two-arm trial simulated item by item, from a seed.

Severity moves in continuous time; a form reads it now, or as its average over the recall
window, and items follow a graded response model. ``python -m analysis.simulate`` writes
the example study and its truth. Nothing here comes from a real person.
"""

from analysis.simulate.cohort import simulate
from analysis.simulate.example import example_truth, write_example
from analysis.simulate.truth import SEED, truth
from analysis.simulate.world import EXAMPLE, NULL, World

__all__ = [
    "EXAMPLE",
    "NULL",
    "SEED",
    "World",
    "example_truth",
    "simulate",
    "truth",
    "write_example",
]
