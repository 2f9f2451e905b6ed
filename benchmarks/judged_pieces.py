"""Simulated trials judged in batches, as calibration does, with what every part takes.

Half the trials are of a world without effect (unblinding at the bound on bias), half of the one
in which power is promised. Of every trial, whatever the judge makes of it:

- drawing: people, answers, blanks, losses;
- MMRM: the primary analysis, Kenward-Roger, of all trials of a batch at once;
- common analyses: paired t, LOCF, Mann-Whitney, random intercept, which are set beside it;
- onset word: gates 5 and 6 without the first fit. Where gate 5 supports, they fit the model again
  without each flagged group;
- missing data: missing at random, jump to reference, tipping shift. The judge asks for them where
  gate 5 supports; here every trial is asked. Where it does not support, no shift is searched;
- onset time: when each person crossed 30 % of baseline, as intervals, unsustained and sustained,
  and Turnbull's estimate in both arms;
- its limits: likelihood-ratio limits of the difference in the share that crossed by the last
  visit that can show it;
- onset of the means: the mixed model of all five visits, stepped backward from the last.
"""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import patch

import numpy as np
import pandas as pd

from analysis.claims.calibration import trial as judging
from analysis.claims.calibration.pieces import TOGETHER, trial_of, trials_of
from analysis.claims.calibration.trial import Judged
from analysis.claims.definitions import Definitions, load_definitions
from analysis.claims.gates.robustness_of_scores import doubt_missing_scores
from analysis.claims.ledger import SUPPORTED
from analysis.claims.primary_analyses import primary_analyses
from analysis.claims.primary_analysis import Primary, Scores
from analysis.estimates.missing.closed_form import Robustness
from analysis.estimates.onset.courses import Threshold, courses
from analysis.estimates.onset.interval_censored import likelihood_difference, turnbull
from analysis.estimates.onset.onset_of_mean_difference import mean_onset
from analysis.estimates.onset.time_to_response import CONFIRMED_AFTER, onset_intervals
from analysis.mmrm import ModelSpec, prepare
from analysis.simulate import Trial
from analysis.windows import in_time, windows_of_claims

__all__ = ["COUNTED", "PARTS", "SCHEDULE", "SEED", "WORLDS", "crossings", "judge_piece"]

# Visits of every simulated trial: the windows of one visit each up to a week, with their hours.
SCHEDULE = {name: own.at for name, own in in_time(windows_of_claims()).items()
            if name != "hours" and own.at <= 168}  # fmt: skip

WORLDS = ("unblinding-0.30", "power-cell")
SEED = 1
# What calibration does of a trial, and what is asked for besides.
COUNTED = ("drawing", "MMRM", "common analyses", "onset word")
PARTS = (*COUNTED, "missing data", "onset time", "its limits", "onset of the means")
Analysed = tuple[Scores, Primary | str]
FALL = Threshold("30 % of baseline", share=0.3)
ALL_VISITS = "change ~ baseline * visit + arm * visit"


@dataclass(frozen=True)
class Crossed:
    """When people crossed: (left, right] of either arm, read at the last hour that can show it."""

    ketamine: tuple[np.ndarray, np.ndarray]
    comparator: tuple[np.ndarray, np.ndarray]
    hour: float

    def shares(self) -> tuple[float, float]:
        """Turnbull's estimate of the share of either arm that crossed by the hour."""
        both = turnbull(*self.ketamine), turnbull(*self.comparator)
        return float(both[0].lower(self.hour)), float(both[1].lower(self.hour))

    def limits(self) -> dict[str, Any]:
        """The difference of the shares with its limits, a row of estimates."""
        return likelihood_difference(self.ketamine, self.comparator, self.hour)


