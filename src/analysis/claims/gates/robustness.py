"""Gate 6 of a study: the word and its sentence under every doubt about who and what was scored.

What is done to the scores themselves is in :mod:`analysis.claims.gates.robustness_of_scores`, the
other people in :mod:`analysis.claims.gates.flagged_groups`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

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
    doubted_word,
    intoxication_is_known,
    still_intoxicated,
    survives_missing,
    try_on,
    without_effect,
)
from analysis.claims.ledger import NOT_DECIDED, SUPPORTED, Reason
from analysis.claims.primary_analysis import Scores
from analysis.errors import ReliefError
from analysis.estimates.missing.closed_form import Robustness
from analysis.quantity import Cell, Private, Sentence, joined, said

__all__ = ["intoxicated_scores", "people_moved", "robustness_gate", "try_on_other_cases"]


def robustness_gate(case: Case) -> Reason:
    """Gate 6: whether the verdict stands when missing scores, forms and flagged groups are doubted.

    Of *supported*: jump to reference has the sign of the primary estimate; missing scores on
    ketamine may be one SD of the baseline worse and those of the comparator as much better; the
    difference at the last visit of the phase matters too; the verdict stays with complete forms
    alone, without each listed group that is flagged, with each excluded group re-included, and
    with people who are still intoxicated robbed of the average effect. *Contradicted* is asked
    the mirror image; the sign and intoxication do not apply to it.
    """
    bars = case.bars
    if bars is None:
        return Reason(
            "robustness", None, "Not evaluated: no minimal important difference is known."
        )
    try:
        primary = case.primary
        word, missing = doubted_word(case.scores, primary, bars)
    except ValueError as refusal:
        return Reason("robustness", None, not_evaluated(refusal))
    tried = [*_complete_forms(case, bars), *try_on_other_cases(case, bars)]
    sober, intoxication = _sober(case, bars, word)
    tried += sober
    flips = [one for one in tried if one.word is not None and one.word != word]
    untried = [one for one in tried if one.word is None]
    passed = survives_missing(missing, primary, bars, word) and not flips
    at_last = len(case.scores.visits) == 1 or bars.stands_at_last_visit(primary, word)
    passed = passed and at_last
    told = joined(
        [_missing_text(case, missing, bars, word)]
        + [_last_visit_text(case, word, at_last)] * (word != NOT_DECIDED)
        + [*_group_text(tried, flips, untried, word), intoxication]
    )
    # A group that cannot be tried leaves the question open; it is never a pass.
    unknown = bool(untried) or (word == SUPPORTED and _intoxication_unknown(case))
    return Reason("robustness", None if passed and unknown else passed, told)


def _missing_text(case: Case, found: Robustness, bars: Bars, word: str) -> Sentence:
    """Jump to reference and the tipping shift; either gives away how many scores are missing."""
    missing, ketamine = _missing(case), str(case.design.active_arm)
    cell = case.primary_cell.moving(missing)
    # Jumping moves people on ketamine alone: where it moves nothing, nobody of them is missing.
    jumping = case.primary_cell.moving({ketamine: missing[ketamine]})
    jump = said(
        "Jump to reference gives {jump:.1f} points",
        brief="Jump to reference was tried",
        jump=jumping.quantity(found.jump_to_reference),
    )
    if word == NOT_DECIDED:
        return said(
            "{jump}; by the estimate alone the claim is {word}, so there is no verdict to change.",
            jump=jump, word=word,
        )  # fmt: skip
    worse, better = ("worse", "better") if word == SUPPORTED else ("better", "worse")
    what = f"{worse} than expected on ketamine and {better} on the comparator"
    enough = f"the shift of missing scores that would change the verdict ({what}) is"
    others = f"{enough} at least as large as asked for."
    if math.isinf(found.tipping_shift):
        # None does where no score is missing, which others are not told.
        none = f"no shift of missing scores ({what}) changes the verdict."
        return said("{jump}; {none}", jump=jump, none=Private(none, others))
    if found.tipping_shift > _range(case):
        none = f"missing scores {what}, by as much as the scale allows, do not change the verdict."
        return said("{jump}; {none}", jump=jump, none=Private(none, others))
    holds = found.tipping_shift >= bars.sd
    return said(
        "{jump}; missing scores {what}, by {shift:.1f} points, would change the verdict (at least "
        "{sd:.1f}, one SD of the baseline, is asked for).",
        brief=said(
            "{jump}; {told}",
            jump=jump,
            told=others if holds else f"{enough} smaller than asked for.",
        ),
        jump=jump,
        what=what,
        shift=cell.quantity(found.tipping_shift),
        sd=case.from_baselines(bars.sd),
    )


def _range(case: Case) -> float:
    """From the least to the largest total of the primary form, in points."""
    if case.primary_form is None:
        return math.inf
    low, high = case.scale.total_range(case.primary_form[0])
    return high - low


def _missing(case: Case) -> dict[str, int]:
    """People of each arm without a score at some visit of the phase."""
    return case.in_arms(~np.isfinite(case.scores.score).all(axis=1))


def _last_visit_text(case: Case, word: str, stands: bool) -> Sentence | str:
    """What the last visit of the phase says by itself."""
    if len(case.scores.visits) == 1:
        return ""
    last = case.primary.last_visit
    asked = (
        "a benefit of at least the minimal important difference"
        if word == SUPPORTED
        else "a lower limit above the threshold of the gate estimate"
    )
    return said(
        "At the last visit ({visit}) the difference is {estimate:.1f} points, which {stands}"
        " ({asked} is asked for).",
        brief=f"The last visit by itself {'agrees' if stands else 'does not agree'}.",
        visit=case.scores.visits[-1],
        estimate=case.primary_cell.quantity(last.estimate),
        stands="agrees" if stands else "does not agree",
        asked=asked,
    )


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
    changes = "The verdict changes from {word} to {other} {what}"
    few = said(f"{changes}.", what=others(one.what), **turned)
    if one.primary is None or one.cell is None:
        named = Private(one.what, others(one.what))
        return said(f"{changes}.", what=named, **turned)
    numbers = {
        name: one.cell.quantity(getattr(one.primary, name))
        for name in ("estimate", "ci_low", "ci_high")
    }
    return said(
        f"{changes}: {{estimate:.1f}} ({{ci_low:.1f}} to {{ci_high:.1f}}).",
        brief=few, what=one.what, **turned, **numbers,
    )  # fmt: skip


def try_on_other_cases(case: Case, bars: Bars) -> Iterator[Tried]:
    """The word without each listed group that is flagged, and with each excluded one re-included.

    M and B stay those of the whole study: they are fixed before anyone is left out. A flag about
    more than half of an arm would leave another study, and is not tried.
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
        if not changed:
            continue
        moved = people_moved(case, other)
        if not len(other.scores.baseline):
            yield Tried(what, None, why="it is about everyone.")
        elif what.startswith("without ") and _too_many(case, moved):
            yield Tried(what, None, why="it is about more than half of an arm.")
        else:
            yield try_on(what, other.scores, bars, other.primary_cell.moving(moved))


