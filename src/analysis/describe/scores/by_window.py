"""What a study can say in every window, hours, days or months: n, means, changes, differences.

Nothing here decides. One window is that of the verdict, and it alone has a p-value; the others
carry intervals.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from analysis.claims.case import Case
from analysis.claims.gates.later_window import deciding_window
from analysis.claims.ledger import TEAM
from analysis.describe.chosen import decides, enough, scored_windows, why_not_hours
from analysis.describe.common import policy, released
from analysis.describe.in_words import difference_sentence, interval, lines_of, listed
from analysis.describe.scores.crossover import WithinPerson, within_person
from analysis.describe.scores.mixed_model import MIXED, mixed_model
from analysis.describe.scores.reliable_ways import reliable_ways
from analysis.describe.scores.responders import shares_at_thresholds
from analysis.estimates.change.paired import paired_change
from analysis.estimates.control.ancova import ancova
from analysis.estimates.intervals import t_quantile
from analysis.estimates.proportions import exact_share
from analysis.estimates.table import COLUMNS, as_json, row, table
from analysis.outcomes.change import response
from analysis.outcomes.reliable_change import has_reliable_change
from analysis.quantity import Cell
from analysis.windows import HOURS_END

__all__ = ["Described", "WindowFound", "described"]

RESPONSE = "30 % of baseline or more"
PRIMARY = "difference by the primary analysis"


@dataclass(frozen=True)
class WindowFound:
    """One window: rows of the table of estimates, and a sentence made of them.

    Attributes
    ----------
    window, label : str
    low, high : float
        Hours after the end of the infusion, [low, high).
    decides : bool
        Whether the verdict is decided here: of hours, else of what is claimed beyond them.
    arms : DataFrame
        By arm: mean score before and in the window, SD of the latter (its own row), mean change.
    differences : DataFrame
        Treated minus control: ANCOVA, mixed model, primary analysis (where the verdict reads
        it), standardised difference. Points but for the last. Empty without a comparator.
    responders : DataFrame
        Shares by arm with a fall of 30 % or more and by the published thresholds; differences.
    reliable : DataFrame
        Shares by arm reliably improved, unchanged and reliably worse; empty where no reliable
        change of the scale is published or declared.
    sentence : str
    """

    window: str
    label: str
    low: float
    high: float
    decides: bool
    arms: pd.DataFrame
    differences: pd.DataFrame
    responders: pd.DataFrame
    reliable: pd.DataFrame
    sentence: str

    def as_dict(self) -> dict[str, Any]:
        """With the keys of ``relief describe --json``."""
        return {
            "window": self.window,
            "label": self.label,
            "hours": [self.low, self.high],
            "decides": self.decides,
            "arms": _records(self.arms),
            "differences": _records(self.differences),
            "responders": _records(self.responders),
            "reliable_change": _records(self.reliable),
            "sentence": self.sentence,
        }


@dataclass(frozen=True)
class Described:
    """A study in all its windows, on the primary form; of a crossover the contrasts within people.

    The latter are for the study team alone, and ``limits`` says where there are none.
    """

    case: Case
    decides: str | None
    windows: tuple[WindowFound, ...]
    limits: tuple[str, ...]
    within_person: tuple[WithinPerson, ...] = ()
    view: str = TEAM
    private: bool = False

    def as_dict(self) -> dict[str, Any]:
        """With the keys of ``relief describe --json``."""
        design, form = self.case.design, self.case.primary_form
        return {
            "study": design.name,
            "synthetic": design.synthetic,
            "view": self.view,
            "claims_sha256": self.case.definitions.sha256,
            "instrument": design.primary,
            "version": form[0] if form else None,
            "recall_hours": form[1] if form else None,
            "contrast": self.case.contrast if design.comparator_arm is not None else None,
            "decides": self.decides,
            "windows": [one.as_dict() for one in self.windows],
            "within_person": [
                {"label": one.label, "rows": _records(one.rows)} for one in self.within_person
            ],
            "limits": list(self.limits),
        }

    @cached_property
    def arms(self) -> pd.DataFrame:
        """Means and changes of every window, one table."""
        return _together(one.arms for one in self.windows)

    @cached_property
    def differences(self) -> pd.DataFrame:
        """Differences of every window, one table."""
        return _together(one.differences for one in self.windows)

    @cached_property
    def responders(self) -> pd.DataFrame:
        """Shares of every window, one table."""
        return _together(one.responders for one in self.windows)


def described(case: Case) -> Described:
    """Everything a study can say in each window in which enough people have a primary score.

    Parameters
    ----------
    case : Case
        Looked at with its view: what others may not see has no numbers and says why.

    Returns
    -------
    Described
        Without a window where nobody was scored after an infusion; ``limits`` says why.
    """
    limits: list[str] = []
    try:
        main: str | None = decides(case)
    except ValueError as none:
        main, limits = None, [str(none)]
    names = [name for name in scored_windows(case) if enough(case, name)]
    # The phase is its visits together; it stands where it decides.
    if main is not None and main not in names:
        names.insert(0, main)
    mixed, told = _mixed(case)
    judged = {main, _later(case)}
    found = tuple(_found(case, name, main == name, name in judged, mixed) for name in names)
    within, refused = _within_person(case)
    told += [*_limits(case, names), *refused]
    return Described(case, main, found, (*limits, *told), within)


def _within_person(case: Case) -> tuple[tuple[WithinPerson, ...], list[str]]:
    """Of a crossover the contrasts of participants with themselves; else why there are none."""
    if case.design.design != "crossover":
        return (), []
    if policy(case) is not None:
        return (), ["The contrast of participants with themselves is for the study team alone."]
    try:
        found = within_person(case)
    except ValueError as refusal:
        return (), [str(refusal)]
    return tuple(replace(one, rows=_p_where_decided(one.rows, False)) for one in found), []


def _later(case: Case) -> str | None:
    """The window beyond hours that the verdict reads, whether or not hours decide."""
    return None if case.design.comparator_arm is None else deciding_window(case)[0]


def _found(
    case: Case, name: str, is_main: bool, is_judged: bool, mixed: pd.DataFrame
) -> WindowFound:
    window, people = case.windows[name], case.people(name)
    words = {"instrument": case.scale.name, "window": window.label}
    arms = [str(arm) for arm in (case.design.active_arm, case.design.comparator_arm) if arm]
    rows: list[dict[str, Any]] = []
    for arm in arms:
        own = people[people["arm"] == arm]
        before, after = own["baseline"].to_numpy(float), own["score"].to_numpy(float)
        told = {"contrast": arm, **words}
        rows += [mean_row("mean score before", before, told), mean_row("mean score", after, told),
                 sd_row(after, told)]  # fmt: skip
        # Where all changed by the same amount there is no interval, and the means say it.
        with contextlib.suppress(ValueError):
            rows += paired_change(before, after, **told)
    by_arm = _p_where_decided(released(case, rows), is_main)
    differences, sentence = table([]), _of_one_arm(by_arm, window.label)
    if case.design.comparator_arm is not None:
        differences = _differences(case, name, is_judged, mixed)
        # One analysis was fixed before the data, and it alone is a test.
        tested = is_main & (differences["estimand"] == PRIMARY)
        differences["p_value"] = differences["p_value"].where(tested)
        sentence = difference_sentence(case, main_difference(differences))
    responders = _p_where_decided(_responders(case, name), is_main)
    reliable = reliable_ways(case, window=name) if has_reliable_change(case.scale) else table([])
    return WindowFound(name, window.label, window.low, window.high, is_main, by_arm, differences,
                       responders, reliable, sentence)  # fmt: skip


def mean_row(estimand: str, scores: np.ndarray, words: dict[str, Any]) -> dict[str, Any]:
    """A mean with Student's interval."""
    n, sd = scores.size, scores.std(ddof=1)
    reach = t_quantile(n - 1) * sd / math.sqrt(n)
    cell = Cell.of(words["contrast"], n, plain_mean=True)
    mean = scores.mean()
    return row(estimand=estimand, n=n, estimate=mean, se=sd / math.sqrt(n), df=n - 1,
               ci_low=mean - reach, ci_high=mean + reach, method="Student's t", cell=cell,
               **words)  # fmt: skip


