"""What trials have published, in the order of time since the infusion."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from analysis import evidence
from analysis.describe import evidence as tables
from analysis.describe.display import sentences
from analysis.describe.in_words import alternative, counted
from analysis.figures.forest import forest
from analysis.sections.section import Picture, section

__all__ = ["contrasts", "derived", "in_points", "not_there", "shares", "standardised",
           "within_arms"]  # fmt: skip


@section()
def contrasts() -> Iterator[Any]:
    """Every contrast with a comparator that has a number."""
    found = evidence.controlled_contrasts()
    yield sentences(tables.contrasts_table(found))
    first = found["hours_since_first_infusion"].min()
    yield f"The earliest of them is {first:g} h after an infusion: nothing is there before."


@section()
def standardised() -> Iterator[Any]:
    """Pooled contrasts in SD, by time."""
    rows = tables.pooled_by_time()
    ax = forest(rows, label="label", title="Pooled contrasts of a meta-analysis",
                xlabel="standardised difference (left: fewer symptoms on ketamine)")  # fmt: skip
    yield Picture(ax, alternative(None, "Forest plot of pooled differences by time", rows, "label"))
    holding = rows[(rows["ci_low"] <= 0) & (rows["ci_high"] >= 0)]
    yield f"{counted(len(holding), 'interval')} of {len(rows)} {_spans(len(holding))} zero."


def _spans(n: int) -> str:
    return "spans" if n == 1 else "span"


@section()
def in_points() -> Iterator[Any]:
    """Differences in points, trial by trial; scales differ, so that rows do not compare."""
    rows = tables.trials_in_points()
    ax = forest(rows, label="label", title="Differences in points, randomised trials",
                xlabel="points, ketamine minus comparator")  # fmt: skip
    what = "Forest plot of differences in points by trial, form and hour"
    yield Picture(ax, alternative(None, what, rows, "label"))


@section()
def shares() -> Iterator[Any]:
    """Published shares of responders."""
    yield sentences(tables.shares_table(evidence.response_shares()))


@section()
def derived() -> Iterator[Any]:
    """What follows from printed numbers, and what is refused."""
    yield sentences(tables.derived_table())


@section()
def not_there() -> Iterator[Any]:
    """Trials without a usable number."""
    yield sentences(tables.missing_table())


@section()
def within_arms() -> Iterator[Any]:
    """Before and after in one arm."""
    yield sentences(tables.within_arm_table())
