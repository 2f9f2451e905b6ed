"""Suicidality is no sum and no change: the highest level, any behaviour, and who must be seen."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.errors import Issue
from analysis.instruments import known, totals
from analysis.rules import issue
from analysis.study import Study

__all__ = ["issues", "suicidality"]


def suicidality(study: Study) -> pd.DataFrame:
    """Ideation, behaviour and safety events of every form on which suicidality was asked about.

    To be called before forms with blanks are set aside: what was answered counts even where
    a blank leaves the score open.

    Returns
    -------
    DataFrame
        form, subject, ideation (highest level seen, 0 to 5, NaN where nothing was answered),
        behaviour (boolean, missing where not told), event (bool: level 4 or more, or
        behaviour).
    """
    columns = ["form", "subject", "instrument", "version", "stated_total"]
    ordinal = {name: scale for name, scale in known().items() if scale.rule == "highest"}
    forms = study.assessments.loc[study.assessments["instrument"].isin(list(ordinal)), columns]
    index = pd.Index(forms["form"])
    ideation = forms["stated_total"].to_numpy(dtype=float, na_value=np.nan).copy()
    behaviour = np.full(len(forms), np.nan)
    for (name, version), items in study.items.items():
        if name not in ordinal:
            continue
        scale = ordinal[name]
        kept = items[items.index.isin(index)].reindex(columns=list(scale.item_numbers(version)))
        values = kept.to_numpy(dtype=float, na_value=np.nan)
        at = index.get_indexer(kept.index)
        seen, behaviour[at] = totals.event(scale, version, values)
        ideation[at] = np.where(np.isnan(values).all(axis=1), np.nan, seen)
    limit = forms["instrument"].map({name: scale.event_level for name, scale in ordinal.items()})
    return pd.DataFrame(
        {
            "form": forms["form"].to_numpy(),
            "subject": forms["subject"].to_numpy(),
            "ideation": ideation,
            "behaviour": pd.Series(behaviour).astype("boolean"),
            "event": (ideation >= limit.to_numpy(float)) | (behaviour == 1),
        }
    )


def issues(study: Study, placed: pd.DataFrame) -> list[Issue]:
    """One FLAG with the number of people who had a safety event after an infusion, if any.

    Parameters
    ----------
    placed : DataFrame
        All forms of the study with ``latest_infusion`` (0: before the first).
    """
    after = placed.loc[placed["latest_infusion"] > 0, "form"]
    found = suicidality(study)
    events = found[found["event"] & found["form"].isin(after)]
    if events.empty:
        return []
    level = min(scale.event_level for scale in known().values() if scale.rule == "highest")
    return [issue("safety.suicidality", count=events["subject"].nunique(), level=level)]
