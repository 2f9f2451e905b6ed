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
from analysis.claims.gates.flagged_groups import other_cases
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

__all__ = ["intoxicated_scores", "robustness_gate", "try_on_other_cases"]


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
        return Reason("robustness", None, f"Not evaluated: {refusal}")
    word = bars.word(primary)
    tried = [*try_on_other_cases(case, bars), *_sober(case, bars)]
    flips = [one for one in tried if one.word is not None and one.word != word]
    untried = [one for one in tried if one.word is None]
    passed = survives_missing(missing, primary, bars) and not flips
    text = " ".join([_missing_text(missing, bars, word), *_group_text(tried, flips, untried, word)])
    # A group that cannot be tried leaves the question open; it is never a pass.
    return Reason("robustness", None if passed and untried else passed, text)


def _missing_text(found: Robustness, bars: Bars, word: str) -> str:
    jump = f"Jump to reference gives {found.jump_to_reference:.1f} points"
    if word != SUPPORTED:
        return f"{jump}; the estimate alone says {word}, so there is no support to tip."
    if math.isinf(found.tipping_shift):
        return f"{jump}; no shift of missing scores on ketamine undoes the support."
    return (
        f"{jump}; missing scores on ketamine would have to be {found.tipping_shift:.1f} points "
        f"worse than expected to undo the support (at least {bars.smallest:.1f} are asked for)."
    )


def _group_text(
    tried: list[Tried], flips: list[Tried], untried: list[Tried], word: str
) -> Iterator[str]:
    if not tried:
        yield "No flagged group could change the word."
        return
    stays = [one.what for one in tried if one.word is not None]
    if stays and not flips:
        yield f"The word stays {word} in each of {len(stays)} other analyses: {', '.join(stays)}."
    for one in flips:
        numbers = one.primary
        told = "" if numbers is None else (
            f" ({numbers.estimate:.1f}, {numbers.ci_low:.1f} to {numbers.ci_high:.1f})"
        )  # fmt: skip
        yield f"It turns from {word} to {one.word} {one.what}{told}."
    for one in untried:
        yield f"It could not be tried {one.what}: {one.why}"


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
            yield try_on(what, other.scores, bars)


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
        yield try_on("with scores given before the CADSS was back as not improved", scores, bars)


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
