"""Tables beside the verdict: what notebooks and report show of a case. They decide nothing."""

from analysis.describe.change import change_estimators, change_with_selection
from analysis.describe.study import (
    WINDOWS,
    bias_table,
    change_by_window,
    cumulative_change,
    difference_by_window,
    forms_by_phase,
    recall_by_hours,
    regression_to_the_mean,
    rules_table,
    three_ways,
)

__all__ = [
    "WINDOWS",
    "bias_table",
    "change_by_window",
    "change_estimators",
    "change_with_selection",
    "cumulative_change",
    "difference_by_window",
    "forms_by_phase",
    "recall_by_hours",
    "regression_to_the_mean",
    "rules_table",
    "three_ways",
]
