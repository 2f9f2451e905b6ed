"""Harms of one study on the same page as its benefit: a table for notebook and report."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from analysis import instruments
from analysis.claims.case import Case
from analysis.describe.common import both_arms, fewest_in_a_step, policy, released
from analysis.describe.explanations.dissociation import dissociation_forms
from analysis.estimates.explanations import dissociation, harms
from analysis.estimates.table import row
from analysis.instruments.suicidality import suicidality
from analysis.outcomes.reliable_change import (
    has_reliable_change,
    reliable_change_threshold,
    ways_of_change,
)
from analysis.timeline import place

__all__ = ["harms_table"]

NOT_RECORDED = "not recorded"
TOO_FEW = "recorded for too few participants to show"
# No table of a study holds them yet.
UNREAD = ("sedation", "blood pressure outside its limits", "serious adverse event")


def harms_table(case: Case, *, at_least: int | None = None) -> pd.DataFrame:
    """Harms by arm with exact intervals and risk differences: estimate rows.

    Infusions stopped early, dissociation not back within 4 h, suicidal events after the
    infusion, people reliably worse, and median peak dissociation. A harm that the study did not
    record, or that no file of a study can hold here (sedation, blood pressure, serious events),
    has a row that says so, since it may have happened. Of a single arm there are shares alone.
    """
    at_least = fewest_in_a_step(case) if at_least is None else at_least
    # How many too few are is not for others.
    nobody = 0 if policy(case) is None else math.nan
    rows: list[dict[str, Any]] = []
    named = _arms(case)
    arms = list(named.values())
    for name, marks, words in _harms(case):
        arm = case.arms.reindex(marks.index)
        known = marks.notna() & arm.isin(arms)
        sizes = arm[known].value_counts().reindex(arms).fillna(0)
        if sizes.min() >= at_least:
            mine = marks[known].astype(bool)
            rows += harms.harm(mine, arm[known], name, **named, **words)
        else:
            told = TOO_FEW if known.any() else NOT_RECORDED
            rows.append(row(estimand=name, n=nobody, method=told, **words))
    return released(case, rows + _peaks(case, at_least))


def _arms(case: Case) -> dict[str, str]:
    """The arms that there are, as the estimators take them."""
    if case.design.comparator_arm is not None:
        return both_arms(case)
    if case.design.active_arm is None:
        raise ValueError("The study names no arm that was given ketamine.")
    return {"treated": case.design.active_arm}


def _harms(case: Case) -> list[tuple[str, pd.Series, dict[str, str]]]:
    """Name of each harm, a mark a person (missing where nobody asked), and words of its rows."""
    study = case.checked.study
    given = _of_the_arm(study.infusions)
    # "given" alone does not tell whether it was finished.
    given = given[given["status"].astype("str").isin(["completed", "stopped"])]
    stopped = given["status"].astype("str").eq("stopped").groupby(given["subject"]).any()
    found = [
        ("infusion stopped early", stopped, {}),
        ("dissociation not resolved by 4 h", _away(case), {"instrument": "CADSS"}),
        (
            "suicidal intent or behaviour after the infusion",
            _suicidal(case),
            {"instrument": "C-SSRS"},
        ),
        *((name, pd.Series(dtype="boolean"), {}) for name in UNREAD),
    ]
    return found + _worse(case)


def _suicidal(case: Case) -> pd.Series:
    """Whether a form after an infusion of the arm told of intent or behaviour, by person.

    From the forms as they were read: an event counts where a blank set the form aside, but not
    where consent had been withdrawn.
    """
    read = case.checked.read
    found = suicidality(read).set_index("form")["event"]
    forms = place(read, read.assessments[read.assessments["form"].isin(found.index)])
    withdrawn = read.events[read.events["event"] == "consent-withdrawn"]
    until = withdrawn.groupby("subject")["hours_high"].min().astype(float)
    late = forms["hours_low"].astype(float) > forms["subject"].map(until).astype(float)
    if case.design.after_withdrawal != "keep":
        forms = forms[~late]
    infusions = _of_the_arm(case.checked.study.infusions)[["subject", "infusion"]]
    infusions = infusions.rename(columns={"infusion": "latest_infusion"}).astype(float)
    after = forms.merge(infusions, on=["subject", "latest_infusion"])
    return found.reindex(after["form"]).groupby(after["subject"].to_numpy()).any()


def _of_the_arm(infusions: pd.DataFrame) -> pd.DataFrame:
    """Infusions of what people were given first: what followed the other treatment is not it."""
    first = infusions[infusions["infusion"] == 1].set_index("subject")["agent"]
    return infusions[infusions["agent"] == infusions["subject"].map(first)]


def _away(case: Case) -> pd.Series:
    """Whether a person's dissociation was still away from baseline at 4 h."""
    limits = case.definitions.claims["dissociation_brief"].thresholds
    try:
        forms = dissociation_forms(case)
    except ValueError:
        return pd.Series(dtype="boolean")
    returns = dissociation.time_to_return(
        forms, points=limits["points"].number, by_hours=limits["hours"].number
    )
    return ~returns.set_index("subject")["back"]


def _worse(case: Case) -> list[tuple[str, pd.Series, dict[str, str]]]:
    """People reliably worse at the last visit, on each form with a published reliable change."""
    found = []
    least = case.definitions.rule("minimum_people_per_arm")
    kinds = case.changes[["instrument", "version"]].drop_duplicates().sort_values("instrument")
    for name, version in kinds.itertuples(index=False):
        scale = instruments.get(name)
        if not has_reliable_change(scale):
            continue
        seen = [window for window in case.later_windows
                if min(case.seen_in(window, name, version)) >= least]  # fmt: skip
        if seen:
            people = case.people(seen[-1], name, version).set_index("subject")
            ways = ways_of_change(scale, people["baseline"], people["score"])
            worse = (ways == "worse").astype("boolean")
            words = {"instrument": name, "window": case.windows[seen[-1]].label}
            points = reliable_change_threshold(scale)
            by = "" if points is None else f" by {points:g} points or more"
            found.append((f"worse{by or ' beyond measurement error'}", worse, words))
    return found


def _peaks(case: Case, at_least: int) -> list[dict[str, Any]]:
    """Median peak of dissociation above baseline, by arm."""
    try:
        forms = dissociation_forms(case)
    except ValueError:
        return []
    peaks = dissociation.time_to_return(forms, points=0.0, by_hours=24.0)
    arm = peaks["subject"].map(case.arms)
    if arm.value_counts().min() < at_least:
        return []
    name = "peak dissociation above baseline (points)"
    return harms.peak_by_arm(peaks["peak"], arm, name, instrument="CADSS")
