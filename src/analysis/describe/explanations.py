"""What else could explain a difference, of one study: tables for notebook and report.

Groups of fewer than ``at_least`` people give no row and no point, as in
:func:`analysis.describe.cumulative_change`; a real study's tables pass
:func:`analysis.release.release` besides.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from analysis.claims.case import Case
from analysis.describe.study import bias_table
from analysis.estimates import (
    blinding,
    controlled,
    dissociation,
    expectancy,
    external,
    intoxication,
    mediation,
    stratified,
)
from analysis.estimates.interval_censored import turnbull
from analysis.estimates.table import table
from analysis.release import release

__all__ = [
    "bias_curve",
    "blinding_indices",
    "both_arms",
    "change_by_guess",
    "difference_by_baseline",
    "difference_by_stratum",
    "dissociation_course",
    "dissociation_forms",
    "external_control",
    "guesses",
    "mediated_by_dissociation",
    "nullifying",
    "primary_difference",
    "residual_effects",
    "return_to_baseline",
]

HOURS = (1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0)
AT_LEAST = 5


def both_arms(case: Case) -> dict[str, str]:
    """The names of the two arms, as the estimators take them."""
    treated, control = case.design.active_arm, case.design.comparator_arm
    if treated is None or control is None:
        raise ValueError("The study has no comparator; there is no difference to explain.")
    return {"treated": treated, "control": control}


def _words(case: Case, window: str, **more: str) -> dict[str, Any]:
    arms = both_arms(case)
    label = case.definitions.windows[window].label
    contrast = f"{arms['treated']} - {arms['control']}"
    return {"contrast": contrast, "instrument": case.scale.name, "window": label} | more


def _asked(case: Case) -> pd.DataFrame:
    """People who were asked to guess, with arm and guess."""
    guess = case.checked.study.subjects.set_index("subject")["blinding_guess"]
    people = pd.DataFrame({"arm": case.arms, "guess": guess}).dropna()
    if people.empty:
        raise ValueError("Nobody was asked to guess the treatment; blinding cannot be judged.")
    return people


def _counts(case: Case) -> pd.DataFrame:
    people = _asked(case)
    return blinding.guess_counts(people["arm"], people["guess"], **both_arms(case))


def guesses(case: Case, *, at_least: int = AT_LEAST) -> pd.DataFrame:
    """People of each arm who guessed right, wrong or not at all.

    Where that leaves a cell of few people, wrong guesses and none are one column; what is still
    small is withheld. The index of an arm and its right guesses tell its wrong ones, so of a
    real study one of the two is shown.

    Returns
    -------
    DataFrame
        Index arm; columns right, wrong and do not know (or ``wrong or do not know``), all.
    """
    treated, control = both_arms(case).values()
    counts = _counts(case)
    known = pd.DataFrame(
        {
            "right": [counts.loc[treated, "treated"], counts.loc[control, "control"]],
            "wrong": [counts.loc[treated, "control"], counts.loc[control, "treated"]],
            "do not know": counts["do not know"],
        }
    )
    cells = known.to_numpy()
    if ((cells >= 1) & (cells < at_least)).any():
        other = known["wrong"] + known["do not know"]
        known = pd.DataFrame({"right": known["right"], "wrong or do not know": other})
    known["all"] = known.sum(axis=1)
    return release(known.rename_axis(index="arm"), minimum=at_least)


def blinding_indices(case: Case) -> pd.DataFrame:
    """James' index of the trial, Bang's of each arm and what they add up to: estimate rows."""
    counts, arms = _counts(case), both_arms(case)
    rows = [blinding.james_index(counts, contrast="both arms")]
    for own, other in (("treated", "control"), ("control", "treated")):
        right, wrong, unknown = (
            int(counts[guess].to_dict()[arms[own]]) for guess in (own, other, "do not know")
        )
        rows += blinding.bang_index(right, wrong, unknown, contrast=arms[own])
    both = f"{arms['treated']} - {arms['control']}"
    return table([*rows, expectancy.belief_gap(counts, contrast=both)])


def change_by_guess(case: Case, *, window: str, at_least: int = AT_LEAST) -> pd.DataFrame:
    """Change and difference among those who guessed alike; descriptive: estimate rows."""
    people = case.people(window)
    people = people.assign(guess=people["subject"].map(_asked(case)["guess"]))
    people = people[people["guess"].notna()]
    words = _words(case, window)
    del words["contrast"]
    return table(
        blinding.difference_by_guess(
            people["change"],
            people["arm"],
            people["guess"],
            at_least=at_least,
            **both_arms(case),
            **words,
        )
    )


def primary_difference(case: Case, *, window: str) -> dict[str, Any]:
    """The baseline-adjusted difference in a window, the row that the bias model starts from."""
    return controlled.ancova(case.people(window), **both_arms(case), **_words(case, window))[0]


def bias_curve(case: Case, estimate: dict[str, Any]) -> pd.DataFrame:
    """The difference and its interval under every declared bound on bias.

    Returns
    -------
    DataFrame
        As :func:`analysis.describe.bias_table`, with estimate, ci_low, ci_high (points, after
        the bias is taken off).
    """
    found = bias_table(case, estimate)
    shifts = expectancy.shifted(estimate, found["bound_points"].tolist())
    columns = ["estimate", "ci_low", "ci_high"]
    return pd.concat([found, pd.DataFrame(shifts, columns=columns)], axis=1)


def nullifying(case: Case, estimate: dict[str, Any]) -> pd.DataFrame:
    """How much bias, and how much effect of belief, would nullify a difference: estimate rows.

    Rows about belief only where people were asked to guess.
    """
    rows = expectancy.nullifying_bias(estimate, sd=case.baseline_sd)
    if case.checked.study.subjects["blinding_guess"].notna().any():
        rows += expectancy.nullifying_belief(estimate, expectancy.belief_gap(_counts(case)))
    return table(rows)


def dissociation_forms(case: Case) -> pd.DataFrame:
    """Scored CADSS forms of people with an arm.

    Raises
    ------
    ValueError
        When there are none.
    """
    forms = case.checked.forms
    own = forms[(forms["instrument"] == "CADSS") & forms["total"].notna()]
    own = own[own["subject"].map(case.arms).notna()]
    if own.empty:
        raise ValueError("The study has no CADSS score.")
    return own


def dissociation_course(case: Case, *, at_least: int = AT_LEAST) -> pd.DataFrame:
    """Mean and median CADSS before and in spans of hours after the start: estimate rows."""
    forms = dissociation_forms(case)
    found = dissociation.course(forms, case.arms, at_least=at_least, instrument="CADSS")
    return table(found)


def return_to_baseline(
    case: Case, *, hours: tuple[float, ...] = HOURS, at_least: int = AT_LEAST
) -> pd.DataFrame:
    """Share of each arm back near baseline by so many hours, times known as intervals.

    "Near" is the claim's own threshold in points. A point is kept where nobody or at least
    ``at_least`` people lie on either side of it.

    Returns
    -------
    DataFrame
        arm, n, hours (from the start), lower, upper (0 to 1): the envelope of Turnbull's
        estimate, which the data do not narrow further.
    """
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
        parts.append(
            pd.DataFrame({"arm": str(arm), "n": n, "hours": grid, "lower": lower, "upper": upper})[
                kept
            ]
        )
    return pd.concat(parts, ignore_index=True)


def mediated_by_dissociation(
    case: Case, *, window: str, seed: int, resamples: int = mediation.RESAMPLES
) -> mediation.LinearMediation:
    """Indirect effect through peak CADSS above baseline, with its sensitivity analysis.

    People with a score in the window and a CADSS before and after the start; baseline is the
    covariate.
    """
    peaks = dissociation.time_to_return(dissociation_forms(case), points=0.0, by_hours=24.0)
    people = case.people(window).merge(peaks[["subject", "peak"]], on="subject")
    return mediation.linear_mediation(
        people["score"].to_numpy(float),
        people["peak"].to_numpy(float),
        (people["arm"] == both_arms(case)["treated"]).to_numpy(),
        people["baseline"].to_numpy(float),
        seed=seed,
        resamples=resamples,
    )


def residual_effects(case: Case, *, window: str) -> pd.DataFrame:
    """The difference with those still dissociated set aside, or counted as not improved."""
    points = case.definitions.claims["dissociation_brief"].thresholds["points"].number
    bounds = case.definitions.windows[window]
    away = intoxication.still_dissociated(
        dissociation_forms(case), points=points, low=bounds.low, high=bounds.high
    ).set_index("subject")["away"]
    people = case.people(window)
    marks = people["subject"].map(away).astype("boolean")
    words = _words(case, window)
    return table(intoxication.without_residual(people, marks, **both_arms(case), **words))


def difference_by_baseline(case: Case, *, window: str, steps: int = 5) -> pd.DataFrame:
    """The difference with a slope on baseline for each arm: estimate rows.

    At the mean, and at ``steps`` baselines from the tenth to the ninetieth percentile, to the
    nearest two points, so that nobody's own baseline is shown.
    """
    people = case.people(window)
    low, high = people["baseline"].quantile([0.1, 0.9])
    at = np.unique(2 * np.round(np.linspace(low, high, steps) / 2)).tolist()
    words = _words(case, window)
    return table(controlled.ancova_by_baseline(people, at=at, **both_arms(case), **words))


def difference_by_stratum(
    case: Case, *, window: str, stratum: str = "site", at_least: int = AT_LEAST
) -> pd.DataFrame:
    """The difference by site (or another column of subjects), and pooled: estimate rows.

    Raises
    ------
    ValueError
        When there is one stratum alone, or one has fewer than ``at_least`` people in an arm.
    """
    people = case.people(window)
    column = case.checked.study.subjects.set_index("subject")[stratum]
    people = people.assign(stratum=people["subject"].map(column))
    if len(people) and people.groupby(["stratum", "arm"]).size().min() < at_least:
        few = f"A {stratum} has fewer than {at_least} people in an arm; merge small ones."
        raise ValueError(few)
    words = _words(case, window)
    return table(
        stratified.stratified_difference(people, stratum="stratum", **both_arms(case), **words)
    )


def external_control(
    case: Case,
    published: pd.DataFrame,
    *,
    window: str,
    instrument: str,
    version: str,
) -> tuple[pd.DataFrame, str]:
    """The treated arm beside published controls, and the only sentence that this allows.

    Parameters
    ----------
    case : Case
        With or without a comparator of its own; only its treated arm is used.
    published : DataFrame
        One row a published control arm on the same form at that time: mean_change, sd_change
        (points), n.
    window, instrument, version : str
        What of the study is compared.

    Returns
    -------
    table of estimates, sentence
    """
    people = case.people(window, instrument, version)
    change = people.loc[people["arm"] == case.design.active_arm, "change"]
    label = case.definitions.windows[window].label
    words = {"contrast": str(case.design.active_arm), "instrument": instrument, "window": label}
    ses = published["sd_change"].to_numpy(float) / np.sqrt(published["n"].to_numpy(float))
    means = published["mean_change"].to_numpy(float)
    expected = external.expected_control_change(means, ses, **(words | {"contrast": "published"}))
    found = external.external_comparison(
        mean=change.mean(), sd=change.std(ddof=1), n=len(change), expected=expected, **words
    )
    return table([expected, found]), external.external_sentence(found, expected)
