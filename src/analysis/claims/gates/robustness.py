"""Gate 6 of a study: the word and its sentence under every doubt about who and what was scored.

What is done to the scores themselves is in :mod:`analysis.claims.gates.robustness_of_scores`, the
other people in :mod:`analysis.claims.gates.flagged_groups`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.claims.case import Case
from analysis.claims.decision_rule import Bars
from analysis.claims.gates.flagged_groups import (
    group_words,
    not_evaluated,
    other_cases,
    others,
    untried_words,
)
from analysis.claims.gates.robustness_of_scores import (
    Tried,
    count_as_not_improved,
    doubt_missing_scores,
    still_intoxicated,
    survives_missing,
    try_on,
)
from analysis.claims.ledger import SUPPORTED, Reason
from analysis.claims.primary_analysis import Scores
from analysis.errors import ReliefError
from analysis.estimates.missing.closed_form import Robustness
from analysis.quantity import Cell, Private, Sentence, joined, said

__all__ = ["intoxicated_scores", "people_moved", "robustness_gate", "try_on_other_cases"]


def robustness_gate(case: Case) -> Reason:
    """Gate 6: whether the word stands when missing scores and flagged groups are doubted.

    Passed if jump to reference has the sign of the primary estimate, the primary interval
    supports, the tipping shift is at least M, and the word stays the same with each flagged
    group left out, with each group that was set aside put back, and with people whose CADSS
    is not back to baseline counted as not improved.
    """
    bars = case.bars
    if bars is None:
        return Reason("robustness", None, "Not evaluated: no smallest difference is known.")
    try:
        primary = case.primary
        missing = doubt_missing_scores(case.scores, primary, bars.support)
    except ValueError as refusal:
        return Reason("robustness", None, not_evaluated(refusal))
    word = bars.word(primary)
    # So long after an infusion nobody is intoxicated by it.
    sober = () if case.later else _sober(case, bars)
    tried = [*try_on_other_cases(case, bars), *sober]
    flips = [one for one in tried if one.word is not None and one.word != word]
    untried = [one for one in tried if one.word is None]
    passed = survives_missing(missing, primary, bars) and not flips
    told = joined(
        [_missing_text(case, missing, bars, word), *_group_text(tried, flips, untried, word)]
        + ["Intoxication does not apply so long after the infusion."] * (case.later is not None)
    )
    # A group that cannot be tried leaves the question open; it is never a pass.
    return Reason("robustness", None if passed and untried else passed, told)


def _missing_text(case: Case, found: Robustness, bars: Bars, word: str) -> Sentence:
    """Jump to reference and the tipping shift; either gives away how many scores are missing."""
    cell = case.primary_cell.moving(_missing_on_ketamine(case))
    jump = said(
        "Jump to reference gives {jump:.1f} points",
        brief="Jump to reference was tried",
        jump=cell.quantity(found.jump_to_reference),
    )
    if word != SUPPORTED:
        no_support = "{jump}; the estimate alone says {word}, so there is no support to tip."
        return said(no_support, jump=jump, word=word)
    large = "the shift of missing scores on ketamine that would undo the support is "
    if math.isinf(found.tipping_shift):
        # None does where no score is missing, which others are not told.
        none = "no shift of missing scores on ketamine undoes the support."
        others = f"{large}at least as large as asked for."
        return said("{jump}; {none}", jump=jump, none=Private(none, others))
    holds = found.tipping_shift >= bars.smallest
    return said(
        "{jump}; missing scores on ketamine would have to be {shift:.1f} points worse than "
        "expected to undo the support (at least {smallest:.1f} are asked for).",
        brief=said(
            "{jump}; {large}{asked} asked for.",
            jump=jump,
            large=large,
            asked="at least as large as" if holds else "smaller than",
        ),
        jump=jump,
        shift=cell.quantity(found.tipping_shift),
        smallest=case.from_baselines(bars.smallest),
    )


def _missing_on_ketamine(case: Case) -> dict[str, int]:
    """People on ketamine without a score at some visit of the phase."""
    some = ~np.isfinite(case.scores.score).all(axis=1)
    arm = str(case.design.active_arm)
    return {arm: case.in_arms(some)[arm]}


def _group_text(
    tried: list[Tried], flips: list[Tried], untried: list[Tried], word: str
) -> Iterator[Sentence | str]:
    if not tried:
        yield group_words(word, [])
        return
    stays = [one for one in tried if one.word is not None]
    if stays and not flips:
        yield group_words(word, [one.what for one in stays])
    yield from (_flip(one, word) for one in flips)
    yield from (untried_words(one.what, one.why) for one in untried)


def _flip(one: Tried, word: str) -> Sentence:
    turned = {"word": word, "other": one.word or ""}
    few = said("It turns from {word} to {other} {what}.", what=others(one.what), **turned)
    if one.primary is None or one.cell is None:
        named = Private(one.what, others(one.what))
        return said("It turns from {word} to {other} {what}.", what=named, **turned)
    numbers = {
        name: one.cell.quantity(getattr(one.primary, name))
        for name in ("estimate", "ci_low", "ci_high")
    }
    return said(
        "It turns from {word} to {other} {what} ({estimate:.1f}, {ci_low:.1f} to {ci_high:.1f}).",
        brief=few, what=one.what, **turned, **numbers,
    )  # fmt: skip


def try_on_other_cases(case: Case, bars: Bars) -> Iterator[Tried]:
    """The word without each flagged group, and with each group that was set aside put back.

    M and B stay those of the whole study: they are fixed before anyone is left out.
    """
    before = case.scores
    for what, other in other_cases(case):
        if isinstance(other, str):
            yield Tried(what, None, why=other)
            continue
        try:
            changed = not _same(before, other.scores)
        except (ReliefError, ValueError):
            yield Tried(what, None, why="the data cannot be read with them.")
            continue
        if changed and not len(other.scores.baseline):
            yield Tried(what, None, why="it is about everyone.")
        elif changed:
            yield try_on(what, other.scores, bars, _cell(case, other))


def _cell(case: Case, other: Case) -> Cell:
    """The cell of the other case's primary analysis, with how many people are treated otherwise."""
    return other.primary_cell.moving(people_moved(case, other))


