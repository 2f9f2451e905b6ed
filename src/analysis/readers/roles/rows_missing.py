"""Rows that an export lost in one piece: people next to each other in the file lack their rows.

Who drops out does so here and there. A transfer that broke off, or a block deleted by hand, takes
rows that stood together, so that people who follow one another lack the same thing. How long such
a run is where as many are missing by chance is known exactly.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.readers.reading import FEW, Reading
from analysis.readers.roles.assessments.forms import Forms
from analysis.readers.table.identifiers import among
from analysis.rules import issue

__all__ = ["check_rows"]

# Hours since the start between which a plan's visits lie, and how people read of them.
_EDGES = (-96.0, -12.0, 0.0, 12.0, 36.0, 96.0, 240.0, 480.0, 1080.0)
_NAMES = (
    "over 4 days before the infusion", "in the days before the infusion",
    "just before the infusion", "on the day of the infusion, after it", "on the next day",
    "2 to 4 days after the infusion", "4 to 10 days after the infusion",
    "10 to 20 days after the infusion", "20 to 45 days after the infusion",
    "over 45 days after the infusion",
)  # fmt: skip
_NEAR = (1, 2, 3, 4)
# Without these no change within hours is seen: no plan does without them.
_NEEDED = (2, 3)
# A visit is one of the plan where so large a share has it.
_PLANNED = 0.1
# Neighbouring rows that may stand in another order before the file is not sorted that way; by
# visit, people begin anew with each.
_UNSORTED, _ANEW, _MOST = 0.02, 2.0, 0.2
# By chance so many people in a row lack every form, which few people do, or lack one visit.
_NO_FORM, _NO_VISIT = 0.05, 0.005
# The same where the block beside it lacks the rows next to the gap as well, taken together.
_BOTH = 0.0005
# Of a run, so many must be people for whom it was planned.
_HALF = 0.5
# A visit is due when so many of those who have it have come.
_COME = 0.9


@dataclass(frozen=True)
class _Run:
    """People in a row without something: from which place to which, of how many."""

    first: int
    after: int
    total: int
    present: int
    chance: float

    @property
    def length(self) -> int:
        return self.after - self.first


@dataclass(frozen=True)
class _Block:
    """Rows of one visit: who is due, which of them have it, and whether it is one of the plan."""

    visit: int
    due: pd.DataFrame
    has: np.ndarray
    usual: bool


def check_rows(
    reading: Reading, people: pd.DataFrame, infusions: pd.DataFrame, tables: list[Forms]
) -> None:
    """Say where people who stand together lack rows of a table: ``form.rows-missing``.

    Parameters
    ----------
    people : DataFrame
        ``id``, ``arm`` and, where declared, ``site``, in the order of their file. Here each has a
        number, ``person``.
    infusions : DataFrame
        As :func:`analysis.readers.roles.infusions.read_infusions` returns it.
    tables : list of Forms
    """
    people = people[~people["id"].isin(reading.set_aside)]
    people = people.assign(person=np.arange(len(people)))
    first = infusions[infusions["infusion"] == 1].set_index("id")[["start_low", "start_high"]]
    start = first[first["start_low"] == first["start_high"]]["start_low"]
    spec = reading.config.infusions
    forms = [t for t in tables if t.spec.visit is None and len(t.frame)]
    whose = [_persons(people, one.frame["id"]) for one in forms]
    if spec.visits is None and forms:
        _infusions(reading, people, infusions, forms, whose)
    treated = people[among(people["id"], first.index)]
    if treated.empty:
        return
    # An identifier mapped to nothing at all would be text.
    treated = treated.assign(start=start.reindex(treated["id"]).to_numpy(float))
    groups: dict[tuple[str, str], list[pd.DataFrame]] = {}
    for one, person in zip(forms, whose, strict=True):
        told = one.frame[["hours_low", "source", "row"]].assign(person=person)
        groups.setdefault((one.spec.source(), one.spec.instrument), []).append(told)
    for (_, instrument), own in groups.items():
        frame = pd.concat(own).sort_values("row", kind="stable")
        _forms(reading, instrument, frame, treated)


def _infusions(
    reading: Reading, people: pd.DataFrame, infusions: pd.DataFrame, tables: list[Forms],
    whose: list[np.ndarray],
) -> None:  # fmt: skip
    """People who have several forms of a scale and no infusion, one after the other."""
    forms: dict[tuple[str, str], np.ndarray] = {}
    for one, person in zip(tables, whose, strict=True):
        n = np.bincount(person[person >= 0], minlength=len(people))
        key = (one.spec.instrument, one.spec.version)
        forms[key] = forms.get(key, 0) + n
    followed = people[np.max([*forms.values()], axis=0) > 1]
    given = _persons(people, infusions["id"].drop_duplicates())
    for order in _orders(followed):
        if not _sorted(_places(order, given)):
            continue
        run = _longest(order, given)
        if run is not None and run.length >= FEW and run.chance < _NO_FORM:
            file = reading.open(reading.config.infusions).file
            _tell(reading, file, run, "infusion", "participants with several assessments")
            return


def _forms(reading: Reading, scale: str, forms: pd.DataFrame, people: pd.DataFrame) -> None:
    """Forms of one scale and file: people without any, and people without one visit."""
    forms = forms[np.isin(forms["person"], people["person"])]
    start = people.set_index("person")["start"].reindex(forms["person"])
    since = forms["hours_low"] - start.to_numpy(float)
    forms = forms.assign(since=since, visit=np.digitize(since, _EDGES)).dropna(subset="since")
    for order, by_visit in _layouts(forms, people):
        where = "participants with an infusion"
        near = forms[forms["visit"].isin(_NEAR)]
        for own, what, chance in (
            (forms, f"{scale} assessment", _NO_FORM),
            (near, f"{scale} assessment near the infusion", _NO_VISIT),
        ):
            run = _longest(order, own["person"].to_numpy())
            if run is not None and run.length >= FEW and run.chance < chance:
                _tell(reading, _file(forms), run, what, where, _row(own, order, run))
                return
        for visit, run in _visits(forms, order) if by_visit else ():
            own = forms[forms["visit"] == visit]
            what = f"{scale} assessment {_NAMES[visit]}"
            _tell(reading, _file(forms), run, what, where, _row(own, order, run))
            return


def _layouts(forms: pd.DataFrame, people: pd.DataFrame) -> Iterator[tuple[pd.DataFrame, bool]]:
    """Orders of people in which the file's rows stand, and whether visits follow one another."""
    for order in _orders(people):
        place = _places(order, forms["person"].to_numpy())
        if _sorted(place):
            yield order, False
        elif _sorted(place, min(_ANEW / max(1, forms["person"].nunique()), _MOST)):
            yield order, True
    if _sorted(forms["hours_low"]):
        yield people.sort_values("start", kind="stable"), True


