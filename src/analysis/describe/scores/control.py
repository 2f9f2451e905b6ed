"""The arms of one study compared: by window, by baseline, by stratum, against published arms."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from analysis.claims.case import Case
from analysis.claims.decision_rule import decide_by_interval
from analysis.describe.common import (
    both_arms,
    fewest_in_a_step,
    policy,
    released,
    released_row,
    row_words,
    two_arms,
)
from analysis.estimates.control import external, stratified
from analysis.estimates.control.ancova import ancova, ancova_by_baseline
from analysis.estimates.table import table

__all__ = [
    "bias_table",
    "difference_by_baseline",
    "difference_by_stratum",
    "difference_by_window",
    "external_control",
]

BIAS = ["bound_sd", "bound_points", "points_to", "decides"]


def difference_by_window(
    case: Case,
    *,
    instrument: str | None = None,
    version: str | None = None,
    windows: tuple[str, ...] | None = None,
) -> pd.DataFrame:
    """Baseline-adjusted difference between the arms by window: rows of the table of estimates.

    Every window of one visit unless some are named. A window in which either arm has fewer people
    than the declared minimum is left out.

    Raises
    ------
    ValueError
        When the study has no comparator.
    """
    name = instrument or case.scale.name
    treated, control = two_arms(case)
    least = case.definitions.rule("minimum_people_per_arm")
    rows = []
    for window in windows or case.visit_windows:
        people = case.people(window, name, version)
        if min((people["arm"] == arm).sum() for arm in (treated, control)) >= least:
            rows += ancova(
                people,
                treated=treated,
                control=control,
                contrast=case.contrast,
                instrument=name,
                window=case.windows[window].label,
            )
    return released(case, rows)


def bias_table(case: Case, estimate: dict[str, Any]) -> pd.DataFrame:
    """What a difference would be held to say, bound on bias by bound on bias.

    The bound is an assumption, so every declared value is shown; one of them decides.

    Parameters
    ----------
    case : Case
    estimate : dict
        A row of the table of estimates: a difference in points with its interval.

    Returns
    -------
    DataFrame
        bound_sd, bound_points, points_to (by this estimate alone, no other gate), decides. Empty
        where there is no smallest difference, or the estimate is withheld.
    """
    declared, rules, sd = case.definitions.rules, policy(case), case.bar_sd
    shown = sd if rules is None else rules.number(case.from_baselines(sd))[0]
    rows: list[tuple[float, float, str, str]] = []
    smallest = case.smallest_difference
    if smallest is None or not isinstance(shown, float) or not np.isfinite(estimate["estimate"]):
        return pd.DataFrame(rows, columns=BIAS)
    for bound in np.atleast_1d(declared["bias_bound_shown_sd"].value):
        word = decide_by_interval(
            estimate["ci_low"],
            estimate["ci_high"],
            estimate["estimate"],
            smallest=smallest[0],
            bias=bound * sd,
        )
        decides = "yes" if bound == declared["bias_bound_sd"].number else ""
        rows.append((bound, bound * shown, word, decides))
    return pd.DataFrame(rows, columns=BIAS)


def difference_by_baseline(case: Case, *, window: str, steps: int = 5) -> pd.DataFrame:
    """The difference with a slope on baseline for each arm: estimate rows.

    At the mean, and at ``steps`` baselines from the tenth to the ninetieth percentile, to the
    nearest two points, so that nobody's own baseline is shown.
    """
    people = case.people(window)
    low, high = people["baseline"].quantile([0.1, 0.9])
    at = np.unique(2 * np.round(np.linspace(low, high, steps) / 2)).tolist()
    words = row_words(case, window)
    return released(case, ancova_by_baseline(people, at=at, **both_arms(case), **words))


def difference_by_stratum(
    case: Case, *, window: str, stratum: str = "site", at_least: int | None = None
) -> pd.DataFrame:
    """The difference by site (or another column of subjects), and pooled: estimate rows.

    Raises
    ------
    ValueError
        When there is one stratum alone, or one has fewer than ``at_least`` people in an arm (by
        default as few as a group of its own may have).
    """
    at_least = fewest_in_a_step(case) if at_least is None else at_least
    people = case.people(window)
    column = case.checked.study.subjects.set_index("subject")[stratum]
    people = people.assign(stratum=people["subject"].map(column))
    if len(people) and people.groupby(["stratum", "arm"]).size().min() < at_least:
        few = f"A {stratum} has fewer than {at_least} participants in an arm; merge small ones."
        raise ValueError(few)
    words = row_words(case, window)
    return released(
        case,
        stratified.stratified_difference(people, stratum="stratum", **both_arms(case), **words),
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
        One row a published control arm on the same scale at that time: mean_change, sd_change
        (points), n.
    window, instrument, version : str
        What of the study is compared.

    Returns
    -------
    table of estimates, sentence
    """
    people = case.people(window, instrument, version)
    change = people.loc[people["arm"] == case.design.active_arm, "change"]
    label = case.windows[window].label
    words = {"contrast": str(case.design.active_arm), "instrument": instrument, "window": label}
    ses = published["sd_change"].to_numpy(float) / np.sqrt(published["n"].to_numpy(float))
    means = published["mean_change"].to_numpy(float)
    expected = external.expected_control_change(means, ses, **(words | {"contrast": "published"}))
    found = external.external_comparison(
        mean=change.mean(), sd=change.std(ddof=1), n=len(change), expected=expected, **words
    )
    found = released_row(case, found)
    if not np.isfinite(found["estimate"]):
        return table([expected, found]), f"The comparison is {found['method']}."
    return table([expected, found]), external.external_sentence(found, expected)
