"""Who changed beyond measurement error in a window, by arm, beside the shares by threshold."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.claims.case import Case
from analysis.describe.common import hide, policy, released, small_parts
from analysis.describe.scores.responders import WAYS, falls
from analysis.estimates.responders.shares import three_way_shares
from analysis.outcomes.reliable_change import ways_of_change

__all__ = ["reliable_ways"]


def reliable_ways(case: Case, *, window: str) -> pd.DataFrame:
    """Reliably improved, unchanged, reliably worse on the primary form by arm.

    Others see all shares of a window or none: each follows from the two beside it, and between
    it and a fall by any threshold lies a group that is told as well.

    Returns
    -------
    DataFrame
        Rows of the table of estimates, shares of 0 to 1 whose intervals hold together in an arm.

    Raises
    ------
    ValueError
        When no reliable change of the scale is published or declared.
    ReliefError
        ``outcome.not-differenced``.
    """
    people, label = case.people(window), case.windows[window].label
    ways = ways_of_change(case.scale, people["baseline"], people["score"]).to_numpy()
    thresholds = list(falls(case, people).values())
    rows, hidden = [], False
    for arm in (case.design.active_arm, case.design.comparator_arm):
        own = (people["arm"] == arm).to_numpy()
        if not own.any():
            continue
        counts = np.array([(ways[own] == way).sum() for way in WAYS])
        told = [0, int(own.sum()), *(int(fell[own].sum()) for fell in thresholds)]
        hidden |= bool(small_parts(case, counts).any()) or _near(case, counts, told)
        words = {"contrast": str(arm), "instrument": case.scale.name, "window": label}
        rows += three_way_shares(counts.tolist(), **words)
    return released(case, [hide(case, line, hidden) for line in rows])


def _near(case: Case, counts: np.ndarray, told: list[int]) -> bool:
    """Whether those improved, or all but those worse, differ from a told count by too few."""
    rules = policy(case)
    own = [int(counts[0]), int(counts[:2].sum())]
    apart = [abs(one - other) for one in own for other in told]
    return rules is not None and any(0 < few < rules.minimum for few in apart)
