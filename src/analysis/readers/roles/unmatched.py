"""Identifiers that match nobody, beside people who lack what stands under them.

One mistyped sign takes all rows of a person out of a study. Nobody is matched by likeness; but that
both sides are short of one another is told.
"""

from __future__ import annotations

import pandas as pd

from analysis.readers.reading import Reading
from analysis.readers.roles.assessments.forms import Forms
from analysis.readers.table.identifiers import alike, among
from analysis.rules import issue

__all__ = ["check_unmatched"]

# So many more identifiers than people who lack something are those of other people.
_OTHERS = 2
# More pairs than this are not compared sign by sign.
_MOST_PAIRS = 250_000
# Signs that are read for one another.
_LOOK = str.maketrans("oilsb", "01158")


def check_unmatched(
    reading: Reading, people: pd.DataFrame, infusions: pd.DataFrame, tables: list[Forms]
) -> None:
    """Say where rows match nobody and people are without such rows: ``subject.unmatched``.

    Parameters
    ----------
    people : DataFrame
        ``id``, of the table of people.
    infusions : DataFrame
        As :func:`analysis.readers.roles.infusions.read_infusions` returns it.
    tables : list of Forms
    """
    ids = people.loc[~people["id"].isin(reading.set_aside), "id"].astype("str")
    rated = pd.concat([one.frame["id"] for one in tables]).astype("str").value_counts()
    treated, has_form = among(ids, infusions["id"]), among(ids, rated.index)
    # Who has one form and no infusion was screened; who has neither, was never in it.
    several = among(ids, rated.index[rated > 1])
    nobody = ids[~treated & ~has_form]
    unrated, untreated = ids[treated & ~has_form], ids[~treated & several]
    for what, lacking in (("forms", unrated), ("infusions", untreated)):
        found = reading.strangers.get(what, {})
        rows = pd.concat(list(found.values())) if found else pd.Series(dtype=int)
        if rows.empty:
            continue
        alone = pd.concat([lacking, nobody])
        near = _alike(rows.index, ids) | _one_slip(rows.index, alone)
        if _told(reading, next(iter(found), None), what, "subjects", rows, lacking, near):
            return
    # Where one file tells of people and of all that is theirs, whoever is mistyped is in it.
    rows = rated[among(rated.index, untreated)]
    if rows.empty:
        return
    near = _alike(rows.index, unrated) | _one_slip(rows.index, unrated)
    _told(reading, tables[0].table.file, "forms", "infusions", rows, unrated, near)


def _told(
    reading: Reading, file: str | None, what: str, where: str,
    rows: pd.Series, lacking: pd.Series, near: set[str],
) -> bool:  # fmt: skip
    """Say it where some are alike, or where both sides are short of about as many."""
    names = rows.index.unique()
    as_many = len(lacking) > 0 and len(names) <= _OTHERS * len(lacking)
    if not len(names) or not (near or as_many):
        return False
    beside = f"; participants who have none: {len(lacking)}" if len(lacking) else ""
    if near:
        beside += f"; {len(near)} of these differ(s) from an identifier there by a sign or its look"
    told = issue(
        "subject.unmatched", file=file, count=int(rows.sum()), rows=int(rows.sum()),
        what=what, names=len(names), table=where, beside=beside,
    )  # fmt: skip
    reading.issues.append(told)
    return True


def _alike(names: pd.Index, ids: pd.Series) -> set[str]:
    """Identifiers that are one of the study's but for case, zeros, or signs that look alike."""
    own = names.unique().to_series().astype("str")
    looks = (one.str.lower().str.translate(_LOOK) for one in (own, ids))
    return set(own[alike(own, ids) | alike(*looks)])


def _one_slip(names: pd.Index, ids: pd.Series) -> set[str]:
    """Identifiers that are one of some people's but for one sign, or two in another order."""
    if len(names) * len(ids) > _MOST_PAIRS:
        return set()
    return {str(name) for name in names if any(_slipped(str(name), other) for other in ids)}


def _slipped(one: str, other: str) -> bool:
    start = 0
    while start < min(len(one), len(other)) and one[start] == other[start]:
        start += 1
    a, b = one[start:], other[start:]
    swapped = len(a) > 1 and a[:2] == b[1::-1] and a[2:] == b[2:]
    return swapped or a[1:] == b[1:] or a[1:] == b or a == b[1:]
