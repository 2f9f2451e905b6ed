"""How numbers and tables are shown: rounded, with true minus signs, sentences in full."""

from __future__ import annotations

import math
import re
from collections.abc import Hashable, Mapping
from typing import Any

import numpy as np
import pandas as pd

__all__ = [
    "DASH",
    "MINUS",
    "estimate_numbers",
    "in_print",
    "rounded",
    "sentences",
    "typeset",
    "worded",
]

MINUS, DASH = "\u2212", "\u2013"
# Columns of the project's tables as a reader calls them; others lose their underscores.
COLUMN_WORDS = {
    "ci_low": "from",
    "ci_high": "to",
    "p_value": "p",
    "adjusted_p": "adjusted p",
    "se": "standard error",
    "df": "degrees of freedom",
    "n_per_arm": "participants per arm",
    "study_id": "source",
    "bound_sd": "bound, SD",
    "bound_points": "bound, points",
    "points_to": "points to",
    "shows_benefit": "shows a benefit",
    "counts": "counts as onset",
    "d_z": "standardised change, by the SD of change",
    "d_av": "standardised change, by the mean SD",
    "d_rm": "standardised change, by the SD of change and the correlation",
    "us": "unstructured",
}
SNAKE = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)+")
P_NAMES = re.compile(r"p|p_value|adjusted_p|p \(.*")
# A hyphen that stands for a minus: before a digit, at the start or after a space or a bracket;
# ids of rows, in square brackets, keep theirs.
HYPHEN, PER_CENT = re.compile(r"(?:(?<=^)|(?<=[\s(\u2026]))-(?=\d)"), re.compile(r"(?<=\d)%")
AT_LEAST = re.compile(r">= ?")
IDS = re.compile(r"(\[[^\]]*\])")


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
    """A p-value, three decimals, as everywhere: ``0.042``, ``< 0.001``, ``> 0.999``."""
    return _p_value(_number(value))


class _Table:
    """A table as people read it: words for columns, whole cells, text to the left."""

    def __init__(self, table: pd.DataFrame, *, left: bool) -> None:
        self.table, self.left = worded(table), left

    def _repr_html_(self) -> str:
        # Called as a method, to_html cuts no cell; pandas' own display would.
        html: str = self.table.to_html(max_rows=None, max_cols=None)
        if not self.left:
            return html
        # Notebooks set cells to the right; the text of a cell is escaped, so the tags are safe.
        for tag in ("<td>", "<th>"):
            html = html.replace(tag, f'{tag[:-1]} style="text-align: left; vertical-align: top">')
        return html

    def __repr__(self) -> str:
        rows = self.table.astype(str).itertuples()
        return "\n".join(" | ".join(map(str, row)) for row in rows)


def sentences(table: pd.DataFrame) -> _Table:
    """The table to display where its cells hold sentences: set to the left."""
    return _Table(table, left=True)


def in_print(table: pd.DataFrame) -> _Table:
    """The table to display: no cell is cut, no name is one of the program's."""
    return _Table(table, left=False)


def worded(table: pd.DataFrame) -> pd.DataFrame:
    """The same table in words: columns, yes and no, minus signs, per cent and p in one spelling."""
    texts = {
        place: _texts(table.iloc[:, place], table.columns[place]) for place in range(table.shape[1])
    }
    shown = pd.DataFrame(texts, index=table.index, dtype=object)
    shown.columns = _axis(table.columns)
    shown.index = _axis(shown.index)
    return shown


def _texts(column: pd.Series, name: Any) -> list[str]:
    """The cells of a column as text; p-values by the name of the column."""
    is_p = P_NAMES.fullmatch(str(name[-1] if isinstance(name, tuple) else name))
    return [_p_value(_number(value)) if is_p and _is_number(value) else _cell(value)
            for value in column]  # fmt: skip


def _axis(axis: pd.Index) -> pd.Index:
    """Labels and names of an axis in words."""
    names = [None if name is None else _word(name) for name in axis.names]
    if isinstance(axis, pd.MultiIndex):
        return pd.MultiIndex.from_tuples([tuple(map(_word, own)) for own in axis], names=names)
    return pd.Index([_word(label) for label in axis], name=names[0], dtype=object)


def _word(label: Hashable) -> str:
    text = _cell(label)
    return COLUMN_WORDS.get(text, text)


def _cell(value: Any) -> str:
    """A value as text: yes and no, numbers as :func:`number` has them, true minus signs."""
    if isinstance(value, (bool, np.bool_)):
        return "yes" if value else "no"
    if _is_number(value):
        return number(value)
    if value is None or value is pd.NA:
        return DASH
    text = str(value)
    if text in COLUMN_WORDS or SNAKE.fullmatch(text):
        return COLUMN_WORDS.get(text, text.replace("_", " "))
    return typeset(text)


def typeset(text: str) -> str:
    """A text with true minus signs, ≥ and a space before per cent; ids in brackets stay."""
    return "".join(
        part if part.startswith("[") else PER_CENT.sub(" %", HYPHEN.sub(MINUS, part))
        for part in IDS.split(AT_LEAST.sub("≥ ", text))
    )


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(value, bool)


def rounded(table: pd.DataFrame) -> pd.DataFrame:
    """Every number to three significant digits, as text, en dash for what is missing."""
    text = table.copy()
    for column in text.select_dtypes("number"):
        written = p_value if P_NAMES.fullmatch(str(column)) else number
        text[column] = [written(value) for value in text[column]]
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
