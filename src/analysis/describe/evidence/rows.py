"""Published results as tables for readers: contrasts, shares, derived and missing numbers."""

from __future__ import annotations

import pandas as pd

from analysis import evidence
from analysis.describe.display import number, rounded, typeset
from analysis.errors import EvidenceError

__all__ = [
    "contrasts_table",
    "control_changes",
    "derived_table",
    "evidence_counts",
    "missing_table",
    "shares_table",
    "within_arm_table",
]


NAMES = {
    "comparator_type": "comparator",
    "hours_since_first_infusion": "hours",
    "ci_low": "low",
    "ci_high": "high",
    "treatment_effect": "flag",
}


def _shown(table: pd.DataFrame, *columns: str) -> pd.DataFrame:
    """These columns under short names, rounded, by study."""
    shown = table[["study_id", *columns]]
    for name in set(columns) & {"arm", "instrument", "definition", "what_is_there"}:
        shown = shown.assign(**{name: shown[name].map(_spelled, na_action="ignore")})
    return rounded(shown.rename(columns=NAMES)).set_index("study_id")


def _spelled(key: str) -> str:
    """A key of the table in words: ``ketamine + WET open``, ``CAPS-5, MADRS``."""
    if " " not in key:
        key = key.replace("+", " + ").replace("_", " ").replace("|", ", ")
    return typeset(key)


def contrasts_table(table: pd.DataFrame) -> pd.DataFrame:
    """Published contrasts: who, when, how much, and which rows say so."""
    joined = table.assign(rows=[", ".join(rows) for rows in table["rows"]])
    shown = _shown(joined, "comparator_type", "instrument", "hours_since_first_infusion", "kind",
                   "unit", "estimate", "ci_low", "ci_high", "rows")  # fmt: skip
    return shown.rename_axis(index="source")


def shares_table(table: pd.DataFrame) -> pd.DataFrame:
    """Published shares of responders with exact intervals."""
    told = table.assign(psychotherapy=table["psychotherapy"].map({True: "yes", False: "no"}))
    return _shown(told, "arm", "definition", "hours_since_first_infusion", "events", "n", "share",
                  "ci_low", "ci_high", "psychotherapy")  # fmt: skip


def evidence_counts(table: pd.DataFrame) -> pd.DataFrame:
    """How many rows of the published table are of which kind."""
    ptsd, number_there = table["ptsd"], table["value"].notna()
    kinds = {
        "rows in all": table["row"].notna(),
        "a number on PTSD": ptsd & number_there,
        "a number on PTSD, contrast with a comparator": ptsd & number_there & table["contrast"],
        "sign changed to the one convention": table["sign_changed"],
        "words only": table["text_value"] != "",
        "seen in two documents": table["documents_seen"] > 1,
    }
    return pd.DataFrame(
        {"rows": {kind: int(mask.sum()) for kind, mask in kinds.items()}}
    ).rename_axis("kind")


def derived_table() -> pd.DataFrame:
    """Quantities derived from published figures, with method, or the reason for refusing."""
    wanted = [
        ("Feder2014", "p_from_interval"),
        ("Feder2014", "standardised_difference"),
        ("Feder2021", "standardised_difference"),
        ("Feder2021", "hedges_g"),
        ("Feder2021", "response_difference"),
        ("Ross2019", "se"),
    ]
    rows = []
    for study, quantity in wanted:
        try:
            found = evidence.derive(study, quantity)
            value = number(found["value"], 4)
            rows.append((study, quantity, value, found["method"], ", ".join(found["rows"])))
        except EvidenceError as refusal:
            rows.append((study, quantity, "refused", refusal.message, ""))
    return pd.DataFrame(
        rows, columns=["source", "quantity", "value", "method or reason", "rows"]
    ).set_index("source")


def missing_table() -> pd.DataFrame:
    """Randomised trials for which the table has words, or nothing, but no contrast."""
    return _shown(evidence.missing_numbers(), "instrument", "hours_since_first_infusion",
                  "what_is_there", "what_is_missing")  # fmt: skip


def within_arm_table() -> pd.DataFrame:
    """Changes within one arm, flagged as no treatment effect."""
    return _shown(evidence.within_arm_changes(), "arm", "instrument", "hours_since_first_infusion",
                  "unit", "estimate", "ci_low", "ci_high", "treatment_effect")  # fmt: skip


def control_changes(instrument: str, low: float, high: float) -> pd.DataFrame:
    """Published midazolam arms with a mean and an SD of change on a form, at hours in [low, high).

    Returns
    -------
    DataFrame
        n, mean_change, sd_change (points), one row an arm; empty where there is none.
    """
    rows = evidence.load()
    own = rows[(rows["instrument"] == instrument) & (rows["arm"] == "midazolam")]
    own = own[own["hours_since_first_infusion"].between(low, high, inclusive="left")]
    own = own[own["statistic"].isin(["mean_change", "sd_change"])]
    keys = ["study_id", "hours_since_first_infusion", "n"]
    wide = own.pivot_table(index=keys, columns="statistic", values="value").reset_index()
    wanted = ["n", "mean_change", "sd_change"]
    return wide.reindex(columns=wanted).dropna().reset_index(drop=True)
