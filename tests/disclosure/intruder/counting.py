"""What all counts that are shown leave possible for those that are not: bounds, tightened.

Variables are counts of people of an arm; sums and parts relate them. Each shown number bounds
one, and bounds are passed on along the relations until nothing moves: on sums that form a tree,
as these do, that is what integer programming over all of them gives.
"""

from __future__ import annotations

import math
import re
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy.stats import t as student

from analysis.checks.participant_flow import ANALYSED, READ, SCORED, SET_ASIDE
from tests.disclosure.intruder.outside import Outside, rules

__all__ = ["Counts", "counts_of", "possible_sizes"]

MANY = 10_000
# Coefficients, by the beginning of the method. The model of two visits has other df.
MODELS = {"paired t": 1, "ANCOVA on baseline, HC3": 3, "MMRM": 3}
# Of whom numbers only describe these few (rule arm.few-people).
FEW_PEOPLE = 5
FELL, FELL_EVER = "certainty_within_hours", "certainty_ever"
Name = tuple[Hashable, ...]


@dataclass
class Counts:
    """Bounds of counts, the sums between them, and who says what."""

    minimum: int
    step: int
    low: dict[Name, int] = field(default_factory=dict)
    high: dict[Name, int] = field(default_factory=dict)
    sums: list[tuple[Name, tuple[Name, ...]]] = field(default_factory=list)

    def told(self, name: Name, low: int, high: int) -> None:
        """A count lies between these."""
        self.low[name] = max(self.low.get(name, 0), low)
        self.high[name] = min(self.high.get(name, MANY), high)

    def shown(self, name: Name, value: Any, *, exact: bool) -> None:
        """A count is shown: as a number, rounded or not, or as ``<10``."""
        if value is None or value == "withheld":
            self.told(name, 0, MANY)
        elif isinstance(value, str):
            self.told(name, 0, int(value.removeprefix("<")) - 1)
        elif exact:
            self.told(name, int(value), int(value))
        else:
            half = self.step / 2
            low, high = math.ceil(value - half), math.ceil(value + half) - 1
            self.told(name, max(low, min(self.minimum, int(value))), high)

    def whole(self, name: Name, *parts: Name) -> None:
        """A count is the sum of others."""
        for one in (name, *parts):
            self.told(one, 0, MANY)
        self.sums.append((name, parts))

    def part(self, part: Name, whole: Name, rest: Name) -> None:
        """A group lies within another; the rest of it is a group too."""
        self.whole(whole, part, rest)

    def tighten(self) -> None:
        """Pass bounds on until none moves."""
        moved = True
        while moved:
            moved = False
            for whole, parts in self.sums:
                low = sum(self.low[p] for p in parts)
                high = sum(self.high[p] for p in parts)
                moved |= self._narrow(whole, low, high)
                for part in parts:
                    moved |= self._narrow(
                        part,
                        self.low[whole] - (high - self.high[part]),
                        self.high[whole] - (low - self.low[part]),
                    )

    def _narrow(self, name: Name, low: int, high: int) -> bool:
        before = self.low[name], self.high[name]
        self.told(name, low, high)
        if self.low[name] > self.high[name]:
            raise ValueError(f"What is shown fits no number of {name}: the intruder counts wrong.")
        return (self.low[name], self.high[name]) != before

    def pinned(self) -> Mapping[Name, int]:
        """Counts below the minimum that have one possible value, after :meth:`tighten`."""
        return {
            name: low
            for name, low in self.low.items()
            if low == self.high[name] and low < self.minimum
        }


def counts_of(outside: Outside) -> Counts:
    """The counts of a study and all that is shown about them."""
    policy = outside.ledger["policy"]
    counts = Counts(policy["minimum"], policy["step"])
    flow = outside.checks["flow"]
    arms = sorted({row["arm"] for row in flow} - {"all", "unknown"})
    for arm in arms:
        _flow(counts, [row for row in flow if row["arm"] == arm], arm)
    _scored(counts, outside, arms)
    _fell(counts, outside, arms)
    counts.tighten()
    return counts


