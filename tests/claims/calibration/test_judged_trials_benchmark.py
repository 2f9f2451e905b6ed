"""The benchmark of judging, at a size that a test can afford: what it reports, never how fast."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.claims.calibration.pieces import trial_of
from analysis.claims.calibration.trial import judge_trial
from analysis.claims.definitions import load_definitions
from benchmarks import judged_trials
from benchmarks.judged_pieces import PARTS, SCHEDULE, SEED, WORLDS, crossings, judge_piece

pytestmark = pytest.mark.simulates

N, TRIALS = 15, 6


@pytest.fixture(scope="module")
def piece():
    return judge_piece(0, TRIALS, N)


def test_every_trial_is_asked_for_every_estimate(piece):
    found = piece["found"]
    assert piece["trials"] == TRIALS
    assert found["missing data estimated"] == TRIALS
    assert found["onset time estimated"] == TRIALS
    assert found["onset of the means estimated"] == TRIALS


def test_words_are_those_of_the_judge(piece):
    rules = load_definitions()
    for world in WORLDS:
        numbers = [i for i in range(TRIALS) if WORLDS[i % len(WORLDS)] == world]
        words = [judge_trial(trial_of(world, N, i, SEED), rules).words["onset"] for i in numbers]
        for word in ("supported", "contradicted", "not decided"):
            assert piece["found"].get(f"{world} {word}", 0) == words.count(word)


def test_parts_are_timed_apart_and_none_takes_longer_than_all(piece):
    assert list(piece["parts"]) == list(PARTS)
    assert min(piece["parts"].values()) > 0
    assert sum(piece["parts"].values()) <= piece["cpu"]


def test_a_person_crosses_between_the_last_visit_without_and_the_first_with():
    trial = trial_of("power-cell", 30, 3, SEED)
    complete = np.isfinite(trial.totals).all(axis=1)
    own = np.isfinite(trial.baseline)
    unsustained, sustained = crossings(trial)
    visits = [0.0, *SCHEDULE.values(), np.inf]
    for arm, (left, right) in ((trial.treated, unsustained.ketamine),
                               (~trial.treated, unsustained.comparator)):  # fmt: skip
        people = np.flatnonzero(own & arm)
        assert len(people) == len(left)
        for place, who in enumerate(people):
            if complete[who]:
                fell = trial.totals[who] <= 0.7 * trial.baseline[who]
                first = int(np.argmax([*fell, True])) + 1
                assert (left[place], right[place]) == (visits[first - 1], visits[first])
    # A week is the last visit; a crossing at it has no later one to confirm it.
    assert (unsustained.hour, sustained.hour) == (168.0, 72.0)


def test_one_process_and_two_workers_find_the_same():
    got = judged_trials.scaling(TRIALS, 2, n=N)
    assert got.same
    assert got.found["onset time estimated"] == TRIALS
    assert {count: len(times) for count, times in got.wall.items()} == {1: 2, 2: 2}
    assert len(got.speed_ups) == 3
    assert min(got.speed_ups) > 0
    assert got.start_up > 0


def test_it_prints_parts_rates_ratio_and_scaling(monkeypatch, capsys):
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.setattr(judged_trials, "SIZES", (8, N))
    monkeypatch.setattr(judged_trials, "ROUNDS", 1)
    assert judged_trials.main(["--trials", "4"]) == 0
    printed = capsys.readouterr().out
    lines = {line[:18].strip(): line[18:].split() for line in printed.splitlines()}
    for part in (*PARTS, "all", "as calibrate does"):
        assert len(lines[part]) == 3
        assert min(map(float, lines[part])) > 0
    for rate in ("rate, all", "rate, as calibrate"):
        assert len(lines[rate]) == 2
    for said in ("4 trials of 30 an arm", "1 process:", "2 workers:", "a core;", "efficiency",
                 "statsmodels MixedLM", "one process and the workers found the same"):  # fmt: skip
        assert said in printed


def test_it_refuses_to_time_more_than_one_thread(monkeypatch):
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    with pytest.raises(SystemExit):
        judged_trials.main(["--trials", "1"])
