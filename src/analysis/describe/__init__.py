"""Tables beside the verdict: what notebooks and report show of a case, a module a topic.

In: a case, a ledger or the published table. Out: small tables for reading. They decide nothing.
Not here: estimators (estimates), pictures (figures), what may leave (disclosure).
"""

from analysis.describe.answer.verdicts import estimates_table, issues_table, rules_table
from analysis.describe.display import rounded, sentences
from analysis.describe.evidence.rows import evidence_counts
from analysis.describe.forms import forms_by_phase, recall_by_hours
from analysis.describe.scores.change import (
    change_by_window,
    change_estimators,
    change_with_selection,
    regression_to_the_mean,
)
from analysis.describe.scores.control import bias_table, difference_by_window
from analysis.describe.scores.responders import cumulative_change, three_ways

__all__ = [
    "bias_table",
    "change_by_window",
    "change_estimators",
    "change_with_selection",
    "cumulative_change",
    "difference_by_window",
    "estimates_table",
    "evidence_counts",
    "forms_by_phase",
    "issues_table",
    "recall_by_hours",
    "regression_to_the_mean",
    "rounded",
    "rules_table",
    "sentences",
    "three_ways",
]
