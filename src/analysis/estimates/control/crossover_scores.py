"""Scores of a crossover by period: what one form shows in one window after each infusion."""

from __future__ import annotations

import pandas as pd

from analysis.study import Study

__all__ = ["crossover_scores"]


def crossover_scores(
    study: Study, *, instrument: str, since: tuple[float, float], version: str = "standard"
) -> pd.DataFrame:
    """One row a given infusion: the score of one form in one window after it, or NaN.

    Parameters
    ----------
    study : Study
        A crossover whose ``assessments`` have ``infusion``, ``since_low`` and ``since_high``.
    instrument, version : str
        The form.
    since : (float, float)
        Hours after the start of the infusion; a form counts if its span of possible times
        lies within, limits included.

    Returns
    -------
    DataFrame
        Columns subject, sequence, period (1 or 2), treatment, outcome (points).

    Raises
    ------
    ValueError
        Where the study does not tell which infusion a form follows, where no form lies in
        the window, or where one infusion has several.
    """
    missing = {"infusion", "since_low", "since_high"} - set(study.assessments)
    if missing:
        raise ValueError(
            f"the assessments lack {', '.join(sorted(missing))}, so a score cannot be tied to "
            "the infusion it follows"
        )
    forms = study.assessments
    forms = forms[
        (forms["instrument"] == instrument)
        & (forms["version"] == version)
        & (forms["since_low"] >= since[0])
        & (forms["since_high"] <= since[1])
    ]
    if forms.empty:
        raise ValueError(
            f"no {instrument} lies {since[0]:g} to {since[1]:g} h after an infusion; "
            "choose a window that holds scores"
        )
    if forms.duplicated(["subject", "infusion"]).any():
        raise ValueError(
            f"an infusion has more than one {instrument} {since[0]:g} to {since[1]:g} h after it; "
            "choose a narrower window"
        )
    scores = forms.set_index(["subject", "infusion"])["stated_total"]
    given = study.infusions.merge(study.subjects[["subject", "sequence"]], on="subject")
    keys = pd.MultiIndex.from_arrays([given["subject"], given["infusion"].astype(float)])
    return pd.DataFrame(
        {
            "subject": given["subject"],
            "sequence": given["sequence"],
            "period": given["infusion"].astype(int),
            "treatment": given["agent"],
            "outcome": scores.reindex(keys).to_numpy(dtype=float),
        }
    )
