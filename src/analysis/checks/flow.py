"""Participant flow: who was read, who was set aside and why, who was scored when (CONSORT 2025)."""

from __future__ import annotations

import pandas as pd

from analysis.checks.forms import SetAside
from analysis.study import Study

__all__ = ["participant_flow"]

COLUMNS = ("stage", "arm", "reason", "rule", "n")
_REASONS = {
    "subject.no-infusion": "no infusion",
    "form.conflicting": "two forms at one time that differ",
    "form.blank": "every item blank",
    "form.incomplete": "some items blank",
    "form.no-total": "no total and no items",
}
_LABELS = {
    "hours": "scored 2 to 6 h after",
    "day": "scored 6 to 30 h after",
    "later": "scored later",
}


def participant_flow(
    study: Study, kept: Study, forms: pd.DataFrame, left: pd.DataFrame, found: SetAside
) -> pd.DataFrame:
    """Count people and forms from reading to the scores that are used, by arm and reason.

    Returns
    -------
    DataFrame
        stage, arm (a sequence in a crossover, ``all`` where no arm is known), reason, rule, n.
    """
    group = _group(study.subjects)
    rows = _people("people read", group, group.index)
    for rule in sorted(set(found.subjects.values())):
        gone = [subject for subject, why in found.subjects.items() if why == rule]
        rows += _people("people set aside", group, gone, _REASONS.get(rule, rule), rule)
    rows += _people("people analysed", group, kept.subjects["subject"])
    owner = forms.set_index("form")["subject"]
    for rule in sorted(set(found.forms)):
        gone = owner.loc[found.forms.index[found.forms == rule]]
        rows += _people(
            "forms set aside", group, gone, _REASONS.get(rule, rule), rule, distinct=False
        )
    primary = left[(left["instrument"] == study.design.primary) & left["total"].notna()]
    before = primary.loc[primary["phase"] == "before", "subject"]
    rows += _people("scored before the infusion", group, before)
    for phase, label in _LABELS.items():
        rows += _people(label, group, primary.loc[primary["phase"] == phase, "subject"])
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _group(subjects: pd.DataFrame) -> pd.Series:
    arm = subjects["arm"].where(subjects["arm"].notna(), subjects["sequence"])
    return arm.fillna("all").astype("str").set_axis(subjects["subject"])


def _people(stage, group, subjects, reason="", rule="", *, distinct=True):  # noqa: ANN001, ANN202
    """Rows of one stage, an arm a row, zeros included so that the arms line up."""
    members = pd.Series(subjects)
    members = members.drop_duplicates() if distinct else members
    counts = members.map(group).value_counts()
    return [(stage, arm, reason, rule, int(counts.get(arm, 0))) for arm in sorted(group.unique())]
