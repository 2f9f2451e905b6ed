"""Trials of known truth: what does nothing is not supported, what works is, as often as stated.

Gate 7 is taken as passed: it is these rates that it reads.
"""

from __future__ import annotations

import json
from functools import cache
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
from scipy import stats

from analysis.claims import judge
from analysis.claims.calibration import trial as judging
from analysis.claims.calibration.counts import is_current, read_table
from analysis.claims.calibration.pieces import LETTERS, generator, trial_of
from analysis.claims.definitions import load_definitions
from analysis.claims.evaluators import common
from analysis.claims.ledger import SUPPORTED, Reason
from analysis.paths import CALIBRATION
from analysis.readers.assemble import read_study
from analysis.simulate import Trial, world, write_study
from tests.length import seed, trials

RULES = load_definitions()
# Not the seed of the committed counts: these are other trials.
SEED = seed(15)


def word(trial: Trial) -> str:
    """What the procedure says of onset; common analyses cost most of the time and are left out."""
    with patch.object(judging, "relief_by_common_analyses", lambda trials, _: [{}] * len(trials)):
        return judging.judge_trial(trial, RULES).words["onset"]


def falls(trial: Trial) -> list[float]:
    """Mean change within hours in each arm, points."""
    scores = judging.scores_of(trial, RULES)
    change = scores.score - scores.baseline[:, None]
    return [float(np.nanmean(change[own])) for own in (scores.treated, ~scores.treated)]


@pytest.mark.bad_input("G14")
def test_of_many_trials_of_nothing_in_people_taken_in_for_being_ill_few_are_supported():
    """At most 41 of 500: the 99.9 % limit of a binomial at 5 %. In both arms scores still fall."""
    count, most = trials(short=(120, 14), long=(500, 41))
    assert most == int(stats.binom.ppf(0.999, count, 0.05))
    drawn = [trial_of("regression", 30, number, SEED) for number in range(count)]
    changes = np.array([falls(trial) for trial in drawn])
    assert (changes.mean(axis=0) + 5 * changes.std(axis=0) / np.sqrt(count) < 0).all()
    assert (changes < 0).mean() > 0.8
    assert sum(word(trial) == SUPPORTED for trial in drawn) <= most


@pytest.mark.bad_input("G14")
def test_a_fall_of_people_taken_in_for_being_ill_stands_beside_what_selection_brings(
    tmp_path, monkeypatch
):
    passed = Reason("calibration", True, "taken as passed")
    monkeypatch.setattr(common, "calibration_gate", lambda case: passed)
    # So many that luck does not hide what selection brings.
    path = write_study(world("regression"), 200, generator("regression", 200, 1, SEED), tmp_path)
    ledger = judge(read_study(path))
    beside = ledger["onset"].beside
    for arm in ("ketamine", "midazolam"):
        rows = [row for row in beside if row["contrast"] == f"after - before, {arm}"]
        assert rows[0]["estimate"] < 0
        assert any("selection" in row["estimand"] for row in rows)
    told = " ".join(flag.message for flag in ledger.flags)
    assert "fall by themselves (regression to the mean)" in told
    assert SUPPORTED not in {ledger[name].verdict for name in ("onset", "headline", "attribution")}


@cache
def committed() -> tuple[Any, dict[str, str]] | None:
    """The power cell's row of the committed counts, and its stored words; None where pending."""
    table = CALIBRATION / "table.csv"
    if not table.exists():
        return None
    rows = read_table(table).query("world == 'power-cell' and n_per_arm == 30 and claim == 'onset'")
    rows = rows[is_current(rows)]
    words = json.loads((CALIBRATION / "words.json").read_text(encoding="utf-8"))
    return (rows.iloc[0], words["power-cell n30"]) if len(rows) else None


@pytest.mark.bad_input("G15")
def test_relief_at_3_to_5_hours_on_a_right_now_form_is_found_as_often_as_stated():
    """A true difference of 1.0 SD, 30 per arm: up to 100 new trials, and the stored ones."""
    count = trials(short=40, long=100)
    drawn = [trial_of("power-cell", 30, number, SEED) for number in range(count)]
    found = sum(word(trial) == SUPPORTED for trial in drawn)
    assert found > count / 2
    if committed() is not None:
        row, words = committed()
        low, high = stats.binom.ppf((0.0005, 0.9995), count, row["rate"])
        assert low <= found <= high
        again = [trial_of("power-cell", 30, number, int(row["seed"])) for number in range(20)]
        assert "".join(LETTERS[word(trial)] for trial in again) == words["onset"][:20]
        kept = len(words["onset"])
        low, high = stats.binom.ppf((0.0005, 0.9995), kept, row["rate"])
        assert low <= words["onset"].count(LETTERS[SUPPORTED]) <= high
