"""What a person would have scored after an event: the strategies of reference-based imputation.

Carpenter, Roger & Kenward 2013, doi:10.1080/10543406.2013.834911; the cases at the first visit
and of unequal covariance as in rbmi's statistical specifications. Before the event, and in the
reference arm, every strategy is missing at random.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["STRATEGIES", "expected", "merged_covariance", "name_of"]

Array = NDArray[np.float64]
STRATEGIES = {
    "MAR": "missing at random",
    "JR": "jump to reference",
    "CR": "copy reference",
    "CIR": "copy increments in reference",
    "LMCF": "last mean carried forward",
}


def expected(strategy: str, own: Array, reference: Array, event: NDArray[np.intp]) -> Array:
    """Means of each person's visits under a strategy.

    Parameters
    ----------
    strategy : {"MAR", "JR", "CR", "CIR", "LMCF"}
    own, reference : array of shape (..., n, k)
        Means with the person's covariates in the person's own arm and in the reference arm.
    event : array of int, shape (n,)
        Position of the first visit after the event, k where there was none.

    Returns
    -------
    array of shape (..., n, k)
        MAR: own. JR: own until the event, then reference. CR: reference throughout, for those
        with an event. CIR: own until the event, then the last own mean plus the increments of
        the reference. LMCF: the last own mean stays.

    Raises
    ------
    ValueError
        When the strategy is unknown, or LMCF meets an event before the first visit.
    """
    name_of(strategy)
    if strategy == "MAR":
        return own
    k = own.shape[-1]
    after = np.arange(k) >= event[:, None]
    if strategy == "JR":
        return np.where(after, reference, own)
    if strategy == "CR":
        return np.where((event < k)[:, None], reference, own)
    if strategy == "LMCF" and (event == 0).any():
        raise ValueError(
            f"{int((event == 0).sum())} people have no mean to carry forward: their event came "
            "before the first visit."
        )
    rows, last = np.arange(len(event)), np.maximum(event - 1, 0)
    carried = own[..., rows, last][..., None]
    if strategy == "CIR":
        # An event before the first visit leaves no own mean to start from: reference it is.
        start = np.where((event == 0)[:, None], reference[..., :1], carried)
        first = np.where((event == 0)[:, None], reference[..., :1], _at(reference, rows, last))
        carried = start + reference - first
    return np.where(after, carried, own)


def merged_covariance(strategy: str, own: Array, reference: Array, event: int) -> Array:
    """Covariance of the visits of a person with an event, where the arms have their own.

    Own until the event and the regression of later on earlier visits from the reference (JR,
    CIR), the reference's (CR), or own (MAR, LMCF); Carpenter et al. 2013, appendix.

    Parameters
    ----------
    own, reference : array of shape (..., k, k)
    event : int
        Position of the first visit after the event, k for none.
    """
    if event == own.shape[-1] or strategy in ("MAR", "LMCF"):
        return own
    if event == 0 or strategy == "CR":
        return reference
    a, b = slice(None, event), slice(event, None)
    first, earlier = own[..., a, a], reference[..., a, a]
    gain = np.linalg.solve(earlier, reference[..., a, b])
    turned = np.swapaxes(gain, -1, -2)
    merged = reference.copy()
    merged[..., a, a] = first
    merged[..., a, b] = first @ gain
    merged[..., b, a] = np.swapaxes(merged[..., a, b], -1, -2)
    merged[..., b, b] = reference[..., b, b] - turned @ (earlier - first) @ gain
    return merged


def name_of(strategy: str) -> str:
    """A strategy in words.

    Raises
    ------
    ValueError
        When it is unknown.
    """
    if strategy not in STRATEGIES:
        raise ValueError(f"A strategy is one of {', '.join(STRATEGIES)}, not '{strategy}'.")
    return STRATEGIES[strategy]


def _at(values: Array, rows: NDArray[np.intp], places: NDArray[np.intp]) -> Array:
    return np.asarray(values[..., rows, places][..., None])