@dataclass
class Clock:
    """Seconds of the processor by part, each without the parts inside it."""

    seconds: Counter[str] = field(default_factory=Counter)
    inside: float = 0.0

    def timed(self, part: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """The function, which from now on is timed."""

        def run(*given: Any, **named: Any) -> Any:
            outside, self.inside = self.inside, 0.0
            start = time.process_time()
            try:
                return function(*given, **named)
            finally:
                took = time.process_time() - start
                self.seconds[part] += took - self.inside
                self.inside = outside + took

        return run

    def judged(self, drawn: list[Trial], rules: Definitions) -> Iterator[tuple[Judged, Analysed]]:
        """Trials judged at once, each with its scores and what the first fit found."""
        first: list[Analysed] = []

        def analyse(several: Sequence[Scores]) -> list[Primary | str]:
            if first:
                return primary_analyses(several)
            found = self.timed("MMRM", primary_analyses)(several)
            first.extend(zip(several, found, strict=True))
            return found

        common = self.timed("common analyses", judging.relief_by_common_analyses)
        with patch.object(judging, "relief_by_common_analyses", common):
            judge = self.timed("onset word", judging.judge_trials)
            judged = judge(drawn, rules, analyse=analyse)
        yield from zip(judged, first, strict=True)


def crossings(trial: Trial) -> list[Crossed]:
    """Times of crossing, unsustained and then sustained.

    As :func:`analysis.describe.onset.courses.people_courses` has them of a study. A simulated
    trial has no event but a stopped infusion, which changes no score.
    """
    own = np.isfinite(trial.baseline)
    arm, totals = trial.treated[own], trial.totals[own]
    person, visit = np.nonzero(np.isfinite(totals))
    hours = trial.hours_since_end[own][person, visit]
    visits = pd.DataFrame(
        {
            "subject": person,
            "visit": np.array(list(SCHEDULE))[visit],
            "score": totals[person, visit],
            "hours_low": hours,
            "hours_high": hours,
        }
    )
    people = pd.DataFrame({"subject": np.arange(len(arm)), "baseline": trial.baseline[own]})
    course = courses(people, visits, FALL, schedule=SCHEDULE).on_schedule()
    confirmed = course.confirming(CONFIRMED_AFTER) < len(course.nominal)
    found = []
    for sustained, readable in ((False, course.nominal), (True, course.nominal[confirmed])):
        table = onset_intervals(course, sustained=sustained)
        left, right = table["left"].to_numpy(float), table["right"].to_numpy(float)
        found.append(Crossed((left[arm], right[arm]), (left[~arm], right[~arm]), readable[-1]))
    return found


def onset_time(trial: Trial) -> tuple[list[Crossed], list[tuple[float, float]]]:
    """The times of crossing, and the shares that crossed."""
    found = crossings(trial)
    return found, [one.shares() for one in found]


def of_all_visits(trial: Trial) -> pd.DataFrame:
    """Change at all visits, one row a person and visit, as the mixed model takes it."""
    own, k = np.isfinite(trial.baseline), len(SCHEDULE)
    baseline, n = trial.baseline[own], int(own.sum())
    visit = np.tile(np.arange(k), n)
    arm = np.repeat(trial.treated[own].astype(int), k)
    return pd.DataFrame(
        {
            "subject": np.repeat(np.arange(n), k),
            "visit": pd.Categorical.from_codes(visit, list(SCHEDULE), ordered=True),
            "arm": pd.Categorical.from_codes(arm, ["comparator", "ketamine"]),
            "baseline": np.repeat(baseline, k),
            "change": (trial.totals[own] - baseline[:, None]).ravel(),
        }
    )


def onset_of_means(trial: Trial, spec: ModelSpec) -> float:
    """Scheduled hour from which on the means differ; NaN where they do not at the last visit."""
    found = spec.fit(of_all_visits(trial)).differences("arm", by="visit", reference="comparator")
    onset = mean_onset(found.rename(columns={"visit": "window"}), pd.Series(SCHEDULE))
    return float(onset["estimate"])


def drawn_in_turn(worlds: list[str], n: int, begin: int) -> list[Trial]:
    """Trials of the worlds in turn, those of one world drawn together."""
    found = {}
    for name in dict.fromkeys(worlds):
        numbers = [begin + i for i, own in enumerate(worlds) if own == name]
        found.update(zip(numbers, trials_of(name, n, numbers, SEED), strict=True))
    return [found[number] for number in sorted(found)]


def judge_piece(start: int, stop: int, n: int, *, limits: bool = True) -> dict[str, Any]:
    """Judge trials ``start`` to ``stop`` of n people an arm, the worlds in turn.

    Without ``limits`` the shares that crossed have none.

    Returns
    -------
    dict
        trials, process (its number), wall and cpu (s), parts (CPU seconds of each of ``PARTS``)
        and found: how often each word came and each estimate was asked for or refused, and sums
        of the estimates, by which two runs are compared.
    """
    wall, cpu, clock = time.perf_counter(), time.process_time(), Clock()
    rules = load_definitions()
    found: Counter[str] = Counter()
    spec = prepare(ALL_VISITS, of_all_visits(trial_of(WORLDS[0], n, 0, SEED)),
                   subject="subject", visit="visit")  # fmt: skip
    for begin in range(start, stop, TOGETHER):
        worlds = [
            WORLDS[number % len(WORLDS)] for number in range(begin, min(begin + TOGETHER, stop))
        ]
        drawn = clock.timed("drawing", drawn_in_turn)(worlds, n, begin)
        judged = list(clock.judged(drawn, rules))
        for world, trial, (word, (scores, primary)) in zip(worlds, drawn, judged, strict=True):
            found[f"{world} {word.words['onset']}"] += 1
            if not isinstance(primary, str):
                bars = judging.bars_of(scores, rules)
                missing = clock.timed("missing data", doubt_missing_scores)(
                    scores, primary, bars.holds(SUPPORTED)
                )
                found.update(_of_missing(missing))
            found.update(_of_onset(trial, spec, clock, limits))
    return {
        "trials": stop - start,
        "process": os.getpid(),
        "wall": time.perf_counter() - wall,
        "cpu": time.process_time() - cpu,
        "parts": {part: clock.seconds[part] for part in PARTS},
        "found": dict(found),
    }


def _of_missing(found: Robustness) -> dict[str, float]:
    return {
        "missing data estimated": 1,
        "shift searched": found.tipping_shift > 0,
        "sum of missing at random": found.missing_at_random,
        "sum of jump to reference": found.jump_to_reference,
    }


def _of_onset(drawn: Trial, spec: ModelSpec, clock: Clock, limits: bool) -> dict[str, float]:
    crossed, shares = clock.timed("onset time", onset_time)(drawn)
    ends = {}
    if limits:
        read = clock.timed("its limits", lambda: [one.limits() for one in crossed])()
        ends = {"sum of upper limits": sum(one["ci_high"] for one in read)}
    try:
        hour = clock.timed("onset of the means", onset_of_means)(drawn, spec)
    except ValueError:
        means = {"onset of the means refused": 1.0}
    else:
        means = {"onset of the means estimated": 1.0, "of them with an onset": np.isfinite(hour)}
    return means | {
        "onset time estimated": 1,
        "sum of shares crossed": sum(map(sum, shares)),
        **ends,
    }
