"""Change, difference, windows, forms and rules of one study."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from analysis import instruments, outcomes
from analysis.claims.case import Case
from analysis.claims.definitions import Definitions
from analysis.claims.onset import weigh
from analysis.estimates.controlled import ancova
from analysis.estimates.paired import paired_change
from analysis.estimates.proportions import exact_share
from analysis.estimates.regression_to_the_mean import expected_regression_to_the_mean
from analysis.estimates.table import table
from analysis.timeline import PHASES, recall_share_before

__all__ = [
    "bias_table",
    "change_by_window",
    "cumulative_change",
    "difference_by_window",
    "forms_by_phase",
    "recall_by_hours",
    "regression_to_the_mean",
    "rules_table",
    "three_ways",
]

WINDOWS = ("hours_early", "hours_late", "day", "day_3", "day_7")


def change_by_window(
    case: Case,
    *,
    instrument: str | None = None,
    version: str | None = None,
    windows: tuple[str, ...] = WINDOWS,
) -> pd.DataFrame:
    """Mean change within each arm and window, in points: rows of the table of estimates.

    A window in which an arm has fewer people than the declared minimum is left out for it.
    """
    name = instrument or case.scale.name
    least = case.definitions.rule("minimum_people_per_arm")
    rows = []
    for window in windows:
        label = case.definitions.windows[window].label
        for arm, people in case.people(window, name, version).groupby("arm", sort=True):
            if len(people) >= least:
                before, after = people["baseline"].to_numpy(), people["score"].to_numpy()
                words = {"contrast": str(arm), "instrument": name, "window": label}
                rows.append(paired_change(before, after, **words)[0])
    return table(rows)


def difference_by_window(
    case: Case,
    *,
    instrument: str | None = None,
    version: str | None = None,
    windows: tuple[str, ...] = WINDOWS,
) -> pd.DataFrame:
    """Baseline-adjusted difference between the arms by window: rows of the table of estimates.

    A window in which either arm has fewer people than the declared minimum is left out.

    Raises
    ------
    ValueError
        When the study has no comparator.
    """
    name = instrument or case.scale.name
    treated, control = case.design.active_arm, case.design.comparator_arm
    if control is None or treated is None:
        raise ValueError("The study has no comparator; there is no difference to estimate.")
    least = case.definitions.rule("minimum_people_per_arm")
    rows = []
    for window in windows:
        people = case.people(window, name, version)
        if min((people["arm"] == arm).sum() for arm in (treated, control)) >= least:
            rows += ancova(
                people,
                treated=treated,
                control=control,
                contrast=f"{treated} - {control}",
                instrument=name,
                window=case.definitions.windows[window].label,
            )
    return table(rows)


def three_ways(case: Case, *, window: str, instrument: str, version: str) -> pd.DataFrame:
    """Reliably improved, unchanged and reliably worse by arm, with exact intervals.

    Rows of the table of estimates.

    Raises
    ------
    ValueError
        When no reliable change is published for the instrument.
    """
    threshold = outcomes.reliable_change_threshold(instruments.get(instrument))
    if threshold is None:
        raise ValueError(f"No reliable change is published for {instrument}; none is made up.")
    people = case.people(window, instrument, version)
    ways = outcomes.reliable_change(people["change"], threshold)
    rows = []
    for arm, mine in ways.groupby(people["arm"], sort=True):
        for way in ("improved", "unchanged", "worse"):
            rows.append(
                exact_share(
                    int((mine == way).sum()),
                    len(mine),
                    estimand=way if way == "unchanged" else f"reliably {way}",
                    contrast=str(arm),
                    instrument=instrument,
                    window=case.definitions.windows[window].label,
                )
            )
    return table(rows)


def cumulative_change(
    case: Case, *, window: str, step: float = 2.0, at_least: int = 5
) -> pd.DataFrame:
    """Share of each arm with a change at or below points of a grid, where enough people lie.

    A grid alone does not protect: with 30 people a step of 1/30 is one person, and the ends
    of the curve are the smallest and largest change. A point of the grid is therefore kept
    only if at least ``at_least`` people lie at or below it, above it, and between it and the
    kept point before it. The default of 5 suits an arm of 30; a site bound to publish no
    count below 11 (CMS) sets 11.

    Parameters
    ----------
    case : Case
    window : str
        A window of claims.toml.
    step : float
        Distance of the grid, points.
    at_least : int
        Fewest people in any step of the curve.

    Returns
    -------
    DataFrame
        arm, change (points), share (0 to 1); no row for an arm with too few people.
    """
    rows: list[tuple[str, float, float]] = []
    for arm, mine in case.people(window).groupby("arm", sort=True):
        change = mine["change"].to_numpy()
        low, high = np.floor(change.min() / step), np.ceil(change.max() / step)
        kept = 0
        for point in step * np.arange(low, high + 1):
            below = int((change <= point).sum())
            if below - kept >= at_least and len(change) - below >= at_least:
                kept = below
                rows.append((str(arm), float(point), below / len(change)))
    return pd.DataFrame(rows, columns=["arm", "change", "share"])


def forms_by_phase(case: Case) -> pd.DataFrame:
    """Number of scored forms by instrument and phase; ``unclear`` reaches across an edge."""
    forms = case.checked.forms[case.checked.forms["total"].notna()]
    name = forms["instrument"] + ", " + forms["version"]
    counts = pd.crosstab(name.rename("form"), forms["phase"].replace("", "unclear"))
    columns = [phase for phase in (*PHASES, "unclear") if phase in counts]
    return counts[columns].rename_axis(columns=None)


def recall_by_hours(hours: tuple[float, ...] = (1, 2, 4, 6, 24, 72, 168)) -> pd.DataFrame:
    """Share of each form's recall window before the infusion, for PTSD and depression scales.

    Returns
    -------
    DataFrame
        form, recall_hours, hours (since the infusion's start), share_before (0 to 1).
    """
    rows = []
    for scale in instruments.known().values():
        if scale.construct not in ("ptsd", "depression"):
            continue
        for version, window in scale.versions.items():
            share = recall_share_before(np.full(len(hours), window), np.array(hours, float))
            rows += [
                (f"{scale.name}, {version}", window, h, s)
                for h, s in zip(hours, share, strict=True)
            ]
    return pd.DataFrame(rows, columns=["form", "recall_hours", "hours", "share_before"])


def regression_to_the_mean(
    *,
    threshold: float,
    mean: float,
    sd: float,
    correlations: tuple[float, ...] = (0.9, 0.8, 0.7, 0.6),
) -> pd.DataFrame:
    """Fall that selection alone brings, over a range of correlations, since none is known.

    Returns
    -------
    DataFrame
        correlation of screening with the later score, expected_fall (points, positive = fewer
        symptoms), for people taken in at ``threshold`` from a population with ``mean`` and ``sd``.
    """
    falls = [
        expected_regression_to_the_mean(
            threshold=threshold, mean=mean, sd=sd, r_baseline=1.0, r_after=r
        )
        for r in correlations
    ]
    return pd.DataFrame({"correlation": correlations, "expected_fall": falls})


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
        bound_sd, bound_points, points_to (by this estimate alone, no other gate), decides.
    """
    smallest = case.smallest_difference
    rules = case.definitions.rules
    declared = np.atleast_1d(rules["bias_bound_shown_sd"].value)
    rows = []
    for bound in declared:
        if smallest is None:
            break
        word = weigh(
            estimate["ci_low"],
            estimate["ci_high"],
            estimate["estimate"],
            smallest=smallest[0],
            bias=bound * case.baseline_sd,
        )
        decides = "yes" if bound == rules["bias_bound_sd"].number else ""
        rows.append((bound, bound * case.baseline_sd, word, decides))
    return pd.DataFrame(rows, columns=["bound_sd", "bound_points", "points_to", "decides"])


def rules_table(rules: Definitions | Case) -> pd.DataFrame:
    """The declared numbers of claims.toml with their sources; assumptions are marked."""
    definitions = rules.definitions if isinstance(rules, Case) else rules
    return pd.DataFrame(
        [
            (
                name,
                ", ".join(f"{value:g}" for value in np.atleast_1d(rule.value)),
                "yes" if rule.assumption else "no",
                rule.source,
            )
            for name, rule in definitions.rules.items()
        ],
        columns=["rule", "value", "assumption", "source"],
    ).set_index("rule")
