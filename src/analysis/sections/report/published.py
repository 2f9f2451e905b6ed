"""The page of published results: the picture that answers, and the trials behind it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from analysis.describe.answer.over_time import published_over_time
from analysis.describe.evidence.pooled import differences_table, pools_table
from analysis.figures.over_time import picture_over_time
from analysis.sections.section import Picture, Table, section

__all__ = ["the_answer", "trials"]


@section()
def the_answer() -> Iterator[Any]:
    """The picture that answers: each trial's difference over time."""
    shown = published_over_time()
    yield Picture(picture_over_time(shown), shown.alt)


@section()
def trials() -> Iterator[Any]:
    """Each randomised trial's difference, and the pools."""
    found = differences_table().drop(columns=["rows", "doi", "what was read"], errors="ignore")
    yield Table(found, "Standardised difference of each trial, SD; negative: better on ketamine")
    yield Table(pools_table(), "Pooled by window")
