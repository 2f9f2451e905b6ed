"""Simulated trials of known truth, item by item, from a seed; nobody in them is real.

In: a scenario (`world`) and a seed. Out: a cohort, its arrays, or a written study; ``python -m
analysis.simulate`` writes the example. Not here: judging them (claims.calibration).
"""

from analysis.simulate.cohort import simulate
from analysis.simulate.example import example_truth, write_example
from analysis.simulate.scenarios.by_size import (
    NO_EFFECT,
    effect,
    hopeful,
    intoxicated,
    power_cell,
    unblinded,
)
from analysis.simulate.scenarios.catalogue import catalogue, entry, world
from analysis.simulate.scenarios.declared import Declared
from analysis.simulate.scenarios.design import BASE, Design
from analysis.simulate.scenarios.entries import Entry
from analysis.simulate.scenarios.scenario import EXAMPLE, NULL, World, parameters
from analysis.simulate.study_files import write_study
from analysis.simulate.trial import Trial, trial, trials
from analysis.simulate.truth import SEED, truth

__all__ = [
    "BASE",
    "EXAMPLE",
    "NO_EFFECT",
    "NULL",
    "SEED",
    "Declared",
    "Design",
    "Entry",
    "Trial",
    "World",
    "catalogue",
    "effect",
    "entry",
    "example_truth",
    "hopeful",
    "intoxicated",
    "parameters",
    "power_cell",
    "simulate",
    "trial",
    "trials",
    "truth",
    "unblinded",
    "world",
    "write_example",
    "write_study",
]