def sd_row(scores: np.ndarray, words: dict[str, Any]) -> dict[str, Any]:
    cell = Cell.of(words["contrast"], scores.size)
    return row(estimand="SD of scores", n=scores.size, estimate=float(scores.std(ddof=1)),
               method="between participants", cell=cell, **words)  # fmt: skip


def _differences(case: Case, name: str, is_judged: bool, mixed: pd.DataFrame) -> pd.DataFrame:
    """By ANCOVA, by the mixed model, and by the primary analysis where the verdict reads it."""
    people, label = case.people(name), case.windows[name].label
    arms = (str(case.design.active_arm), str(case.design.comparator_arm))
    words = {"contrast": case.contrast, "instrument": case.scale.name, "window": label}
    rows: list[dict[str, Any]] = []
    if is_judged:
        try:
            there = case.at(name)
            given = there.primary.row(claim="", estimand=PRIMARY, **words)
            rows.append(row(**given, cell=there.primary_cell))
        except ValueError as refusal:
            rows.append(_refused(PRIMARY, len(people), refusal, words))
    try:
        own = people[people["arm"].isin(arms)]
        rows += ancova(own, treated=arms[0], control=arms[1], **words)
    except ValueError as refusal:
        rows.append(_refused("adjusted difference", len(people), refusal, words))
    shown = released(case, rows)
    return _together([shown, mixed[mixed["window"] == label]])


def _refused(estimand: str, n: int, refusal: ValueError, words: dict[str, Any]) -> dict[str, Any]:
    return row(estimand=estimand, n=n, method=f"not given: {refusal}", **words)


