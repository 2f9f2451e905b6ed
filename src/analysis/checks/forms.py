"""Rules about single forms and people: which are set aside, and why."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from analysis import instruments
from analysis.errors import Issue
from analysis.rules import catalogue, issue, refusal
from analysis.study import Study

__all__ = ["SetAside", "check_forms", "in_words", "prorated_forms", "refuse_without_scores"]


@dataclass
class SetAside:
    """Forms (form to rule) and people (subject to rule) set aside, with the issues that say so."""

    forms: pd.Series = field(default_factory=lambda: pd.Series(dtype="str"))
    subjects: dict[int, str] = field(default_factory=dict)
    issues: list[Issue] = field(default_factory=list)

    def drop(self, rule: str, forms: pd.DataFrame, mask: np.ndarray, **fields: Any) -> None:
        """Set forms aside; a form already set aside keeps its first rule."""
        if not mask.any():
            return
        new = forms[mask & ~forms["form"].isin(self.forms.index).to_numpy()]
        self.forms = pd.concat([self.forms, pd.Series(rule, index=new["form"], dtype="str")])
        self.issues.extend(_by_file(rule, new, **fields))

    def stop(
        self, rule: str, forms: pd.DataFrame, subjects: pd.Series, *, at_once: bool = False
    ) -> None:
        """Set people aside, who are counted; a finding a file, or all of the rule in one."""
        for subject in subjects.unique():
            self.subjects.setdefault(int(subject), rule)
        if not at_once:
            self.issues.extend(_by_file(rule, forms, people=True))
            return
        if forms.empty:
            return
        told = [one for one in self.issues if one.rule == rule]
        # Their forms may lie in several files, and be found in several ways: the first is named.
        first = told[0] if told else _by_file(rule, forms, people=True)[0]
        people = first.people | {int(subject) for subject in subjects}
        whole = replace(first, count=len(people)).about(people=people)
        self.issues = [whole if one is first else one for one in self.issues]
        self.issues += [] if told else [whole]

    def mention(self, rule: str, forms: pd.DataFrame, mask: np.ndarray | pd.Series) -> None:
        """Keep forms, and say what is to be known of those of a mask."""
        if mask.any():
            self.issues.extend(_by_file(rule, forms[mask]))


def _by_file(rule: str, forms: pd.DataFrame, *, people: bool = False, **fields: Any) -> list[Issue]:
    """One issue a file, with the count (of people, where the rule is about them) and first row."""
    return [
        issue(
            rule,
            file=str(file),
            row=int(rows["row"].min()),
            count=rows["subject"].nunique() if people else len(rows),
            **fields,
        ).about(people=rows["subject"] if people else (), forms=() if people else rows["form"])
        for file, rows in forms.groupby("source", sort=True)
    ]


def check_forms(study: Study, forms: pd.DataFrame) -> SetAside:
    """Find forms and people to set aside.

    Parameters
    ----------
    study : Study
    forms : DataFrame
        Its forms, scored and placed.

    Raises
    ------
    ReliefError
        ``score.out-of-range`` (STOP, scope study).
    """
    found = SetAside()
    _never_infused(study, found)
    _totals_in_range(forms)
    _incomplete(forms, found)
    _mismatched_totals(forms, found)
    _conflicting(forms, found)
    _during(forms, found)
    _not_differenced(forms, found)
    return found


def refuse_without_scores(study: Study, forms: pd.DataFrame) -> None:
    """Refuse a study in which no form, scored and placed, has a total.

    Raises
    ------
    ReliefError
        ``score.nobody-left`` where everyone was set aside, ``score.of-nobody`` where all forms
        are of nobody in the study, else ``score.none`` (STOP, scope study).
    """
    if forms["total"].notna().any():
        return
    rules = pd.Series(study.set_aside, dtype="str").value_counts()
    if len(rules) and study.subjects.empty:
        most, everyone = int(rules.iloc[0]), int(rules.sum())
        why = in_words(str(rules.index[0]))
        raise refusal("score.nobody-left", why=why, most=most, everyone=everyone)
    unknown = [one for one in study.issues if one.rule == "subject.unknown"]
    if study.assessments.empty and unknown:
        rows = max(unknown, key=lambda one: one.count)
        raise refusal("score.of-nobody", file=rows.file, row=rows.row, n=rows.count)
    raise refusal("score.none")


def in_words(rule: str) -> str:
    """A rule that sets people aside, with what it found of them."""
    reason = catalogue()[rule].reason if rule in catalogue() else ""
    return f"{rule} ({reason})" if reason else rule


def _never_infused(study: Study, found: SetAside) -> None:
    """Set people without an infusion aside; those with a baseline only look like screening."""
    people = study.subjects["subject"]
    without = people[~people.isin(study.infusions["subject"])]
    if without.empty:
        return
    forms = study.assessments.groupby(["subject", "instrument", "version"]).size()
    most = forms.groupby(level="subject").max().reindex(without, fill_value=0)
    screened = without[(most == 1).to_numpy()]
    others = without[(most != 1).to_numpy()]
    for rule, who in (("subject.screened-only", screened), ("subject.no-infusion", others)):
        for subject in who:
            found.subjects.setdefault(int(subject), rule)
        if len(who):
            found.issues.append(issue(rule, count=len(who)))


def _totals_in_range(forms: pd.DataFrame) -> None:
    scales = (
        forms[["instrument", "version"]].drop_duplicates().sort_values(["instrument", "version"])
    )
    for name, version in scales.itertuples(index=False):
        scale = instruments.get(name)
        low, high = scale.total_range(version)
        own = ((forms["instrument"] == name) & (forms["version"] == version)).to_numpy()
        for column in ("total", "stated_total"):
            values = forms[column].to_numpy()
            outside = own & ((values < low) | (values > high))
            if outside.any():
                at = forms.iloc[int(np.argmax(outside))]
                raise refusal(
                    "score.out-of-range",
                    file=at["source"],
                    row=at["row"],
                    count=int(outside.sum()),
                    scale=name,
                    low=f"{low:g}",
                    high=f"{high:g}",
                    hint=f" ({scale.hint})" if scale.hint else "",
                )


def _incomplete(forms: pd.DataFrame, found: SetAside) -> None:
    blank = (forms["from_items"] & (forms["n_missing"] == forms["n_items"])).to_numpy()
    found.drop("form.blank", forms, blank)
    some = (forms["from_items"] & forms["total"].isna()).to_numpy() & ~blank
    found.drop("form.incomplete", forms, some)
    no_total = (~forms["from_items"] & forms["total"].isna()).to_numpy()
    found.drop("form.no-total", forms, no_total)


def _mismatched_totals(forms: pd.DataFrame, found: SetAside) -> None:
    differs = forms["from_items"] & forms["total"].notna() & forms["stated_total"].notna()
    differs &= (forms["total"] != forms["stated_total"]) & ~forms["prorated"]
    found.mention("form.total-mismatch", forms, differs)
    found.mention("form.total-only", forms, ~forms["from_items"] & forms["total"].notna())


def _conflicting(forms: pd.DataFrame, found: SetAside) -> None:
    left = forms["total"].notna() & ~forms["form"].isin(found.forms.index)
    # A day may hold two forms; a minute, or one told twice as the clock went back, may not.
    known = left & (forms["hours_high"] - forms["hours_low"] <= 1)
    key = ["subject", "instrument", "version", "hours_low", "hours_high"]
    again = forms.loc[known, key].duplicated(keep=False)
    if again.any():
        same = forms.loc[again.index[again]]
        found.stop("form.conflicting", same, same["subject"])


def _during(forms: pd.DataFrame, found: SetAside) -> None:
    scales = {name: instruments.get(name) for name in forms["instrument"].unique()}
    safety = [name for name, scale in scales.items() if scale.role == "safety"]
    efficacy = ~forms["instrument"].isin(safety)
    for rule, phase in (("form.during", "during"), ("form.acute", "acute")):
        found.mention(rule, forms, (forms["phase"] == phase) & efficacy)


def _not_differenced(forms: pd.DataFrame, found: SetAside) -> None:
    """Say of which scales no change is computed."""
    for name, rows in forms.groupby("instrument", sort=True):
        if not instruments.get(str(name)).differenced:
            told = issue("outcome.left-undifferenced", count=len(rows), scale=name)
            found.issues.append(told)


def prorated_forms(forms: pd.DataFrame) -> list[Issue]:
    """One FLAG a file and scale about the forms that ``score`` prorated."""
    filled = forms[forms["prorated"]].groupby(["source", "instrument"], sort=True)
    return [
        issue(
            "score.prorated",
            file=str(file),
            row=int(rows["row"].min()),
            count=len(rows),
            scale=scale,
        )
        for (file, scale), rows in filled
    ]
