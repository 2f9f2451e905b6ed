"""Rules about answers and scores that are more alike than people are: copied, or worked out."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
from scipy.special import bdtrc, ndtr

from analysis import instruments
from analysis.errors import Issue
from analysis.rules import issue
from analysis.study import Study
from analysis.timeline import EFFICACY

__all__ = ["copied_answers", "older_totals", "same_change"]

# Fewer items are answered alike twice by chance.
_MANY_ITEMS = 10
# Of two forms of a person that agree in all items but one at the most, hardly more than this share
# agree in all; beyond a chance of one in a thousand they were copied.
_AGREE_IN_ALL, _CHANCE = 0.3, 0.001
# Changes of fewer people, of people who start alike, or on a short scale may agree by chance.
_PEOPLE, _STARTS, _RANGE = 8, 5, 20
# Points: two scores rounded each.
_ROUNDED = 1.0
_MANY_TOTALS = 30
# Points above the least of an older version; whoever is as ill as that is chosen for no trial.
_NEAR = 10


def copied_answers(study: Study, forms: pd.DataFrame, primary: pd.DataFrame) -> Iterator[Issue]:
    """Answers of one visit that stand at the next again, more often than nearly the same ones."""
    for (name, version), answers in study.items.items():
        own = forms[(forms["instrument"] == name) & (forms["version"] == version)]
        own = own[(own["n_missing"] == 0) & (own["n_items"] >= _MANY_ITEMS)]
        own = own.iloc[np.lexsort([own[key] for key in ("form", "hours_low", "subject")])]
        values = answers.reindex(own["form"]).to_numpy(float)
        # One answer to everything is another matter, and may be what a person means twice.
        if len(own) < 2 or not (told := np.ptp(np.nan_to_num(values), axis=1) > 0).any():
            continue
        subject = own["subject"].to_numpy()
        pair = (subject[1:] == subject[:-1]) & told[1:]
        apart = (values[1:] != values[:-1]).sum(axis=1)[pair]
        copies, nearly = int((apart == 0).sum()), int((apart == 1).sum())
        # The upper tail of a binomial; scipy.stats takes a quarter second to import.
        if bdtrc(copies - 1, copies + nearly, _AGREE_IN_ALL) < _CHANCE:
            again = own["form"].to_numpy()[1:][pair][apart == 0]
            told_ = issue("form.copied-forward", count=copies, scale=str(name), n=len(apart))
            yield told_.about(forms=again)


def same_change(study: Study, forms: pd.DataFrame, primary: pd.DataFrame) -> Iterator[Issue]:
    """Arms in which everybody changes by the same share, or by the same number of points."""
    arm = study.subjects.set_index("subject")["arm"].astype(object).fillna("unknown")
    use = forms["total"].notna() & (forms["latest_infusion"] <= 1)
    scored = forms.loc[use.to_numpy(), ["instrument", "version", "subject", "phase", "hours_low",
                                        "total"]]  # fmt: skip
    scored = scored.sort_values("hours_low", kind="stable")
    for (name, version), rows in scored.groupby(["instrument", "version"], sort=True):
        low, high = instruments.get(str(name)).total_range(str(version))
        if high - low < _RANGE:
            continue
        subject, total, phases = rows["subject"].to_numpy(), rows["total"].to_numpy(), rows["phase"]
        # The last before or their mean, as a baseline is, and the first of a phase after.
        own = np.flatnonzero(phases == "before")[::-1]
        people, at, whose, ratings = np.unique(
            subject[own], return_index=True, return_inverse=True, return_counts=True
        )
        mean = np.bincount(whose, total[own], len(people)) / ratings
        befores = (total[own[at]] - low, mean - low)
        for phase in EFFICACY:
            own = np.flatnonzero(phases == phase)
            seen, at = np.unique(subject[own], return_index=True)
            both, here, there = np.intersect1d(
                people, seen, assume_unique=True, return_indices=True
            )
            after = total[own[at]][there] - low
            arms = arm.reindex(both).to_numpy()
            for one in sorted(set(arms.tolist())):
                which = arms == one
                told = (_alike(before[here][which], after[which]) for before in befores)
                if how := next(filter(None, told), ""):
                    n = int(which.sum())
                    yield issue("score.same-change", count=n, scale=str(name), how=how)


def _alike(before: np.ndarray, after: np.ndarray) -> str:
    """By what everybody changes; empty where people differ, as they do."""
    if len(before) < _PEOPLE or len(np.unique(before)) < _STARTS or (before <= 0).any():
        return ""
    share = float(np.median(after / before))
    points = float(np.median(after - before))
    if share > 0 and (np.abs(after - share * before) <= _ROUNDED).all():
        return "share"
    return "number of points" if (np.abs(after - before - points) <= _ROUNDED).all() else ""


def older_totals(study: Study, forms: pd.DataFrame, primary: pd.DataFrame) -> Iterator[Issue]:
    """Many stated totals, none of them below the least that an older version can have.

    Severe illness explains that as well, unless totals come near that least, or one at least would
    lie below it as they scatter. What people were chosen by says nothing.
    """
    stated = forms[~forms["from_items"].astype(bool) & forms["total"].notna()]
    chosen = study.subjects.loc[study.subjects["entry_threshold"].notna(), "subject"]
    stated = stated[~((stated["phase"] == "before") & stated["subject"].isin(chosen))]
    for name, rows in stated.groupby("instrument", sort=True):
        scale, totals = instruments.get(str(name)), rows["total"].to_numpy(float)
        least = scale.older_least
        if least is None or len(rows) < _MANY_TOTALS or totals.min() < least:
            continue
        below = ndtr((least - totals.mean()) / max(totals.std(ddof=1), _ROUNDED))
        if totals.min() < least + _NEAR or len(rows) * below >= 1:
            told, items = f"{least:g}", f"{len(scale.numbers)}"
            yield issue(
                "score.older-totals", count=len(rows), scale=str(name), least=told, items=items
            )
