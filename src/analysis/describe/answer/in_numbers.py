"""The numbers beside the answer: the difference within hours, or what can be said instead."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from analysis.claims.case import Case
from analysis.claims.ledger import NOT_TESTABLE, ClaimResult, Ledger
from analysis.describe.common import policy
from analysis.describe.display import number
from analysis.describe.in_words import interval, lines_of
from analysis.describe.scores.by_window import Described
from analysis.describe.scores.crossover import within_person

__all__ = ["answer_in_numbers"]

# The claim that asks what the title of a page asks.
CLAIM = "onset"


def answer_in_numbers(ledger: Ledger, found: Described | None = None) -> str:
    """What stands below the answer, in one or two sentences; empty where there is no number.

    Parameters
    ----------
    ledger : Ledger
        As the reader may see it: every number is taken from it.
    found : Described, optional
        The same study in every window, in the same view; None for published results.
    """
    result = ledger[CLAIM]
    if result.verdict != NOT_TESTABLE:
        return _difference(result)
    return _of_a_study(found, result) if found is not None else _published(result)


def _difference(result: ClaimResult) -> str:
    """The difference within hours in plain words."""
    line = result.estimate
    value, low, high = (_value(line, name) for name in ("estimate", "ci_low", "ci_high"))
    contrast = str(line.get("contrast") or "")
    if math.isnan(value) or " - " not in contrast:
        return ""
    treated, control = contrast.split(" - ", 1)
    more = "lower" if value < 0 else "higher"
    if low <= 0 <= high:
        limits = f"from {number(abs(low))} lower to {number(high)} higher"
    else:
        ends = sorted((abs(low), abs(high)))
        limits = f"{number(ends[0])} to {number(ends[1])}"
    unit = str(line.get("unit") or "points")
    return (
        f"{line['window']} after the infusion, symptoms were {number(abs(value))} {unit} {more} on "
        f"{treated} than on {control} (95 % interval {limits}; {line['instrument']})."
    )


def _of_a_study(found: Described, result: ClaimResult) -> str:
    """What the data say of later times, where they cannot speak to hours."""
    stops = [reason.text for reason in result.reasons
             if reason.gate == "comparator" and reason.passed is False]  # fmt: skip
    if stops and not found.differences.empty:
        # A difference of arms that are no comparison says nothing of the infusion.
        return f"The arms are not compared: {stops[0]}"
    told = [one.sentence for one in found.windows if one.decides]
    told = told or [one.sentence for one in found.windows]
    if told:
        return f"What these data can say: {told[0]}"
    return _within_person(found.case) or " ".join(found.limits[:1])


def _within_person(case: Case) -> str:
    """What a crossover says of both treatments in the same person; for the study team alone."""
    if case.design.design != "crossover" or policy(case) is not None:
        return ""
    try:
        first = within_person(case)[0]
    except ValueError:
        return ""
    told = interval(lines_of(first.rows)[0], unit="points")
    return (
        f"What these data can say: {first.label} after each infusion, {first.instrument} differed "
        f"within a person by {told}, {case.contrast}."
    )


def _published(result: ClaimResult) -> str:
    """The earliest comparison that was published."""
    rows = [one for one in result.beside if not math.isnan(_value(one, "estimate"))]
    if not rows:
        return ""
    first = rows[0]
    low, high = number(first["ci_low"]), number(first["ci_high"])
    unit = "SD" if "SD" in str(first["estimand"]) else "points"
    contrast = str(first["contrast"]).replace(" - ", " minus ")
    return (
        f"The earliest published comparison is at {first['window']}: {contrast}, "
        f"{number(first['estimate'])} {unit} ({low} to {high}) on {first['instrument']}; negative "
        "is better on ketamine."
    )


def _value(line: Mapping[str, Any], name: str) -> float:
    value = line.get(name)
    return math.nan if value is None else float(value)