def _too_many(case: Case, moved: Mapping[str, int]) -> bool:
    most = case.definitions.rule("largest_flagged_share")
    everyone = case.in_arms(np.ones(len(case.scores.baseline), dtype=bool))
    return any(n > most * everyone[arm] for arm, n in moved.items())


def _complete_forms(case: Case, bars: Bars) -> Iterator[Tried]:
    """The word with complete questionnaires alone, where blank items were filled in."""
    other = case.by_other_forms
    if other is None:
        return
    what = case.checked.other_forms
    try:
        if _same(case.scores, other.scores):
            return
    except (ReliefError, ValueError):
        yield Tried(what, None, why="the data cannot be read so.")
        return
    yield try_on(what, other.scores, bars, _cell(case, other))


def _cell(case: Case, other: Case) -> Cell:
    """The cell of the other case's primary analysis, with how many people are treated otherwise."""
    return other.primary_cell.moving(people_moved(case, other))


def people_moved(case: Case, other: Case) -> dict[str, int]:
    """People by arm whose scores differ between two cases, or who are in one of them alone."""
    both = [
        pd.DataFrame(
            {
                "arm": one.arms.reindex(one.people_scored).to_numpy(object),
                "scores": np.array(_told_apart(one), dtype=object),
            },
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
    return [str(row.tolist()) for row in case.scores.table]


def _same(one: Scores, other: Scores) -> bool:
    """Whether two hold the same scores, before and after, in whatever order of people."""
    if one.table.shape != other.table.shape or one.visits != other.visits:
        return False
    return np.array_equal(_sorted(one), _sorted(other), equal_nan=True)


def _sorted(scores: Scores) -> NDArray[np.float64]:
    table = scores.table
    return table[np.lexsort(table.T)]


def _sober(case: Case, bars: Bars, word: str) -> tuple[list[Tried], Sentence | str]:
    """The word with people who are still intoxicated robbed of the average effect."""
    if case.later:
        # So long after an infusion nobody is intoxicated by it.
        return [], "So long after the infusion intoxication no longer plays a part."
    if word != SUPPORTED:
        return [], ""
    if _intoxication_unknown(case):
        return [], (
            "Whether participants were still intoxicated is unknown: too few on ketamine have a "
            "CADSS score within hours and one before."
        )
    still = intoxicated_scores(case) & case.scores.treated[:, None]
    still &= np.isfinite(case.scores.score)
    if not still.any():
        return [], ""
    scores = without_effect(case.scores, case.primary, still)
    who = case.in_arms(still.any(axis=1))
    what = "with the average effect subtracted from scores given before dissociation resolved"
    return [try_on(what, scores, bars, case.primary_cell.moving(who))], ""


def _intoxication_unknown(case: Case) -> bool:
    if case.later:
        return False
    return not intoxication_is_known(case.scores, *_cadss(case), case.definitions)


def intoxicated_scores(case: Case) -> NDArray[np.bool_]:
    """Scores given while the CADSS was above baseline by more than measurement error.

    In the shape of the case's scores, people by visits; by :func:`still_intoxicated`. Hours
    that are known within bounds stand at their middle.
    """
    return still_intoxicated(*_cadss(case), case.scores.visits, case.definitions)


def _cadss(case: Case) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Rise of each CADSS above the last before, and its hours; people by forms."""
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
    return rises, at
