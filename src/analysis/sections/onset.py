"""How soon, and for how long: crossings between visits, the course of the means, its loss."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from analysis.claims.case import Case
from analysis.describe.answer.over_time import bars_of
from analysis.describe.chosen import falls_that_count, primary_titled
from analysis.describe.common import two_arms
from analysis.describe.display import rounded
from analysis.describe.in_words import alternative, lines_of, listed, percent
from analysis.describe.onset import courses, crossing, durability, mean_course
from analysis.estimates.onset.courses import Threshold
from analysis.figures import onset as draw
from analysis.sections.section import Picture, section

__all__ = ["by_hour", "by_visit", "crossing_once", "dropouts_as_failures", "half_life", "losing_it",
           "once_and_sustained", "onset_of_the_means", "responding", "tests", "thresholds",
           "times"]  # fmt: skip

SHARES = ["n", "estimate", "ci_low", "ci_high"]
ONE_ARM = crossing.ONE_ARM


def _first(case: Case) -> Threshold:
    two_arms(case, ONE_ARM)
    return falls_that_count(case)[0]


@section()
def thresholds(case: Case) -> Iterator[Any]:
    """The falls that count."""
    kinds = [(one.name, "share of baseline" if one.share else "points")
             for one in falls_that_count(case)]  # fmt: skip
    names = ["a response is a fall of", "kind"]
    yield pd.DataFrame(kinds, columns=names).set_index(names[0])
    if not case.validated:
        yield (
            "No reliable change is published for this scale, so none is used; the smallest "
            "difference is a share of the baseline SD, an assumption."
        )


@section()
def crossing_once(case: Case) -> Iterator[Any]:
    """Turnbull's estimate of the share who had responded, by arm, known at visits alone."""
    first = _first(case)
    regions = crossing.crossing_regions(case, first, sustained=False)
    visits = list(courses.schedule(case).values())
    title = f"Share with a fall of {first.name}\n{primary_titled(case)}"
    ax = draw.crossing_curves(regions, visits=visits, title=title, synthetic=case.design.synthetic)
    told = [f"{arm} {_ends(own)}" for arm, own in regions.groupby("arm", sort=False)]
    yield Picture(
        ax, alternative(case, f"Share of each arm with a response, over time. {listed(told)}")
    )


def _ends(boxes: pd.DataFrame) -> str:
    last = boxes.iloc[-1]
    share = f"{percent(last['share_low'])} to {percent(last['share_high'])}"
    return f"{share} by the visit at {last['hours_high']:g} h"


@section()
def once_and_sustained(case: Case) -> Iterator[Any]:
    """Every threshold, response once or sustained, by the last visit that can show it."""
    _first(case)
    end = crossing.crossing_at_the_end(case)
    between = end["contrast"].str.contains(" - ", regex=False)
    single = end[~between].assign(
        held=lambda rows: rows["sustained"].map({True: "sustained", False: "once"})
    )
    title = f"First response, and sustained response\n{primary_titled(case)}"
    ax = draw.crossing_dots(single, synthetic=case.design.synthetic, title=title)
    what = "Share of each arm with a response, by threshold, once and sustained"
    yield Picture(ax, alternative(case, what, single, "contrast", "threshold", "held", shares=True))
    apart = end[between].set_index(["threshold", "sustained", "window"])
    yield f"Difference in shares, {case.contrast}, 95 % intervals:"
    yield rounded(apart[SHARES])


@section()
def by_visit(case: Case) -> Iterator[Any]:
    """The difference in the share with a sustained crossing, by each visit."""
    found = crossing.crossing_by_visit(case, _first(case), sustained=True)
    apart = found[found["contrast"].str.contains(" - ", regex=False)].set_index("window")
    yield rounded(apart[SHARES])


@section()
def by_hour(case: Case) -> Iterator[Any]:
    """The least and the most who can have crossed by an hour at which nobody was asked."""
    found = crossing.crossing_by_hour(case, _first(case))
    bounds = found.assign(bound=found["estimand"].str.extract("(least|most)", expand=False))
    wide = bounds.pivot(index=["contrast", "n"], columns=["window", "bound"], values="estimate")
    yield rounded(wide)