def _flow(counts: Counts, rows: list[dict[str, Any]], arm: str) -> None:
    by_stage = {row["stage"]: row["n"] for row in rows if row["stage"] != SET_ASIDE}
    # An exact number among rounded ones shows itself, and where it is one others are too.
    told = {stage: n for stage, n in by_stage.items() if isinstance(n, int)}
    ends = (READ, SCORED["hours"])
    odd = {stage for stage, n in told.items() if n % counts.step}
    all_exact = bool(odd - set(ends))
    some_exact = bool(odd) or by_stage[ANALYSED] == "withheld"
    for stage, n in by_stage.items():
        exact = all_exact or (some_exact and stage in ends)
        exact |= isinstance(n, int) and n < counts.minimum
        counts.shown((stage, arm), n, exact=exact)
    aside = []
    for row in rows:
        if row["stage"] == SET_ASIDE:
            aside.append((SET_ASIDE, arm, row["rule"]))
            counts.shown(aside[-1], row["n"], exact=all_exact)
    counts.whole((READ, arm), (ANALYSED, arm), (SET_ASIDE, arm))
    if aside:
        counts.whole((SET_ASIDE, arm), *aside)
    else:
        counts.told((SET_ASIDE, arm), 0, MANY)
    for stage in SCORED.values():
        counts.part((stage, arm), (ANALYSED, arm), ("not " + stage, arm))
    counts.part((SCORED["hours"], arm), (READ, arm), ("lost within hours", arm))


def _scored(counts: Counts, outside: Outside, arms: list[str]) -> None:
    """People with a baseline and a score within hours: the gate on time, and rows about both."""
    text = outside.text("onset", "time")
    for arm in arms:
        name = ("used", arm)
        counts.part(name, (SCORED["hours"], arm), ("without a baseline", arm))
        counts.part(name, (ANALYSED, arm), ("unscored", arm))
        if found := re.search(rf"(<?\d+) on {arm}", text):
            value = found[1] if found[1].startswith("<") else int(found[1])
            exact = isinstance(value, int) and value % counts.step > 0
            counts.shown(name, value, exact=exact)
    _fewest(counts, outside, arms)
    if len(arms) == 2:
        counts.whole(("used", "both"), *(("used", arm) for arm in arms))
    for row in outside.rows("onset"):
        if row["estimate"] is None:
            continue
        alone = row["contrast"].removeprefix("after - before, ")
        name = ("used", alone) if alone in arms else ("used", "both")
        if name in counts.low and row["n"] is not None:
            counts.shown(name, row["n"], exact=row["n"] % counts.step > 0)
            if row["method"].startswith("MMRM"):
                # Each arm has its own covariance: the df are no number of people.
                continue
            sizes = possible_sizes(row, range(counts.low[name], counts.high[name] + 1))
            if sizes:
                counts.told(name, min(sizes), max(sizes))
    with_cadss = outside.rows("dissociation_mechanism")
    for row in with_cadss[:1]:
        if row["n"] is not None and len(arms) == 2:
            name = ("with a CADSS", "both")
            counts.part(name, ("used", "both"), ("scored without a CADSS", "both"))
            counts.shown(name, row["n"], exact=row["n"] % counts.step > 0)


def _fewest(counts: Counts, outside: Outside, arms: list[str]) -> None:
    """What the gate on time and a flag about few people say of the smallest arm."""
    least = int(rules().rule("minimum_people_per_arm"))
    passed = next(
        reason["passed"] for reason in outside.claim("onset")["reasons"] if reason["gate"] == "time"
    )
    few = [arm for arm in arms if counts.high["used", arm] < counts.minimum]
    if passed:
        for arm in arms:
            counts.told(("used", arm), least, MANY)
    elif len(few) == 1 and "per arm are needed" in outside.text("onset", "time"):
        counts.told(("used", few[0]), 0, least - 1)
    flagged = [flag for flag in outside.ledger["flags"] if flag["rule"] == "arm.few-people"]
    if few and len(flagged) == len(few):
        for arm in few:
            counts.told(("used", arm), 1, FEW_PEOPLE - 1)


