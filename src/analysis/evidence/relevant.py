"""The rows that each claim of the page can be held against, with their ids."""

from __future__ import annotations

import pandas as pd

from analysis.evidence.summaries import HOURS, controlled_contrasts, response_shares
from analysis.evidence.table.load import load

SHOWN = [
    "row", "study_id", "level", "arm", "comparator", "route", "instrument", "instrument_printed",
    "recall_window", "recall_hours_high", *HOURS, "statistic", "value", "text_value", "unit",
    "direction", "note",
]  # fmt: skip


def controlled_before(hours: float, table: pd.DataFrame | None = None) -> pd.DataFrame:
    """PTSD severity with numbers less than ``hours`` after an infusion, from randomised evidence.

    Parameters
    ----------
    hours
        Hours since the start of the infusion; a row counts when either its first or its latest
        infusion is that recent.
    table
        As ``load`` returns it; None loads it.

    Returns
    -------
    DataFrame
        Table rows (columns ``SHOWN``) of randomised trials and of pooled contrasts. Rows whose
        hours are not told are left out: see ``possibly_earlier``.
    """
    table = load() if table is None else table
    scores = table["ptsd"] & (table["outcome"] == "score") & table["value"].notna()
    controlled = table["randomised"] | (table["contrast"] & (table["level"] == "pooled"))
    recent = (table[HOURS] < hours).any(axis=1) & (table["phase"] != "before")
    return _shown(table[scores & controlled & recent])


def rows_at(hours: float, table: pd.DataFrame | None = None) -> pd.DataFrame:
    """Controlled PTSD contrasts at exactly these nominal hours since the first infusion.

    Returns
    -------
    DataFrame
        As ``controlled_contrasts``: one row for each contrast, trial-level before pooled.
    """
    found = controlled_contrasts(table)
    found = found[found[HOURS[0]] == hours]
    order = found["level"].map({"trial": 0, "pooled": 1})
    return found.loc[order.sort_values(kind="stable").index].reset_index(drop=True)


def possibly_earlier(table: pd.DataFrame | None = None) -> pd.DataFrame:
    """PTSD rows of trials that may have been scored before 24 h, scores not seen.

    A trial is one of these when a note says that it may hold a score under 24 h.

    Returns
    -------
    DataFrame
        Table rows, columns ``SHOWN``.
    """
    table = load() if table is None else table
    studies = table.loc[table["note"].str.contains("<24 h", regex=False), "study_id"].unique()
    return _shown(table[table["study_id"].isin(studies) & table["ptsd"]])


def responders(table: pd.DataFrame | None = None) -> pd.DataFrame:
    """Shares of responders in randomised trials.

    Returns
    -------
    DataFrame
        As ``response_shares`` with ``use``: ``may decide`` for trials of ketamine alone,
        ``descriptive`` where both arms also had psychotherapy. The deciding rows come first.
    """
    found = response_shares(table)
    found = found[found["randomised"]].copy()
    found["use"] = found["psychotherapy"].map({True: "descriptive", False: "may decide"})
    return found.sort_values("psychotherapy", kind="stable").reset_index(drop=True)


def registered(table: pd.DataFrame | None = None) -> pd.DataFrame:
    """Randomised trials that have ended and whose results were not posted when read.

    Returns
    -------
    DataFrame
        study_id, registry_id, co_therapy, enrolled (people), completed (month and year, words),
        note, rows.
    """
    table = load() if table is None else table
    ended = table[(table["statistic"] == "completion") & table["randomised"]]
    out = []
    for _, row in ended.iterrows():
        own = table[(table["study_id"] == row["study_id"]) & (table["statistic"] == "n_enrolled")]
        out.append({
            **{name: row[name] for name in ("study_id", "registry_id", "co_therapy", "note")},
            "completed": row["text_value"], "rows": [*own["row"], row["row"]],
            "enrolled": float(own["value"].iloc[0]) if len(own) else float("nan"),
        })  # fmt: skip
    columns = ["study_id", "registry_id", "co_therapy", "enrolled", "completed", "note", "rows"]
    return pd.DataFrame(out, columns=columns)


def infusion_minutes(table: pd.DataFrame | None = None) -> pd.DataFrame:
    """Published lengths of the infusion, in minutes: table rows, columns ``SHOWN``."""
    return _statistic("infusion_minutes", table)


def monitoring(table: pd.DataFrame | None = None) -> pd.DataFrame:
    """Published shortest stay after the dose, in hours: table rows, columns ``SHOWN``."""
    return _statistic("min_stay_hours", table)


def dissociation(table: pd.DataFrame | None = None) -> pd.DataFrame:
    """What is said of dissociation: table rows, columns ``SHOWN``; words only, no scores."""
    table = load() if table is None else table
    named = table["instrument"].str.contains("CADSS", regex=False)
    return _shown(table[named | (table["instrument_printed"] == "dissociation")])


def _statistic(statistic: str, table: pd.DataFrame | None) -> pd.DataFrame:
    table = load() if table is None else table
    return _shown(table[table["statistic"] == statistic])


def _shown(rows: pd.DataFrame) -> pd.DataFrame:
    return rows[SHOWN].reset_index(drop=True)
