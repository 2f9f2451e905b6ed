"""What of a number may leave, by the people behind it: the rules for one number or one row.

The rules are those that data centres check outputs by (minimum cell, degrees of freedom,
dominance, no single person's value, no difference of two numbers about nearly the same people):
Hundepool et al. 2012, doi:10.1002/9781118348239; ACRO (Preen et al. 2025,
doi:10.1109/TP.2025.3566052) and OpenSAFELY for the rounding. docs/disclosure.md sets them side by
side.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from analysis.estimates.explanations.blinding import bang_index, james_index
from analysis.estimates.explanations.expectancy import belief_gap
from analysis.estimates.proportions import (
    difference_between,
    exact_share,
    share_between,
    share_bounds,
    share_difference,
)
from analysis.estimates.responders.shares import (
    number_needed_to_treat,
    score_difference,
    share_who_benefit,
)
from analysis.estimates.table import NUMBERS
from analysis.quantity import Cell, Quantity
from analysis.study import Design

__all__ = ["RULES", "Policy", "policy_of", "short"]

Counts = Sequence[tuple[int, int]]
# Observations beyond the coefficients of a model, as ACRO counts them.
LEAST_DF = 10
USUAL = 10
DIGITS = 3
RULES = {
    "minimum-cell": "fewer than {minimum} participants of an arm or group are behind it",
    "moved": "it differs from the main analysis in fewer than {minimum} participants of an arm",
    "small-count": "fewer than {minimum} participants had the event, or did not",
    "follows": "a count of fewer than {minimum} participants could be worked out from it",
    "own-values": "it is a single participant's own value",
    "degrees-of-freedom": "fewer than 10 observations are left beyond the model's coefficients",
    "dominance": "one or two participants make up most of it",
    "not-recorded": "it is not recorded who is behind it",
}
# How a row is made again of its (rounded) counts.
_REMADE: dict[str, Callable[[Counts, Cell], Any]] = {
    "share": lambda c, cell: exact_share(*c[0], level=cell.level),
    "share between": lambda c, cell: share_between(c[0][0], c[1][0], c[0][1]),
    "share difference": lambda c, cell: share_difference(*zip(*c, strict=True)),
    "difference between": lambda c, cell: difference_between(c[:2], c[2:]),
    "score difference": lambda c, cell: score_difference(*zip(*c, strict=True)),
    "share bounds": lambda c, cell: share_bounds(c[0][0], c[0][1], c[1][1]),
    "share who benefit": lambda c, cell: share_who_benefit(*zip(*c, strict=True)),
    "number needed to treat": lambda c, cell: number_needed_to_treat(
        score_difference(*zip(*c, strict=True))
    ),
    "Bang index": lambda c, cell: bang_index(*(k for k, _ in c)),
    "James index": lambda c, cell: james_index(_guesses(c)),
    "belief gap": lambda c, cell: belief_gap(_guesses(c)),
}


@dataclass(frozen=True)
class Policy:
    """How much of a study may leave.

    Attributes
    ----------
    minimum : int
        Fewest people of each arm behind a number.
    step : int
        To what counts are rounded.
    exact_arms : collection of str
        Arms whose people allocated, scored and lost each hold the minimum, so that these three
        are told exactly (CONSORT).
    reason : str
        Why the minimum is lower than usual, where it is.
    """

    minimum: int = 10
    step: int = 5
    exact_arms: Collection[str] = field(default_factory=frozenset)
    reason: str = ""

    def why_not(self, cell: Cell | None) -> str | None:
        """The rule by which numbers of a cell are withheld; None where they may leave."""
        if not isinstance(cell, Cell) or not cell.people_by_arm:
            return "not-recorded"
        if min(cell.people_by_arm.values()) < self.minimum:
            return "minimum-cell"
        moved = [n for n in cell.without.values() if n]
        # Nobody moved is told as little as one: it would say that nobody was flagged or lost.
        if cell.without and (not moved or min(moved) < self.minimum):
            return "moved"
        if any(min(k, n - k) < self.minimum for k, n in cell.counts):
            return "small-count"
        if cell.own_values:
            return "own-values"
        if not cell.made_of and math.fsum(cell.people_by_arm.values()) < cell.parameters + LEAST_DF:
            return "degrees-of-freedom"
        return "dominance" if cell.dominated else None

    def number(self, quantity: Quantity) -> tuple[float | str | None, str | None]:
        """A number as it leaves, None where it does not, and the rule by which it does not."""
        cell = quantity.behind
        if quantity.kind == "count":
            return self.count(quantity.value), None
        if rule := ("own-values" if quantity.kind == "own value" else self.why_not(cell)):
            return None, rule
        if quantity.kind == "events":
            return self.rounded(quantity.value), None
        if quantity.row is not None and (cell.made_of or quantity.column == "df"):
            return self.row(quantity.row)[0][quantity.column], None
        return _digits(quantity.value, quantity.column or quantity.kind, cell), None

    def count(self, n: float) -> int | str:
        """A count, rounded; below the minimum only that it is, be it 0."""
        return f"<{self.minimum}" if n < self.minimum else self.rounded(n)

    def rounded(self, n: float) -> int:
        """To the nearest multiple of the step, the middle upwards."""
        return math.floor(n / self.step + 0.5) * self.step

    def share(self, share: float, n: int) -> float:
        """A share of ``n`` people as it leaves: of rounded counts."""
        return self.rounded(round(n * share, 6)) / self.rounded(n)

    def row(self, row: Mapping[str, Any]) -> tuple[dict[str, Any], str | None]:
        """A row of the table of estimates as it leaves, and the rule by which it does not.

        What is made of counts is made again of the rounded ones: an exact interval would give
        its count away. Other numbers keep three significant digits, degrees of freedom tens.
        """
        if all(_missing(row.get(name)) for name in NUMBERS):
            return dict(row), None
        cell = row.get("cell")
        if rule := self.why_not(cell):
            return self.emptied(row, rule), rule
        assert isinstance(cell, Cell)  # why_not refuses what is none
        if cell.made_of:
            return self._remade(row, cell), None
        numbers = {name: _digits(row[name], name, cell) for name in NUMBERS}
        enough = not _missing(row["n"]) and row["n"] >= self.minimum
        numbers["n"] = self.rounded(row["n"]) if enough else math.nan
        # Tens of what it would be for the rounded number: else 27 people, shown as 25, had 30.
        numbers["df"] = _digits(row["df"] + numbers["n"] - row["n"], "df", cell)
        if not _missing(row["ci_low"]):
            # Beside limits it gives the quantile of t, and that the number of people.
            numbers["se"] = math.nan
        return {**row, **numbers, "method": cell.method or row["method"]}, None

    def emptied(self, row: Mapping[str, Any], rule: str) -> dict[str, Any]:
        """A row without its numbers, which says by what rule they are withheld."""
        told = f"withheld: {self.words(rule)}"
        return {**row, **dict.fromkeys(NUMBERS, math.nan), "method": told}

    def words(self, rule: str) -> str:
        """Why something is withheld."""
        return RULES[rule].format(minimum=self.minimum)

    def _remade(self, row: Mapping[str, Any], cell: Cell) -> dict[str, Any]:
        counts = [(self.rounded(k), self.rounded(n)) for k, n in cell.counts]
        made = _REMADE[cell.made_of](counts, cell)
        rows = [made] if isinstance(made, dict) else made
        # A row that rounded counts do not give again has no number.
        again = next((one for one in rows if one["estimand"] in ("", row["estimand"])), rows[0])
        told = again["estimand"] in ("", row["estimand"])
        numbers = {
            name: again[name] if told and not _missing(row[name]) else math.nan for name in NUMBERS
        }
        return {**row, **numbers, "method": f"{again['method']}; counts rounded to {self.step}"}


def policy_of(design: Design, exact_arms: Collection[str] = ()) -> Policy:
    """The policy that a study declares."""
    lower = design.minimum_cell_reason if design.minimum_cell < USUAL else ""
    return Policy(design.minimum_cell, design.round_counts, frozenset(exact_arms), lower)


def _guesses(counts: Counts) -> np.ndarray:
    return np.array([count for count, _ in counts]).reshape(2, -1)


def _missing(value: Any) -> bool:
    return value is None or (isinstance(value, float) and math.isnan(value))


def short(value: Any) -> Any:
    """A number with three significant digits; what is none stays as it is."""
    if not isinstance(value, float) or not math.isfinite(value):
        return value
    return float(f"{value:.{DIGITS}g}")


def _digits(value: Any, column: str, cell: Cell) -> Any:
    """As many digits as tell nothing of how many people there are.

    Degrees of freedom in tens: with the model they give the number of people. So does a p-value
    far below any level, and a mean of points times the people, which is a whole number.
    """
    if not isinstance(value, int | float) or not math.isfinite(value):
        return value
    if column == "df":
        return float(round(value, -1))
    if column == "p_value":
        return round(value, 3)
    return round(short(value), 1) if cell.plain_mean else short(value)
