"""How numbers and tables are shown: rounded, with true minus signs, sentences in full."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import pandas as pd

__all__ = ["DASH", "MINUS", "estimate_numbers", "rounded", "sentences"]

MINUS, DASH = "\u2212", "\u2013"


def is_missing(value: Any) -> bool:
    """Whether a value is none: None, NA, NaN or infinite."""
    return value is None or value is pd.NA or not math.isfinite(value)


def number(value: Any, digits: int = 3) -> str:
    """A number with three significant digits, a true minus sign, an en dash where it is missing.

    Whole numbers below a million keep all their digits. NaN, infinities, None and NA count
    as missing.
    """
    if is_missing(value):
        return "–"
    value = float(value)
    if value.is_integer() and abs(value) < 1e6:
        text = f"{value:.0f}"
    else:
        # The exponent after rounding: 9.996 has three significant digits as 10.0.
        exponent = int(f"{value:.{digits - 1}e}".partition("e")[2])
        text = f"{value:.{max(0, digits - 1 - exponent)}f}"
    return "0" if text == "-0" else text.replace("-", "−")


def p_value(value: Any) -> str:
    """A p-value as :func:`number` writes it, "< 0.001" below that."""
    return "< 0.001" if not is_missing(value) and value < 0.001 else number(value)


class _Sentences:
    """A table whose cells hold sentences: set to the left, one row a line as text."""

    def __init__(self, table: pd.DataFrame) -> None:
        self.table = table

    def _repr_html_(self) -> str:
        # Notebooks set cells to the right; the text of a cell is escaped, so the tags are safe.
        html = self.table.to_html()
        for tag in ("<td>", "<th>"):
            html = html.replace(tag, f'{tag[:-1]} style="text-align: left; vertical-align: top">')
        return html

    def __repr__(self) -> str:
        rows = self.table.astype(str).itertuples()
        return "\n".join(" | ".join(map(str, row)) for row in rows)


def sentences(table: pd.DataFrame) -> _Sentences:
    """The table to display where its cells hold sentences."""
    return _Sentences(table)


def rounded(table: pd.DataFrame) -> pd.DataFrame:
    """Every number to three significant digits, as text, en dash for what is missing."""
    text = table.copy()
    for column in text.select_dtypes("number"):
        text[column] = [number(value) for value in text[column]]
    return text


def estimate_numbers(row: Mapping[str, Any]) -> dict[str, str]:
    """The numbers of one estimate as people read them.

    Three significant digits of the estimate, and the same decimals for its limits, fewer where
    the limits are far larger. An en dash stands for what does not exist; ``exact`` keeps ten
    digits.
    """
    names = ("estimate", "ci_low", "ci_high", "se", "df", "n", "p_value")
    values = {name: _number(row.get(name)) for name in names}
    together = [abs(v) for v in (values[name] for name in names[:3]) if math.isfinite(v)]
    coarse = _places(max(together, default=0.0))
    fine = _places(values["estimate"]) or coarse
    places = min(fine, coarse + 1)
    text = {name: _fixed(values[name], places) for name in names[:3]}
    text["se"] = _fixed(values["se"], max(places, _places(values["se"])))
    text["df"] = _fixed(values["df"], 0 if values["df"].is_integer() else 1)
    text["n"] = _fixed(values["n"], 0)
    text["p_value"] = _p_value(values["p_value"])
    text["exact"] = "" if math.isnan(values["estimate"]) else f"{values['estimate']:.10g}"
    text["unit"] = str(row.get("unit") or "")
    text["interval"] = f"[{text['ci_low']}, {text['ci_high']}]"
    if math.isnan(values["ci_low"]) and math.isnan(values["ci_high"]):
        text["interval"] = ""
    return text


def _number(value: Any) -> float:
    """A number, or NaN for what is missing in any of its spellings."""
    try:
        return float(value)
    except (TypeError, ValueError):
        return math.nan


def _places(value: float) -> int:
    """Decimals that leave three significant digits."""
    if not math.isfinite(value) or value == 0:
        return 0
    return max(0, 2 - math.floor(math.log10(abs(value))))


def _fixed(value: float, places: int) -> str:
    """A number with a true minus sign; an en dash for NaN."""
    if math.isnan(value):
        return DASH
    if math.isinf(value):
        return "∞" if value > 0 else f"{MINUS}∞"
    return f"{round(value, places) + 0.0:.{places}f}".replace("-", MINUS)


def _p_value(value: float) -> str:
    if math.isnan(value):
        return DASH
    if value < 0.001:
        return "< 0.001"
    return "> 0.999" if value > 0.999 else f"{value:.3f}"
