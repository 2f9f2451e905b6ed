"""What trials have found, drawn, and the open study beside it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from analysis import evidence
from analysis.claims.case import Case
from analysis.describe.answer.over_time import published_bars
from analysis.describe.display import sentences
from analysis.describe.evidence import pooled
from analysis.describe.hours import told
from analysis.evidence.look_back import look_back_falls
from analysis.figures import evidence as draw
from analysis.figures.forest import forest
from analysis.sections.section import Picture, section

__all__ = ["look_back", "pooled_by_others", "speed", "study_beside"]


@section()
def pooled_by_others() -> Iterator[Any]:
    """Standardised differences as another meta-analysis pooled them, by time."""
    contrasts = evidence.controlled_contrasts()
    timed = contrasts["hours_since_first_infusion"].notna()
    rows = contrasts[(contrasts["unit"] == "SD") & timed]
    hours = rows["hours_since_first_infusion"].map(told)
    rows = rows.assign(
        label=(hours + ", " + rows["analysis"].str.replace("_", " ")).str.strip(", ")
    )
    ax = forest(rows, label="label", xlabel="difference, SD (left: better on ketamine)",
                title="Pooled by others: Borgogna 2024\n"
                      "PTSD scales (ask about the past week or month)",
                bars=published_bars())  # fmt: skip
    yield Picture(ax, pooled.meta_alt(rows))


@section()
def look_back() -> Iterator[Any]:
    """Falls on forms that look back, beside the largest that a literal answer allows."""
    yield Picture(draw.look_back(look_back_falls()), pooled.beyond_literal())


@section()
def speed() -> Iterator[Any]:
    """Psychological treatments by weeks beside ketamine by hours and days."""
    yield Picture(draw.speed(pooled.speeds_figure(), bars=published_bars()), pooled.speeds_alt())


@section(team_only=True)
def study_beside(case: Case) -> Iterator[Any]:
    """Whether the study's difference is what the trials predict."""
    yield sentences(pooled.beside_study(case))
