"""Rules about people who stand in a study under two identifiers: forms that agree as one's own do.

Every table is looked at once: forms with the same content are found by grouping, never by
comparing people two by two.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from math import prod

import numpy as np
import pandas as pd
from scipy.special import bdtrc, pdtrc

from analysis import instruments
from analysis.checks.forms import SetAside
from analysis.rules import of_people
from analysis.study import Study

__all__ = ["check_entered_twice"]

# So many answers must differ from a form's commonest one: all lowest, or all alike, is what many
# people answer.
_TELLING = 3
# Of pairs of people who share one form's answers by chance, hardly more than this share go on to
# share a second form's; beyond such a chance they are one person. Assumptions, tried on simulated
# studies; a form of few items is shared often.
_MANY_ITEMS = 10
_LONG, _SHORT = (0.02, 0.05), (0.3, 0.001)
# Equal totals: beyond this chance there are more of them than people have.
_CHANCE = 0.001
# Forms that follow one another in a person, by which totals are compared.
_FORMS = 3
# Two people have both times between three forms in common no more often than this, unless the
# times are those of a plan.
_ACTUAL = 0.05


def check_entered_twice(study: Study, forms: pd.DataFrame, found: SetAside) -> None:
    """Set people aside whose answers, or whose times and totals, are another person's too.

    ``study`` and ``forms`` are as in :func:`analysis.checks.forms.check_forms`; ``found`` takes
    what is found. Neither of two entries is known to be the right one, so both are set aside.
    """
    efficacy = [n for n in forms["instrument"].unique() if instruments.get(n).role != "safety"]
    own = forms[forms["instrument"].isin(efficacy) & forms["total"].notna()]
    own = own.sort_values(["subject", "hours_low", "form"], kind="stable")
    for (name, version), answers in study.items.items():
        rows = own[(own["instrument"] == name) & (own["version"] == version)]
        same = _same_answers(rows[rows["n_missing"] == 0], answers)
        _set_aside("subject.same-answers", same, found)
    for key, rows in own.groupby(["instrument", "version"], sort=True):
        name, version = map(str, key)
        left = rows[~rows["subject"].isin(list(found.subjects))]
        runs = _runs(left[left["total"] > instruments.get(name).total_range(version)[0]])
        if study.design.times == "actual":
            people, _ = _alike_beyond_chance(runs, timed=True)
            _set_aside("subject.same-times", left[left["subject"].isin(people)], found)
            runs = runs[~runs["subject"].isin(people)]
        people, pairs = _alike_beyond_chance(runs, timed=False)
        words = {"scale": name, "expected": f"{2 * pairs:.2g}"}
        found.issues += of_people("subject.same-totals", people, **words)


def _set_aside(rule: str, rows: pd.DataFrame, found: SetAside) -> None:
    if len(rows):
        found.stop(rule, rows, rows["subject"])


def _same_answers(rows: pd.DataFrame, answers: pd.DataFrame) -> pd.DataFrame:
    """Forms of people who have two forms' answers in common with somebody else.

    Parameters
    ----------
    rows : DataFrame
        Complete forms of one scale, by person and time.
    answers : DataFrame
        Their items, one row a form.
    """
    values = answers.reindex(rows["form"]).to_numpy(float)
    rows, values = rows[(told := _telling(values))], values[told]
    if len(rows) < 2:
        return rows.iloc[:0]
    content = pd.DataFrame(values).groupby(list(range(values.shape[1])), sort=False).ngroup()
    told_once = pd.DataFrame({"subject": rows["subject"].to_numpy(), "content": content})
    told_once = told_once.drop_duplicates()
    shared = told_once[told_once["content"].duplicated(keep=False)]
    # Among shared forms alone, so that one form that was changed hides nobody.
    following = shared.groupby("subject")["content"].shift(-1)
    pairs = shared.assign(following=following).dropna()
    twice = pairs.loc[pairs.duplicated(["content", "following"], keep=False), "subject"].unique()
    alone = shared.loc[~shared["subject"].isin(twice), "subject"].nunique()
    again, chance = _LONG if values.shape[1] >= _MANY_ITEMS else _SHORT
    copies = (len(twice) + 1) // 2
    if not copies or bdtrc(copies - 1, copies + (alone + 1) // 2, again) >= chance:
        return rows.iloc[:0]
    return rows[rows["subject"].isin(twice)]


def _telling(values: np.ndarray) -> np.ndarray:
    """Which forms, shape (forms, items), are not one answer nearly throughout."""
    if not values.size:
        return np.zeros(len(values), dtype=bool)
    commonest = np.max([(values == one).sum(axis=1) for one in np.unique(values)], axis=0)
    return np.asarray(values.shape[1] - commonest >= _TELLING)


def _runs(rows: pd.DataFrame) -> pd.DataFrame:
    """Every three forms that follow one another in a person: totals, and minutes between them.

    Columns subject, place (of the first form among the person's), total_0 to total_2, minutes_1
    and minutes_2 (NaN where a time is known to the day).
    """
    person = rows.groupby("subject")
    exact = rows["hours_low"].where(rows["hours_low"] == rows["hours_high"])
    runs = {"subject": rows["subject"], "place": person.cumcount()}
    for step in range(_FORMS):
        runs[f"total_{step}"] = person["total"].shift(-step)
        if step:
            hours = exact.groupby(rows["subject"])
            between = hours.shift(-step) - hours.shift(1 - step)
            runs[f"minutes_{step}"] = (60 * between).round()
    table = pd.DataFrame(runs)
    totals = table[[f"total_{step}" for step in range(_FORMS)]]
    # Who says the same each time may say what others say.
    return table[totals.notna().all(axis=1) & (totals.nunique(axis=1) > 1)]


def _alike_beyond_chance(runs: pd.DataFrame, *, timed: bool) -> tuple[np.ndarray, float]:
    """People whose totals, and times, are another's too, and how many pairs chance would give.

    Nobody where chance alone may give as many pairs.
    """
    nobody = np.empty(0, dtype=int)
    key = ["place", *_names("total", 0)]
    if timed:
        key += _names("minutes", 1)
        runs = runs.dropna(subset=_names("minutes", 1))
    people = runs.loc[runs.duplicated(key, keep=False), "subject"].unique()
    if not len(people):
        return nobody, 0.0
    expected = sum(_expected_pairs(runs, timed=timed))
    beyond = pdtrc((len(people) + 1) // 2 - 1, expected) < _CHANCE
    return (people if beyond else nobody), float(expected)


def _names(what: str, first: int) -> list[str]:
    return [f"{what}_{step}" for step in range(first, _FORMS)]


def _expected_pairs(runs: pd.DataFrame, *, timed: bool) -> Iterator[float]:
    """Pairs of people that agree by chance, one number a place in the course.

    Two people agree if their first totals do, and then each next one, given the total before it:
    that a person's scores are alike from form to form, and fall back to the mean, is in that. With
    times: if the minutes between forms do too; where these are those of a plan, none is told
    apart by them.
    """
    for _, own in runs.groupby("place"):
        totals = own[_names("total", 0)].to_numpy(float).T
        share = _agreement(totals[0])
        share *= prod(_agreement(_left(one, two)) for one, two in pairwise(totals))
        if timed:
            times = prod(_agreement(own[name].to_numpy(float)) for name in _names("minutes", 1))
            # The times of a plan are no evidence: any pair may agree.
            share = share * times if times <= _ACTUAL else 1.0
        yield len(own) * (len(own) - 1) / 2 * share


def _left(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """What is left of scores when the straight line from those before is taken away, points."""
    centred = before - before.mean()
    squares = float(centred @ centred)
    return after - centred * (float(centred @ after) / squares if squares else 0.0)


def _agreement(values: np.ndarray) -> float:
    """Share of the pairs of people whose values lie within half a unit: those of equal points."""
    n, ordered = len(values), np.sort(values)
    upto = np.searchsorted(ordered, ordered + 0.5, side="left")
    pairs = float((upto - np.arange(1, n + 1)).sum())
    return pairs / (n * (n - 1) / 2) if n > 1 else 1.0