def _orders(people: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """People as their own file has them, and by identifier, numbers in them as numbers."""
    yield people
    digits = people["id"]
    # Where all have their digits at the same places, they stand as texts do.
    if digits.str.replace("[0-9]", "0", regex=True).nunique() > 1 or not digits.str.isascii().all():
        digits = digits.str.replace(r"\d+", lambda found: found[0].zfill(12), regex=True)
    yield people.loc[digits.sort_values(kind="stable").index]


def _visits(forms: pd.DataFrame, people: pd.DataFrame) -> Iterator[tuple[int, _Run]]:
    """Runs of people without one visit that can be one block of rows.

    A block that ends with a visit's last person or begins with its first is a change of the plan,
    unless the rows beside it are missing as well.
    """
    seen = max(forms["hours_low"].max(), people["start"].max())
    blocks = []
    for visit in sorted(set(forms["visit"])):
        own = forms[forms["visit"] == visit]
        due = people[people["start"] + float(own["since"].quantile(_COME)) <= seen]
        usual = own["person"].nunique() >= max(FEW, _PLANNED * len(people))
        blocks.append(_Block(int(visit), due, np.isin(due["person"], own["person"]), usual))
    for number, block in enumerate(blocks):
        has = block.due["person"].to_numpy()[block.has]
        run = _longest(block.due, has) if block.usual else None
        if run is None or run.length <= FEW:
            continue
        needed = block.visit in _NEEDED
        before = _gap(blocks[:number][::-1], -1) if run.first == 0 else 1.0
        after = _gap(blocks[number + 1 :], 1) if run.after == run.total else 1.0
        begins = needed or run.first > 0 or (before is not None and before < 1)
        ends = needed or run.after < run.total or after is None or after < 1
        both = run.chance * (before or 1.0) * (after or 1.0)
        if begins and ends and (run.chance < _NO_VISIT or both < _BOTH):
            yield block.visit, run


def _gap(blocks: list[_Block], step: int) -> float | None:
    """How likely by chance the nearest block lacks so many rows at its edge: its last (-1), or 1.

    1 where it lacks none; None where no block is there. A visit of which nothing is left but the
    rows farthest from the gap is a block too.
    """
    for block in blocks:
        n, missing = len(block.has), int((~block.has).sum())
        there = np.flatnonzero(block.has[::step])
        length = int(there[0]) if len(there) else n
        if n and (block.usual or 0 < length == missing < n):
            return _all_lack_it(length, missing, n)
    return None


def _planned(people: pd.DataFrame, has: np.ndarray) -> np.ndarray:
    """People in whose arm and at whose site somebody has it: elsewhere it was never planned."""
    planned = np.ones(len(people), bool)
    for name in ("arm", "site"):
        if name in people:
            group = people[name].astype("object").fillna("").to_numpy()
            planned &= pd.Series(has).groupby(group).transform("any").to_numpy()
    return planned


def _longest(people: pd.DataFrame, having: np.ndarray) -> _Run | None:
    """The longest run of people without it, and how likely one so long is by chance.

    None where nobody lacks it, or where it was not planned for most of the run.
    """
    lacks = ~np.isin(people["person"], having)
    n, missing = len(lacks), int(lacks.sum())
    if not 0 < missing < n:
        return None
    edges = np.flatnonzero(np.diff(np.concatenate([[False], lacks, [False]]).astype(int)))
    first, after = max(
        ((int(a), int(b)) for a, b in edges.reshape(-1, 2)), key=lambda run: run[1] - run[0]
    )
    if _planned(people, ~lacks)[first:after].mean() < _HALF:
        return None
    length = after - first
    # It may begin at any place that leaves room for it.
    chance = (n - length + 1) * _all_lack_it(length, missing, n)
    return _Run(first, after, n, n - missing, chance)


def _all_lack_it(these: int, missing: int, n: int) -> float:
    """How likely so many given people all lack it, of n of whom some do."""
    drawn = np.arange(these)
    return float(np.prod((missing - drawn) / (n - drawn)))


def _persons(people: pd.DataFrame, ids: pd.Series) -> np.ndarray:
    """Each identifier's person by number, -1 where there is none."""
    own, names = pd.factorize(ids)
    return np.asarray(pd.Index(people["id"]).get_indexer(names)[own])


def _places(people: pd.DataFrame, persons: np.ndarray) -> np.ndarray:
    """Where each of some persons stands among people, NaN where they do not."""
    whose = people["person"].to_numpy()
    # The last is that of nobody.
    places = np.full(max(whose.max(initial=0), persons.max(initial=0)) + 2, np.nan)
    places[whose] = np.arange(len(whose))
    return places[persons]


def _sorted(values: np.ndarray | pd.Series, most: float = _UNSORTED) -> bool:
    values = np.asarray(values, float)
    steps = np.diff(values[~np.isnan(values)])
    return len(steps) > 0 and bool((steps < 0).mean() <= most)


def _file(forms: pd.DataFrame) -> str:
    return str(forms["source"].iloc[0])


def _row(forms: pd.DataFrame, people: pd.DataFrame, run: _Run) -> int:
    """The row of the last form before the gap."""
    before = forms.loc[_places(people, forms["person"].to_numpy()) < run.first, "row"]
    return int(before.max() if len(before) else forms["row"].min())


def _tell(
    reading: Reading, file: str, run: _Run, what: str, people: str, row: int | None = None
) -> None:
    told = issue(
        "form.rows-missing", file=file, row=row, count=run.length,
        n=run.length, what=what, present=run.present, total=run.total, people=people,
    )  # fmt: skip
    reading.issues.append(told)
