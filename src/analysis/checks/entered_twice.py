"""Rules about people who stand in a study under two identifiers: forms that agree as one's own do.

Every table is looked at once: forms with the same content are found by grouping, never by
comparing people two by two.
"""

from __future__ import annotations

from itertools import combinations
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
# Answers that are another's but for one item: of so rare ones alone, as a share of people, and so
# many forms of like content are compared with one another; more of them tell nobody apart.
_RARE, _ALIKE = 1e-4, 8
# Equal totals: beyond this chance there are more of them than people have.
_CHANCE = 0.001
# Forms that follow one another in a person, by which totals are compared.
_FORMS = 3
_TOTALS = [f"total_{step}" for step in range(_FORMS)]
_NOBODY = np.empty(0, dtype=int)
# Of a form, what is looked at here.
_LOOKED_AT = ["subject", "form", "instrument", "version", "total", "n_missing", "hours_low",
              "hours_high"]  # fmt: skip
# Two people have both times between three forms in common no more often than this, unless the
# times are those of a plan; then the minute in which they began tells, where dates told it.
_ACTUAL = 0.05
_TIMES = (
    (("minutes_1", "minutes_2"), _CHANCE),
    # Date-times that are the same throughout leave less to be shown by totals.
    (("minutes_0", "minutes_1", "minutes_2"), 0.05),
)


def check_entered_twice(study: Study, forms: pd.DataFrame, found: SetAside) -> None:
    """Set people aside whose answers, or whose times and totals, are another person's too.

    ``study`` and ``forms`` are as in :func:`analysis.checks.forms.check_forms`; ``found`` takes
    what is found. Neither of two entries is known to be the right one, so both are set aside.
    """
    efficacy = [n for n in forms["instrument"].unique() if instruments.get(n).role != "safety"]
    of_efficacy = forms["instrument"].isin(efficacy) & forms["total"].notna()
    own = forms.loc[of_efficacy.to_numpy(), _LOOKED_AT]
    own = own.sort_values(["subject", "hours_low", "form"], kind="stable")
    own["begun"] = np.nan
    if "begun_with" in study.subjects:
        begun = study.subjects.set_index("subject")["begun_with"].astype(float)
        own["begun"] = begun.reindex(own["subject"]).to_numpy()

    def left(rows: pd.DataFrame) -> pd.DataFrame:
        gone = list(found.subjects)
        return rows[~rows["subject"].isin(gone)] if gone else rows

    def set_aside(rule: str, rows: pd.DataFrame, people: np.ndarray) -> None:
        if len(people):
            whole = forms.loc[rows.index[rows["subject"].isin(people)]]
            found.stop(rule, whole, whole["subject"], at_once=True)

    by_scale = {
        (str(name), str(version)): rows
        for (name, version), rows in own.groupby(["instrument", "version"], sort=True)
    }
    for key, answers in study.items.items():
        rows = by_scale.get(key)
        if rows is None:
            continue
        complete = rows[(rows["n_missing"] == 0).to_numpy()]
        for alike in (_same_answers, _nearly_same_answers):
            theirs = left(complete)
            people = alike(theirs, answers.reindex(theirs["form"]).to_numpy(float))
            set_aside("subject.same-answers", theirs, people)
    for (name, version), rows in by_scale.items():
        theirs = left(rows)
        lowest = instruments.get(name).total_range(version)[0]
        runs = _runs(theirs[(theirs["total"] > lowest).to_numpy()])
        for times, chance in _TIMES if study.design.times == "actual" else ():
            people, _ = _alike_beyond_chance(runs, times, chance)
            set_aside("subject.same-times", theirs, people)
            runs = runs[~runs["subject"].isin(people)] if len(people) else runs
        people, pairs = _alike_beyond_chance(runs, (), _CHANCE)
        words = {"scale": name, "expected": f"{2 * pairs:.2g}"}
        found.issues += of_people("subject.same-totals", people, **words)


def _same_answers(rows: pd.DataFrame, values: np.ndarray) -> np.ndarray:
    """People who have two forms' answers in common with somebody else.

    Parameters
    ----------
    rows : DataFrame
        Complete forms of one scale, by person and time.
    values : ndarray, shape (forms, items)
        Their answers.
    """
    rows, values = rows[(told := _telling(values))], values[told]
    if len(rows) < 2:
        return _NOBODY
    content, different = pd.factorize(_weighted(values).sum(axis=1))
    if len(different) == len(content):
        return _NOBODY
    told_once = pd.DataFrame({"subject": rows["subject"].to_numpy(), "content": content})
    told_once = told_once.drop_duplicates()
    shared = told_once[told_once["content"].duplicated(keep=False)]
    # Among shared forms alone, so that one form that was changed hides nobody.
    following = shared.groupby("subject")["content"].shift(-1)
    pairs = shared.assign(following=following).dropna()
    twice = pairs.loc[pairs.duplicated(["content", "following"], keep=False), "subject"].unique()
    alone = shared.loc[~shared["subject"].isin(twice), "subject"].nunique()
    chance = _LONG if values.shape[1] >= _MANY_ITEMS else _SHORT
    return twice if _beyond(len(twice), alone, *chance) else _NOBODY


