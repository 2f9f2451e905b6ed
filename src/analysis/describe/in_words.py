"""Estimates in words: sentences beside a table, and what a picture shows for those who cannot see.

Every number is taken from the rows that are shown, so that neither can say anything else.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from analysis.claims.case import Case
from analysis.describe.display import MINUS, estimate_numbers, number

__all__ = ["SYNTHETIC", "alternative", "between", "counted", "difference_sentence", "interval",
           "listed", "percent", "row_text"]  # fmt: skip

SYNTHETIC = "Synthetic data: "
# What an interval holds: no difference, and a difference that matters.
BOTH = "which includes both no difference and one that matters"
WORSE = "which includes no difference and a worsening that matters, and no improvement that does"


def percent(share: float) -> str:
    """A share from 0 to 1 as a whole per cent."""
    if math.isnan(share):
        return "withheld"
    return f"{100 * share:.0f} %".replace("-", MINUS)


def counted(n: float, one: str, many: str = "") -> str:
    """A number of things: ``1 person``, ``26 people``."""
    return f"{n:g} {one if n == 1 else many or one + 's'}"


def listed(parts: Iterable[str]) -> str:
    """Words in a row: ``a``, ``a and b``, ``a, b and c``."""
    *first, last = list(parts) or [""]
    return f"{', '.join(first)} and {last}" if first else last


def interval(line: Mapping[str, Any], *, unit: str = "") -> str:
    """An estimate with its interval, as the table has it: ``−7.5 points (−21 to 6)``."""
    told = estimate_numbers(line)
    if math.isnan(_value(line, "estimate")):
        return "withheld" if "withheld" in str(line.get("method", "")) else "not given"
    value = told["estimate"] + (f" {unit}" if unit else "")
    return f"{value} ({told['ci_low']} to {told['ci_high']})" if told["interval"] else value


def between(line: Mapping[str, Any], smallest: float | None) -> str:
    """What an interval of a difference, negative = benefit, holds and does not hold, in a clause.

    A wide interval is never said to show no difference.
    """
    low, high = _value(line, "ci_low"), _value(line, "ci_high")
    if math.isnan(low) or math.isnan(high):
        return ""
    if smallest is None:
        return f"an interval that {'includes' if low <= 0 <= high else 'excludes'} zero"
    if low <= 0 <= high:
        if low <= -smallest:
            return BOTH
        told = "an interval that includes zero and none that would matter"
        return WORSE if high >= smallest else told
    of = "an interval of worsening" if low > 0 else "an interval"
    if min(abs(low), abs(high)) >= smallest:
        return f"{of} in which every difference would matter"
    if max(abs(low), abs(high)) < smallest:
        return f"{of} that excludes zero, in which no difference would matter"
    return f"{of} that excludes zero but includes differences too small to matter"


def difference_sentence(case: Case, line: Mapping[str, Any], window: str | None = None) -> str:
    """One sentence on a difference between the arms: estimate, interval, what it includes."""
    when = window or str(line["window"])
    smallest = None if case.smallest_difference is None else case.smallest_difference[0]
    if math.isnan(_value(line, "estimate")):
        return f"{_when(when)} the difference between the arms is {interval(line)}."
    clause = between(line, smallest)
    told = interval(line, unit="points")
    return f"{_when(when)} the arms differed by {told}{', ' + clause if clause else ''}."


def lines_of(rows: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows of a table, each by the names of its columns."""
    return [{str(name): value for name, value in one.items()} for one in rows.to_dict("records")]


def row_text(line: Mapping[str, Any], *labels: str, shares: bool = False) -> str:
    """A row of the table of estimates as part of a list: labels, estimate, interval."""
    words = ", ".join(str(line[name]) for name in labels if str(line.get(name, "")))
    if not shares:
        return f"{words}: {interval(line)}"
    limits = [_value(line, name) for name in ("ci_low", "ci_high")]
    told = "" if any(map(math.isnan, limits)) else f" ({' to '.join(map(percent, limits))})"
    return f"{words}: {percent(_value(line, 'estimate'))}{told}"


def alternative(
    case: Case | None,
    what: str,
    rows: pd.DataFrame | None = None,
    *labels: str,
    bars: Mapping[str, float] | None = None,
    shares: bool = False,
    most: int = 30,
) -> str:
    """The alternative text of a picture of estimates: what it is, then every mark with its limits.

    Parameters
    ----------
    case : Case, optional
        Says whether the people are made up.
    what : str
        A clause without its full stop.
    rows : DataFrame, optional
        What is drawn, rows of the table of estimates.
    *labels : str
        Columns that tell the marks apart.
    bars : mapping of str to float, optional
        Words to the size of a benefit at minus which there is a line.
    shares : bool
        Whether the estimates are shares, drawn as per cent.
    most : int
        Marks that are told one by one; of more, the number and the range.
    """
    mark = SYNTHETIC if case is not None and case.design.synthetic else ""
    lines = "".join(f" {words[0].upper()}{words[1:]}: line at {number(-value)}."
                    for words, value in (bars or {}).items())  # fmt: skip
    if rows is None or rows.empty:
        return f"{mark}{what}.{lines}"
    drawn = rows[rows["estimate"].notna()]
    if len(drawn) > most:
        low, high = drawn["estimate"].min(), drawn["estimate"].max()
        return f"{mark}{what}; {len(drawn)} estimates from {number(low)} to {number(high)}.{lines}"
    told = "; ".join(row_text(line, *labels, shares=shares) for line in lines_of(drawn))
    return f"{mark}{what}. {told}.{lines}" if told else f"{mark}{what}.{lines}"


def _value(line: Mapping[str, Any], name: str) -> float:
    value = line.get(name)
    return math.nan if value is None else float(value)


def _when(window: str) -> str:
    """A window's label at the head of a sentence: ``about 7 days`` reads ``At about 7 days``."""
    return (
        f"At {window}" if window.startswith("about") else f"{window[0].upper()}{window[1:]} after,"
    )
