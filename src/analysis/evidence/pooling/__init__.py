"""Randomised trials pooled: which differences may be, what they say together, how far to trust it.

In: the published table. Out: a difference a trial and window, pools, or the reason why there is
none. Not here: the arithmetic (estimates.pooling), and what a verdict makes of it.
"""

from analysis.evidence.pooling.certainty import certainty, surprise
from analysis.evidence.pooling.pools import WINDOWS, one_a_trial, pool_trials, pools
from analysis.evidence.pooling.trial_differences import trial_differences

__all__ = [
    "WINDOWS",
    "certainty",
    "one_a_trial",
    "pool_trials",
    "pools",
    "surprise",
    "trial_differences",
]
