"""Four analyses that are often done of such data, to be set beside the procedure.

Each says "relief" by its usual rule. None is recommended: they are here to be measured in the
same worlds as the verdict.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy import special

from analysis.claims.primary_analysis import Scores
from analysis.simulate import Trial

__all__ = ["COMMON", "random_intercept", "relief_by_common_analyses"]

Array = NDArray[np.float64]
COMMON = {
    "paired t": "paired t test of ketamine, completers, before against within hours",
    "LOCF": "t test of change between the arms, last score within a week carried forward",
    "Mann-Whitney": "Mann-Whitney test of change within hours, not adjusted for baseline",
    "random intercept": "random intercept a person, arm at the visits within hours, normal theory",
}
_Z = 1.959963984540054


def relief_by_common_analyses(trial: Trial, scores: Scores) -> dict[str, bool]:
    """Whether each analysis of ``COMMON`` finds relief at the two-sided 5 % level.

    Relief is a significant fall: before to after for the paired t test, more than the
    comparator's for the others.
    """
    change = scores.score - scores.baseline[:, None]
    mean = np.array([row[np.isfinite(row)].mean() if np.isfinite(row).any() else np.nan
                     for row in change])  # fmt: skip
    seen = np.isfinite(mean)
    treated = scores.treated
    first, second = mean[seen & treated], mean[seen & ~treated]
    return {
        "paired t": _t_falls(first),
        "LOCF": _t_differs(*_carried(trial)),
        "Mann-Whitney": _ranks_lower(first, second),
        "random intercept": _random_intercept(change, scores.baseline, treated),
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


def _random_intercept(change: Array, baseline: Array, treated: NDArray[np.bool_]) -> bool:
    """``change ~ baseline + visit + arm + (1 | person)`` by REML, arm tested with z."""
    estimate, se = random_intercept(change, baseline, treated)
    return bool(se > 0 and estimate / se < -_Z)


def random_intercept(
    change: Array, baseline: Array, treated: NDArray[np.bool_]
) -> tuple[float, float]:
    """Difference between the arms and its standard error by a random-intercept model.

    Restricted maximum likelihood over the ratio of variances, one dimension, with each
    person's rows made independent by taking out a share of their mean. Checked against
    statsmodels' MixedLM; written since that takes a hundred times as long a trial.

    Returns
    -------
    estimate, se : float
        Points; NaN where the model has no residual.
    """
    from scipy.optimize import minimize_scalar  # slow to import

    person, visit = np.nonzero(np.isfinite(change))
    y = change[person, visit]
    visits = np.unique(visit)
    dummies = visit[:, None] == visits[1:]
    x = np.column_stack([np.ones(len(y)), treated[person], baseline[person], dummies])
    m = np.bincount(person, minlength=len(change))
    if len(y) <= x.shape[1] or np.linalg.matrix_rank(x) < x.shape[1]:
        return math.nan, math.nan
    both = np.column_stack([x, y])
    sums = np.zeros((len(change), both.shape[1]))
    np.add.at(sums, person, both)
    means = (sums / np.maximum(m, 1)[:, None])[person]

    def solved(ratio: float) -> tuple[float, Array, Array, float]:
        own = both - (1 - 1 / np.sqrt(1 + m[person] * ratio))[:, None] * means
        gram = own.T @ own
        xx, xy = gram[:-1, :-1], gram[:-1, -1]
        beta = np.linalg.solve(xx, xy)
        rest = float(gram[-1, -1] - xy @ beta)
        df = len(y) - len(beta)
        log_det = float(np.linalg.slogdet(xx)[1] + np.log1p(m * ratio).sum())
        return df * math.log(max(rest, 1e-300)) + log_det, beta, xx, rest / df

    best = minimize_scalar(
        lambda log_ratio: solved(math.exp(log_ratio))[0], bounds=(-9.0, 9.0), method="bounded"
    )
    _, beta, xx, variance = solved(math.exp(best.x))
    return float(beta[1]), math.sqrt(variance * np.linalg.inv(xx)[1, 1])