def _beyond(twice: int, alone: int, again: float, chance: float) -> bool:
    """Whether more people share a second form than go on to by chance, of those who share one."""
    copies = (twice + 1) // 2
    return bool(copies and bdtrc(copies - 1, copies + (alone + 1) // 2, again) < chance)


def _nearly_same_answers(rows: pd.DataFrame, values: np.ndarray) -> np.ndarray:
    """People who have two forms' answers in common with somebody else, but for one item a form.

    As :func:`_same_answers`, on scales of many items alone: few are nearly alike by chance.
    """
    if values.shape[1] < _MANY_ITEMS or len(rows) < 2:
        return _NOBODY
    rows, values = rows[(told := _rare(values))], values[told]
    people = rows["subject"].to_numpy()
    pairs = _near_pairs(values)
    pairs = pairs[people[pairs[:, 0]] != people[pairs[:, 1]]]
    if not len(pairs):
        return _NOBODY
    # The person with the smaller number first.
    pairs = np.where((people[pairs[:, 0]] > people[pairs[:, 1]])[:, None], pairs[:, ::-1], pairs)
    # A form that is the same each time is told once.
    content = np.unique(values, axis=0, return_inverse=True)[1].ravel()
    table = pd.DataFrame({"one": people[pairs[:, 0]], "other": people[pairs[:, 1]],
                          "form": content[pairs[:, 0]],
                          "form_of_other": content[pairs[:, 1]]})  # fmt: skip
    forms = table.groupby(["one", "other"]).nunique().min(axis=1)
    twice = np.unique([person for pair in forms.index[forms > 1] for person in pair])
    alone = np.unique([person for pair in forms.index[forms == 1] for person in pair])
    left = len(np.setdiff1d(alone, twice))
    return twice.astype(int) if _beyond(len(twice), left, *_LONG) else _NOBODY


def _rare(values: np.ndarray) -> np.ndarray:
    """Which forms hardly anybody would answer the same but for one item, were items independent."""
    shares = np.empty(values.shape)
    for item, answers in enumerate(values.T):
        place = pd.factorize(answers)[0]
        shares[:, item] = (np.bincount(place) / len(answers))[place]
    same = shares.prod(axis=1)
    return np.asarray(_telling(values) & (same * (1 + (1 / shares - 1).sum(axis=1)) < _RARE))


def _near_pairs(values: np.ndarray) -> np.ndarray:
    """Pairs of forms, shape (pairs, 2), that differ in one item at the most.

    Forms that agree on all items but one have the same sum of random weights without it.
    """
    weighted = _weighted(values)
    every = weighted.sum(axis=1)
    found = [np.empty((0, 2), dtype=int)]
    for without in weighted.T:
        rest = every - without
        shared = np.flatnonzero(pd.Series(rest).duplicated(keep=False))
        order = shared[np.argsort(rest[shared], kind="stable")]
        for step in range(1, min(_ALIKE, len(order))):
            same = rest[order[step:]] == rest[order[:-step]]
            if not same.any():
                break
            found.append(np.column_stack([order[:-step][same], order[step:][same]]))
    return np.unique(np.sort(np.vstack(found), axis=1), axis=0)


def _weighted(values: np.ndarray) -> np.ndarray:
    """Answers as numbers, times a random weight an item: forms with equal sums are alike."""
    answers = pd.factorize(values.ravel())[0].reshape(values.shape).astype(np.int64)
    return np.asarray(answers * np.random.default_rng(0).integers(1, 2**62, values.shape[1]))


def _telling(values: np.ndarray) -> np.ndarray:
    """Which forms, shape (forms, items), are not one answer nearly throughout."""
    if not values.size:
        return np.zeros(len(values), dtype=bool)
    commonest = np.max([(values == one).sum(axis=1) for one in np.unique(values)], axis=0)
    return np.asarray(values.shape[1] - commonest >= _TELLING)


def _runs(rows: pd.DataFrame) -> pd.DataFrame:
    """Every three forms that follow one another in a person: totals, and minutes between them.

    From forms by person and time. Columns subject, place (of the first form among the person's),
    total_0 to total_2, minutes_0 (the minute in which the first infusion began), minutes_1 and
    minutes_2. Equal values have equal numbers, from 0 on; -1 where a time is not known to the
    minute.
    """
    subject, total, low = (rows[name].to_numpy() for name in ("subject", "total", "hours_low"))
    exact = np.where(low == rows["hours_high"].to_numpy(), low, np.nan)
    runs = max(0, len(rows) - _FORMS + 1)
    totals = [total[step : runs + step] for step in range(_FORMS)]
    hours = [exact[step : runs + step] for step in range(_FORMS)]
    changes = np.flatnonzero(subject[1:] != subject[:-1]) + 1
    first = np.zeros(len(rows), dtype=int)
    first[changes] = changes
    place = np.arange(len(rows)) - np.maximum.accumulate(first)
    # Who says the same each time may say what others say.
    same_person = subject[:runs] == subject[len(rows) - runs :]
    varied = np.max(totals, axis=0) > np.min(totals, axis=0)
    use = same_person & varied
    columns = {f"total_{step}": own for step, own in enumerate(totals)}
    columns["minutes_0"] = rows["begun"].to_numpy()[:runs]
    for step in range(1, _FORMS):
        columns[f"minutes_{step}"] = (60 * (hours[step] - hours[step - 1])).round()
    numbered = {name: pd.factorize(own[use])[0] for name, own in columns.items()}
    return pd.DataFrame({"subject": subject[:runs][use], "place": place[:runs][use], **numbered})


def _alike_beyond_chance(
    runs: pd.DataFrame, times: tuple[str, ...], chance: float
) -> tuple[np.ndarray, float]:
    """People whose totals, and times, are another's too, and how many pairs chance would give.

    Nobody where chance alone may give as many pairs; where nobody is alike, it is not asked.
    """
    if times:
        runs = runs[(runs[list(times)] >= 0).all(axis=1)]
    group = _alike(runs, [*_TOTALS, *times])
    alike = runs[(np.bincount(group) > 1)[group]]
    if alike.empty:
        return _NOBODY, 0.0
    by_chance = _expected_pairs(runs, times)
    if not times:
        # Where most totals may agree, as at the floor of a scale, agreeing tells nothing.
        by_chance = by_chance[4 * by_chance < _pairs(runs, [])]
    expected = float(by_chance.sum())
    people = alike.loc[alike["place"].isin(by_chance.index), "subject"].unique()
    if not len(people):
        return _NOBODY, expected
    beyond = pdtrc((len(people) + 1) // 2 - 1, expected) < chance
    return (people if beyond else _NOBODY), expected


def _expected_pairs(runs: pd.DataFrame, times: tuple[str, ...]) -> pd.Series:
    """Pairs of people who agree by chance, by place of the course.

    On all three totals: from the pairs that agree on two, on one and on none, without those in
    question (no interaction of all three in the table of agreements; half a pair is added to each
    cell). So it is of the totals' own distribution, coarse as they may be; that a person's scores
    are alike from form to form, and that some people round, is in the pairs of two. With times: if
    these agree too; where they are those of a plan, none is told apart by them.
    """
    everyone = _pairs(runs, [])
    every = _pairs(runs, _TOTALS)
    both = {(a, b): _pairs(runs, [a, b]) - every for a, b in combinations(_TOTALS, 2)}
    single = [
        _pairs(runs, [own]) - every - sum(n for pair, n in both.items() if own in pair)
        for own in _TOTALS
    ]
    none = everyone - every - sum(both.values()) - sum(single)
    chance = prod(n + 0.5 for n in both.values()) * (none + 0.5) / prod(n + 0.5 for n in single)
    expected = chance.clip(upper=everyone)
    if not times:
        return expected
    share = prod(_pairs(runs, [name]) for name in times) / everyone ** len(times)
    # The times of a plan are no evidence: any pair may agree.
    return (expected * share).where(share <= _ACTUAL, everyone)


def _pairs(rows: pd.DataFrame, columns: list[str]) -> pd.Series:
    """Pairs of rows that agree in every one of some columns, by place."""
    place, group = rows["place"].to_numpy(), _alike(rows, columns)
    n = np.bincount(group)
    place_of_group = np.zeros(len(n), dtype=int)
    place_of_group[group] = place
    by_place = np.bincount(place_of_group, n * (n - 1) / 2)
    places = np.flatnonzero(np.bincount(place))
    return pd.Series(by_place[places], index=places)


def _alike(rows: pd.DataFrame, columns: list[str]) -> np.ndarray:
    """A number a row, the same for rows that agree in place and in every one of some columns."""
    group = rows["place"].to_numpy()
    # Grouping by several columns of a table takes ten times as long on a small study.
    for name in columns:
        value = rows[name].to_numpy()
        group = pd.factorize(group * (value.max(initial=0) + 1) + value)[0]
    return group
