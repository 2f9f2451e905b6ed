"""What was planned and declared, beside what was found: registration, numbers, looks, primary."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from analysis.checks.participant_flow import ANALYSED, READ
from analysis.claims.case import Case
from analysis.describe.chosen import decides
from analysis.describe.common import flow_shown, policy
from analysis.describe.display import DASH
from analysis.describe.in_words import listed

__all__ = ["NOT_DECLARED", "UNCHECKED", "people_by_arm", "plan_table", "unchecked"]

NOT_DECLARED = "not declared"
# Of study.toml: no score and no time can show whether they are true.
UNCHECKED = ("randomised", "concurrent", "blinded", "planned_per_arm", "looks", "look_level",
             "registration", "primary_arm", "later_window", "baseline")  # fmt: skip


def plan_table(case: Case) -> pd.DataFrame:
    """Indexed by what it is about: ``declared``, and ``in the data`` (a dash where none can be)."""
    rows = [tuple(cell or DASH for cell in row) for row in _rows(case)]
    return pd.DataFrame(rows, columns=["about", "declared", "in the data"]).set_index("about")


def _rows(case: Case) -> Iterator[tuple[str, str, str]]:
    own = case.design
    late = "the register came after the first infusion" if own.registered_late else ""
    yield "registration", _told(own.registration), late
    yield "design", own.design, ""
    yield "population", own.population, ""
    for key in ("randomised", "concurrent", "blinded"):
        yield key, _told(getattr(own, key)), ""
    yield "comparator", f"{own.comparator_arm or 'none'} ({own.comparator})", ""
    yield "participants planned, analysed", _planned(case), _counted(case, ANALYSED)
    if own.enrolment_reason:
        # The study's own words may name people.
        reason = own.enrolment_reason if policy(case) is None else "a reason is declared"
        yield "why not as planned", reason, ""
    level = "" if own.look_level is None else f", one-sided level {own.look_level:g}"
    yield "looks at the data", _told(own.looks) + level, ""
    yield "primary scale", own.primary, _form(case)
    if len(own.ketamine_arms) > 1:
        yield "primary arm", _told(own.primary_arm), f"compared: {own.active_arm}"
    yield "window that decides", _window(case), _decides(case)
    yield "times", "", f"{own.times}, {'with' if own.dated else 'without'} dates"


def _told(value: object) -> str:
    if value is None:
        return NOT_DECLARED
    return (
        {True: "yes", False: "no"}.get(value, str(value)) if isinstance(value, bool) else f"{value}"
    )


def _planned(case: Case) -> str:
    planned = case.design.planned_per_arm
    if planned is None:
        return NOT_DECLARED
    return listed(f"{n} {arm}" for arm, n in planned.items())


def _counted(case: Case, stage: str) -> str:
    return listed(f"{n} {arm}" for arm, n in people_by_arm(case, stage).items())


def people_by_arm(case: Case, stage: str = READ) -> dict[str, int | str]:
    """Participants of a stage of the flow by arm, as the view shows counts."""
    flow = flow_shown(case)
    own = flow[flow["stage"] == stage]
    return {str(arm): n for arm, n in zip(own["arm"], own["n"], strict=True)}


def _form(case: Case) -> str:
    if case.primary_form is None:
        return "nobody filled it in"
    version, recall = case.primary_form
    asks = "right now" if recall == 0 else f"the past {recall:g} h"
    valid = "" if case.validated else ", not validated as it was given"
    return f"{version}, asks about {asks}{valid}"


def _window(case: Case) -> str:
    later = case.design.later_window
    hours = case.windows[case.definitions.primary.phase].label
    return f"{hours} after; later: {case.windows[later].label if later else NOT_DECLARED}"


def _decides(case: Case) -> str:
    try:
        found = decides(case)
        beyond = "" if found == case.definitions.primary.phase else ", beyond hours alone"
        return f"{case.windows[found].label} after{beyond}"
    except ValueError:
        return "none holds scores of enough participants"


def unchecked(case: Case) -> dict[str, str]:
    """What is declared that nobody can check in the files: key of study.toml to its value."""
    own = case.design
    given = {key: getattr(own, key) for key in UNCHECKED}
    given = {key: value for key, value in given.items() if value not in (None, "none")}
    return {key: _planned(case) if key == "planned_per_arm" else _told(value)
            for key, value in given.items()}  # fmt: skip
