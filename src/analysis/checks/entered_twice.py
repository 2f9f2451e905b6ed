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
# Columns of forms that are looked at.
_READ = ["form", "subject", "instrument", "version", "hours_low", "hours_high", "total",
         "n_missing", "source", "row"]  # fmt: skip
# So many groups are counted in place; products of numbers stay below the largest integer.
_MANY_GROUPS, _MOST_NUMBERS = 1 << 20, 1 << 62
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
    own = forms.loc[forms["instrument"].isin(efficacy) & forms["total"].notna(), _READ]
    own = own.iloc[np.lexsort([own[name] for name in ("form", "hours_low", "subject")])]
    subjects = study.subjects.set_index("subject")
    begun = subjects.get("begun_with", pd.Series(np.nan, subjects.index)).astype(float)
    for (name, version), items in study.items.items():
        of_it = (own["instrument"] == name) & (own["version"] == version)
        complete = own[of_it & (own["n_missing"] == 0)]
        if complete.empty:
            continue
        answers = _numbered(items.reindex(complete["form"]).to_numpy(float))
        telling = _telling(answers)
        for alike in (_same_answers, _nearly_same_answers):
            stays = ~complete["subject"].isin(list(found.subjects)).to_numpy()
            whose = complete["subject"].to_numpy()[stays]
            people = alike(whose, answers[:, stays], telling[stays])
            _set_aside("subject.same-answers", complete, people, found)
    for key, rows in own.groupby(["instrument", "version"], sort=True):
        name, version = map(str, key)
        left = rows[~rows["subject"].isin(list(found.subjects))]
        runs = _runs(left[left["total"] > instruments.get(name).total_range(version)[0]], begun)
        for times, chance in _TIMES if study.design.times == "actual" else ():
            people, _ = _alike_beyond_chance(runs, times, chance)
            _set_aside("subject.same-times", left, people, found)
            runs = runs[~runs["subject"].isin(people)] if len(people) else runs
        people, pairs = _alike_beyond_chance(runs, (), _CHANCE)
        words = {"scale": name, "expected": f"{2 * pairs:.2g}"}
        found.issues += of_people("subject.same-totals", people, **words)


def _set_aside(rule: str, rows: pd.DataFrame, people: np.ndarray, found: SetAside) -> None:
    if len(people):
        own = rows[rows["subject"].isin(people)]
        found.stop(rule, own, own["subject"], at_once=True)


def _same_answers(people: np.ndarray, answers: np.ndarray, telling: np.ndarray) -> np.ndarray:
    """People who have two forms' answers in common with somebody else.

    Parameters
    ----------
    people : ndarray, shape (forms,)
        Whose each complete form of one scale is, by person and time.
    answers : ndarray, shape (items, forms)
        As :func:`_numbered` has them.
    telling : ndarray of bool, shape (forms,)
        As :func:`_telling` has it.
    """
    people, content = people[telling], _weights(answers) @ answers[:, telling]
    again = pd.Series(content).duplicated(keep=False).to_numpy()
    told_once = pd.DataFrame({"subject": people[again], "content": content[again]})
    told_once = told_once.drop_duplicates()
    shared = told_once[told_once["content"].duplicated(keep=False)]
    if shared.empty:
        return _NOBODY
    # Among shared forms alone, so that one form that was changed hides nobody.
    shared = shared.assign(content=pd.factorize(shared["content"])[0])
    following = shared.groupby("subject")["content"].shift(-1)
    pairs = shared.assign(following=following).dropna()
    twice = pairs.loc[pairs.duplicated(["content", "following"], keep=False), "subject"].unique()
    alone = shared.loc[~shared["subject"].isin(twice), "subject"].nunique()
    chance = _LONG if len(answers) >= _MANY_ITEMS else _SHORT
    return twice if _beyond(len(twice), alone, *chance) else _NOBODY


