"""What a form that looks back leaves room to report after an infusion, and what it reported."""

from __future__ import annotations

import pandas as pd

from analysis import instruments, outcomes
from analysis.claims.case import Case
from analysis.describe.onset import SCHEDULE

__all__ = ["recall_bound"]


def recall_bound(case: Case, *, instrument: str, version: str, share: float = 0.3) -> pd.DataFrame:
    """What a form that looks back could literally report by each visit, and what it reported.

    Returns
    -------
    DataFrame
        Index window; share_before (mean part of the form's window before the infusion),
        largest_fall (mean bound, share of baseline, if every symptom had vanished),
        and one column an arm: share of people who reported a fall of at least ``share``.
    """
    if instruments.get(instrument).versions[version] == 0:
        raise ValueError(f"{instrument}, {version}, asks about now and does not look back.")
    changes = case.changes
    own = changes[(changes["instrument"] == instrument) & (changes["version"] == version)]
    own = own[(own["latest_infusion"] == 1) & (own["baseline"] > 0)]
    least = 1 if case.design.synthetic else case.design.minimum_cell
    rows = []
    for name in SCHEDULE:
        window = case.definitions.windows[name]
        now = own[(own["since_end_low"] >= window.low) & (own["since_end_high"] < window.high)]
        fell = outcomes.response(now["baseline"], now["total"], share).astype(float)
        sizes = fell.groupby(now["arm"]).agg(["sum", "size"])
        small = (sizes["size"] < least) | ((sizes["sum"] > 0) & (sizes["sum"] < least))
        small |= (sizes["size"] > sizes["sum"]) & (sizes["size"] - sizes["sum"] < least)
        if now.empty or small.any():
            continue
        before = float(now["share_before"].mean())
        shares = (sizes["sum"] / sizes["size"]).to_dict()
        rows.append({"window": window.label, "share_before": before,
                     "largest_fall": 1 - before, **shares})  # fmt: skip
    return pd.DataFrame(rows).set_index("window") if rows else pd.DataFrame()
