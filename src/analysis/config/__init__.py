"""study.toml: what a study declares of itself and its files, validated before scores are read.

In: a study.toml. Out: a frozen `StudyConfig`, or one sentence naming the key. Not here: opening
a table that it names (readers), and writing a first draft of one (draft).
"""

from analysis.config.load import load_config
from analysis.config.source import Table
from analysis.config.study import StudyConfig, StudySection
from analysis.config.tables import (
    AssessmentTable,
    InfusionTable,
    RescueTable,
    SubjectTable,
    WeightTable,
)

__all__ = [
    "AssessmentTable",
    "InfusionTable",
    "RescueTable",
    "StudyConfig",
    "StudySection",
    "SubjectTable",
    "Table",
    "WeightTable",
    "load_config",
]
