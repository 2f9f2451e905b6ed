"""Several claims judged at once: what remains when chance is given as many tries as there are."""

from __future__ import annotations

import math

import pandas as pd

from analysis.claims.ledger import Ledger
from analysis.estimates.multiplicity import fixed_sequence, hochberg, holm

__all__ = ["claims_together"]


def claims_together(ledger: Ledger, *, alpha: float = 0.05) -> pd.DataFrame:
    """Claims with a test of their own, by Holm, Hochberg and a fixed sequence.

    The sequence is that of claims.toml. Claims that rest on the same estimate (headline,
    magnitude and attribution on that of onset) are one test and stand once. A rejection says
    that there is a difference, and is no verdict: that takes the gates.

    Parameters
    ----------
    ledger : Ledger
    alpha : float
        Chance of any false rejection.

    Returns
    -------
    DataFrame
        claim, p_value, procedure, adjusted_p, rejected. Empty where no claim has a test.
    """
    own: dict[str, float] = {}
    for result in ledger.claims:
        p = float(result.estimate["p_value"])
        if math.isfinite(p) and p not in own.values() and result.claim != "headline":
            own[result.claim] = p
    if not own:
        return pd.DataFrame(columns=["claim", "p_value", "procedure", "adjusted_p", "rejected"])
    parts = [procedure(own, alpha=alpha) for procedure in (holm, hochberg, fixed_sequence)]
    table = pd.concat(parts, ignore_index=True)
    return table[["claim", "p_value", "procedure", "adjusted_p", "rejected"]]
