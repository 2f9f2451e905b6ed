"""Covariates of the primary analysis that a study measured before randomisation.

A form of the same symptoms that looks back over days tells how ill a person is usually, where one
or two ratings of right now tell of an hour; the site tells of who recruits and who rates. Each
counts where enough people of each arm have it; who lacks it gets the mean over both arms, which
biases nothing that was randomised (White & Thompson 2005, doi:10.1002/sim.1981).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

if TYPE_CHECKING:
    from analysis.claims.case import Case

__all__ = ["measured", "pooled_sites", "same_symptoms", "site"]

Array = NDArray[np.float64]
# How sentences name the people of small sites, taken together, and those of none.
POOLED = "pooled"


def measured(known: NDArray[np.bool_], treated: NDArray[np.bool_], share: float) -> bool:
    """Whether at least this share of each arm is known."""
    arms = [known[own] for own in (treated, ~treated)]
    return all(len(own) and own.sum() >= share * len(own) for own in arms)


def same_symptoms(case: Case, people: pd.Index, treated: NDArray[np.bool_]) -> Array | None:
    """Points before the infusion on a form of the same symptoms that looks back.

    Returns
    -------
    array of shape (people,) or None
        NaN for people without one; None where the primary scale names no such form, or too few
        people have one.
    """
    name = case.scale.same_symptoms_as
    before = case.baselines
    before = before[(before["instrument"] == name) & (before["recall_hours"] > 0)]
    if not name or before.empty:
        return None
    # One version: of several, that of most people, and of these the one that looks back least.
    kinds = before[before["subject"].isin(people)].groupby(["recall_hours", "version"]).size()
    if kinds.empty:
        return None
    recall, version = min(kinds.index, key=lambda kind: (-kinds[kind], kind))
    own = before[(before["recall_hours"] == recall) & (before["version"] == version)]
    values = own.set_index("subject")["baseline"].reindex(people).to_numpy(float)
    if not measured(np.isfinite(values), treated, case.definitions.rule("measured_share")):
        return None
    # What is the same for everyone tells nobody apart.
    return values if np.nanmax(values) > np.nanmin(values) else None


def site(case: Case, people: pd.Index, treated: NDArray[np.bool_]) -> NDArray[np.int_] | None:
    """Number of each person's site, those of few people taken together.

    Returns
    -------
    array of int, shape (people,) or None
        None where there is one site, or too few people have a known one.
    """
    sites = case.checked.study.subjects.set_index("subject")["site"].reindex(people)
    known = sites.notna().to_numpy()
    if not known.any() or not measured(known, treated, case.definitions.rule("measured_share")):
        return None
    labels = sites.astype("str").where(known, POOLED).to_numpy(str)
    return pooled_sites(labels, case.definitions.rule("smallest_site"))


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