def _beyond(twice: int, alone: int, again: float, chance: float) -> bool:
    """Whether more people share a second form than go on to by chance, of those who share one."""
    copies = (twice + 1) // 2
    return bool(copies and bdtrc(copies - 1, copies + (alone + 1) // 2, again) < chance)


def _nearly_same_answers(
    people: np.ndarray, answers: np.ndarray, telling: np.ndarray
) -> np.ndarray:
    """People who have two forms' answers in common with somebody else, but for one item a form.

    As :func:`_same_answers`, on scales of many items alone: few are nearly alike by chance.
    """
    if len(answers) < _MANY_ITEMS or len(people) < 2:
        return _NOBODY
    told = telling & _rare(answers)
    people, answers = people[told], answers[:, told]
    pairs = _near_pairs(answers)
    pairs = pairs[people[pairs[:, 0]] != people[pairs[:, 1]]]
    if not len(pairs):
        return _NOBODY
    # The person with the smaller number first.
    pairs = np.where((people[pairs[:, 0]] > people[pairs[:, 1]])[:, None], pairs[:, ::-1], pairs)
    # A form that is the same each time is told once.
    content = _weights(answers) @ answers
    table = pd.DataFrame({"one": people[pairs[:, 0]], "other": people[pairs[:, 1]],
                          "form": content[pairs[:, 0]],
                          "form_of_other": content[pairs[:, 1]]})  # fmt: skip
    forms = table.groupby(["one", "other"]).nunique().min(axis=1)
    twice = np.unique([person for pair in forms.index[forms > 1] for person in pair])
    alone = np.unique([person for pair in forms.index[forms == 1] for person in pair])
    left = len(np.setdiff1d(alone, twice))
    return twice.astype(int) if _beyond(len(twice), left, *_LONG) else _NOBODY


def _rare(answers: np.ndarray) -> np.ndarray:
    """Which forms hardly anybody would answer the same but for one item, were items independent."""
    same, other = np.ones(answers.shape[1]), np.ones(answers.shape[1])
    for own in answers:
        shares = np.bincount(own) / len(own)
        same *= shares[own]
        with np.errstate(divide="ignore"):
            other += (1 / shares - 1)[own]
    return np.asarray(same * other < _RARE)


def _near_pairs(answers: np.ndarray) -> np.ndarray:
    """Pairs of forms, shape (pairs, 2), that differ in one item at the most.

    Forms that agree on all items but one have the same sum of random weights without it. They
    agree on one half of the items too, as hardly any other does: few forms are looked at closely.
    """
    weights, middle = _weights(answers), len(answers) // 2
    halves = (weights[part] @ answers[part] for part in (slice(middle), slice(middle, None)))
    likely = np.flatnonzero(np.any([pd.Series(h).duplicated(keep=False) for h in halves], axis=0))
    answers = answers[:, likely]
    every = weights @ answers
    found = [np.empty((0, 2), dtype=int)]
    for weight, own in zip(weights, answers, strict=True):
        rest = every - weight * own
        shared = np.flatnonzero(pd.Series(rest).duplicated(keep=False))
        order = shared[np.argsort(rest[shared], kind="stable")]
        for step in range(1, min(_ALIKE, len(order))):
            same = rest[order[step:]] == rest[order[:-step]]
            if not same.any():
                break
            found.append(np.column_stack([order[:-step][same], order[step:][same]]))
    return likely[np.unique(np.sort(np.vstack(found), axis=1), axis=0)]


def _numbered(values: np.ndarray) -> np.ndarray:
    """Answers, shape (forms, items), as small numbers, shape (items, forms); -1 where blank."""
    numbers, distinct = pd.factorize(np.ascontiguousarray(values.T).ravel())
    return numbers.astype(np.min_scalar_type(-len(distinct) - 1)).reshape(values.shape[::-1])


def _weights(answers: np.ndarray) -> np.ndarray:
    """A random weight an item: forms with equal weighted sums are alike."""
    return np.random.default_rng(0).integers(1, 2**62, len(answers))


def _telling(answers: np.ndarray) -> np.ndarray:
    """Which forms are not one answer nearly throughout; answers as :func:`_numbered` has them."""
    commonest = np.zeros(answers.shape[1], dtype=np.int64)
    for one in range(answers.max(initial=-1) + 1):
        commonest = np.maximum(commonest, (answers == one).sum(axis=0, dtype=np.int16))
    return np.asarray(len(answers) - commonest >= _TELLING)


def _runs(rows: pd.DataFrame, begun: pd.Series) -> pd.DataFrame:
    """Every three forms that follow one another in a person: totals, and minutes between them.

    Columns subject, place (of the first form among the person's), total_0 to total_2, minutes_0
    (the minute in which the first infusion began), minutes_1 and minutes_2. Equal values have equal
    numbers, from 0 on; -1 where a time is not known to the minute.
    """
    subject, total = rows["subject"].to_numpy(), rows["total"].to_numpy(float)
    low, high = rows["hours_low"].to_numpy(float), rows["hours_high"].to_numpy(float)
    exact = np.where(low == high, low, np.nan)
    first = np.flatnonzero(np.append(True, subject[1:] != subject[:-1])[: len(subject)])
    place = np.arange(len(subject)) - np.repeat(first, np.diff(first, append=len(subject)))
    last = _FORMS - 1
    at = np.flatnonzero(subject[last:] == subject[: len(subject) - last])
    totals = np.array([total[at + step] for step in range(_FORMS)])
    # Who says the same each time may say what others say.
    differ = totals.max(axis=0) > totals.min(axis=0)
    at, totals = at[differ], totals[:, differ]
    runs = dict(zip(_TOTALS, totals, strict=True))
    runs["minutes_0"] = begun.reindex(subject[at]).to_numpy()
    for step in range(1, _FORMS):
        runs[f"minutes_{step}"] = (60 * (exact[at + step] - exact[at + step - 1])).round()
    numbered = {name: pd.factorize(values)[0] for name, values in runs.items()}
    return pd.DataFrame({"subject": subject[at], "place": place[at], **numbered})


def _alike_beyond_chance(
    runs: pd.DataFrame, times: tuple[str, ...], chance: float
) -> tuple[np.ndarray, float]:
    """People whose totals, and times, are another's too, and how many pairs chance would give.

    Nobody where chance alone may give as many pairs.
    """
    for name in times:
        runs = runs[runs[name] >= 0]
    number, _ = _together(runs, [*_TOTALS, *times])
    alike = runs[pd.Series(number).duplicated(keep=False).to_numpy()]
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
    group, size = _together(rows, columns)
    if size > _MANY_GROUPS:
        group = pd.factorize(group)[0]
    n = np.bincount(group)
    place = rows["place"].to_numpy()
    place_of_group = np.zeros(len(n), dtype=int)
    place_of_group[group] = place
    by_place = np.bincount(place_of_group, n * (n - 1) / 2)
    places = np.flatnonzero(np.bincount(place))
    return pd.Series(by_place[places], index=places)


def _together(rows: pd.DataFrame, columns: list[str]) -> tuple[np.ndarray, int]:
    """One number a row for its place and some columns, and how many such numbers there may be."""
    # Grouping by several columns of a table takes ten times as long on a small study.
    group, size = np.zeros(len(rows), dtype=np.int64), 1
    for name in ("place", *columns):
        value = rows[name].to_numpy()
        many = int(value.max(initial=0)) + 1
        if size * many > _MOST_NUMBERS:
            group, distinct = pd.factorize(group)
            size = len(distinct)
        group, size = group * many + value, size * many
    return group, size