def people_moved(case: Case, other: Case) -> dict[str, int]:
    """People by arm whose scores differ between two cases, or who are in one of them alone."""
    both = [
        pd.DataFrame(
            {"arm": one.arms.reindex(one.people_scored).to_numpy(), "scores": _told_apart(one)},
            index=one.people_scored,
        )
        for one in (case, other)
    ]
    table = both[0].join(both[1].add_suffix("_other"), how="outer")
    differs = table["scores"].fillna("") != table["scores_other"].fillna("")
    counts = table["arm"].fillna(table["arm_other"])[differs].value_counts()
    return {str(arm): int(counts.get(arm, 0)) for arm in case.primary_cell.people_by_arm}


def _told_apart(case: Case) -> list[str]:
    """Each person's scores as text, which is equal where they are."""
    table = np.column_stack([case.scores.baseline, case.scores.score])
    return [str(row.tolist()) for row in table]


def _same(one: Scores, other: Scores) -> bool:
    """Whether two hold the same scores, before and after, in whatever order of people."""
    if one.score.shape != other.score.shape:
        return False
    return np.array_equal(_sorted(one), _sorted(other), equal_nan=True)


def _sorted(scores: Scores) -> NDArray[np.float64]:
    table = np.column_stack([scores.baseline, scores.score])
    return table[np.lexsort(table.T)]


def _sober(case: Case, bars: Bars) -> Iterator[Tried]:
    """The word with scores given while still intoxicated counted as not improved."""
    still = intoxicated_scores(case)
    if (still & np.isfinite(case.scores.score)).any():
        scores = count_as_not_improved(case.scores, still)
        who = case.in_arms((still & np.isfinite(case.scores.score)).any(axis=1))
        what = "with scores given before the CADSS was back as not improved"
        yield try_on(what, scores, bars, case.primary_cell.moving(who))


def intoxicated_scores(case: Case) -> NDArray[np.bool_]:
    """Scores given while the CADSS was above baseline by more than measurement error.

    In the shape of the case's scores, people by visits; by :func:`still_intoxicated`. Hours
    that are known within bounds stand at their middle.
    """
    cadss = case.scored("CADSS")
    before = cadss[cadss["phase"] == "before"].sort_values("hours_high", kind="stable")
    level = before.groupby("subject")["total"].last()
    within = cadss[(cadss["phase"] == "hours") & (cadss["latest_infusion"] == 1)]
    rise = within["total"] - within["subject"].map(level)
    hours = (within["since_end_low"] + within["since_end_high"]) / 2
    table = pd.DataFrame({"subject": within["subject"], "rise": rise, "hours": hours})
    table["form"] = table.groupby("subject").cumcount()
    table = table.set_index(["subject", "form"])
    # A column at a time: a study without a CADSS has no column to be found after a pivot.
    rises, at = (
        table[name].unstack().reindex(case.people_scored).to_numpy(float)
        for name in ("rise", "hours")
    )
    return still_intoxicated(rises, at, case.scores.visits, case.definitions)
