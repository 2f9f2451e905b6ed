"""Every rule applied to a study: who and what is left, what was found, and what it was without."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable
from dataclasses import dataclass, field, replace
from typing import Any, Literal, TypeVar

import pandas as pd

from analysis.checks.answerable_questions import check_questions
from analysis.checks.blank_items import blank_for_lowest, same_items_before
from analysis.checks.entered_twice import check_entered_twice
from analysis.checks.events import check_events, without_late_guesses
from analysis.checks.forms import (
    SetAside,
    check_forms,
    in_words,
    prorated_forms,
    refuse_without_scores,
)
from analysis.checks.participant_flow import participant_flow
from analysis.checks.sites import check_sites
from analysis.errors import Issue
from analysis.instruments import suicidality
from analysis.instruments.scoring import score
from analysis.rules import issue
from analysis.study import Study
from analysis.timeline import place

__all__ = ["Checked", "check"]


Missing = Literal["complete", "person-mean"]
T = TypeVar("T")
_WORDS = ("instrument", "version", "phase", "source")


@dataclass(frozen=True)
class Checked:
    """A study after its checks.

    Attributes
    ----------
    study : Study
        The people and forms that remain.
    forms : DataFrame
        Remaining forms, scored and placed in time (see :func:`analysis.timeline.place`).
    issues : tuple of Issue
        What reading and checking found, in a fixed order.
    flow : DataFrame
        stage, arm, reason, rule, n: everything set aside, counted.
    read : Study
        The study as it was read, nobody set aside yet.
    set_aside : frozenset of str
        Rules by which people or forms were set aside, in reading or here.
    missing : {"person-mean", "complete"}
        What became of forms with few blank items, see :func:`analysis.instruments.scoring.score`.
    few_blanks : bool
        Whether there are such forms; ``sensitivity`` treats them the other way.
    """

    study: Study
    forms: pd.DataFrame
    issues: tuple[Issue, ...]
    flow: pd.DataFrame
    read: Study
    set_aside: frozenset[str] = frozenset()
    missing: Missing = "person-mean"
    few_blanks: bool = False
    # What was computed of it already; a copy with something replaced begins anew.
    _known: dict[Hashable, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    def once(self, key: Hashable, make: Callable[[], T]) -> T:
        """What ``make`` gives, made once for all who judge this study, by whatever rules.

        ``key`` names it and every rule that it hangs on.
        """
        if key not in self._known:
            self._known[key] = make()
        found: T = self._known[key]
        return found

    @property
    def sensitivity(self) -> Checked | None:
        """The same with forms of few blank items treated the other way; None where there are none.

        Where no questionnaire is complete, complete ones alone leave no form.
        """
        if not self.few_blanks:
            return None
        return self.once(
            "sensitivity", lambda: _checked(self.read, _OTHER[self.missing], beside=True)
        )

    @property
    def other_forms(self) -> str:
        """How the forms of ``sensitivity`` differ, in words."""
        if self.missing == "person-mean":
            return "with complete questionnaires alone"
        return "with few blank items filled by the participant's mean"

    def issue_table(self) -> pd.DataFrame:
        """Issues as a table: rule, severity, scope, file, row, column, count, message."""
        return pd.DataFrame(
            [issue.as_dict() for issue in self.issues],
            columns=["rule", "severity", "scope", "file", "row", "column", "count", "message"],
        )

    def without(self, issue: Issue) -> Checked:
        """The same with the people or forms that a finding is about left out."""
        study = self.study
        people = study.subjects["subject"]
        study = study.keep_subjects(people[~people.isin(list(issue.people))])
        forms = self.forms[
            self.forms["subject"].isin(study.subjects["subject"])
            & ~self.forms["form"].isin(list(issue.forms))
        ]
        return replace(self, study=study.keep_forms(forms["form"]), forms=forms)

    def with_put_back(self, rule: str) -> Checked:
        """The same with what a rule excluded re-included.

        Raises
        ------
        ReliefError
            Where the data cannot be read with them.
        """
        return check(self.read, missing=self.missing, put_back=rule)

    def stops(self, scope: str) -> tuple[Issue, ...]:
        """The STOP issues of one scope."""
        return tuple(i for i in self.issues if i.severity == "STOP" and i.scope == scope)


def check(study: Study, *, missing: Missing | None = None, put_back: str = "") -> Checked:
    """Apply every rule, set aside what a rule says, and count it.

    Parameters
    ----------
    study : Study
    missing : {"complete", "person-mean"}, optional
        What becomes of forms with a few blank items, see
        :func:`analysis.instruments.scoring.score`; as the study declares unless given. Where
        there are such forms, ``sensitivity`` has them treated the other way.
    put_back : str
        A rule that sets people or forms aside and is not applied: to try what it changes.

    Raises
    ------
    ReliefError
        For a STOP of scope ``study``: totals beyond a scale's range, no score at all.
    """
    found = _checked(study, missing or study.design.missing_items, put_back)
    return found if missing is None and not put_back else replace(found, few_blanks=False)


def _checked(study: Study, own: Missing, put_back: str = "", *, beside: bool = False) -> Checked:
    """As :func:`check`; ``beside`` it, nothing is refused and no question is asked again."""
    # People whom reading set aside say nothing of the study, but they are counted.
    gone = {who: rule for who, rule in study.set_aside.items() if rule != put_back}
    live = study.keep_subjects(_without(study, gone))
    # Rules about answers as they were given see them all.
    asked, often_blank = live, list[Issue]()
    if own == "person-mean":
        asked, often_blank = same_items_before(live)
    forms = place(live, score(asked, missing=own))
    if not beside:
        refuse_without_scores(live, forms)
    coded = _in_codes(forms)
    found = check_forms(live, coded)
    check_events(live, coded, found)
    check_sites(live, coded, found)
    check_entered_twice(live, coded, found)
    found.issues += suicidality.issues(live, coded)
    found.forms = found.forms[found.forms != put_back]
    found.subjects = {who: rule for who, rule in found.subjects.items() if rule != put_back}
    found.subjects = gone | found.subjects
    whole = replace(study, items=asked.items)
    kept = without_late_guesses(whole.keep_subjects(_without(study, found.subjects)), found)
    stays = ~forms["form"].isin(found.forms.index) & forms["subject"].isin(kept.subjects["subject"])
    left, coded_left = forms[stays], coded[stays]
    kept = kept.keep_forms(left["form"])
    issues = [*study.issues, *found.issues, *often_blank, *prorated_forms(coded_left)]
    issues += blank_for_lowest(live)
    if not len(kept.subjects):
        issues += _nobody_is_left(found)
    elif not beside:
        issues += check_questions(kept, coded_left)
    return Checked(
        kept,
        left.reset_index(drop=True),
        tuple(issues),
        participant_flow(study, kept, coded, coded_left, found),
        study,
        frozenset(found.forms) | frozenset(found.subjects.values()),
        own,
        few_blanks=not beside and _any_few_blanks(own, left, found),
    )


def _in_codes(forms: pd.DataFrame) -> pd.DataFrame:
    """The forms with their words as codes: of a large study, rules compare these ten times."""
    return forms.drop(columns="status").astype(dict.fromkeys(_WORDS, "category"))


_OTHER: dict[str, Missing] = {"person-mean": "complete", "complete": "person-mean"}


def _any_few_blanks(missing: str, left: pd.DataFrame, found: SetAside) -> bool:
    """Whether some forms would be scored otherwise if few blanks were treated the other way."""
    if missing == "person-mean":
        return bool(left["prorated"].any())
    return bool((found.forms == "form.incomplete").any())


def _nobody_is_left(found: SetAside) -> list[Issue]:
    """That everyone was set aside, and by which rule most were: a study without people."""
    rules = pd.Series(found.subjects, dtype="str").value_counts()
    if rules.empty:
        return []
    n, people = int(rules.iloc[0]), int(rules.sum())
    why = in_words(str(rules.index[0]))
    return [issue("question.nobody-left", count=people, n=n, people=people, why=why)]


def _without(study: Study, people: Collection[int]) -> pd.Series:
    subjects = study.subjects["subject"]
    return subjects[~subjects.isin(list(people))]
