"""The forms of a study: when they were filled in, and what their recall windows reach."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis import instruments
from analysis.claims.case import Case
from analysis.describe.common import digits, released, released_row
from analysis.estimates.proportions import exact_share
from analysis.outcomes.change import response
from analysis.timeline import PHASES, recall_share_before

__all__ = ["forms_by_phase", "recall_bound", "recall_by_hours", "recall_table"]


def forms_by_phase(case: Case) -> pd.DataFrame:
    """Number of scored forms by instrument and phase; ``unclear`` reaches across an edge."""
    forms = case.checked.forms[case.checked.forms["total"].notna()]
    name = forms["instrument"] + ", " + forms["version"]
    counts = pd.crosstab(name.rename("form"), forms["phase"].replace("", "unclear"))
    columns = [phase for phase in (*PHASES, "unclear") if phase in counts]
    # The name of a form is no form of a person.
    shown = released(case, counts[columns].rename_axis(index="scale", columns=None))
    return shown.rename_axis(index="scale")


def recall_by_hours(hours: tuple[float, ...] = (1, 2, 4, 6, 24, 72, 168)) -> pd.DataFrame:
    """Share of each form's recall window before the infusion, for PTSD and depression scales.

    Returns
    -------
    DataFrame
        form, recall_hours, hours (since the infusion's start), share_before (0 to 1).
    """
    rows = []
    for scale in instruments.known().values():
        if scale.construct not in ("ptsd", "depression"):
            continue
        for version, window in scale.versions.items():
            # A form about the time since the one before has no window of its own.
            if np.isnan(window):
                continue
            share = recall_share_before(np.full(len(hours), window), np.array(hours, float))
            rows += [
                (f"{scale.name}, {version}", window, h, s)
                for h, s in zip(hours, share, strict=True)
            ]
    return pd.DataFrame(rows, columns=["form", "recall_hours", "hours", "share_before"])


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
    rows = []
    for name in case.visit_windows:
        window = case.windows[name]
        now = own[(own["since_end_low"] >= window.low) & (own["since_end_high"] < window.high)]
        fell = response(now["baseline"], now["total"], share).astype(float)
        sizes = fell.groupby(now["arm"]).agg(["sum", "size"])
        fallen = {
            str(arm): released_row(case, exact_share(k, n, estimand="fell", contrast=str(arm)))
            for arm, (k, n) in sizes.astype(int).iterrows()
        }
        shares = {arm: line["estimate"] for arm, line in fallen.items()}
        if now.empty or any(map(np.isnan, shares.values())):
            continue
        before = digits(case, float(now["share_before"].mean()))
        rows.append({"window": window.label, "share_before": before,
                     "largest_fall": 1 - before, **shares})  # fmt: skip
    return pd.DataFrame(rows).set_index("window") if rows else pd.DataFrame()


def recall_table(table: pd.DataFrame) -> pd.DataFrame:
    """Share of each form's window before the infusion, in %, one column a time."""
    wide = table.pivot_table(index="form", columns="hours", values="share_before", sort=False)
    wide.columns = [f"{hours:g} h" for hours in wide.columns]
    return (100 * wide).round(1).rename_axis(index="scale")