def _mixed(case: Case) -> tuple[pd.DataFrame, list[str]]:
    """Differences of one mixed model over all windows, or why there are none."""
    if case.design.comparator_arm is None or not case.visits:
        return table([]), []
    try:
        found = mixed_model(case).differences()
    except ValueError as refusal:
        return table([]), [f"No mixed model over all windows: {refusal}"]
    return found, []


def _responders(case: Case, name: str) -> pd.DataFrame:
    """Shares with a fall that counts, by every threshold in use."""
    if case.design.comparator_arm is not None:
        try:
            return shares_at_thresholds(case, window=name)
        except ValueError as refusal:
            words = {"contrast": case.contrast, "instrument": case.scale.name,
                     "window": case.windows[name].label}  # fmt: skip
            return table([row(estimand=RESPONSE, method=f"not given: {refusal}", **words)])
    people = case.people(name)
    fell = response(people["baseline"], people["score"], 0.3).fillna(False).astype(bool)
    label = case.windows[name].label
    share = exact_share(int(fell.sum()), len(fell), estimand=RESPONSE, window=label,
                        contrast=str(case.design.active_arm),
                        instrument=case.scale.name)  # fmt: skip
    return released(case, [share])


def _limits(case: Case, names: list[str]) -> list[str]:
    """What these numbers cannot say."""
    told = []
    if stop := case.stopped("comparator.", "arm."):
        hides = policy(case)
        text = stop.shown(None if hides is None else lambda number: hides.number(number)[0])
        told.append(f"The verdict does not compare the arms: {text}")
    few = [case.windows[name].label for name in scored_windows(case) if name not in names]
    if few:
        least = int(case.definitions.rule("minimum_people_per_arm"))
        told.append(f"Fewer than {least} participants of an arm were scored at {listed(few)}.")
    if case.design.comparator_arm is None:
        told.append(
            "There is no comparator: a change within one arm includes everything that happened, "
            "time, expectancy and selection among it."
        )
    elif case.design.design == "crossover":
        told.append(
            "The arms of a crossover are compared in the first period alone; participants are "
            "compared with themselves in the first two periods, and in no later one."
        )
    if case.design.design != "crossover" and (case.checked.study.infusions["infusion"] > 1).any():
        told.append("Scores after a second infusion are left out: only those before it compare.")
    if reason := why_not_hours(case):
        told.append(f"Scores within hours are here and do not decide: {reason}")
    elif not any(case.windows[name].high <= HOURS_END for name in scored_windows(case)):
        told.append(
            "Nobody was scored within hours on this scale, so these data cannot speak to hours."
        )
    if case.primary_form is not None and case.primary_form[1] > 0:
        hours = case.primary_form[1]
        told.append(
            f"The scale asks about the past {hours:g} h: a score sooner than that after an "
            "infusion also describes time before it."
        )
    told.append(_which_decides(case))
    if _adjusts_for_same_symptoms(case):
        told.append(
            "Differences of the primary analysis are also adjusted for a scale of the same "
            "symptoms; others are not."
        )
    return told


def _which_decides(case: Case) -> str:
    if case.design.comparator_arm is None:
        return "Without a comparator no window decides; one has p-values, the others intervals."
    with contextlib.suppress(ValueError):
        if decides(case) != case.definitions.primary.phase:
            return (
                "One window decides, on what is claimed beyond hours alone; the others have "
                "intervals and no p-values."
            )
    return "One window decides; the others have intervals and no p-values."


def _adjusts_for_same_symptoms(case: Case) -> bool:
    try:
        return case.design.comparator_arm is not None and case.scores.same_symptoms is not None
    except ValueError:
        return False


def _p_where_decided(rows: pd.DataFrame, is_main: bool) -> pd.DataFrame:
    return rows if is_main or rows.empty else rows.assign(p_value=math.nan)


def main_difference(differences: pd.DataFrame) -> dict[str, Any]:
    """The difference that the sentence tells: that of the verdict, else the mixed model's."""
    given = differences[differences["estimate"].notna()]
    for estimand in (PRIMARY, MIXED, "adjusted difference"):
        own = given[given["estimand"] == estimand]
        if len(own):
            return lines_of(own)[0]
    return lines_of(differences)[0]


def _of_one_arm(rows: pd.DataFrame, label: str) -> str:
    changes = lines_of(rows[rows["estimand"] == "mean change"])
    told = listed(f"by {interval(one, unit='points')} on {one['contrast']}" for one in changes)
    return f"{label[0].upper()}{label[1:]} after, scores had changed {told}, with no comparator."


def _together(parts: Iterable[pd.DataFrame]) -> pd.DataFrame:
    kept = [part for part in parts if not part.empty]
    return pd.concat(kept, ignore_index=True)[list(COLUMNS)] if kept else table([])


def _records(rows: pd.DataFrame) -> list[dict[str, Any]]:
    return [as_json(one) for one in lines_of(rows)]
