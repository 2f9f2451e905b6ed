"""Rules about single forms and people: which are set aside, and why."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from analysis import instruments
from analysis.errors import ReliefError
from analysis.study import Issue, Study

__all__ = ["SetAside", "check_forms"]


@dataclass
class SetAside:
    """Forms (form to rule) and people (subject to rule) set aside, with the issues that say so."""

    forms: pd.Series = field(default_factory=lambda: pd.Series(dtype="str"))
    subjects: dict[int, str] = field(default_factory=dict)
    issues: list[Issue] = field(default_factory=list)

    def drop(self, rule: str, forms: pd.DataFrame, mask: np.ndarray, text: str) -> None:
        """Set forms aside; a form already set aside keeps its first rule."""
        new = forms[mask & ~forms["form"].isin(self.forms.index).to_numpy()]
        self.forms = pd.concat([self.forms, pd.Series(rule, index=new["form"], dtype="str")])
        self.issues.extend(_by_file(rule, "DROP", "form", new, text))

    def stop(self, rule: str, forms: pd.DataFrame, subjects: pd.Series, text: str) -> None:
        """Set people aside; the count is of people."""
        for subject in subjects.unique():
            self.subjects.setdefault(int(subject), rule)
        self.issues.extend(_by_file(rule, "STOP", "subject", forms, text))

    def mention(self, rule: str, severity: str, forms: pd.DataFrame, text: str) -> None:
        """Keep forms, and say what is to be known of them."""
        self.issues.extend(_by_file(rule, severity, "form", forms, text))


def _by_file(rule: str, severity: str, scope: str, forms: pd.DataFrame, text: str) -> list[Issue]:
    """One issue a file, with the count and the first row."""
    return [
        Issue(
            rule,
            severity,
            scope,
            f"{file}: {text}",
            str(file),
            int(rows["row"].min()),
            None,
            rows["subject"].nunique() if scope == "subject" else len(rows),
        )
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
        ``score.out-of-range`` and ``score.none`` (STOP, scope study).
    """
    found = SetAside()
    _never_infused(study, found)
    _totals_in_range(forms)
    _incomplete(forms, found)
    _mismatched_totals(forms, found)
    _conflicting(forms, found)
    _during(forms, found)
    if forms["total"].notna().sum() == 0:
        _refuse_if_nobody_is_left(study)
        raise ReliefError(
            "score.none",
            "No form of the study has a score: all are blank or incomplete, without a readable "
            "time, "
            "or of people who are not in the table of subjects; check the columns that "
            "study.toml names.",
        )
    return found


def _refuse_if_nobody_is_left(study: Study) -> None:
    """Where every person was set aside, the rule that did it is what must be mended."""
    rules = pd.Series(study.set_aside, dtype="str").value_counts()
    if len(rules) and study.subjects.empty:
        raise ReliefError(
            "score.none",
            f"Everyone was set aside, most by the rule {rules.index[0]} ({rules.iloc[0]} of "
            f"{rules.sum()} people), so no form has a score. "
            "Mend what that rule names.",
        )


def _never_infused(study: Study, found: SetAside) -> None:
    without = study.subjects[~study.subjects["subject"].isin(study.infusions["subject"])]
    for subject in without["subject"]:
        found.subjects.setdefault(int(subject), "subject.no-infusion")
    if len(without):
        text = (
            "People without an infusion were set aside: before and after cannot be told. "
            "Add their infusions, if they had any."
        )
        found.issues.append(
            Issue("subject.no-infusion", "DROP", "subject", text, count=len(without))
        )


def _totals_in_range(forms: pd.DataFrame) -> None:
    scales = (
        forms[["instrument", "version"]].drop_duplicates().sort_values(["instrument", "version"])
    )
    for name, version in scales.itertuples(index=False):
        low, high = instruments.get(name).total_range(version)
        rows = forms[(forms["instrument"] == name) & (forms["version"] == version)]
        for column in ("total", "stated_total"):
            outside = (rows[column] < low) | (rows[column] > high)
            if outside.any():
                at = rows[outside].iloc[0]
                raise ReliefError(
                    "score.out-of-range",
                    f"{at['source']}, row {at['row']}: {int(outside.sum())} total(s) of {name} lie "
                    f"outside {low:g} to {high:g}; another scale, another coding, or a code for "
                    "missing may be in the column. Declare missing_codes, or mend the column.",
                )


def _incomplete(forms: pd.DataFrame, found: SetAside) -> None:
    blank = (forms["from_items"] & (forms["n_missing"] == forms["n_items"])).to_numpy()
    found.drop(
        "form.blank", forms, blank, "forms with every item blank were set aside, never scored 0."
    )
    some = (forms["from_items"] & forms["total"].isna()).to_numpy() & ~blank
    found.drop(
        "form.incomplete",
        forms,
        some,
        "forms with some items blank were set aside: the primary analysis scores complete forms "
        "only.",
    )
    no_total = (~forms["from_items"] & forms["total"].isna()).to_numpy()
    found.drop(
        "form.no-total", forms, no_total, "forms without a total and without items were set aside."
    )


def _mismatched_totals(forms: pd.DataFrame, found: SetAside) -> None:
    differs = forms["from_items"] & forms["total"].notna() & forms["stated_total"].notna()
    differs &= forms["total"] != forms["stated_total"]
    found.mention(
        "form.total-mismatch",
        "FLAG",
        forms[differs],
        "stated totals differ from the sum of the items; the sum was used. Check how the total "
        "was made.",
    )
    found.mention(
        "form.total-only",
        "NOTE",
        forms[~forms["from_items"] & forms["total"].notna()],
        "totals without items were taken as stated and cannot be recomputed.",
    )


def _conflicting(forms: pd.DataFrame, found: SetAside) -> None:
    left = forms[forms["total"].notna() & ~forms["form"].isin(found.forms.index)]
    # A day may hold two forms; a minute, or one told twice as the clock went back, may not.
    known = left[(left["hours_high"] - left["hours_low"]) <= 1]
    key = ["subject", "instrument", "version", "hours_low", "hours_high"]
    same = known.duplicated(key, keep=False)
    found.stop(
        "form.conflicting",
        known[same],
        known.loc[same, "subject"],
        "people with two forms of one scale at one time that differ were set aside. "
        "Keep the right one.",
    )


def _during(forms: pd.DataFrame, found: SetAside) -> None:
    names = forms["instrument"].unique()
    safety = [name for name in names if instruments.get(name).construct == "dissociation"]
    efficacy = ~forms["instrument"].isin(safety)
    for phase, text in (
        ("during", "forms filled in during an infusion are not efficacy and serve as safety only."),
        (
            "acute",
            "forms filled in within 2 h of an infusion's end are not efficacy and serve as "
            "safety only.",
        ),
    ):
        found.mention(f"form.{phase}", "NOTE", forms[(forms["phase"] == phase) & efficacy], text)
