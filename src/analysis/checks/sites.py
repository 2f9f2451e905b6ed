"""Rules about sites: whether they score, compare and treat alike."""

from __future__ import annotations

from typing import Any

import pandas as pd
from scipy.special import chdtrc

from analysis import instruments
from analysis.checks.forms import SetAside
from analysis.rules import issue
from analysis.study import Study

__all__ = ["check_sites"]

# So few forms of a site say nothing of the range it uses.
_FEW_FORMS = 5
# A range of 0 to 10 where 0 to 100 is meant.
_SHARE_OF_RANGE = 0.1
# So few forms of a site may be without a lowest answer; a chance that is none.
_MANY_FORMS, _CHANCE = 15, 1e-5
# Beyond this chance no random allocation leaves every site with one arm, or so nearly. An
# association of Cramér's V 0.5 is a strong one (Cohen 1988, w = 0.5); allocation in other
# proportions at some sites, as 1:2 and 2:1, stays below.
_ALLOCATED, _STRONG = 1e-3, 0.5


def check_sites(study: Study, forms: pd.DataFrame, found: SetAside) -> None:
    """Find sites that count in another range, have another comparator, or only one arm.

    ``study`` and ``forms`` are as in :func:`analysis.checks.forms.check_forms`; ``found`` takes
    what is found.
    """
    site = study.subjects.set_index("subject")["site"]
    if site.nunique() < 2:
        return
    _ranges(study, forms.assign(site=forms["subject"].map(site)), found)
    _bases(study, forms.assign(site=forms["subject"].map(site)), found)
    _comparators(study, site, found)


def _bases(study: Study, forms: pd.DataFrame, found: SetAside) -> None:
    """Sites without a single lowest answer, where others have many."""
    for (name, version), answers in study.items.items():
        scale = instruments.get(name)
        low = scale.item_low(version)
        own = forms[forms["form"].isin(answers.index)]
        values = answers.loc[own["form"]].to_numpy(float)
        told = own[["subject", "site"]].assign(lowest=(values == low).any(axis=1))
        people = told.groupby(["site", "subject"])["lowest"].any().groupby("site")
        sites = told.groupby("site")["lowest"].agg(forms="size", lowest="sum")
        sites["people"] = people.size()
        others = sites["lowest"] > 0
        # Of few people all may have one by chance (Laplace's rule of succession).
        share = (people.sum()[others].sum() + 1) / (sites.loc[others, "people"].sum() + 2)
        # People differ, so that it is they who count, not their answers.
        never = ~others & (sites["forms"] >= _MANY_FORMS)
        never &= (1 - share) ** sites["people"] < _CHANCE
        if scale.base_checked and never.any() and others.any():
            high = f"{len(scale.item_numbers(version)):g}"
            words: dict[str, Any] = {"small": int(never.sum()), "scale": name, "low": f"{low:g}"}
            count = int(sites.loc[never, "forms"].sum())
            found.issues.append(issue("item.base-differs-by-site", count=count, high=high, **words))


def _ranges(study: Study, forms: pd.DataFrame, found: SetAside) -> None:
    for (name, version), rows in forms.groupby(["instrument", "version"], sort=True):
        scale = instruments.get(str(name))
        low, high = scale.total_range(str(version))
        own = rows[(rows["phase"] == "before") & rows["total"].notna()]
        totals = own.groupby("site")["total"].agg(["count", "max", "median"])
        totals = totals[totals["count"] >= _FEW_FORMS]
        tenth = low + _SHARE_OF_RANGE * (high - low)
        small = int((totals["max"] <= tenth).sum())
        if scale.role == "safety" or not small or not (totals["median"] > tenth).any():
            continue
        ends = {"low": f"{low:g}", "high": f"{high:g}"}
        words: dict[str, Any] = {"small": small, "scale": scale.name, **ends}
        if scale.name == study.design.primary:
            found.issues.append(issue("score.scale-differs-by-site", count=len(own), **words))
        else:
            found.drop("form.scale-differs-by-site", forms, forms.index.isin(rows.index), **words)


def _association(arm: pd.Series, site: pd.Series) -> float | None:
    """Cramér's V of arms and sites, None where it is not strong or may be chance.

    With two arms V squared is the share of the comparison that is between sites, not within.
    """
    table = pd.crosstab(arm.to_numpy(), site.to_numpy()).to_numpy(float)
    if min(table.shape) < 2:
        return None
    n = table.sum()
    expected = table.sum(axis=1, keepdims=True) * table.sum(axis=0) / n
    squares = float(((table - expected) ** 2 / expected).sum())
    df, least = (table.shape[0] - 1) * (table.shape[1] - 1), min(table.shape) - 1
    strength = (squares / (n * least)) ** 0.5
    return strength if strength >= _STRONG and chdtrc(df, squares) < _ALLOCATED else None


def _comparators(study: Study, site: pd.Series, found: SetAside) -> None:
    arm = study.subjects.set_index("subject")["arm"]
    if study.design.design != "parallel" or study.design.comparator_arm is None:
        return
    arms = arm.groupby(site).nunique()
    alone = arms.index[arms == 1]
    known = site[arm.notna()]
    # Beyond the first person of each site, everyone went by chance to the arm that others had.
    chance = 0.5 ** (len(known.dropna()) - known.nunique())
    if arm.nunique() > 1 and not (arms > 1).any() and chance < _ALLOCATED:
        found.issues.append(issue("comparator.arm-is-site", count=known.nunique()))
    else:
        if (strength := _association(arm[known.index], known)) is not None:
            n, told = int(known.notna().sum()), f"{strength:.2f}"
            found.issues.append(issue("site.goes-with-arm", count=n, strength=told))
        # How many people have nobody of the other arm at their site: no measure of strength.
        if len(alone) and arm.nunique() > 1:
            people = int((site.isin(alone) & arm.notna()).sum())
            found.issues.append(issue("comparator.at-other-sites", count=people))
    given = study.infusions[study.infusions["subject"].map(arm) == study.design.comparator_arm]
    agents = given.groupby(given["subject"].map(site))["agent"].agg(frozenset)
    if agents.nunique() > 1:
        count = given["subject"].nunique()
        found.issues.append(issue("comparator.differs-by-site", count=count))
