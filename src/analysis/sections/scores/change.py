"""How scores changed, what selection alone would bring, and how the arms differ by window."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import pandas as pd

from analysis.claims.case import Case
from analysis.describe.answer.over_time import bars_of
from analysis.describe.answer.verdicts import estimates_table
from analysis.describe.chosen import (
    decides,
    form_with_reliable_change,
    hours_of_windows,
    primary_titled,
)
from analysis.describe.display import number, rounded
from analysis.describe.in_words import (
    alternative,
    between,
    counted,
    interval,
    lines_of,
    listed,
    percent,
)
from analysis.describe.scores.by_window import Described, described
from analysis.describe.scores.change import (
    change_estimators,
    change_with_selection,
    individual_courses,
    regression_to_the_mean,
    unselected_population,
)
from analysis.describe.scores.responders import cumulative_change, three_ways
from analysis.figures.forest import forest
from analysis.figures.scores import change as draw
from analysis.figures.scores.change import ecdf_of_change, mean_change
from analysis.sections.section import Picture, section

__all__ = ["by_window", "courses", "differences", "estimators", "expected_by_selection",
           "responders", "selection_beside", "spread_over_people", "three_ways_by_arm"]  # fmt: skip


def _described(case: Case) -> Described:
    key = f"described for {case.view}"
    if key not in case.found:
        case.found[key] = described(case)
    found: Described = case.found[key]
    if not found.windows:
        raise ValueError(found.limits[0])
    return found


@section()
def by_window(case: Case) -> Iterator[Any]:
    """Change in each arm and window; no window is passed over, hours, days or months."""
    found = _described(case)
    rows = found.arms
    change = rows[rows["estimand"] == "mean change"]
    yield estimates_table(rows)
    # The phase within hours is its visits together, and would be drawn twice.
    drawn = change[change["window"].isin([case.windows[name].label for name in case.visit_windows])]
    drawn = change if drawn.empty else drawn
    yield Picture(
        mean_change(drawn, hours=hours_of_windows(case), synthetic=case.design.synthetic,
                    of=primary_titled(case)),
        alternative(case, "Mean change by window and arm, 95 % intervals", drawn,
                    "contrast", "window"),
    )  # fmt: skip
    yield "\n".join(f"- {one.sentence}" for one in found.windows)
    yield "Limits: " + " ".join(found.limits)


@section(team_only=True)
def courses(case: Case) -> Iterator[Any]:
    """The course of each participant as a line without a label: for the study team alone."""
    lines = individual_courses(case)
    people = lines.groupby("contrast", sort=True)["line"].nunique()
    told = listed(f"{counted(n, 'participant')} on {arm}" for arm, n in people.items())
    what = f"A thin line of change over the windows for each participant, {told}; thick the mean"
    yield Picture(
        draw.courses(lines, hours=hours_of_windows(case), synthetic=case.design.synthetic,
                     of=primary_titled(case)),
        alternative(case, what),
    )  # fmt: skip


@section()
def differences(case: Case) -> Iterator[Any]:
    """The difference between the arms in each window, by each analysis."""
    rows = _described(case).differences
    if rows.empty:
        raise ValueError("The study has no comparator; there is no difference to estimate.")
    yield estimates_table(rows)
    points = rows[rows["estimand"] == "adjusted difference"]
    label = "points, ketamine minus comparator (left: fewer symptoms)"
    yield Picture(
        forest(points, label="window", xlabel=label, bars=bars_of(case),
               title=f"Adjusted difference by window\n{primary_titled(case)}",
               synthetic=case.design.synthetic),
        alternative(case, f"Adjusted difference, {case.contrast}, by window, 95 % intervals",
                    points, "window", bars=bars_of(case)),
    )  # fmt: skip


@section()
def responders(case: Case) -> Iterator[Any]:
    """Shares of people with a fall that counts, in each window."""
    yield estimates_table(_described(case).responders)


@section()
def estimators(case: Case) -> Iterator[Any]:
    """Every estimate of the change within each arm in the window that decides."""
    window = decides(case)
    rows = change_estimators(case, window=window)
    if rows.empty:
        raise ValueError("No arm has five participants with a score there.")
    yield estimates_table(rows)
    means = rows[rows["method"] == "paired t"]
    told = [f"{line['contrast']} {interval(line, unit='points')}, {_zero(line)}"
            for line in lines_of(means)]  # fmt: skip
    yield f"By the mean, {case.windows[window].label} after: {'; '.join(told)}."


def _zero(line: dict[str, Any]) -> str:
    return between(line, None) or "without an interval"


@section()
def expected_by_selection(case: Case) -> Iterator[Any]:
    """The fall that selection alone brings, where the unselected population is known."""
    known = unselected_population(case)
    if known is None:
        raise ValueError(
            "The population that participants were selected from is not known; the ceiling below "
            "needs none."
        )
    fall = regression_to_the_mean(threshold=known.threshold, mean=known.mean, sd=known.sd)
    yield rounded(fall).set_index("correlation")
    low, high = fall["expected_fall"].min(), fall["expected_fall"].max()
    yield (
        f"Participants were included at a screening total of {known.threshold:g} or more. With "
        "no treatment and no expectancy, their later scores would lie "
        f"{low:.1f} to {high:.1f} points lower ({known.source})."
    )


@section()
def selection_beside(case: Case) -> Iterator[Any]:
    """The change that was measured, and under it what selection can bring."""
    known = unselected_population(case)
    form: dict[str, Any] = {}
    if known is not None:
        found = form_with_reliable_change(case)
        form, window = found.form(), found.window
    else:
        window = decides(case)
    selection = None if known is None else known.selection()
    rows = change_with_selection(case, selection=selection, windows=(window,), **form)
    if rows.empty:
        raise ValueError("No arm has enough participants with a score there.")
    yield estimates_table(rows.assign(p_value=math.nan))


@section()
def spread_over_people(case: Case) -> Iterator[Any]:
    """The cumulative share of participants by change, thinned so that nobody can be picked out."""
    window = decides(case)
    table = cumulative_change(case, window=window)
    if table.empty:
        raise ValueError("Too few participants were scored there for a curve that shows nobody.")
    title = f"How change is distributed\n{primary_titled(case, window)}"
    yield Picture(
        ecdf_of_change(table, synthetic=case.design.synthetic, title=title),
        alternative(case, f"Cumulative share of participants by change. {_curves(table)}"),
    )


def _curves(table: pd.DataFrame) -> str:
    told = []
    for arm, own in table.groupby("arm", sort=True):
        ends = own.iloc[[0, -1]].drop_duplicates("change")
        parts = (f"{percent(one['share'])} at {number(one['change'])} points"
                 for one in lines_of(ends))  # fmt: skip
        told.append(f"{arm} {' to '.join(parts)}")
    return listed(told)


@section()
def three_ways_by_arm(case: Case) -> Iterator[Any]:
    """Reliably improved, unchanged, reliably worse, on the form that has a reliable change."""
    found = form_with_reliable_change(case)
    rows = three_ways(case, window=found.window, **found.form())
    yield f"{found.words(case)}:"
    yield estimates_table(rows)
