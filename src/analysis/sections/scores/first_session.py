"""The first session as a guide: the study's own courses, and why the usual evidence is none."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from analysis.claims.case import Case
from analysis.describe.answer.verdicts import estimates_table
from analysis.describe.display import sentences
from analysis.describe.in_words import alternative, lines_of, listed
from analysis.describe.scores import first_session
from analysis.estimates.table import table
from analysis.figures.scores import responders as draw
from analysis.sections.section import Picture, section

__all__ = ["foretold", "made_up_correlations", "own_courses", "two_made_up_cohorts", "worth"]

MADE_UP = "Synthetic data: "
GRID = np.linspace(0.1, 0.9, 33)


@section(team_only=True)
def own_courses(case: Case) -> Iterator[Any]:
    """Whether the first response tells of the last, in the study's own courses of sessions."""
    yield estimates_table(first_session.own_correlation(case))


@section()
def made_up_correlations() -> Iterator[Any]:
    """Correlations in made-up cohorts without any relation, by how responses are measured."""
    without = first_session.correlations_without_relation()
    label = (f"correlation of the first response with the last; bars: the middle 95 % of "
             f"{first_session.COHORTS} cohorts")  # fmt: skip
    ax = draw.intervals(without, label="estimand", xlabel=label, title="Correlation out of nothing",
                        synthetic=True)  # fmt: skip
    told = listed(f"{line['estimand']}: {line['estimate']:.2f}" for line in lines_of(without))
    yield Picture(ax, f"{MADE_UP}mean correlation of first and last response where there is no "
                  f"relation. {told}.")  # fmt: skip
    yield f"{first_session.COHORTS} made-up cohorts without any relation; on average {told}."


@section()
def two_made_up_cohorts() -> Iterator[Any]:
    """Two large made-up cohorts, one of them with a relation."""
    rows = first_session.two_cohorts()
    yield sentences(estimates_table(rows).drop(columns=["n"]))


@section()
def foretold() -> Iterator[Any]:
    """Whether the score after the first session helps to foretell the end, made-up people."""
    ahead = first_session.foretold()
    yield f"Response at the end is a fall of {first_session.FALL:g} points."
    yield sentences(estimates_table(table(ahead.rows())).drop(columns=["n"]))


@section()
def worth() -> Iterator[Any]:
    """Net benefit of going by either model."""
    curve = first_session.foretold().decision_curve(GRID)
    models = listed(dict.fromkeys(map(str, curve["strategy"])))
    yield Picture(
        draw.decision_curve(curve, synthetic=True),
        alternative(None, f"{MADE_UP}net benefit against the chance of responding below which one "
                    f"would stop, for {models}"),
    )  # fmt: skip
