"""Still under the drug when the symptoms were rated: what the difference is without it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from analysis.estimates.control.ancova import ancova
from analysis.estimates.explanations.dissociation import refuse_mixed

__all__ = ["still_dissociated", "without_residual"]


def still_dissociated(
    forms: pd.DataFrame, *, points: float, low: float, high: float
) -> pd.DataFrame:
    """Whether a person's dissociation was back near baseline while the efficacy form was due.

    Parameters
    ----------
    forms : DataFrame
        Placed, scored CADSS (or sedation) forms of one version.
    points : float
        How near to baseline counts as back.
    low, high : float
        Hours after the end of the first infusion, [low, high): the window of efficacy.

    Returns
    -------
    DataFrame
        subject, away (boolean: any rating in the window above baseline by more than ``points``;
        missing where nobody rated in the window). People without a rating before are left out.

    Raises
    ------
    ReliefError
        ``score.mixed-versions``: totals of different versions are not compared.
    """
    refuse_mixed(forms)
    scored = forms[forms["total"].notna()].sort_values(["subject", "hours_high"], kind="stable")
    before = scored[scored["phase"] == "before"].groupby("subject")["total"].last()
    inside = (scored["since_end_low"] >= low) & (scored["since_end_high"] < high)
    inside &= scored["latest_infusion"] == 1
    peak = scored[inside].groupby("subject")["total"].max().reindex(before.index)
    away = (peak > before + points).astype("boolean").mask(peak.isna())
    return pd.DataFrame({"subject": before.index, "away": away.array})


def without_residual(
    people: pd.DataFrame, away: pd.Series, *, treated: str, control: str, **words: Any
) -> list[dict[str, Any]]:
    """The difference with all people, and two ways with those still affected: a sensitivity.

    Setting people aside by what happened after the infusion breaks the randomisation, so that
    row is no estimate of an effect on the others. Counting them as not improved keeps everyone
    and is a composite strategy in the words of ICH E9(R1).

    Parameters
    ----------
    people : DataFrame
        As :func:`analysis.estimates.control.ancova.ancova` takes it: score, baseline, arm.
    away : Series of boolean
        The same people in the same order; missing where nobody rated, which counts as affected.
    treated, control : str
    **words
        Text columns of the table of estimates.

    Returns
    -------
    list of rows
        ``adjusted difference``; ``adjusted difference, participants still affected excluded``;
        ``adjusted difference, participants still affected counted as not improved``.

    Raises
    ------
    ValueError
        As ``ancova``: also when setting people aside leaves fewer than three in an arm.
    """
    if len(away) != len(people):
        raise ValueError("Every person needs a mark of being affected or not, or a missing one.")
    affected = away.fillna(True).to_numpy(bool)
    composite = np.where(affected, np.maximum(people["score"], people["baseline"]), people["score"])
    choices = (
        ("", people, ""),
        (", participants still affected excluded", people[~affected], "breaks the randomisation"),
        (
            ", participants still affected counted as not improved",
            people.assign(score=composite),
            "composite strategy",
        ),
    )
    moved = {one: int((affected & (people["arm"] == one)).sum()) for one in (treated, control)}
    rows = []
    for name, table, note in choices:
        found = ancova(table, treated=treated, control=control, **words)[0]
        more: dict[str, Any] = {"estimand": found["estimand"] + name}
        if note:
            told = f"{found['method']}; {int(affected.sum())} still affected or not rated, {note}"
            others = replace(found["cell"], method=f"{found['method']}; {note}")
            more |= {"method": told, "cell": others.moving(moved)}
        rows.append(found | more)
    return rows
