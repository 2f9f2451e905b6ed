"""What a study says in every window, for a terminal."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import pandas as pd

from analysis.claims.ledger import FOR_THE_TEAM, TEAM
from analysis.describe.chosen import what_is_decided
from analysis.describe.display import number, p_value
from analysis.describe.in_words import interval, lines_of, percent, row_text
from analysis.describe.scores.by_window import Described

__all__ = ["described_text"]


def described_text(found: Described) -> str:
    """The same for a terminal: a sentence a window, then a line an arm and a contrast."""
    case, design = found.case, found.case.design
    lines = [FOR_THE_TEAM] if found.private and case.view == TEAM else []
    lines.append(design.title + (" [SYNTHETIC DATA]" if design.synthetic else ""))
    form = f", {case.primary_form[0]}" if case.primary_form else ""
    lines.append(f"{design.primary}{form}; points, negative = fewer symptoms; 95 % intervals")
    for one in found.windows:
        mark = f" ({what_is_decided(case, one.window)})" if one.decides else ""
        lines += ["", f"{one.label} after{mark}", f"  {one.sentence}"]
        lines += [_arm_text(arm, own) for arm, own in one.arms.groupby("contrast", sort=False)]
        for line in lines_of(one.differences):
            what = row_text(line, "contrast", "estimand")
            lines.append(f"  {what}{_p_text(line)}; {line['method']}")
        for shares in (one.responders, one.reliable):
            lines += [_shares_text(what, own)
                      for what, own in shares.groupby("estimand", sort=False)]  # fmt: skip
    return "\n".join([*lines, *_within_text(found), "", *found.limits])


def _within_text(found: Described) -> list[str]:
    """Participants of a crossover compared with themselves, a line a window."""
    lines = ["", "Both treatments in the same participant"] if found.within_person else []
    for one in found.within_person:
        first = lines_of(one.rows)[0]
        n = "" if math.isnan(first["n"]) else f"n = {number(first['n'])}; "
        lines.append(f"  {one.label} after each infusion: {n}{row_text(first, 'contrast')}"
                     f"{_p_text(first)}; {first['estimand']}")  # fmt: skip
    return lines


def _p_text(line: Mapping[str, Any]) -> str:
    if math.isnan(line["p_value"]):
        return ""
    told = p_value(line["p_value"])
    return f", p {told}" if told.startswith("<") else f", p = {told}"


def _arm_text(arm: Any, rows: pd.DataFrame) -> str:
    told = {line["estimand"]: line for line in lines_of(rows)}
    mean, change = told["mean score"], told["mean change"]
    n = "" if math.isnan(change["n"]) else f"n = {number(change['n'])}; "
    sd = number(told["SD of scores"]["estimate"])
    return (
        f"  {arm}: {n}before {number(told['mean score before']['estimate'])}, mean score "
        f"{number(mean['estimate'])} (SD {sd}), mean change {interval(change)}{_p_text(change)}"
    )


def _shares_text(what: Any, rows: pd.DataFrame) -> str:
    parts = []
    for line in lines_of(rows):
        low, high = percent(line["ci_low"]), percent(line["ci_high"])
        given = f"{percent(line['estimate'])} ({low} to {high})"
        parts.append(
            f"{line['contrast']} {interval(line) if math.isnan(line['estimate']) else given}"
        )
    return f"  {what}: {'; '.join(parts)}"
