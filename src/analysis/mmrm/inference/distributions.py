"""Quantiles and upper tails of t, F, chi-square and normal distributions.

From SciPy's special functions, to the last digit what its distributions give, and imported only
when something is tested: `scipy.stats` takes longer to import than NumPy and pandas together.
"""

from __future__ import annotations

from typing import Any

import numpy as np


def t_quantile(share: float, df: Any) -> Any:
    """Value of a t variable below which a share of it lies."""
    from scipy.special import stdtrit

    return stdtrit(df, share)


def t_tail(value: Any, df: Any) -> Any:
    """Probability of a larger t."""
    from scipy.special import stdtr

    return stdtr(df, -value)


def f_tail(value: float, df1: float, df2: float) -> float:
    """Probability of a larger F; one where the statistic is not positive."""
    from scipy.special import fdtrc

    return float(fdtrc(df1, df2, np.maximum(value, 0.0)))


def chi2_quantile(share: Any, df: Any) -> Any:
    """Value of a chi-square variable below which a share of it lies."""
    from scipy.special import gammaincinv

    return 2 * gammaincinv(np.asarray(df) / 2, share)


def normal_quantile(share: float) -> float:
    """Value of a standard normal variable below which a share of it lies."""
    from scipy.special import ndtri

    return float(ndtri(share))
