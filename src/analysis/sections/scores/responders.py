"""Who improves: three ways, every threshold, the whole distribution, the next person, clusters."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd

from analysis.claims.case import Case
from analysis.describe.answer.verdicts import estimates_table
from analysis.describe.chosen import (
    FormAt,
    decides,
    form_titled,
    form_with_reliable_change,
    hours_of_windows,
    last_window,
    primary_titled,
)
from analysis.describe.common import two_arms
from analysis.describe.display import number, sentences
from analysis.describe.in_words import alternative, counted, interval, lines_of, listed, percent
from analysis.describe.scores import responders
from analysis.figures.scores import responders as draw
from analysis.sections.section import Picture, section

__all__ = ["at_every_threshold", "bands", "clusters", "distributions", "next_person", "spread",
           "three_ways", "three_ways_between_arms"]  # fmt: skip

LEVEL = 0.8


def _three_ways(case: Case) -> tuple[FormAt, pd.DataFrame, pd.Series]:
    """Form, rows, and which of them are of one arm."""
    two_arms(case, responders.NO_ARMS)
    found = form_with_reliable_change(case)
    rows = responders.three_ways_compared(case, window=found.window, **found.form())
    own = rows["contrast"].isin([case.design.active_arm, case.design.comparator_arm])
    return found, rows, own


@section()
def three_ways(case: Case) -> Iterator[Any]:
    """Reliably improved, unchanged, reliably worse, by arm; the intervals hold together."""
    found, rows, own = _three_ways(case)
    yield f"{found.words(case)}:"
    yield sentences(estimates_table(rows[own]).drop(columns=["instrument", "window"]))
    what = f"Reliably improved, unchanged or worse by arm, {found.words(case)}"
    yield Picture(
        draw.three_ways(
            rows[own],
            synthetic=case.design.synthetic,
            title=f"Beyond measurement error\n{found.titled(case)}",
        ),
        alternative(case, what, rows[own], "contrast", "estimand", shares=True),
    )
    worse = rows[own & (rows["estimand"] == "reliably worse")]
    for line in lines_of(worse):
        if line["estimate"] == 0:
            yield (
                f"Nobody of {line['n']:g} on {line['contrast']} got reliably worse, which still "
                f"allows {percent(line['ci_high'])} (simultaneous limit)."
            )


@section()
def three_ways_between_arms(case: Case) -> Iterator[Any]:
    """What the arms differ by: two intervals, number needed to treat, bounds on who benefits."""
    _, rows, own = _three_ways(case)
    yield sentences(estimates_table(rows[~own]).drop(columns=["instrument", "window"]))


@section()
def at_every_threshold(case: Case) -> Iterator[Any]:
    """All thresholds in use together, so that none can be picked."""
    two_arms(case, responders.NO_ARMS)
    try:
        found = form_with_reliable_change(case)
    except ValueError:
        found = FormAt(case.scale.name, (case.primary_form or ("",))[0], last_window(case))
    rows = responders.shares_at_thresholds(case, window=found.window, **found.form())
    own = rows["contrast"].isin([case.design.active_arm, case.design.comparator_arm])
    yield f"{found.words(case)}:"
    drop = [name for name in ("contrast", "instrument", "window")
            if name in estimates_table(rows[~own])]  # fmt: skip
    yield sentences(estimates_table(rows[~own]).drop(columns=drop))
    # Where every share is withheld there is nothing to draw.
    if rows.loc[own, ["estimate", "ci_low"]].isna().all(axis=None):
        raise ValueError("Every share is withheld.")
    title = f"Who fell, by what counts as a fall\n{found.titled(case)}"
    yield Picture(
        draw.shares_by_threshold(rows[own], synthetic=case.design.synthetic, title=title),
        alternative(case, "Share of each arm that fell, by threshold", rows[own],
                    "contrast", "estimand", shares=True),
    )  # fmt: skip
    shares = rows[own & (rows["contrast"] == case.design.active_arm)]["estimate"].dropna()
    if shares.nunique() > 1:
        yield (
            f"Depending on the threshold, {percent(shares.min())} to {percent(shares.max())} on "
            "ketamine improved."
        )


@section()
def bands(case: Case) -> Iterator[Any]:
    """The whole distribution of change, with a band that holds everywhere at once."""
    window = decides(case)
    table = responders.change_bands(case, window=window)
    if table.empty:
        raise ValueError("Too few participants were scored there for a curve that shows nobody.")
    title = f"How change is distributed, 95 % bands\n{primary_titled(case, window)}"
    told = [f"{arm}: half at about {number(_middle(own))} points"
            for arm, own in table.groupby("arm", sort=True)]  # fmt: skip
    what = f"Cumulative share of participants by change, simultaneous 95 % bands. {listed(told)}"
    ax = draw.change_bands(table, synthetic=case.design.synthetic, title=title)
    yield Picture(ax, alternative(case, what))


def _middle(curve: pd.DataFrame) -> float:
    """The point of the curve nearest to half of the people."""
    return float(curve["change"].iloc[int((curve["share"] - 0.5).abs().argmin())])


@section()
def distributions(case: Case) -> Iterator[Any]:
    """Whether change is spread alike in both arms."""
    windows = tuple(dict.fromkeys([decides(case), last_window(case)]))
    rows = responders.compare_change(case, windows=windows)
    if rows.empty:
        raise ValueError("No window holds enough participants in each arm.")
    yield sentences(estimates_table(rows).drop(columns=["contrast", "instrument"]))
    chance = rows[rows["estimand"].str.startswith("probability")]
    for line in lines_of(chance):
        yield (
            f"Of one participant from each arm, drawn at random, the one on ketamine fell further "
            f"with probability {interval(line)}, {line['window']} after; 0.5 is no difference."
        )


@section()
def spread(case: Case) -> Iterator[Any]:
    """Whether changes spread wider with ketamine: the ratio of the variances."""
    rows = responders.spread_between_arms(case)
    if rows.empty:
        raise ValueError("No window holds enough participants in each arm.")
    yield sentences(estimates_table(rows).drop(columns=["contrast", "instrument"]))
    limits = rows.dropna(subset=["ci_low", "ci_high"])
    holds = ((limits["ci_low"] <= 1) & (limits["ci_high"] >= 1)).sum()
    yield f"{holds} of {counted(len(limits), 'interval')} include 1, no difference."


@section()
def next_person(case: Case) -> Iterator[Any]:
    """Where the change of the next person would lie, four times in five."""
    window = decides(case)
    rows = responders.next_person(case, window=window, level=LEVEL)
    if rows.empty:
        raise ValueError("No arm has enough participants with a score there.")
    yield sentences(estimates_table(rows).drop(columns=["instrument", "window"]))
    drawn = rows[rows["method"].str.startswith("mean")]
    ax = draw.intervals(
        drawn, label="contrast", xlabel="change, points (lower is better)",
        synthetic=case.design.synthetic,
        title="Change of the next participant, 4 times in 5\n"
              f"{primary_titled(case, window)}",
    )  # fmt: skip
    what = "Prediction intervals of one participant's change, 4 times in 5"
    yield Picture(ax, alternative(case, what, drawn, "contrast"))


@section()
def clusters(case: Case) -> Iterator[Any]:
    """Which symptoms: joint tests, then each cluster, the intervals of a window together."""
    rows = responders.cluster_profile(case)
    if rows.empty:
        raise ValueError(
            "No window from about 24 h on holds the clusters of enough participants in each arm."
        )
    joint = rows["method"].str.contains("F(", regex=False)
    if joint.any():
        yield sentences(estimates_table(rows[joint]).drop(columns=["contrast", "instrument"]))
    single = rows[~joint]
    names = single["estimand"].str.removeprefix("adjusted difference in ").str.replace("_", " and ")
    single = single.assign(cluster=names)
    form = ", ".join(dict.fromkeys(single["instrument"]))
    yield Picture(
        draw.cluster_courses(single, hours=hours_of_windows(case), synthetic=case.design.synthetic,
                             title="Clusters of symptoms, simultaneous intervals\n"
                                   f"{form_titled(case, form)}"),
        alternative(case, "Adjusted differences in clusters of symptoms, simultaneous intervals",
                    single, "cluster", "window"),
    )  # fmt: skip
    given = single.dropna(subset=["ci_low", "ci_high"])
    without = ((given["ci_low"] > 0) | (given["ci_high"] < 0)).sum()
    yield f"{without} of {counted(len(given), 'interval')} exclude zero."
