"""Participant flow: who was read, who was set aside and why, who was scored when (CONSORT 2025)."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from analysis.checks.forms import SetAside
from analysis.rules import catalogue
from analysis.study import Study

__all__ = [
    "ANALYSED",
    "CELLS",
    "EVENTS",
    "FORMS",
    "GROUPS",
    "IN_WORDS",
    "READ",
    "ROWS",
    "SCORED",
    "SET_ASIDE",
    "participant_flow",
]

COLUMNS = ("stage", "arm", "reason", "rule", "n")
READ, SET_ASIDE, ANALYSED = "people read", "people set aside", "people analysed"
FORMS, ROWS, CELLS = "forms set aside", "rows set aside", "cells set aside"
# Who is in the file and not in the study: people, not rows, and none of those read.
GROUPS = "people of other groups"
# How a stage is called where people read it; the names above are those of ``--json``.
IN_WORDS = {READ: "participants read", SET_ASIDE: "participants excluded",
            ANALYSED: "participants analysed", FORMS: "assessments excluded",
            ROWS: "rows excluded", CELLS: "cells excluded",
            GROUPS: "participants of other groups"}  # fmt: skip
# Phases and events of people who are analysed, by the stage that counts them.
SCORED = {
    "before": "scored before the infusion",
    "hours": "scored 2 to 6 h after",
    "day": "scored 6 to 30 h after",
    "later": "scored later",
}
EVENTS = {"rescue": "given rescue medication", "consent-withdrawn": "withdrew consent"}
# Rules that take out one cell of a row; what the row is without it, other rules say.
_CELLS = ("cell.", "item.", "time.", "guess.", "dose.", "weight.", "infusion.implausible-end",
          "infusion.stay", "fhir.no-score", "fhir.several-answers", "fhir.comparator")  # fmt: skip
_Row = tuple[str, str, str, str, int]


def participant_flow(
    study: Study, kept: Study, forms: pd.DataFrame, left: pd.DataFrame, found: SetAside
) -> pd.DataFrame:
    """Count people and forms from reading to the scores that are used, by arm and reason.

    People read are people set aside and people analysed together. What reading set aside
    before it knew whose it is stands under the arm ``all``.

    Parameters
    ----------
    study, kept : Study
        As read, and as analysed.
    forms, left : DataFrame
        Forms of people who are not set aside by reading, before and after the rules.
    found : SetAside
        What the rules set aside.

    Returns
    -------
    DataFrame
        stage, arm (a sequence in a crossover, ``unknown`` where only some have one, ``all``
        where nobody has), reason, rule, n.
    """
    group = _group(study)
    rows = _people(READ, group, group.index)
    for rule in sorted(set(found.subjects.values())):
        gone = [subject for subject, why in found.subjects.items() if why == rule]
        rows += _people(SET_ASIDE, group, gone, _reason(rule), rule)
    rows += _people(ANALYSED, group, kept.subjects["subject"])
    rows += _set_aside_on_reading(study, group)
    owner = forms.set_index("form")["subject"]
    for rule in sorted(set(found.forms)):
        gone = owner.loc[found.forms.index[found.forms == rule]]
        rows += _people(FORMS, group, gone, _reason(rule), rule, distinct=False)
    primary = left[(left["instrument"] == study.design.primary) & left["total"].notna()]
    for phase, stage in SCORED.items():
        rows += _people(stage, group, primary.loc[primary["phase"] == phase, "subject"])
    for event, stage in EVENTS.items():
        who = kept.events.loc[kept.events["event"] == event, "subject"]
        rows += _people(stage, group, who) if len(who) else []
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _reason(rule: str) -> str:
    """Words for a rule; one that no catalogue knows says its own name."""
    known = catalogue().get(rule)
    return known.reason if known else rule.partition(".")[2].replace("-", " ")


def _set_aside_on_reading(study: Study, group: pd.Series) -> list[_Row]:
    """Rows and cells that never became part of the study, by arm where their person is known."""
    total: dict[tuple[bool, str], int] = {}
    for issue in study.issues:
        if issue.severity == "DROP":
            key = (issue.rule.startswith(_CELLS), issue.rule)
            total[key] = total.get(key, 0) + issue.count
    rows: list[_Row] = []
    for (cells, rule), n in sorted(total.items()):
        stage, reason = CELLS if cells else ROWS, _reason(rule)
        if rule == "group.set-aside":
            stage = GROUPS
        own = study.dropped[study.dropped["rule"] == rule]
        whose = own["subject"].map(group)
        arms = [arm for arm in _arms(group) if arm != "all"] if len(own) else []
        counts = {arm: int(own.loc[whose == arm, "n"].sum()) for arm in arms}
        rows += [(stage, arm, reason, rule, counts[arm]) for arm in arms]
        rest = n - sum(counts.values())
        if rest or not arms:
            rows.append((stage, "all", reason, rule, rest))
    return rows


def _arms(group: pd.Series) -> list[str]:
    return sorted(group.unique())


def _group(study: Study) -> pd.Series:
    """Arm of each person, or the order of treatments; never a word of the file."""
    subjects = study.subjects
    arm = subjects["arm"]
    if study.design.design == "crossover":
        arm = arm.where(arm.notna(), subjects["sequence"])
    rest = "unknown" if arm.notna().any() else "all"
    return arm.fillna(rest).astype("str").set_axis(subjects["subject"])


def _people(
    stage: str,
    group: pd.Series,
    subjects: Iterable[int],
    reason: str = "",
    rule: str = "",
    *,
    distinct: bool = True,
) -> list[_Row]:
    """Rows of one stage, an arm a row, zeros included so that the arms line up."""
    members = pd.Series(subjects, dtype="int64")
    members = members.drop_duplicates() if distinct else members
    counts = members.map(group).value_counts()
    return [(stage, arm, reason, rule, int(counts.get(arm, 0))) for arm in _arms(group)]
