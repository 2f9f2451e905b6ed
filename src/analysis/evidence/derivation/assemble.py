"""One row for each published figure, with its limits, standard error and p beside it."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.evidence.table.load import GROUP, POINTS, load

KINDS = {"g": "standardised difference", "smd": "standardised difference", "or": "odds ratio"}
CARRIED = [
    "level", "year", "randomised", "ptsd", "design", "comparator", "comparator_type", "co_therapy",
    "blinding", "route", "contrast", "comparison", "instrument", "outcome", "recall_window",
    "recall_hours_low", "recall_hours_high", "unit", "direction", "source_kind", "doi",
    "documents_seen", "note",
]  # fmt: skip

NUMBERS = ["estimate", "se", "ci_low", "ci_high", "p_value"]
COLUMNS = [*GROUP, *CARRIED, "kind", "statistic", *NUMBERS, "n", "half_units", "rows"]


def estimates(table: pd.DataFrame | None = None) -> pd.DataFrame:
    """Differences, changes, effect sizes and odds ratios with what was printed beside them.

    Parameters
    ----------
    table
        As ``load`` returns it; None loads it.

    Returns
    -------
    DataFrame
        Key columns of one figure (study_id, arm, period, instrument_printed, phase, hours …,
        analysis), its context, and: ``kind`` (difference, change, standardised difference,
        standardised change, odds ratio), ``estimate``, ``se``, ``ci_low``, ``ci_high``,
        ``p_value`` (NaN where not printed), ``n`` (people), ``half_units`` (dict: half the last
        printed digit of estimate, ci_low, ci_high), ``rows`` (list of row ids).
    """
    table = load() if table is None else table
    # Plain records: the table is small, and slicing it once a figure is what took the time.
    groups: dict[tuple, list[dict]] = {}
    for record in table.to_dict("records"):
        key = tuple(None if pd.isna(record[name]) else record[name] for name in GROUP)
        groups.setdefault(key, []).append(record)
    out = [
        _one(group, point)
        for group in groups.values()
        for point in group
        if point["statistic"] in POINTS
    ]
    return pd.DataFrame(out, columns=COLUMNS)


def half_unit(printed: str) -> float:
    """Half a unit in the last printed digit: what rounding may have taken off."""
    return 0.5 * 10.0 ** -len(printed.partition(".")[2])


def _one(group: list[dict], point: dict) -> dict:
    stem = POINTS[point["statistic"]]
    own = {"estimate": point["statistic"], "ci_low": f"{stem}ci_low", "ci_high": f"{stem}ci_high"}
    if not stem:
        own |= {"se": "se", "p_value": "p"}
    found = {k: [r for r in group if r["statistic"] == s] for k, s in own.items()}
    value = {k: float(rows[0]["value"]) if rows else np.nan for k, rows in found.items()}
    return {
        **{name: point[name] for name in (*GROUP, *CARRIED)},
        "kind": _kind(point),
        "statistic": point["statistic"],
        **{k: value.get(k, np.nan) for k in NUMBERS},
        "n": point["n"],
        "half_units": {
            k: half_unit(found[k][0]["printed_value"])
            for k in ("estimate", "ci_low", "ci_high")
            if found[k]
        },
        "rows": [record["row"] for rows in found.values() for record in rows],
    }


def _kind(point: dict) -> str:
    if point["statistic"] in KINDS:
        return KINDS[point["statistic"]]
    standardised = "standardised " if point["unit"] == "SD" else ""
    return standardised + ("difference" if point["contrast"] else "change")
