"""Rules about what only many forms or people together can tell."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from analysis import instruments
from analysis.checks.comparison import arms_of
from analysis.errors import Issue
from analysis.rules import issue, of_people
from analysis.study import Study
from analysis.timeline import EFFICACY

__all__ = ["directions", "empty_arms", "few_people", "means_of_few", "straight_lines"]

# So few items are often answered alike by chance.
_FEW_ITEMS = 5
# Assumption: what fewer people in an arm show describes them alone.
_FEW_PEOPLE = 5
# A correlation of fewer people says nothing; beyond this normal quantile it is not by chance.
_FEW_PAIRS, _BEYOND_CHANCE = 10, 2.58
# Of a sum of so many items; a few among so many others, at most so large a share of them.
_ITEMS_OF_A_SUM, _OTHERS, _SHARE = 5, 10, 0.25
# Points; less is the rounding of a computer.
_NO_SPREAD = 1e-6


def straight_lines(study: Study, forms: pd.DataFrame, primary: pd.DataFrame) -> Iterator[Issue]:
    """People who answer every item alike, form after form; no symptom at all is no such case."""
    for (name, version), answers in study.items.items():
        own = forms[(forms["instrument"] == name) & (forms["version"] == version)]
        own = own[(own["n_missing"] == 0) & (own["n_items"] >= _FEW_ITEMS)].set_index("form")
        values = answers.reindex(own.index).to_numpy(float)
        enough = np.isfinite(values).sum(axis=1) >= _FEW_ITEMS
        own, values = own[enough], values[enough]
        if own.empty:
            continue
        lowest = instruments.get(name).total_range(version)[0]
        alike = (np.nanmax(values, axis=1) == np.nanmin(values, axis=1)) & (own["total"] > lowest)
        often = alike.groupby(own["subject"]).sum() >= 2
        share = f"{alike.mean():.0%}"
        yield from of_people("form.straight-lined", often.index[often], scale=name, share=share)


def directions(study: Study, forms: pd.DataFrame, primary: pd.DataFrame) -> Iterator[Issue]:
    """Scores that go down where they were high, more than any treatment brings about."""
    scored = forms[forms["total"].notna()]
    for name, rows in scored.groupby("instrument", sort=True):
        scale = instruments.get(str(name))
        if scale.role == "safety" or not scale.differenced:
            continue
        pairs = _pairs(study, rows)
        arms = pairs["arm"].nunique()
        freedom = len(pairs) - arms - 2
        if len(pairs) < _FEW_PAIRS or freedom < 1:
            continue
        scores = pairs[["before", "after"]]
        centred = scores - scores.groupby(pairs["arm"]).transform("mean")
        if (centred.std() < _NO_SPREAD).any():
            continue
        r = float(np.clip(centred["before"].corr(centred["after"]), -1 + 1e-9, 1 - 1e-9))
        # Fisher's transformation; a degree of freedom less for each further arm.
        if np.arctanh(r) * np.sqrt(freedom) < -_BEYOND_CHANCE:
            n = len(pairs)
            yield issue("score.direction", count=n, scale=str(name), r=f"{r:.2f}", n=n)


def _pairs(study: Study, rows: pd.DataFrame) -> pd.DataFrame:
    """Mean score before and after the first infusion, and the arm, of each person with both."""
    early = rows["phase"] == "before"
    first = rows["phase"].isin(EFFICACY) & (rows["latest_infusion"] == 1)
    before, after = (
        rows["total"][when].groupby(rows["subject"][when]).mean() for when in (early, first)
    )
    pairs = pd.DataFrame({"before": before, "after": after}).dropna()
    return pairs.assign(arm=arms_of(study).reindex(pairs.index).fillna("unknown"))


def empty_arms(study: Study, forms: pd.DataFrame, primary: pd.DataFrame) -> Iterator[Issue]:
    """Declared arms of a parallel study that nobody is in, or nobody of whom was rated at all."""
    if study.design.design != "parallel" or study.design.comparator_arm is None:
        return
    arm = study.subjects.set_index("subject")["arm"].astype("object")
    left = arm[~arm.index.isin(list(study.set_aside))]
    rated = left[left.index.isin(primary["subject"])]
    for name in (study.design.active_arm, study.design.comparator_arm):
        if not (left == name).any():
            yield issue("arm.empty", declared=name)
        elif len(rated) and not (rated == name).any():
            n, scale = int((left == name).sum()), study.design.primary
            yield issue("arm.not-rated", count=n, n=n, declared=name, scale=scale)


def means_of_few(study: Study, forms: pd.DataFrame, primary: pd.DataFrame) -> Iterator[Issue]:
    """A few people all of whose totals are as small as means of items, while nobody else's are.

    One with fractions is enough; of whole numbers two people, and nobody else near them.
    """
    stated = forms[~forms["from_items"].astype(bool) & forms["total"].notna()]
    for (name, version), rows in stated.groupby(["instrument", "version"], sort=True):
        scale = instruments.get(str(name))
        numbers = scale.item_numbers(str(version))
        if scale.rule != "sum" or scale.turned or len(numbers) < _ITEMS_OF_A_SUM:
            continue
        most = scale.largest_mean(str(version))
        whole = rows["total"] == np.floor(rows["total"])
        by_person = rows.assign(whole=whole).groupby("subject")
        people = by_person.agg(top=("total", "max"), n=("total", "size"), whole=("whole", "all"))
        small = people[(people["top"] <= most) & (people["top"] > 0) & (people["n"] > 1)]
        others = people[people["top"] > most]
        if len(others) < _OTHERS or len(small) > _SHARE * len(others):
            continue
        apart = len(small) > 1 and others["top"].min() > 2 * most
        told = small if apart else small[~small["whole"]]
        yield from of_people(
            "score.means-of-few", told.index, scale=str(name), most=f"{most:g}", n=len(told)
        )


def few_people(study: Study, forms: pd.DataFrame, primary: pd.DataFrame) -> Iterator[Issue]:
    """An arm of hardly anybody; of several, the smallest."""
    people = _pairs(study, primary)["arm"].value_counts()
    if len(people) and (n := int(people.min())) < _FEW_PEOPLE:
        name = study.design.primary
        yield issue("arm.few-people", count=n, n=n, scale=name, least=_FEW_PEOPLE)
