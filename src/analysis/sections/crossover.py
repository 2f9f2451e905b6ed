"""Ketamine and the comparator in the same person, where a study gave both."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from analysis.claims.case import Case
from analysis.describe.crossover import within_person
from analysis.describe.in_words import alternative, interval, lines_of
from analysis.describe.verdicts import estimates_table
from analysis.figures.forest import forest
from analysis.sections.section import Picture, section

__all__ = ["contrast"]


@section(team_only=True)
def contrast(case: Case) -> Iterator[Any]:
    """The within-person contrast, the period effect, carry-over, and the first period alone."""
    for found in within_person(case):
        yield f"{found.instrument}, {found.label} after each infusion:"
        yield estimates_table(found.rows)
        drawn = found.rows.iloc[[0, 3]]
        labels = ["within participant, both periods", "between participants, first period"]
        drawn = drawn.assign(label=labels)
        what = f"Two estimates with 95 % intervals, {found.label} after"
        yield Picture(
            forest(drawn, label="label", title=f"{found.label} after the infusion",
                   xlabel=f"{found.instrument} points, ketamine minus comparator",
                   synthetic=case.design.synthetic),
            alternative(case, what, drawn, "label"),
        )  # fmt: skip
        first = lines_of(found.rows)[0]
        yield f"Within a participant the two differed by {interval(first, unit='points')}."
