"""Covariates of the primary analysis that a study measured before randomisation.

A form of the same symptoms that looks back over days tells how ill a person is usually, where one
or two ratings of right now tell of an hour; the site tells of who recruits and who rates. Each
counts where enough people of each arm have it; who lacks it gets the mean over both arms, which
biases nothing that was randomised (White & Thompson 2005, doi:10.1002/sim.1981).
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

__all__ = ["measured", "pooled_sites", "same_symptoms", "site"]

Array = NDArray[np.float64]
# How sentences name the people of small sites, taken together, and those of none.
POOLED = "pooled"


def measured(known: NDArray[np.bool_], treated: NDArray[np.bool_], share: float) -> bool:
    """Whether at least this share of each arm is known."""
    arms = [known[own] for own in (treated, ~treated)]
    return all(len(own) and own.sum() >= share * len(own) for own in arms)


def same_symptoms(
    before: pd.DataFrame, people: pd.Index, treated: NDArray[np.bool_], share: float
) -> Array | None:
    """Points before the infusion on a form of the same symptoms that looks back.

    Parameters
    ----------
    before : DataFrame
        Baselines of the scale of the same symptoms, all versions.
    people : Index
        Numbers of the people compared, in their order.
    treated : array of bool, shape (people,)
    share : float
        Of each arm that must have one.

    Returns
    -------
    array of shape (people,) or None
        NaN for people without one; None where too few people have one.
    """
    before = before[(before["recall_hours"] > 0) & before["subject"].isin(people)]
    # One version: of several, that of most people, and of these the one that looks back least.
    kinds = before.groupby(["recall_hours", "version"]).size()
    if kinds.empty:
        return None
    recall, version = min(kinds.index, key=lambda kind: (-kinds[kind], kind))
    own = before[(before["recall_hours"] == recall) & (before["version"] == version)]
    values = own.set_index("subject")["baseline"].reindex(people).to_numpy(float)
    if not measured(np.isfinite(values), treated, share):
        return None
    # What is the same for everyone tells nobody apart.
    return values if np.nanmax(values) > np.nanmin(values) else None


def site(
    sites: pd.Series, treated: NDArray[np.bool_], share: float, smallest: float
) -> NDArray[np.int_] | None:
    """Number of each person's site, those of few people taken together.

    Parameters
    ----------
    sites : Series
        Of the people compared, in their order; missing where not told.
    treated, share
        As for :func:`same_symptoms`.
    smallest : float
        People of a site that counts by itself.

    Returns
    -------
    array of int, shape (people,) or None
        None where there is one site, or too few people have a known one.
    """
    known = sites.notna().to_numpy()
    if not known.any() or not measured(known, treated, share):
        return None
    labels = sites.astype("str").where(known, POOLED).to_numpy(str)
    return pooled_sites(labels, smallest)


def pooled_sites(labels: NDArray[np.str_], smallest: float) -> NDArray[np.int_] | None:
    """Numbers of the sites, those of fewer people than ``smallest`` taken together.

    Numbered by size, whatever their names; None where one is left.
    """
    names, place, sizes = np.unique(labels, return_inverse=True, return_counts=True)
    pooled = (sizes < smallest) | (names == POOLED)
    group = np.where(pooled, -1, np.arange(len(names)))[place]
    numbers, place, sizes = np.unique(group, return_inverse=True, return_counts=True)
    if len(numbers) < 2:
        return None
    order = np.argsort(-sizes, kind="stable")
    return np.asarray(np.argsort(order)[place])
