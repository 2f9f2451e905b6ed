"""A parallel trial made up for tests of imputation."""

from __future__ import annotations

import numpy as np

from analysis.estimates.missing import Trial


def made_up(n: int, seed: int, lost: float = 0.15, effect: float = -6.0) -> Trial:
    """A trial of half and half, three visits."""
    rng = np.random.default_rng(seed)
    treated = np.arange(n) % 2 == 0
    baseline = rng.normal(35, 7, n)
    covariance = np.array([[30.0, 18.0, 12.0], [18.0, 36.0, 20.0], [12.0, 20.0, 40.0]])
    score = 0.4 * baseline[:, None] + rng.multivariate_normal([0, -1, -2], covariance, n)
    score[treated] += effect
    for visit in (1, 2):
        score[rng.random(n) < lost, visit:] = np.nan
    score[rng.random(n) < lost / 2, 1] = np.nan
    return Trial(score, baseline, treated, ("1 h", "4 h", "day 1"))
