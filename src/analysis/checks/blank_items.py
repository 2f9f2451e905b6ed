"""Items that many leave blank at a visit: scored before the infusion on the items asked after it.

Startle at a clinic chair, say: left blank by many, its mean over the others is another question
than the item that was answered before.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from analysis import instruments
from analysis.errors import Issue
from analysis.rules import issue
from analysis.study import Study
from analysis.timeline import EFFICACY, place

__all__ = ["blank_for_lowest", "same_items_before"]

# Assumption: what more than a fifth leave blank does not fit the place or the hour. Of fewer
# forms than five one alone is that many.
_MANY, _FEWEST_FORMS = 0.2, 5
# So many answers blank and none the lowest, on so many assessments, is no chance; of the stated
# totals nearly all are then the sum of the answers that are there.
_SOME, _MANY_FORMS, _NEARLY_ALL = 0.05, 20, 0.9
_WHEN = {"hours": "within hours", "day": "about a day after", "later": "later on"}


@dataclass(frozen=True)
class _Often:
    """An item of one kind of form that many left blank in a phase, and who did."""

    kind: tuple[str, str]
    phase: str
    item: int
    people: frozenset[int]


def same_items_before(study: Study) -> tuple[Study, list[Issue]]:
    """The study in which both forms of a person, before and after, have the same items.

    Returns
    -------
    study : Study
        With an item blank on the forms before of each person who left it blank in a phase in
        which more than a fifth did. Only where the form after is scored all the same, blanks
        filled by the person's mean.
    issues : list of Issue
        One FLAG a scale, version and phase.
    """
    blank = {kind: table for kind in sorted(study.items)
             if (table := _blank(study, kind)).to_numpy().any()}  # fmt: skip
    if not blank:
        return study, []
    placed = place(study, study.assessments)
    found = [often for kind, table in blank.items() for often in _often_blank(table, placed, kind)]
    if not found:
        return study, []
    items = dict(study.items)
    before = placed[placed["phase"] == "before"]
    for often in found:
        own = (before["instrument"] == often.kind[0]) & (before["version"] == often.kind[1])
        forms = before.loc[own & before["subject"].isin(often.people), "form"]
        table = items[often.kind].copy()
        table.loc[table.index.isin(forms), often.item] = np.nan
        items[often.kind] = table
    return replace(study, items=items), list(_issues(found))


def _blank(study: Study, kind: tuple[str, str]) -> pd.DataFrame:
    """Which items are blank, forms by items; no items of a scale whose blanks are not filled."""
    scale = instruments.get(kind[0])
    numbers = list(scale.item_numbers(kind[1]))
    blank = study.items[kind].reindex(columns=numbers).isna()
    return blank if scale.blanks_allowed(len(numbers)) else blank.iloc[:0]


def _often_blank(
    blank: pd.DataFrame, placed: pd.DataFrame, kind: tuple[str, str]
) -> Iterator[_Often]:
    where = placed.set_index("form")[["phase", "subject"]].reindex(blank.index)
    # A form without any answer was not filled in.
    filled_in = ~blank.all(axis=1)
    allowed = instruments.get(kind[0]).blanks_allowed(blank.shape[1])
    scored = blank.sum(axis=1) <= allowed
    for phase in EFFICACY:
        here = filled_in & (where["phase"] == phase)
        if here.sum() < _FEWEST_FORMS:
            continue
        shares = blank[here].mean()
        for item in shares.index[shares > _MANY]:
            people = where.loc[here & scored & blank[item], "subject"].astype(int)
            yield _Often(kind, phase, int(item), frozenset(people))


def blank_for_lowest(study: Study) -> Iterator[Issue]:
    """Scales no answer of which is the lowest while many are blank, as where a zero was not kept.

    Parameters
    ----------
    study : Study
        Whose items stand as they were read.
    """
    stated = study.assessments.set_index("form")["stated_total"]
    for (name, version), answers in sorted(study.items.items()):
        low, values = instruments.get(name).item_low(version), answers.to_numpy(float)
        filled_in = ~np.isnan(values).all(axis=1)
        values = values[filled_in]
        blank = np.isnan(values)
        if len(values) < _MANY_FORMS or blank.mean() < _SOME or (values == low).any():
            continue
        told = stated.reindex(answers.index[filled_in]).to_numpy(float)
        with_total = blank.any(axis=1) & ~np.isnan(told)
        sums = np.nansum(values, axis=1) + low * blank.sum(axis=1)
        agree = (sums == told)[with_total]
        if len(agree) and agree.mean() < _NEARLY_ALL:
            continue
        n, share = int(blank.any(axis=1).sum()), f"{blank.mean():.0%}"
        yield issue("item.blank-for-lowest", count=n, scale=name, low=f"{low:g}", share=share)


def _issues(found: list[_Often]) -> Iterator[Issue]:
    groups: dict[tuple[tuple[str, str], str], list[_Often]] = {}
    for often in found:
        groups.setdefault((often.kind, often.phase), []).append(often)
    for (kind, phase), own in groups.items():
        people = frozenset().union(*(often.people for often in own))
        told = ", ".join(str(often.item) for often in own)
        yield issue(
            "item.blank-on-many", count=len(people), scale=kind[0], items=told, when=_WHEN[phase]
        ).about(people=people)
