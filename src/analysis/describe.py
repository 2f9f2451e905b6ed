"""Tables beside the verdict: what notebooks and report show of a case. They decide nothing."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis import instruments, outcomes
from analysis.claims.case import Case
from analysis.estimates.controlled import ancova
from analysis.estimates.proportions import exact_share
from analysis.estimates.table import table
from analysis.estimates.within_person import expected_regression_to_the_mean, paired_change
from analysis.timeline import PHASES, recall_share_before

__all__ = [
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
    """Mean change within each arm and window: rows of the table of estimates.

    A window with fewer than three people in an arm is left out.
    """
    name = instrument or case.scale.name
    rows = []
    for window in windows:
        for arm, people in case.people(window, name, version).groupby("arm", sort=True):
            if len(people) >= case.definitions.rule("minimum_people_per_arm"):
                rows.append(
                    paired_change(
                        people["baseline"], people["score"], contrast=str(arm), instrument=name,
                        window=case.definitions.windows[window].label,
                    )[0]
                )  # fmt: skip
    return table(rows)


def difference_by_window(
    case: Case,
    *,
    instrument: str | None = None,
    version: str | None = None,
    windows: tuple[str, ...] = WINDOWS,
) -> pd.DataFrame:
    """Baseline-adjusted difference between the arms by window: rows of the table of estimates."""
    name = instrument or case.scale.name
    treated, control = case.design.active_arm, case.design.comparator_arm
    if control is None or treated is None:
        raise ValueError("The study has no comparator; there is no difference to estimate.")
    rows = []
    for window in windows:
        people = case.people(window, name, version)
        if (
            len(people)
            and people["arm"].value_counts().reindex([treated, control], fill_value=0).min() >= 3
        ):
            rows += ancova(
                people, treated=treated, control=control, contrast=f"{treated} - {control}", instrument=name,
                window=case.definitions.windows[window].label,
            )  # fmt: skip
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
    for arm in sorted(people["arm"].unique()):
        mine = ways[people["arm"] == arm]
        for way in ("improved", "unchanged", "worse"):
            rows.append(
                exact_share(
                    int((mine == way).sum()), len(mine), estimand=f"reliably {way}" if way != "unchanged" else way,
                    contrast=str(arm), instrument=instrument, window=case.definitions.windows[window].label,
                )
            )  # fmt: skip
    return table(rows)


def cumulative_change(case: Case, *, window: str, step: float = 4.0) -> pd.DataFrame:
    """Share of each arm with a change at or below each point of a coarse grid.

    The grid keeps single people from being read off.

    Returns
    -------
    DataFrame
        arm, change (points), share (0 to 1).
    """
    people = case.people(window)
    low = np.floor(people["change"].min() / step) * step
    grid = np.arange(low, people["change"].max() + step, step)
    return pd.DataFrame(
        [
            (arm, point, float((mine["change"] <= point).mean()))
            for arm, mine in people.groupby("arm", sort=True)
            for point in grid
        ],
        columns=["arm", "change", "share"],
    )


def forms_by_phase(case: Case) -> pd.DataFrame:
    """Number of scored forms by instrument and phase; ``unclear`` reaches across an edge."""
    forms = case.checked.forms[case.checked.forms["total"].notna()]
    name = forms["instrument"] + ", " + forms["version"]
    counts = pd.crosstab(name.rename("form"), forms["phase"].replace("", "unclear"))
    columns = [phase for phase in (*PHASES, "unclear") if phase in counts]
    return counts[columns].rename_axis(columns=None)


def recall_by_hours(hours: tuple[float, ...] = (1, 2, 4, 6, 24, 72, 168)) -> pd.DataFrame:
    """Share of every known form's recall window that lies before the infusion.

    Returns
    -------
    DataFrame
        form, recall_hours, hours (since the infusion's start), share_before (0 to 1).
    """
    rows = []
    for scale in instruments.known().values():
        if scale.construct == "dissociation":
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


def rules_table(case_or_definitions) -> pd.DataFrame:  # noqa: ANN001
    """The declared numbers of claims.toml with their sources; assumptions are marked."""
    definitions = getattr(case_or_definitions, "definitions", case_or_definitions)
    return pd.DataFrame(
        [
            (
                name,
                ", ".join(f"{v:g}" for v in np.atleast_1d(rule.value)),
                "yes" if rule.assumption else "no",
                rule.source,
            )
            for name, rule in definitions.rules.items()
        ],
        columns=["rule", "value", "assumption", "source"],
    ).set_index("rule")
