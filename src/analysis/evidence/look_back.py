"""Published falls of look-back scores beside the largest ones that literal answers could show."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from analysis.estimates.change.literal_recall import largest_literal_fall
from analysis.evidence.table.load import load
from analysis.instruments import known

__all__ = ["COLUMNS", "look_back_falls"]

_FIRST = "hours_since_first_infusion"
COLUMNS = [
    "study_id", "arm", "instrument", "hours", "recall_hours_low", "recall_hours_high", "n", "fall",
    "at_least", "largest_low", "largest_high", "ratio_low", "ratio_high", "why_not", "assumed",
    "source_kind", "doi", "rows",
]  # fmt: skip
# Sources that give the day and not the hour, so that a day either way is possible.
_DAYS_ONLY = {"NIMH-ds005917": 24.0}
_EQUAL = "derived, assuming equal means before both treatments"
# A course of weekly doses whose end is not told in hours: five weeks passed at least.
_AT_LEAST = {
    ("Quigley2024", "post_treatment"): 840.0,
    ("Quigley2024", "one_month_follow_up"): 1560.0,
}


def look_back_falls(table: pd.DataFrame | None = None) -> pd.DataFrame:
    """Each published arm's fall on a form that looks back, and what a literal answer allows.

    Parameters
    ----------
    table
        As ``load`` returns it; None loads it.

    Returns
    -------
    DataFrame
        A row an arm, scale and time (columns ``COLUMNS``): ``fall`` as a share of the mean
        baseline above the scale's least; ``at_least`` where the source prints no baseline mean, so
        that the fall, or the difference, is over the scale's whole range and the true share is
        larger;
        ``largest_low`` and ``largest_high`` for the longest and the shortest form of the scale
        (which was used was not seen); ``ratio_low`` and ``ratio_high`` the fall over each, from
        the shortest form to the longest; ``why_not`` where the source tells no hours;
        ``assumed`` what a fall rests on that follows from the comparator's fall and the difference
        between the arms. More than 1 in ``ratio_low``: further than a literal answer on any form,
        or at any hour that the source leaves open, could fall.
    """
    table = load() if table is None else table
    scores = table[(table["outcome"] == "score") & (table["level"] == "trial")]
    scores = scores[scores["recall_hours_high"] > 0]
    scores, between = scores[~scores["contrast"]], scores[scores["contrast"]]
    found = [*_from_means(scores), *_from_changes(scores), *_from_percentages(scores)]
    found += _from_differences(found, between)
    out = [_beside_literal(entry) for entry in found]
    ordered = pd.DataFrame(out, columns=COLUMNS)
    return ordered.sort_values(
        ["hours", "study_id", "arm"], kind="stable", na_position="last", ignore_index=True
    )


def _from_means(scores: pd.DataFrame) -> list[dict[str, Any]]:
    means = scores[scores["statistic"] == "mean"]
    keys = ["study_id", "arm", "instrument_printed"]
    before = {
        tuple(r[k] for k in keys): r for r in means[means["phase"] == "before"].to_dict("records")
    }
    out = []
    for row in means[means["phase"] != "before"].to_dict("records"):
        base = before.get(tuple(row[k] for k in keys))
        if base is not None:
            above = base["value"] - _range(row["instrument"])[0]
            fall = (base["value"] - row["value"]) / above
            out.append({"row": row, "fall": fall, "rows": [base["row"], row["row"]]})
    return out


def _from_changes(scores: pd.DataFrame) -> list[dict[str, Any]]:
    """A change whose baseline is not printed: the share is larger than over the whole scale."""
    told = {(r["study_id"], r["arm"], r["instrument"])
            for r in scores[scores["statistic"] == "mean"].to_dict("records")}  # fmt: skip
    out = []
    for row in scores[scores["statistic"] == "mean_change"].to_dict("records"):
        low, high = _range(row["instrument"])
        if (row["study_id"], row["arm"], row["instrument"]) not in told and math.isfinite(high):
            fall = -row["value"] / (high - low)
            out.append({"row": row, "fall": fall, "rows": [row["row"]], "at_least": True})
    return out


def _from_percentages(scores: pd.DataFrame) -> list[dict[str, Any]]:
    found = scores[scores["statistic"] == "pct_change"].to_dict("records")
    return [{"row": row, "fall": -row["value"] / 100, "rows": [row["row"]]} for row in found]


def _from_differences(found: list[dict[str, Any]], between: pd.DataFrame) -> list[dict[str, Any]]:
    """A fall that no source prints: the comparator's, and the difference after it, together.

    The difference is over the scale's whole range, since no baseline is printed; where the arm
    did better than its comparator, the true share is larger.
    """
    keys = ["study_id", "arm", "instrument"]
    arms = {tuple(e["row"][key] for key in keys) for e in found}
    falls = {
        tuple(e["row"][key] for key in [*keys, _FIRST]): e for e in found if not e.get("at_least")
    }
    out = []
    for row in between[between["statistic"] == "diff"].to_dict("records"):
        study, scale = row["study_id"], row["instrument"]
        treated, _, control = row["arm"].partition("_vs_")
        beside = falls.get((study, control, scale, row[_FIRST]))
        low, high = _range(scale)
        told = (study, treated, scale) in arms
        if beside is not None and row["value"] < 0 and math.isfinite(high) and not told:
            fall = beside["fall"] - row["value"] / (high - low)
            out.append({"row": row | {"arm": treated}, "fall": fall, "at_least": True,
                        "rows": [*beside["rows"], row["row"]], "assumed": _EQUAL})  # fmt: skip
    return out


def _beside_literal(entry: dict[str, Any]) -> dict[str, Any]:
    row, fall = entry["row"], entry["fall"]
    hours = row[_FIRST]
    if pd.isna(hours):
        hours = _AT_LEAST.get((row["study_id"], row["analysis"]), math.nan)
    around = _DAYS_ONLY.get(row["study_id"], 0.0)
    ends = ((row["recall_hours_high"], hours - around), (row["recall_hours_low"], hours + around))
    largest = [largest_literal_fall(window, at) for window, at in ends]
    ratios = sorted(fall / share if share > 0 else math.nan for share in largest)
    return {
        **{name: row[name] for name in ("study_id", "arm", "instrument", "recall_hours_low",
                                        "recall_hours_high", "n", "source_kind", "doi")},
        "hours": hours, "fall": fall, "at_least": bool(entry.get("at_least")),
        "largest_low": largest[0], "largest_high": largest[1], "ratio_low": ratios[0],
        "ratio_high": ratios[1], "rows": entry["rows"], "assumed": entry.get("assumed", ""),
        "why_not": "" if math.isfinite(hours) else "the source gives no hours since the infusion",
    }  # fmt: skip


def _range(scale: str) -> tuple[float, float]:
    """Least and most of a scale's total; of one that is not in the catalogue, 0 and unknown."""
    if scale not in known():
        return 0.0, math.inf
    return known()[scale].total_range(next(iter(known()[scale].versions)))
