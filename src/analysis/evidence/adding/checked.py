"""What a new row must not be: impossible on its scale, at odds with its neighbours, known."""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from analysis.evidence.derivation.standard_errors import two_sided
from analysis.evidence.table.load import GROUP, POINTS
from analysis.instruments import known
from analysis.rules import refusal

__all__ = ["against", "each", "together"]

Rows = Sequence[dict[str, str]]
_PREVENTION = re.compile(r"prevent|prophyla|incidence", re.IGNORECASE)
# The CAPS of DSM-IV is no scale of the catalogue.
_OTHER_RANGES = {"CAPS": (0.0, 136.0), "PCL": (17.0, 85.0)}


def each(rows: Rows, file: str) -> None:
    """Refuse a row that cannot be so, whatever else is in the table."""
    for row in rows:
        words = " ".join((row["design"], row["instrument_printed"], row["note"]))
        if _PREVENTION.search(words):
            raise refusal("evidence.prevention", file=file, column=row["row"])
        _on_its_scale(row, file)
        if row["statistic"] == "events" and (not row["n"] or float(row["value"]) > int(row["n"])):
            raise refusal("evidence.denominator", file=file, column=row["row"])


def _on_its_scale(row: dict[str, str], file: str) -> None:
    """Means lie on the scale; spreads and changes are no wider than it."""
    scale = row["instrument"]
    if row["outcome"] != "score" or row["unit"] != "points" or not row["value"]:
        return
    if scale in known():
        low, high = known()[scale].total_range(next(iter(known()[scale].versions)))
    elif scale in _OTHER_RANGES:
        low, high = _OTHER_RANGES[scale]
    else:
        return
    value, width = float(row["value"]), high - low
    told = {
        "mean": ("A mean", not low <= value <= high),
        "sd": ("A standard deviation", not 0 < value <= width / 2 * 1.1),
        "se": ("A standard error", not 0 < value <= width / 2),
        "sd_change": ("A standard deviation", not 0 < value <= width),
    }.get(row["statistic"], ("A change or difference", abs(value) > width))
    if told[1]:
        raise refusal("evidence.out-of-scale", file=file, column=row["row"], what=told[0],
                      scale=scale, low=f"{low:g}", high=f"{high:g}")  # fmt: skip


def together(rows: Rows, file: str) -> None:
    """Refuse an estimate outside its own limits, a p that they deny, words that disagree."""
    groups: dict[tuple, dict[str, list[dict[str, str]]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        groups[tuple(row[name] for name in GROUP)][row["statistic"]].append(row)
    for found in groups.values():
        for name in (*POINTS, "direction"):
            told = {row["value"] or row["text_value"].lower() for row in found.get(name, [])}
            if len(told) > 1:
                _at_odds(found[name][0], file, f"two {name} of one figure differ")
        for statistic, stem in POINTS.items():
            limits = [found.get(f"{stem}{end}", []) for end in ("ci_low", "ci_high")]
            if statistic in found and all(limits):
                _inside(found[statistic][0], limits[0][0], limits[1][0], found.get("p", []), file)


def _inside(
    point: dict[str, str], low: dict[str, str], high: dict[str, str], p: Rows, file: str
) -> None:
    value, ends = float(point["value"]), (float(low["value"]), float(high["value"]))
    if not ends[0] <= value <= ends[1]:
        _at_odds(point, file, "the estimate lies outside its own interval")
    ratio = point["unit"] == "ratio"
    if ratio and ends[0] <= 0:
        _at_odds(point, file, "a ratio has a limit that is not above zero")
    scale: Any = math.log if ratio else float
    se = (scale(ends[1]) - scale(ends[0])) / (2 * 1.959964)
    if p and se > 0:
        implied, printed = two_sided(scale(value) / se, None), float(p[0]["value"])
        # Rounding and t intervals move p a little, not over the line by this much.
        if (printed < 0.05 and implied > 0.15) or (printed > 0.15 and implied < 0.02):
            _at_odds(point, file, "its p does not follow from its interval")


def _at_odds(row: dict[str, str], file: str, why: str) -> None:
    raise refusal("evidence.contradicts-itself", file=file, column=row["row"], why=why)


def against(rows: Rows, there: pd.DataFrame, file: str) -> None:
    """Refuse a figure that the table has, be it under another name of the same trial."""
    known_rows: dict[tuple, dict[Any, Any]] = {}
    for record in there.to_dict("records"):
        for trial in _names(record):
            known_rows[(trial, *_figure(record))] = record
    for place, row in enumerate(rows):
        for trial in _names(row):
            if (same := known_rows.get((trial, *_figure(row)))) is not None:
                equal = float(same["value"] or "nan") == float(row["value"] or "nan")
                how = "" if equal or not row["value"] else ", with another value"
                raise refusal("evidence.already-there", file=file, column=f"row {place + 1}",
                              known=same["row"], how=how)  # fmt: skip
        for trial in _names(row):
            known_rows[(trial, *_figure(row))] = row


def _names(row: Mapping[Any, Any]) -> list[str]:
    return [row[key].lower() for key in ("study_id", "registry_id", "doi") if row[key]]


def _figure(row: Mapping[Any, Any]) -> tuple[str, ...]:
    hours = row["hours_since_first_infusion"]
    measured = row["instrument" if row["outcome"] == "score" else "instrument_printed"]
    return (
        row["arm"], row["period"], measured, row["phase"], f"{float(hours):g}" if hours else "",
        row["analysis"], row["statistic"], row["outcome"],
    )  # fmt: skip
