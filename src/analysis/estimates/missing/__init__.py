"""What missing scores could change: reference-based imputation, shifts, tipping points.

In: a `Trial`, everyone randomised; `handle_events` comes first. `conditional_mean` and
`multiple_imputation` fill under a strategy of `STRATEGIES`, `tipping_point` asks how much worse
missing scores would have to be, `robustness_to_missing` is the one fast question of gate 6.
"""

from analysis.estimates.missing.closed_form import Robustness, robustness_to_missing
from analysis.estimates.missing.conditional_mean import (
    ConditionalMean,
    Refits,
    conditional_mean,
    resampled,
)
from analysis.estimates.missing.imputation_model import Parameters, by_visit
from analysis.estimates.missing.intercurrent_events import HANDLINGS, handle_events
from analysis.estimates.missing.multiple_imputation import (
    Imputations,
    multiple_imputation,
    posterior,
)
from analysis.estimates.missing.rubins_rules import Pooled, pool
from analysis.estimates.missing.strategies import STRATEGIES
from analysis.estimates.missing.tipping import Tipping, tipping_curve, tipping_grid, tipping_point
from analysis.estimates.missing.trial_data import Trial, first_missing_to_the_end

__all__ = [
    "HANDLINGS",
    "STRATEGIES",
    "ConditionalMean",
    "Imputations",
    "Parameters",
    "Pooled",
    "Refits",
    "Robustness",
    "Tipping",
    "Trial",
    "by_visit",
    "conditional_mean",
    "first_missing_to_the_end",
    "handle_events",
    "multiple_imputation",
    "pool",
    "posterior",
    "resampled",
    "robustness_to_missing",
    "tipping_curve",
    "tipping_grid",
    "tipping_point",
]
