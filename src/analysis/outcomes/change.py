"""Change from baseline and response: one row a person and window."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis import instruments
from analysis.errors import ReliefError
from analysis.numbers import numbers, one_number
from analysis.timeline import ACUTE_END, EFFICACY

__all__ = ["change", "person_change", "response"]

# Scores are compared only when the form is the same and asks about the same window.
FORM = ["instrument", "version", "recall_hours"]
# Means of a few whole points are compared with thresholds to this many decimals.
DECIMALS = 9


def change(forms: pd.DataFrame, baselines: pd.DataFrame) -> pd.DataFrame:
    """Change from baseline of every scored form after an infusion, efficacy phases only.

    Returns
    -------
    DataFrame
        The placed forms of phases hours, day and later, and those whose time reaches across
        an edge but lies 2 h or more after the infusion's end (empty phase), with
        ``baseline``, ``change`` (points, negative = fewer symptoms), ``n_ratings`` and
        ``other_day``. A form is compared with a baseline of the same instrument, version and
        recall window; without one it is left out. So are scales on which a change from
        baseline has no meaning (CGI-I, C-SSRS, DES-II). A score within hours that followed
        rescue medication counts as not improved: it is never below baseline.
    """
    after = forms[(forms["latest_infusion"] > 0) & forms["total"].notna()]
    names = after["instrument"].unique()
    after = after[after["instrument"].isin([n for n in names if instruments.get(n).differenced])]
    # An unclear time counts only if it cannot be during the infusion or in the acute phase.
    unclear = (after["phase"] == "") & (after["since_end_low"] >= ACUTE_END)
    after = after[after["phase"].isin(EFFICACY) | unclear]
    merged = after.merge(baselines, on=["subject", *FORM], how="inner", validate="many_to_one")
    # Composite strategy: calm after a rescue sedative is not relief by the infusion.
    rescued = (merged["phase"] == "hours") & merged["rescued"]
    merged["total"] = merged["total"].mask(rescued & (merged["total"] < merged["baseline"]),
                                           merged["baseline"])  # fmt: skip
    merged["change"] = merged["total"] - merged["baseline"]
    return merged


def person_change(changes: pd.DataFrame, *, low: float, high: float) -> pd.DataFrame:
    """One row a person: mean over the forms in [low, high) hours after the infusion's end.

    Forms count only if their whole time lies in the window and they belong to the first
    infusion.

    Parameters
    ----------
    changes : DataFrame
        Rows of :func:`change` of one instrument and version.
    low, high : float
        Hours after the end of the infusion.

    Returns
    -------
    DataFrame
        subject, baseline, score, change (points), n_forms, other_day.

    Raises
    ------
    ReliefError
        ``outcome.mixed-forms`` where the window holds several instruments, versions or
        recall windows: totals of different forms are not averaged.
    """
    inside = (
        (changes["since_end_low"].to_numpy() >= low)
        & (changes["since_end_high"].to_numpy() < high)
        & (changes["latest_infusion"].to_numpy() == 1)
    )
    own = changes.loc[inside, ["subject", *FORM, "baseline", "total", "change", "other_day"]]
    several = len(own) and any((own[name] != own[name].iloc[0]).any() for name in FORM)
    if several and len(kinds := own[FORM].drop_duplicates()) > 1:
        names = sorted({f"{row.instrument}, {row.version}" for row in kinds.itertuples()})
        raise ReliefError(
            "outcome.mixed-forms",
            f"A window holds scores of several forms ({'; '.join(names)}) or of several recall "
            "windows, which are never averaged; keep one instrument and version.",
        )
    # In arrays: grouping takes six times as long, and claims ask often.
    subject, first, whose, forms = np.unique(
        own["subject"].to_numpy(), return_index=True, return_inverse=True, return_counts=True
    )
    score, fall = (
        np.bincount(whose, own[name].to_numpy(float), len(subject)) / forms
        for name in ("total", "change")
    )
    return pd.DataFrame(
        {
            "subject": subject,
            "baseline": own["baseline"].to_numpy()[first],
            "score": score,
            "change": fall,
            "n_forms": forms,
            "other_day": own["other_day"].to_numpy()[first],
        }
    )


def response(baseline: pd.Series, score: pd.Series, share: float) -> pd.Series:
    """Whether the score fell by at least a share of baseline; missing where baseline is 0.

    There is no consensus on the share: 143 PTSD trials used 226 definitions (Varker 2020),
    so it is always named.

    Parameters
    ----------
    baseline, score : Series of float, or array_like
        Points of the same people, matched as :mod:`analysis.numbers` says.
    share : float
        Above 0, at most 1; 0.30 or 0.50 by custom. A fall of just this share counts.

    Returns
    -------
    Series of boolean
        Missing where the baseline is 0 or either score is missing.

    Raises
    ------
    ValueError
        When the share is not above 0 and at most 1; as :func:`analysis.numbers.numbers`.
    """
    if not 0 < one_number(share, "share") <= 1:
        raise ValueError("A response is a fall by a share of baseline above 0 and at most 1.")
    index = next((c.index for c in (baseline, score) if isinstance(c, pd.Series)), None)
    before, after = numbers(baseline=baseline, score=score)
    at_baseline = pd.Series(before, index=index)
    fall = ((at_baseline - after) / at_baseline.where(at_baseline > 0)).round(DECIMALS)
    return (fall >= share).astype("boolean").mask(fall.isna())
