"""What another analyst might have done, what chance would have drawn, and how right methods are."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd

from analysis.claims.case import Case
from analysis.claims.sensitivity.multiverse import multiverse, rerandomised
from analysis.describe.chosen import primary_titled
from analysis.describe.common import two_arms
from analysis.describe.display import number, rounded, sentences
from analysis.describe.in_words import alternative
from analysis.describe.robustness import multiverse as robustness
from analysis.figures.robustness import multiverse as draw
from analysis.sections.section import Picture, section
from analysis.sections.verdict import ledger_of

__all__ = ["agreement", "by_chance", "by_choice", "characteristics", "coverage", "other_forms",
           "specifications"]  # fmt: skip

DEALS, SEED = 499, 1
# A dimension of the grid, after "the choice".
_OF = {"missing": "for missing scores", "window": "of window", "baseline": "of baseline",
       "estimator": "of estimator"}  # fmt: skip


def _multiverse(case: Case) -> pd.DataFrame:
    two_arms(case)
    if "multiverse" not in case.found:
        case.found["multiverse"] = multiverse(case)
    found: pd.DataFrame = case.found["multiverse"]
    if not found["may_decide"].any():
        raise ValueError(
            "No analysis within hours is possible on the primary scale, so that none may decide."
        )
    return found


@section()
def specifications(case: Case) -> Iterator[Any]:
    """Every defensible analysis, sorted, with the choices behind each."""
    curve = robustness.curve(case, _multiverse(case))
    if curve.empty:
        raise ValueError(
            "Every other analysis differs from the main one in too few participants to be shown."
        )
    bars = case.bars
    ax = draw.specification_curve(
        curve, choices=robustness.choices(curve), synthetic=case.design.synthetic,
        smallest=None if bars is None else bars.smallest, bias=None if bars is None else bars.bias,
        of=primary_titled(case),
    )  # fmt: skip
    own = curve[curve["may_decide"]]
    told = f"{len(own)} analyses that may decide, sorted, their choices marked below"
    if len(own):
        told += (
            f"; estimates from {number(own['estimate'].min())} to "
            f"{number(own['estimate'].max())} points"
        )
    yield Picture(ax, alternative(case, told))


@section()
def agreement(case: Case) -> Iterator[Any]:
    """What those that may decide say by gate estimate, beside the verdict."""
    found = _multiverse(case)
    yield rounded(robustness.agreement(found, ledger_of(case)["onset"].verdict))


@section()
def by_choice(case: Case) -> Iterator[Any]:
    """The median estimate under each choice: which of them the answer hangs on."""
    shown = robustness.by_choice(case, _multiverse(case))
    if shown.empty:
        raise ValueError("No choice is left to compare.")
    yield rounded(shown.set_index(["dimension", "choice"]))
    apart = shown.groupby("dimension")["estimate"].agg(lambda own: own.max() - own.min())
    yield (
        f"The choice {_OF[str(apart.idxmax())]} moves the median most, by {apart.max():.2g} points."
    )


@section()
def other_forms(case: Case) -> Iterator[Any]:
    """Other PTSD scales filled in within hours, which cannot speak to hours."""
    shown = robustness.other_forms(case, _multiverse(case))
    if shown.empty:
        raise ValueError("No other PTSD scale was filled in within hours.")
    yield sentences(rounded(shown.set_index("instrument")))


@section()
def by_chance(case: Case) -> Iterator[Any]:
    """What such a curve would be if chance alone had allocated the arms."""
    _multiverse(case)
    yield rounded(rerandomised(case, number=DEALS, seed=SEED).table())


@section()
def characteristics() -> Iterator[Any]:
    """Level and coverage of the procedures where the truth is known."""
    yield robustness.characteristics_table()


@section()
def coverage() -> Iterator[Any]:
    """Which intervals cover too seldom with skewed and bounded scores, as a picture."""
    table = robustness.read_characteristics()
    scores = "skewed, bounded"
    own = table[(table["quantity"] == "coverage") & (table["scores"] == scores)]
    few = own.loc[own["mc_high"] < own["nominal"], "estimator"].unique()
    every = own["estimator"].nunique()
    yield (
        f"Of {every} intervals {every - len(few)} cover the truth as often as they say, or more "
        f"often, at every number of participants; {len(few)} cover too seldom."
    )
    drawn = own[own["estimator"].isin(few)]
    if drawn.empty:
        return
    low, high = drawn["value"].min(), drawn["value"].max()
    yield Picture(
        draw.operating_characteristics(drawn, quantity="coverage", scores=scores),
        f"Simulated trials with skewed and bounded scores: coverage of the {len(few)} intervals "
        f"that cover too seldom, from {100 * low:.0f} to {100 * high:.0f} %, "
        "by participants per arm.",
    )
