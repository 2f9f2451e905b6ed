"""Dissociation of one study: its course, its return to baseline, and what it would mediate."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from analysis.claims.case import Case
from analysis.describe.common import (
    both_arms,
    digits,
    fewest_in_a_step,
    policy,
    released,
    row_words,
)
from analysis.estimates.explanations import dissociation, intoxication, mediation
from analysis.estimates.onset.interval_censored import turnbull

__all__ = [
    "dissociation_course",
    "dissociation_forms",
    "known_back",
    "mediated_by_dissociation",
    "residual_effects",
    "return_to_baseline",
]

HOURS = (1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0)


def dissociation_forms(case: Case) -> pd.DataFrame:
    """Scored CADSS forms of people with an arm.

    Raises
    ------
    ValueError
        When there are none.
    """
    own = case.scored("CADSS")
    own = own[own["subject"].map(case.arms).notna()]
    if own.empty:
        raise ValueError("The study has no CADSS score.")
    return own


def dissociation_course(case: Case, *, at_least: int | None = None) -> pd.DataFrame:
    """Mean and median CADSS before and in spans of hours after the start: estimate rows."""
    at_least = fewest_in_a_step(case) if at_least is None else at_least
    forms = dissociation_forms(case)
    found = dissociation.course(forms, case.arms, at_least=at_least, instrument="CADSS")
    return released(case, found)


def return_to_baseline(
    case: Case, *, hours: tuple[float, ...] = HOURS, at_least: int | None = None
) -> pd.DataFrame:
    """Share of each arm back near baseline by so many hours, times known as intervals.

    "Near" is the claim's own threshold in points. A point is kept where nobody or at least
    ``at_least`` people lie on either side of it; for others not where nobody does, and shares
    are of rounded counts.

    Returns
    -------
    DataFrame
        arm, n, hours (from the start), lower, upper (0 to 1): the envelope of Turnbull's
        estimate, which the data do not narrow further.
    """
    at_least, rules = fewest_in_a_step(case) if at_least is None else at_least, policy(case)
    points = case.definitions.claims["dissociation_brief"].thresholds["points"].number
    returns = dissociation.time_to_return(
        dissociation_forms(case), points=points, by_hours=max(hours)
    )
    parts = []
    for arm, people in returns.groupby(returns["subject"].map(case.arms), sort=True):
        n, grid = len(people), np.array(hours)
        found = turnbull(*dissociation.return_intervals(people))
        lower, upper = found.lower(grid).round(9), found.upper(grid).round(9)
        sides = np.round(n * np.stack([lower, upper, 1 - lower, 1 - upper]), 6)
        kept = (n >= at_least) & ((sides == 0) | (sides >= at_least)).all(axis=0)
        if rules is not None:
            kept &= (sides > 0).all(axis=0)
            lower, upper = (
                np.array([rules.share(one, n) for one in ends]) for ends in (lower, upper)
            )
            n = rules.rounded(n)
        parts.append(
            pd.DataFrame({"arm": str(arm), "n": n, "hours": grid, "lower": lower, "upper": upper})[
                kept
            ]
        )
    return pd.concat(parts, ignore_index=True)


def known_back(case: Case) -> list[str]:
    """Of each arm, how many were seen back near baseline in time, seen away, and neither.

    The claim counts those of whom it is not known as not back for support and as back for
    contradiction; a table of harms counts those of whom it is known.
    """
    limits = case.definitions.claims["dissociation_brief"].thresholds
    hours = limits["hours"].number
    returns = dissociation.time_to_return(
        dissociation_forms(case), points=limits["points"].number, by_hours=hours
    )
    told = []
    for arm, own in returns.groupby(returns["subject"].map(case.arms), sort=True):
        back, away = int(own["back"].eq(True).sum()), int(own["back"].eq(False).sum())
        unknown = len(own) - back - away
        told.append(
            f"{arm}: of {len(own)} participants rated before and after, dissociation had resolved "
            f"by {hours:g} h in {back}, had not in {away}, and for {unknown} it is unknown."
        )
    return told


def mediated_by_dissociation(
    case: Case, *, window: str, seed: int, resamples: int = mediation.RESAMPLES
) -> mediation.LinearMediation:
    """Indirect effect through peak CADSS above baseline, with its sensitivity analysis.

    People with a score in the window and a CADSS before and after the start; baseline is the
    covariate. For others its parts have three digits, and its people are rounded.

    Raises
    ------
    ValueError
        For others, where the numbers are withheld; ``why`` is in the sentence.
    """
    peaks = dissociation.time_to_return(dissociation_forms(case), points=0.0, by_hours=24.0)
    people = case.people(window).merge(peaks[["subject", "peak"]], on="subject")
    found = mediation.linear_mediation(
        people["score"].to_numpy(float),
        people["peak"].to_numpy(float),
        (people["arm"] == both_arms(case)["treated"]).to_numpy(),
        people["baseline"].to_numpy(float),
        seed=seed,
        resamples=resamples,
    )
    if (rules := policy(case)) is None:
        return found
    if rule := rules.why_not(case.cell(people["arm"], parameters=4)):
        raise ValueError(f"What dissociation mediates is withheld: {rules.words(rule)}.")
    parts = np.array([digits(case, float(part)) for part in found.parts])
    return replace(found, parts=parts, n=rules.rounded(found.n))


def residual_effects(case: Case, *, window: str) -> pd.DataFrame:
    """The difference with those still dissociated set aside, or counted as not improved."""
    points = case.definitions.claims["dissociation_brief"].thresholds["points"].number
    bounds = case.windows[window]
    away = intoxication.still_dissociated(
        dissociation_forms(case), points=points, low=bounds.low, high=bounds.high
    ).set_index("subject")["away"]
    people = case.people(window)
    marks = people["subject"].map(away).astype("boolean")
    if marks.isna().all():
        label = bounds.label
        raise ValueError(f"Nobody was rated for dissociation and symptoms together, {label} after.")
    words = row_words(case, window)
    return released(case, intoxication.without_residual(people, marks, **both_arms(case), **words))
