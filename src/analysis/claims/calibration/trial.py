"""One simulated trial judged: gates 5 and 6 on its arrays, and what common analyses say of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache

import numpy as np
from numpy.typing import NDArray

from analysis.claims.calibration.common_analyses import relief_by_common_analyses
from analysis.claims.decision_rule import Bars, decide_by_share
from analysis.claims.definitions import Definitions
from analysis.claims.gates.robustness_of_scores import (
    Tried,
    count_as_not_improved,
    doubt_missing_scores,
    still_intoxicated,
    survives_missing,
    tried_without,
    try_on,
)
from analysis.claims.ledger import NOT_DECIDED, NOT_TESTABLE, SUPPORTED
from analysis.claims.primary_analysis import Primary, Scores, primary_analysis
from analysis.claims.verdict import combine_parts
from analysis.estimates.proportions import exact_share
from analysis.simulate import Trial

__all__ = ["CLAIMS", "Judged", "judge_trial", "scores_of"]

CLAIMS = ("onset", "certainty_within_hours", "headline")
Array = NDArray[np.float64]


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
        Share of people with a baseline who have no score at the last visit.
    """

    words: Mapping[str, str]
    by_estimate: str
    relief: Mapping[str, bool]
    fell_back: bool
    failed: bool
    missing: float = field(default=0.0)


def judge_trial(trial: Trial, definitions: Definitions) -> Judged:
    """Judge a trial whose times are actual, whose comparator is active and whose form is ad hoc.

    Gates 1, 2 and 4 pass by the design of every world; gate 3 fails for a form that looks
    back; gates 5 and 6 are the functions that judge a study. A group of flagged people is
    tried only where gate 5 supports, since only support can be lost.
    """
    scores = scores_of(trial, definitions)
    missing = float(np.isnan(trial.totals[~np.isnan(trial.baseline), -1]).mean())
    relief = relief_by_common_analyses(trial, scores)
    if trial.recall_hours > 0:
        words = dict.fromkeys(CLAIMS, NOT_TESTABLE)
        return Judged(words, NOT_TESTABLE, relief, False, False, missing)
    bars = bars_of(scores, definitions)
    primary: Primary | None = None
    try:
        primary = primary_analysis(scores)
    except ValueError:
        onset = by_estimate = NOT_DECIDED
    else:
        onset = by_estimate = bars.word(primary)
        if by_estimate == SUPPORTED and not _robust(trial, scores, primary, bars, definitions):
            onset = NOT_DECIDED
    certainty = _certainty(scores, definitions)
    words = {
        "onset": onset,
        "certainty_within_hours": certainty,
        "headline": combine_parts([onset, certainty]),
    }
    fell_back = primary is not None and bool(primary.fit.fallbacks)
    return Judged(words, by_estimate, relief, fell_back, primary is None, missing)


def scores_of(trial: Trial, definitions: Definitions, *, filled: bool = False) -> Scores:
    """What the primary analysis sees of a trial; as :attr:`analysis.claims.case.Case.scores`."""
    baseline = trial.filled_baseline if filled else trial.baseline
    totals = trial.filled_totals if filled else trial.totals
    own = np.isfinite(baseline)
    treated = trial.treated[own]
    names = tuple(definitions.primary.visits)
    table = np.column_stack([_at(trial, totals, definitions, name) for name in names])[own]
    seen = np.isfinite(table)
    fewest = min(seen[treated].sum(axis=0).min(), seen[~treated].sum(axis=0).min())
    if fewest < definitions.rule("minimum_people_per_arm"):
        names = (definitions.primary.phase,)
        table = _at(trial, totals, definitions, names[0])[own][:, None]
    labels = tuple(definitions.windows[name].label for name in names)
    return Scores(table, baseline[own], treated, labels)


def _at(trial: Trial, totals: Array, definitions: Definitions, window: str) -> Array:
    """Mean of a person's forms in a window, NaN without one."""
    bounds = definitions.windows[window]
    inside = (trial.hours_since_end >= bounds.low) & (trial.hours_since_end < bounds.high)
    inside &= np.isfinite(totals)
    count = inside.sum(axis=1)
    total = np.where(inside, totals, 0.0).sum(axis=1)
    return np.divide(total, count, out=np.full(len(count), np.nan), where=count > 0)


def bars_of(scores: Scores, definitions: Definitions) -> Bars:
    """M and B of an ad hoc form, from the SD of baseline within the arms."""
    parts = [scores.baseline[scores.treated], scores.baseline[~scores.treated]]
    squares = sum(float(((part - part.mean()) ** 2).sum()) for part in parts)
    sd = (squares / (len(scores.baseline) - 2)) ** 0.5
    rule = definitions.rule
    return Bars(rule("smallest_difference_sd") * sd, rule("bias_bound_sd") * sd)


def _robust(
    trial: Trial, scores: Scores, primary: Primary, bars: Bars, definitions: Definitions
) -> bool:
    """Gate 6 where gate 5 supports."""
    if not survives_missing(doubt_missing_scores(scores, primary, bars.support), primary, bars):
        return False
    return all(one.word == SUPPORTED for one in _tried(trial, scores, bars, definitions))


def _tried(trial: Trial, scores: Scores, bars: Bars, definitions: Definitions) -> Iterator[Tried]:
    own = np.isfinite(trial.baseline)
    flags = {name: trial.groups[name][own] for name in ("stopped", "one rating")}
    yield from tried_without(scores, bars, flags)
    filled = scores_of(trial, definitions, filled=True)
    if not (
        scores.score.shape == filled.score.shape
        and np.array_equal(scores.score, filled.score, equal_nan=True)
        and np.array_equal(scores.baseline, filled.baseline)
    ):
        yield try_on("with form.incomplete put back", filled, bars)
    still = still_intoxicated(
        trial.cadss_rise, trial.cadss_hours_since_end, scores.visits, definitions
    )
    still = still[own]
    if (still & np.isfinite(scores.score)).any():
        yield try_on("counted as not improved", count_as_not_improved(scores, still), bars)


def _certainty(scores: Scores, definitions: Definitions) -> str:
    """Whether everyone on ketamine scored lower: the word of the exact interval."""
    change = np.nanmean(scores.score[scores.treated & scores.seen], axis=1)
    change = change - scores.baseline[scores.treated & scores.seen]
    if not len(change):
        return NOT_DECIDED
    return _share_word(int((change < 0).sum()), len(change), definitions.rule("certain_share"))


@cache
def _share_word(events: int, n: int, certain: float) -> str:
    return decide_by_share(exact_share(events, n), certain)