def possible_sizes(row: Mapping[str, Any], sizes: Iterable[int]) -> list[int]:
    """Numbers of people with whom the row of a t test could be as it is shown.

    Half the interval over the standard error is a quantile of t; the p-value is of t with the
    same df; a mean times the people is a sum of half points (two ratings before).
    """
    parameters = next((k for start, k in MODELS.items() if row["method"].startswith(start)), None)
    if parameters is None:
        return list(sizes)
    n = np.array([size for size in sizes if size > parameters])
    if row["df"] is not None and row["df"] % 10:
        return [int(one) for one in n[n - parameters == round(row["df"])]]
    unit = _units(row)
    reach = (row["ci_high"] - row["ci_low"]) / 2
    wide = (unit["ci_high"] + unit["ci_low"]) / 4
    quantile = student.ppf(0.975, n - parameters)
    fits = np.ones(len(n), bool)
    if row["df"] is not None and row["df"] != round(row["n"] - parameters, -1):
        # Tens of the true ones, not of those that the rounded number of people would have.
        fits &= np.round(n - parameters, -1) == row["df"]
    if row["se"] is not None:
        fits &= quantile * (row["se"] - unit["se"] / 2) <= reach + wide
        fits &= quantile * (row["se"] + unit["se"] / 2) >= reach - wide
    if row["method"] == "paired t":
        sums = row["estimate"] * 2 * n
        fits &= abs(sums - np.round(sums)) <= n * unit["estimate"]
    if row["p_value"]:
        middle, half = abs(row["estimate"]), unit["estimate"] / 2
        most = quantile * (middle + half) / (reach - wide)
        least = quantile * max(middle - half, 0) / (reach + wide)
        low, high = (2 * student.sf(t, n - parameters) for t in (most, least))
        fits &= low <= row["p_value"] + unit["p_value"] / 2
        fits &= high >= row["p_value"] - unit["p_value"] / 2
    return [int(one) for one in n[fits]]


def _units(row: Mapping[str, Any]) -> dict[str, float]:
    """The unit of the last digit shown of each number: the third one, or what all of them have."""
    names = ("estimate", "se", "ci_low", "ci_high", "p_value")
    units = {name: _unit(row[name]) for name in names if row[name] is not None}
    means = ("estimate", "ci_low", "ci_high")
    if all(math.isclose(row[name], round(row[name], 1)) for name in means):
        units |= {name: max(units[name], 0.1) for name in means}
    if math.isclose(row["p_value"], round(row["p_value"], 3)):
        units["p_value"] = max(units["p_value"], 1e-3)
    return units


def _unit(value: float) -> float:
    """Of the third significant digit."""
    return 10.0 ** (math.floor(math.log10(abs(value))) - 2) if value else 1e-3


def _fell(counts: Counts, outside: Outside, arms: list[str]) -> None:
    """Who scored lower within hours scored lower at some time: nested events of nested people."""
    seen: dict[tuple[str, str], Any] = {}
    for claim in (FELL, FELL_EVER):
        for row in outside.rows(claim):
            if row["estimand"] == "share with any fall" and row["contrast"] in arms:
                arm = row["contrast"]
                seen[claim, arm] = row
                _share(counts, row, (claim, arm))
    for claim, arm in seen:
        counts.part(("fell", claim, arm), ("people", claim, arm), ("did not", claim, arm))
    for arm in arms:
        if (FELL, arm) in seen and (FELL_EVER, arm) in seen:
            for what in ("fell", "people"):
                rest = (what, "later alone", arm)
                counts.part((what, FELL, arm), (what, FELL_EVER, arm), rest)
        if (FELL, arm) in seen:
            counts.whole(("people", FELL, arm), ("used", arm))


def _share(counts: Counts, row: dict[str, Any], name: tuple[str, str]) -> None:
    claim, arm = name
    counts.told(("fell", claim, arm), 0, MANY)
    counts.told(("people", claim, arm), 0, MANY)
    first = row["method"].split()[:3]
    if row["estimate"] is None or len(first) < 3 or first[1] != "of":
        return
    fell, people = int(first[0]), int(first[2].rstrip(","))
    exact = bool(fell % counts.step or people % counts.step)
    counts.shown(("fell", claim, arm), fell, exact=exact)
    counts.shown(("people", claim, arm), people, exact=exact)
