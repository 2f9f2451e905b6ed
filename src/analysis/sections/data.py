"""What was read, what was set aside and why, who is left, when the forms were filled in."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd

from analysis import evidence
from analysis.checks.findings_text import flow_table
from analysis.claims.case import Case
from analysis.describe.answer.verdicts import issues_table
from analysis.describe.common import flow_shown
from analysis.describe.display import sentences
from analysis.describe.evidence.rows import evidence_counts
from analysis.describe.forms import forms_by_phase
from analysis.describe.in_words import SYNTHETIC, listed
from analysis.figures.forms import visit_times
from analysis.figures.participant_flow import flow_alt, participant_flow
from analysis.sections.section import Picture, section

__all__ = ["design", "flow", "forms", "issues", "published"]

DECLARED = ("randomised", "concurrent", "blinded", "registration", "looks")


@section()
def published() -> Iterator[Any]:
    """How many rows of the published table are of which kind."""
    yield evidence_counts(evidence.load())


@section()
def design(case: Case) -> Iterator[Any]:
    """What the study declares of itself; what is not declared counts as the unfavourable answer."""
    own = case.design
    told = {
        "design": own.design,
        "population": own.population,
        "ketamine": listed(own.ketamine_arms),
        "comparator": f"{own.comparator_arm or 'none'} ({own.comparator})",
        "primary instrument": own.primary,
        "times": own.times,
    }
    told |= {name: _told(getattr(own, name)) for name in DECLARED}
    yield pd.Series(told, name="declared").to_frame().rename_axis("of the study")


def _told(value: Any) -> str:
    if value is None:
        return "not declared"
    return (
        {True: "yes", False: "no"}.get(value, str(value)) if isinstance(value, bool) else f"{value}"
    )


@section()
def issues(case: Case) -> Iterator[Any]:
    """What the checks found."""
    found = [*case.checked.issues]
    if not found:
        yield "The checks found nothing."
        return
    yield sentences(issues_table(case))
    counts = pd.Series([issue.severity for issue in found]).value_counts()
    yield "Findings: " + listed(f"{n} {name}" for name, n in counts.sort_index().items()) + "."


@section()
def flow(case: Case) -> Iterator[Any]:
    """Who is left, by arm."""
    shown = flow_shown(case)
    yield flow_table(shown)
    ax = participant_flow(shown, synthetic=case.design.synthetic)
    mark = SYNTHETIC if case.design.synthetic else ""
    yield Picture(ax, mark + flow_alt(shown))


@section()
def forms(case: Case) -> Iterator[Any]:
    """Scored forms by instrument and phase."""
    phases = forms_by_phase(case)
    if phases.empty:
        raise ValueError("There is no score.")
    yield phases
    ax = visit_times(phases, synthetic=case.design.synthetic)
    mark = SYNTHETIC if case.design.synthetic else ""
    told = "; ".join(
        f"{name}: " + ", ".join(f"{count} {phase}" for phase, count in row.items() if count != 0)
        for name, row in phases.iterrows()
    )
    yield Picture(
        ax, f"{mark}Stacked bars, number of assessments by phase, one bar an instrument. {told}."
    )
    within = [str(name) for name, row in phases.iterrows() if row.get("hours", 0) != 0]
    what = listed(within) if within else "no assessment"
    yield f"Filled in within hours: {what}. Phases are counted from the end of the infusion."
