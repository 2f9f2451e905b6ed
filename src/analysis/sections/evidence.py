"""The open study beside what trials have found."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from analysis.claims.case import Case
from analysis.describe.display import sentences
from analysis.describe.pooled_evidence import beside_study
from analysis.sections.section import section

__all__ = ["study_beside"]


@section(team_only=True)
def study_beside(case: Case) -> Iterator[Any]:
    """Whether the study's difference would surprise somebody who knows the trials."""
    yield sentences(beside_study(case))
