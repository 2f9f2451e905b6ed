"""Simulated trials judged: gates 5 and 6 on their arrays, and what common analyses say of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis import instruments
from analysis.checks.comparison import apart_in_hours, apart_in_shares
from analysis.claims.calibration.common_analyses import COMMON, relief_by_common_analyses
from analysis.claims.calibration.design import BASE, HOURS, Design, design_of_trial
from analysis.claims.covariates import measured, pooled_sites
from analysis.claims.decision_rule import ONE_SIDED, Bars, decide_by_share
from analysis.claims.definitions import Definitions
from analysis.claims.gates.robustness_of_scores import (
    doubted_word,
    intoxication_is_known,
    still_intoxicated,
    survives_missing,
    without_each,
    without_effect,
)
from analysis.claims.ledger import NOT_DECIDED, NOT_TESTABLE, SUPPORTED
from analysis.claims.primary_analyses import primary_analyses
from analysis.claims.primary_analysis import (
    Primary,
    Scores,
    primary_analysis,
    visits_told_apart,
)
from analysis.claims.verdict import combine_parts
from analysis.estimates.proportions import exact_share
from analysis.simulate import Trial

__all__ = ["CLAIMS", "Judged", "judge_trial", "judge_trials", "scores_of"]

CLAIMS = ("onset", "certainty_within_hours", "headline")
Array = NDArray[np.float64]
# Of every world with a form that speaks to the hours.
NOW_FORM = "PCL-5-now"
# The primary estimate of each of some trials, or why there is none.
Analyse = Callable[[Sequence[Scores]], list[Primary | str]]


@dataclass(frozen=True)
class Judged:
    """What the procedure says of one trial.

    Attributes
    ----------
    words : dict
        The verdict on each claim of ``CLAIMS``, as though gate 7 passed.
    by_estimate : str
        The word of gate 5 alone.
    relief : dict of bool
        Whether each common analysis would report relief.
    fell_back, failed : bool
        Whether the model took a simpler covariance, or could not be fitted.
    missing : float
        Share of people with a baseline who have no score in the window.
    row : str
        Size and design of the row that gate 7 reads, as ``30@loss-0.05``; empty where none is.
    """

    words: Mapping[str, str]
    by_estimate: str
    relief: Mapping[str, bool]
    fell_back: bool
    failed: bool
    missing: float = field(default=0.0)
    row: str = field(default="")


def judge_trial(trial: Trial, definitions: Definitions, design: Design = BASE) -> Judged:
    """Judge one trial, each model fitted by itself; see :func:`judge_trials`."""
    return judge_trials([trial], definitions, design, analyse=_one_by_one)[0]


def judge_trials(
    trials: Sequence[Trial],
    definitions: Definitions,
    design: Design = BASE,
    *,
    analyse: Analyse = primary_analyses,
) -> list[Judged]:
    """Judge trials whose times are actual, whose comparator is active and whose form is ad hoc.

    Gates 1 and 2 pass by the design of every world; gate 4 takes what the trial declares, and fails
    where the arms were rated otherwise; gate 3 fails for a form that looks back; gates 5 and 6 are
    those that judge a study, their models fitted for all trials at once. A group of flagged people
    is tried only where gate 5 gives a word, since only a word can be lost. ``design`` tells the
    level, and the window: in a later one gate 3 lets any form pass and nobody is intoxicated.
    """
    window, windows = design.window, design.windows
    several = [scores_of(trial, definitions, windows=windows) for trial in trials]
    # What others would do is counted for the usual design.
    reliefs = [dict.fromkeys(COMMON, False) for _ in trials]
    if design == BASE:
        reliefs = relief_by_common_analyses(trials, several)
    missing = [float(1 - scores.seen.mean()) for scores in several]
    spoken = [window != HOURS or not trial.recall_hours > 0 for trial in trials]
    testable = [place for place, trial in enumerate(trials) if spoken[place]
                and not _rated_otherwise(trial, several[place], definitions, windows)]  # fmt: skip
    primaries = dict(zip(testable, analyse([several[p] for p in testable]), strict=True))
    bars = {
        place: _at_look(bars_of(several[place], definitions), primary, trials[place])
        for place, primary in primaries.items()
    }
    by_estimate = {
        place: NOT_DECIDED if isinstance(primary, str) else bars[place].word(primary)
        for place, primary in primaries.items()
    }
    open_cause = {place: NOT_DECIDED for place in testable
                  if _open_cause(trials[place], several[place], definitions)}  # fmt: skip
    robust = _robust(trials, several, primaries, bars, by_estimate, definitions, windows, analyse)
    onset = by_estimate | robust | open_cause
    judged = []
    for place, scores in enumerate(several):
        # Whether everyone on ketamine scored lower is no comparison of the arms.
        certainty = _certainty(scores, definitions) if spoken[place] else NOT_TESTABLE
        if place not in primaries:
            words = {"onset": NOT_TESTABLE, "certainty_within_hours": certainty,
                     "headline": combine_parts([NOT_TESTABLE, certainty])}  # fmt: skip
            judged.append(Judged(words, NOT_TESTABLE, reliefs[place], False, False, missing[place]))
            continue
        words = {
            "onset": onset[place],
            "certainty_within_hours": certainty,
            "headline": combine_parts([onset[place], certainty]),
        }
        primary = primaries[place]
        failed = isinstance(primary, str)
        fell_back = not isinstance(primary, str) and bool(primary.fallbacks)
        row = "" if isinstance(primary, str) else _row(trials[place], scores, primary, design)
        judged.append(
            Judged(
                words, by_estimate[place], reliefs[place], fell_back, failed, missing[place], row
            )
        )
    return judged


def _at_look(bars: Bars, primary: Primary | str, trial: Trial) -> Bars:
    level = trial.declared.look_level
    if level == ONE_SIDED or isinstance(primary, str):
        return bars
    return replace(bars, level=level, df=primary.df)


def _open_cause(trial: Trial, scores: Scores, definitions: Definitions) -> bool:
    """Whether gate 4 leaves the cause not decided, whatever the estimate says."""
    told, n = trial.declared, len(scores.baseline)
    planned = sum(told.planned_per_arm.values())
    off_plan = abs(n - planned) > definitions.rule("enrolment_off_plan") * planned
    return (
        not (told.randomised and told.concurrent)
        or (off_plan and not told.enrolment_reason)
        or scores.baselines_apart > definitions.rule("baselines_far_apart_sd")
    )


def _rated_otherwise(
    trial: Trial, scores: Scores, definitions: Definitions, windows: tuple[str, ...]
) -> bool:
    """Whether the check of a study's files would refuse to compare the arms in the window."""
    name = windows[0] if windows else definitions.primary.phase
    inside = _inside(trial, trial.filled_totals, definitions, name)
    count, treated = inside.sum(axis=1), trial.treated
    rated = count > 0
    hours = np.where(inside, trial.hours_since_end, 0.0).sum(axis=1)[rated] / count[rated]
    apart = apart_in_hours(hours[treated[rated]], hours[~treated[rated]])
    if apart.stops:
        return True
    arms = (scores.treated, ~scores.treated)
    seen = rated[np.isfinite(trial.filled_baseline)]
    return apart_in_shares([int(seen[arm].sum()) for arm in arms],
                           [int(arm.sum()) for arm in arms]).stops  # fmt: skip


