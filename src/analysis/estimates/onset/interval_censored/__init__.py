"""Times known only to lie between two visits: estimate, test between arms, intervals."""

from analysis.estimates.onset.interval_censored.confidence_intervals import (
    bootstrap_difference,
    bootstrap_interval,
    likelihood_difference,
    likelihood_interval,
)
from analysis.estimates.onset.interval_censored.rank_tests import rank_scores, rank_test
from analysis.estimates.onset.interval_censored.turnbull import NPMLE, turnbull

__all__ = [
    "NPMLE",
    "bootstrap_difference",
    "bootstrap_interval",
    "likelihood_difference",
    "likelihood_interval",
    "rank_scores",
    "rank_test",
    "turnbull",
]
