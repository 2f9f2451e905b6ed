"""A group without a visit: which parameters of its covariance say nothing, and stand still.

A variance, covariance or correlation that touches a visit nobody of the group had is not in the
likelihood; estimated all the same, it would make the information singular and the covariance of
every group fall back. The group keeps its structure over the visits it had.
"""

from __future__ import annotations

import numpy as np

from analysis.mmrm.arrays import Array, Mask


def held_values(kind: str, seen: Mask) -> Array:
    """One value a parameter of a group: NaN where it is estimated, else one that changes nothing.

    Parameters
    ----------
    kind : str
        Structure, parameters in the order of `analysis.mmrm.fit.covariance`.
    seen : array of bool, shape (K,)
    """
    k, had = len(seen), np.flatnonzero(seen)
    at_lag = np.array([bool(np.any(seen[: k - d] & seen[d:])) for d in range(k)])
    if kind == "us":
        return np.array(
            [
                np.nan if seen[a] and seen[b] else float(a == b)
                for a in range(k)
                for b in range(a + 1)
            ]
        )
    if kind == "cs":
        return np.array([np.nan if len(had) > 1 else 0.0, np.nan][-min(2, k) :])
    if kind == "toep":
        return np.where(at_lag, np.nan, 0.0)
    variances = np.where(seen, np.nan, 1.0) if kind.endswith("h") else np.array([np.nan])
    if kind.startswith("toep"):
        correlations = np.where(at_lag[1:], np.nan, 0.0)
    elif kind.startswith("ad"):
        # Between two visits that were had only the product of the steps matters: the first is it.
        correlations = np.ones(k - 1)
        correlations[had[:-1]] = np.nan
    else:
        correlations = np.full(int(k > 1), np.nan if len(had) > 1 else 0.0)
    return np.concatenate([variances, correlations])