def _row(trial: Trial, scores: Scores, primary: Primary, design: Design) -> str:
    level = trial.declared.look_level
    found = design_of_trial(scores, primary, level=level, window=design.window)
    return "" if isinstance(found, str) else f"{found[0]}@{found[1].name}"


def _one_by_one(several: Sequence[Scores]) -> list[Primary | str]:
    found: list[Primary | str] = []
    for scores in several:
        try:
            found.append(primary_analysis(scores))
        except ValueError as refusal:
            found.append(str(refusal))
    return found


def scores_of(
    trial: Trial, definitions: Definitions, *, complete: bool = False, windows: tuple[str, ...] = ()
) -> Scores:
    """What the primary analysis sees of a trial; as :attr:`analysis.claims.case.Case.scores`.

    ``complete`` takes complete questionnaires alone, else a few blank items are filled; ``windows``
    are later ones, where the analysis is not of the hours.
    """
    baseline = trial.baseline if complete else trial.filled_baseline
    totals = trial.totals if complete else trial.filled_totals
    own = np.isfinite(baseline)
    treated = trial.treated[own]
    names = windows or tuple(definitions.primary.visits)
    table = np.column_stack([_at(trial, totals, definitions, name) for name in names])[own]
    if not windows and not visits_told_apart(
        table, treated, definitions.rule("people_at_every_visit")
    ):
        names = (definitions.primary.phase,)
        table = _at(trial, totals, definitions, names[0])[own][:, None]
    labels = tuple(definitions.windows[name].label for name in names)
    week = (trial.week_before if complete else trial.filled_week_before)[own]
    covariates = _covariates(week, trial.site[own], treated, definitions)
    return Scores(table, baseline[own], treated, labels, **covariates)


def _covariates(
    week: Array, site: NDArray[np.int_], treated: NDArray[np.bool_], definitions: Definitions
) -> dict[str, NDArray[Any]]:
    """Covariates of the primary analysis, by the rules of :mod:`analysis.claims.covariates`."""
    found: dict[str, NDArray[Any]] = {}
    if measured(np.isfinite(week), treated, definitions.rule("measured_share")):
        found["same_symptoms"] = week
    if site.any():
        sites = pooled_sites(site.astype(str), definitions.rule("smallest_site"))
        if sites is not None:
            found["site"] = sites
    return found


