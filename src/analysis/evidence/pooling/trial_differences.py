"""One standardised difference a trial, scale, dose and time: derived, or why it cannot be.

Hedges' g, ketamine minus comparator, negative = fewer symptoms; its variance is
1/n1 + 1/n2 + g² / (2 (n1 + n2)) (Hedges & Olkin 1985, doi:10.1016/C2009-0-03396-0).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd

from analysis.errors import EvidenceError
from analysis.evidence.derivation.derive import derive
from analysis.evidence.derivation.effects import small_sample_factor
from analysis.evidence.table import schema
from analysis.evidence.table.load import load

__all__ = ["COLUMNS", "trial_differences"]

_HOURS = ["hours_since_first_infusion", "hours_since_last_infusion"]
_CARRIED = [
    "study_id", "year", "design", "comparator", "comparator_type", "co_therapy", "blinding",
    "route", "source_kind", "doi", "instrument", "recall_hours_low", "recall_hours_high", *_HOURS,
]  # fmt: skip
COLUMNS = [
    *_CARRIED, "arm", "dose", "comparison", "g", "variance", "n", "n_comparator", "scaled_by",
    "assumed", "why_not", "rows",
]  # fmt: skip


def trial_differences(table: pd.DataFrame | None = None) -> pd.DataFrame:
    """Every randomised trial's difference on a PTSD severity scale after an infusion.

    Parameters
    ----------
    table
        As ``load`` returns it; None loads it.

    Returns
    -------
    DataFrame
        A row a trial, scale, dose and time (columns ``COLUMNS``): ``g`` and ``variance`` (NaN
        where neither follows, with the reason in ``why_not``), ``n`` and ``n_comparator``
        (people), ``scaled_by`` (SD of what g is in units of: scores, change, or a model's
        residual), ``assumed`` (words), ``comparison`` (between arms, or within person for a
        crossover's two periods together), ``rows`` (row ids).
    """
    table = load() if table is None else table
    scores = table["randomised"] & table["ptsd"] & (table["outcome"] == "score")
    after = table[scores & (table["phase"] != "before")]
    columns = pd.DataFrame(_one_a_figure(table, after), columns=COLUMNS)
    return columns.sort_values(
        [_HOURS[0], "study_id"], kind="stable", na_position="last", ignore_index=True
    )


def _one_a_figure(table: pd.DataFrame, after: pd.DataFrame) -> list[dict[str, Any]]:
    """Differences as a source tells them; where nothing scales one, that of the arms' means."""
    told, arms = _from_contrasts(table, after), _from_arms(after)
    scaled = {_figure(one) for one in told if math.isfinite(one["g"])}
    instead = {_figure(one) for one in arms if math.isfinite(one["g"])} - scaled
    known = {_figure(one) for one in told} - instead
    return [
        *(one for one in told if _figure(one) not in instead),
        *(one for one in arms if _figure(one) not in known),
    ]


def _figure(one: dict[str, Any]) -> tuple[Any, ...]:
    """What a difference is of, however it was told: trial, scale, time."""
    hours = one[_HOURS[0]]
    return one["study_id"], one["instrument"], None if pd.isna(hours) else float(hours)


def _from_contrasts(table: pd.DataFrame, after: pd.DataFrame) -> list[dict[str, Any]]:
    """Differences that a source tells, standardised by what it tells of their spread."""
    out = []
    for _, row in after[after["contrast"] & (after["statistic"] == "diff")].iterrows():
        where = {"instrument": row["instrument"], "arm": row["arm"]}
        if pd.notna(row[_HOURS[0]]):
            where["hours"] = row[_HOURS[0]]
        made = _empty(row) | {"rows": [row["row"]]}
        try:
            g = derive(row["study_id"], "hedges_g", table=table, **where)
        except EvidenceError as refused:
            out.append(made | {"why_not": _without_study(refused.message, row["study_id"])})
            continue
        n = _sizes(table, row, g["df"] + 2)
        out.append(made | n | {
            "g": g["value"], "variance": g["se"] ** 2, "rows": g["rows"],
            "scaled_by": "change" if "SD of CHANGE" in g["method"] else "model",
            "assumed": "; ".join(g.get("assumptions", [])),
        })  # fmt: skip
    return out


def _sizes(table: pd.DataFrame, row: pd.Series, total: int) -> dict[str, int]:
    """People of the two arms, which together are those behind g."""
    own = table[(table["study_id"] == row["study_id"]) & table["n"].notna()]
    control = own[own["arm"] == row["comparator"]]
    then = control[control[_HOURS[0]].eq(row[_HOURS[0]])]
    sizes = (then if len(then) else control)["n"]
    n_comparator = int(sizes.iloc[0]) if len(sizes) else total // 2
    return {"n": total - n_comparator, "n_comparator": n_comparator}


def _from_arms(after: pd.DataFrame) -> list[dict[str, Any]]:
    """Differences between the means of two arms at one time, in units of their pooled SD."""
    keys = ["study_id", "instrument", "period", _HOURS[0], "analysis"]
    means = after[(after["statistic"] == "mean") & ~after["contrast"]]
    out = []
    for _, both in means.groupby(keys, dropna=False, sort=False):
        control = both[both["arm"] == both["comparator"]]
        treated = both[both["arm"] != both["comparator"]]
        for _, arm in treated.iterrows():
            made = _empty(arm) | {"rows": [arm["row"], *control["row"]]}
            if len(control) != 1:
                out.append(made | {"why_not": "no mean of the comparator at that time is told"})
                continue
            out.append(made | _of_two(after, arm, control.iloc[0]))
    return out


def _of_two(after: pd.DataFrame, arm: pd.Series, control: pd.Series) -> dict[str, Any]:
    spread = [_sd(after, row) for row in (arm, control)]
    if None in spread:
        return {"why_not": "no standard deviation stands beside both means"}
    if arm["n"] is pd.NA or control["n"] is pd.NA:
        return {"why_not": "the participants behind the means are not told"}
    n1, n2 = int(arm["n"]), int(control["n"])
    df = n1 + n2 - 2
    (s1, r1), (s2, r2) = spread  # type: ignore[misc]
    pooled = math.sqrt(((n1 - 1) * s1**2 + (n2 - 1) * s2**2) / df) if df > 0 else math.nan
    g = small_sample_factor(df) * float(arm["value"] - control["value"]) / pooled
    return {
        "g": g, "variance": 1 / n1 + 1 / n2 + g**2 / (2 * (n1 + n2)), "n": n1,
        "n_comparator": n2, "scaled_by": "scores", "rows": [arm["row"], control["row"], r1, r2],
    }  # fmt: skip


def _sd(after: pd.DataFrame, mean: pd.Series) -> tuple[float, str] | None:
    """SD beside a mean, or from its standard error; with its row."""
    beside = after
    for name in ("study_id", "arm", "instrument_printed", "period", "analysis"):
        beside = beside[beside[name] == mean[name]]
    hours = mean[_HOURS[0]]
    beside = beside[beside[_HOURS[0]].eq(hours) | pd.isna(hours)]
    for statistic in ("sd", "se"):
        found = beside[beside["statistic"] == statistic]
        if len(found) == 1 and pd.notna(mean["n"]):
            factor = math.sqrt(int(mean["n"])) if statistic == "se" else 1.0
            return float(found["value"].iloc[0]) * factor, str(found["row"].iloc[0])
    return None


def _empty(row: pd.Series) -> dict[str, Any]:
    crossover = "crossover" in row["design"] and row["period"] == "all"
    return {
        **{name: row[name] for name in _CARRIED},
        "arm": row["arm"], "dose": row["dose_low"], "g": np.nan, "variance": np.nan,
        "comparison": schema.WITHIN if crossover else schema.BETWEEN,
        "n": pd.NA, "n_comparator": pd.NA, "scaled_by": "", "assumed": "", "why_not": "",
    }  # fmt: skip


def _without_study(sentence: str, study: str) -> str:
    return sentence.removeprefix(f"{study}: ").removesuffix(".")
