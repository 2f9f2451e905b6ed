"""What was not seen, and how far the answer moves when the assumption about it is changed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from analysis.claims.case import Case
from analysis.claims.gates.robustness_of_scores import doubted_word
from analysis.describe.answer.over_time import bars_of
from analysis.describe.chosen import decides, primary_titled
from analysis.describe.common import policy
from analysis.describe.display import number, rounded
from analysis.describe.in_words import alternative
from analysis.describe.robustness import missing
from analysis.describe.robustness import tipping as tipping_of
from analysis.figures.forest import forest
from analysis.figures.robustness import missing as draw
from analysis.sections.section import Picture, section

__all__ = ["by_window", "events", "strategies", "tipping", "tipping_both_arms", "tipping_by_window"]


@section()
def by_window(case: Case) -> Iterator[Any]:
    """How many of each arm have no score in each window."""
    yield missing.missing_by_window(case, missing.randomised_trial(case))


@section()
def strategies(case: Case) -> Iterator[Any]:
    """The difference under five assumptions, each tried in two ways."""
    shown = missing.strategies_shown(case)
    columns = ["estimate", "se", "ci_low", "ci_high"]
    index = ["window", "assumption", "way"]
    yield rounded(shown.set_index(index)[columns])
    one = shown[(shown["window"] == shown["window"].iloc[0])
                & (shown["way"] == missing.IMPUTED)]  # fmt: skip
    one = one.dropna(subset=["estimate"])
    if one.empty:
        return
    when = one["window"].iloc[0]
    yield Picture(
        forest(one, label="assumption", synthetic=case.design.synthetic,
               xlabel=f"{case.contrast}, points (left is better)",
               bars=bars_of(case),
               title="Five assumptions about missing scores\n"
                     f"{primary_titled(case)}, {when} after"),
        alternative(case, f"The difference {when} after under each assumption about missing scores",
                    one, "assumption", bars=bars_of(case)),
    )  # fmt: skip
    if len(one) < 2:
        return
    spread = one["estimate"].max() - one["estimate"].min()
    yield f"The assumptions are at most {spread:.2g} points apart, {when} after."
    if policy(case) is None:
        yield _in_the_verdict(case)


def _in_the_verdict(case: Case) -> str:
    """What jump to reference gives where the verdict looks at its own window alone."""
    name = decides(case)
    there = case.at(name)
    if there.bars is None:
        return "The verdict has no number beside these: no minimal important difference is known."
    _, found = doubted_word(there.scores, there.primary, there.bars)
    jump = number(found.jump_to_reference)
    return (
        f"In the primary analysis, {case.windows[name].label} after, jump to reference gives "
        f"{jump} points."
    )


@section(team_only=True)
def tipping(case: Case) -> Iterator[Any]:
    """By how much missing scores on ketamine would have to be worse to overturn the benefit."""
    found = tipping_of.tipping(case, decides(case))
    yield found.table()
    if found.curve is None:
        yield "No benefit is shown there to begin with, so that nothing can overturn it."
        return
    yield Picture(
        draw.tipping_line(
            found.curve, point=found.tip.shift, smallest=found.smallest, conclusion="benefit",
            of=f"{primary_titled(case)}, {found.visit} after", bars=bars_of(case),
            synthetic=case.design.synthetic,
        ),
        alternative(case, f"The difference {found.visit} after and its 95 % interval, rising as "
                    "missing scores on ketamine are made worse; the interval reaches zero at a "
                    f"shift of {found.tip.shift:.3g} points", bars=bars_of(case)),
    )  # fmt: skip


@section()
def tipping_by_window(case: Case) -> Iterator[Any]:
    """The tipping point in every window, for two conclusions."""
    yield rounded(tipping_of.tipping_in_every_window(case))


@section(team_only=True)
def tipping_both_arms(case: Case) -> Iterator[Any]:
    """The same where missing scores of the other arm may be better than imputed."""
    found = tipping_of.tipping(case, decides(case))
    grid = found.grid()
    ax = draw.tipping_map(
        grid, conclusion="benefit", of=f"{primary_titled(case)}, {found.visit} after",
        bias=case.bias_bound, smallest=found.smallest, synthetic=case.design.synthetic,
    )  # fmt: skip
    what = f"A map of the difference {found.visit} after over shifts of missing scores in both arms"
    fails = tipping_of.fails_from(grid)
    told = "" if fails is None else (
        "; with those of the other arm as imputed the benefit fails from a shift of "
        f"{fails:.3g} points on ketamine"
    )  # fmt: skip
    yield Picture(ax, alternative(case, what + told))


@section()
def events() -> Iterator[Any]:
    """Three made-up people, and what each declared handling makes of their scores."""
    yield tipping_of.handling_shown()