def _at(trial: Trial, totals: Array, definitions: Definitions, window: str) -> Array:
    """Mean of a person's forms in a window, NaN without one."""
    inside = _inside(trial, totals, definitions, window)
    count = inside.sum(axis=1)
    total = np.where(inside, totals, 0.0).sum(axis=1)
    return np.divide(total, count, out=np.full(len(count), np.nan), where=count > 0)


def _inside(
    trial: Trial, totals: Array, definitions: Definitions, window: str
) -> NDArray[np.bool_]:
    """Which forms were filled in within a window."""
    bounds = definitions.windows[window]
    within = (trial.hours_since_end >= bounds.low) & (trial.hours_since_end < bounds.high)
    return within & np.isfinite(totals)


def bars_of(scores: Scores, definitions: Definitions) -> Bars:
    """M and B of an ad hoc form, from the SD of baseline within the arms, and their floor."""
    sd, rule = scores.baseline_sd, definitions.rule
    known = instruments.get(NOW_FORM).reference_sd
    most = max(sd, known.value if known else 0.0)
    return Bars(rule("smallest_difference_sd") * most, rule("bias_bound_sd") * most, sd)


def _robust(
    trials: Sequence[Trial],
    several: Sequence[Scores],
    primaries: Mapping[int, Primary | str],
    bars: Mapping[int, Bars],
    by_estimate: Mapping[int, str],
    definitions: Definitions,
    windows: tuple[str, ...],
    analyse: Analyse,
) -> dict[int, str]:
    """The word after gate 6 of each trial that gate 5 gives one."""
    found: dict[int, str] = {}
    other: list[tuple[int, Scores]] = []
    for place, primary in primaries.items():
        if isinstance(primary, str) or by_estimate[place] == NOT_DECIDED:
            continue
        own, scores = bars[place], several[place]
        word, doubted = doubted_word(scores, primary, own)
        stands = survives_missing(doubted, primary, own, word)
        stands &= len(scores.visits) == 1 or own.stands_at_last_visit(primary, word)
        rest = None
        if stands:
            rest = _other_scores(trials[place], scores, primary, word, definitions, windows)
        found[place] = NOT_DECIDED if rest is None else word
        other += [(place, scores) for scores in rest or ()]
    tried = analyse([scores for _, scores in other])
    for (place, _), primary in zip(other, tried, strict=True):
        if isinstance(primary, str) or bars[place].word(primary) != by_estimate[place]:
            found[place] = NOT_DECIDED
    return found


def _other_scores(
    trial: Trial,
    scores: Scores,
    primary: Primary,
    word: str,
    definitions: Definitions,
    windows: tuple[str, ...],
) -> list[Scores] | None:
    """The scores without each flagged group, questionnaires complete, without the intoxicated.

    None where something cannot be tried, so that the word does not stand.
    """
    own = np.isfinite(trial.filled_baseline)
    flags = {name: trial.groups[name][own] for name in ("stopped", "one rating")}
    most = definitions.rule("largest_flagged_share")
    for members in flags.values():
        if any(members[arm].sum() > most * arm.sum() for arm in (scores.treated, ~scores.treated)):
            return None
    found = [others for _, others in without_each(scores, flags)]
    complete = scores_of(trial, definitions, complete=True, windows=windows)
    if not (
        scores.table.shape == complete.table.shape
        and np.array_equal(scores.table, complete.table, equal_nan=True)
    ):
        found.append(complete)
    if word != SUPPORTED or windows:
        return found
    rise, hours = trial.cadss_rise[own], trial.cadss_hours_since_end[own]
    if not intoxication_is_known(scores, rise, hours, definitions):
        return None
    still = still_intoxicated(rise, hours, scores.visits, definitions)
    still &= scores.treated[:, None] & np.isfinite(scores.score)
    return [*found, without_effect(scores, primary, still)] if still.any() else found


def _certainty(scores: Scores, definitions: Definitions) -> str:
    """Whether everyone on ketamine scored lower: the word of the exact interval."""
    change = np.nanmean(scores.score[scores.treated & scores.seen], axis=1)
    change = change - scores.baseline[scores.treated & scores.seen]
    if not len(change):
        return NOT_DECIDED
    known = instruments.get(NOW_FORM).change_error
    error = known.value if known else definitions.rule("change_error_sd") * scores.baseline_sd
    fell, no_worse = int((change < 0).sum()), int((change < error).sum())
    return _share_word(fell, no_worse, len(change), definitions.rule("certain_share"))


@cache
def _share_word(fell: int, no_worse: int, n: int, certain: float) -> str:
    return decide_by_share(exact_share(fell, n), certain, exact_share(no_worse, n))
