"""Four analyses that are often done of such data, to be set beside the procedure.

Each says "relief" by its usual rule. None is recommended: they are here to be measured in the
same worlds as the verdict.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import special

from analysis.claims.calibration.random_intercepts import random_intercepts
from analysis.claims.primary_analysis import Scores
from analysis.simulate import Trial

__all__ = ["COMMON", "relief_by_common_analyses"]

Array = NDArray[np.float64]
COMMON = {
    "paired t": "paired t test of ketamine, completers, before against within hours",
    "LOCF": "t test of change between the arms, last score within a week carried forward",
    "Mann-Whitney": "Mann-Whitney test of change within hours, not adjusted for baseline",
    "random intercept": "random intercept per participant, arm at visits within hours, normal",
}
_Z = 1.959963984540054


def relief_by_common_analyses(
    trials: Sequence[Trial], several: Sequence[Scores]
) -> list[dict[str, bool]]:
    """Whether each analysis of ``COMMON`` finds relief at the two-sided 5 % level, in each trial.

    Relief is a significant fall: before to after for the paired t test, more than the
    comparator's for the others.
    """
    estimates, ses = random_intercepts(several)
    return [
        {
            **_without_a_model(trial, scores),
            "random intercept": bool(se > 0 and estimate / se < -_Z),
        }
        for trial, scores, estimate, se in zip(trials, several, estimates, ses, strict=True)
    ]


def _without_a_model(trial: Trial, scores: Scores) -> dict[str, bool]:
    change = scores.score - scores.baseline[:, None]
    seen = np.isfinite(change)
    count = seen.sum(axis=1)
    mean = np.where(seen, change, 0.0).sum(axis=1) / np.where(count > 0, count, np.nan)
    first, second = mean[(count > 0) & scores.treated], mean[(count > 0) & ~scores.treated]
    return {
        "paired t": _t_falls(first),
        "LOCF": _t_differs(*_carried(trial)),
        "Mann-Whitney": _ranks_lower(first, second),
    }


def _t_falls(change: Array) -> bool:
    n = len(change)
    if n < 3 or change.std() == 0:
        return False
    t = change.mean() / (change.std(ddof=1) / math.sqrt(n))
    return bool(t < special.stdtrit(n - 1, 0.025))


def _carried(trial: Trial) -> tuple[Array, Array]:
    """Change at the last score of each person who has one, by arm."""
    totals, baseline = trial.totals, trial.baseline
    seen = np.isfinite(totals)
    own = seen.any(axis=1) & np.isfinite(baseline)
    last = totals.shape[1] - 1 - np.argmax(seen[:, ::-1], axis=1)
    change = totals[np.arange(len(totals)), last] - baseline
    return change[own & trial.treated], change[own & ~trial.treated]


def _t_differs(first: Array, second: Array) -> bool:
    """Student's t of two groups, the first lower."""
    n, m = len(first), len(second)
    if min(n, m) < 2:
        return False
    pooled = ((first - first.mean()) ** 2).sum() + ((second - second.mean()) ** 2).sum()
    se = math.sqrt(pooled / (n + m - 2) * (1 / n + 1 / m))
    return bool(se > 0 and (first.mean() - second.mean()) / se < special.stdtrit(n + m - 2, 0.025))


def _ranks_lower(first: Array, second: Array) -> bool:
    """Mann-Whitney by the normal approximation with ties, as most software reports it."""
    n, m = len(first), len(second)
    if min(n, m) < 2:
        return False
    both = np.concatenate([first, second])
    _, place, counts = np.unique(both, return_inverse=True, return_counts=True)
    rank = np.cumsum(counts) - (counts - 1) / 2
    u = rank[place][:n].sum() - n * (n + 1) / 2
    ties = (counts**3 - counts).sum() / ((n + m) * (n + m - 1))
    sd = math.sqrt(n * m / 12 * (n + m + 1 - ties))
    return bool(sd > 0 and (u - n * m / 2 + 0.5) / sd < -_Z)
