"""Ketamine and the comparator in the same person, where a study gave both."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from analysis.claims.case import Case
from analysis.describe.answer.over_time import bars_of
from analysis.describe.answer.verdicts import estimates_table
from analysis.describe.chosen import form_titled
from analysis.describe.in_words import alternative, interval, lines_of
from analysis.describe.scores.crossover import within_person
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
        bars = bars_of(case) if found.instrument == case.scale.name else {}
        what = f"Two estimates with 95 % intervals, {found.label} after"
        yield Picture(
            forest(drawn, label="label", bars=bars,
                   title=f"Ketamine and comparator in the same participant\n"
                         f"{form_titled(case, found.instrument)}, {found.label} after",
                   xlabel="points, ketamine minus comparator (left: better)",
                   synthetic=case.design.synthetic),
            alternative(case, what, drawn, "label", bars=bars),
        )  # fmt: skip
        first = lines_of(found.rows)[0]
        yield f"Within a participant the two differed by {interval(first, unit='points')}."