@section()
def tests(case: Case) -> Iterator[Any]:
    """The arms compared over all visits at once: hazard ratio, and a score test beside it."""
    _first(case)
    found = crossing.crossing_tests(case).set_index("window")
    score = found[found["estimand"].str.startswith("responses")]
    ratio = found[found["estimand"].str.startswith("hazard ratio")]
    names = {"estimate": "hazard ratio", "p_value": "p (likelihood ratio)"}
    both = ratio[["estimate", "ci_low", "ci_high", "p_value"]].rename(columns=names)
    yield rounded(both.assign(**{"p (score test)": score["p_value"]}))


@section()
def times(case: Case) -> Iterator[Any]:
    """Whether people cross within the follow-up, and when those do who cross."""
    found = crossing.crossing_times(case, _first(case))
    yield rounded(found.set_index(["estimand", "contrast"])[SHARES])
    first = min(courses.schedule(case).values())
    medians = found[found["estimand"].str.startswith("median")]
    early = [line["contrast"] for line in lines_of(medians) if line["estimate"] < first]
    if early:
        yield (
            f"The median on {listed(map(str, early))} lies before the first visit, at {first:g} h: "
            "it comes from the assumed curve, not from anybody's score."
        )


@section()
def dropouts_as_failures(case: Case) -> Iterator[Any]:
    """Dropout as missing, and as failure."""
    found = crossing.strategies_compared(case, _first(case), sustained=False)
    yield rounded(found.set_index(["dropout", "contrast"])[SHARES])


@section()
def onset_of_the_means(case: Case) -> Iterator[Any]:
    """The window in which the difference in means began, stepping backward from the last."""
    course = mean_course.mean_course(case)
    steps = course.steps()
    columns = [*SHARES, "shows_benefit", "counts"]
    yield rounded(steps.set_index("window")[columns])
    ax = draw.backward_stepping(
        steps, synthetic=case.design.synthetic, bars=bars_of(case),
        title=f"Since when do the arms differ, and for good?\n{primary_titled(case)}",
    )  # fmt: skip
    shown = [line["window"] for line in lines_of(steps) if line["shows_benefit"]]
    what = f"Difference between the arms by window; a benefit shows at {listed(shown) or 'none'}"
    yield Picture(ax, alternative(case, what, steps, "window", bars=bars_of(case)))
    began = course.beginning()
    told = str(began["method"])
    none = np.isnan(began["estimate"])
    yield f"{told[0].upper()}{told[1:]}." if none else f"The difference in means began: {told}."


@section()
def half_life(case: Case) -> Iterator[Any]:
    """Half-life of the difference in means, from the first windows on."""
    course = mean_course.mean_course(case)
    if len(course.hours) < 3:
        raise ValueError("A half-life needs a difference in three windows or more.")
    starts = list(course.hours)[:-2][1:3] or list(course.hours)[:1]
    lives = pd.DataFrame([course.half_life(since=hours) for hours in starts])
    yield rounded(lives.set_index("window")[SHARES])
    if lives["ci_high"].isna().any() or (lives["ci_high"] == float("inf")).any():
        yield "A dash: no upper limit; the data also fit a lasting difference."


@section()
def responding(case: Case) -> Iterator[Any]:
    """The share in response at each visit, as the arms were allocated."""
    found = durability.response_by_visit(case, _first(case))
    yield rounded(found.set_index(["window", "contrast"])[SHARES])


@section()
def losing_it(case: Case) -> Iterator[Any]:
    """Among those who responded, how many lost it again, and by when."""
    found = durability.loss_of_response(case, _first(case)).set_index(["contrast", "window"])
    if found.empty:
        raise ValueError("Nobody responded, so nobody could lose it.")
    about = found["method"].str.extract("about (.*)", expand=False).fillna("withheld")
    yield rounded(found[["ci_low", "ci_high"]]).assign(**{"responders who lost it": about})
