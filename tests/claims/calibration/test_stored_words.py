"""Trials drawn at random from the counts, judged again: as a written study and as arrays."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from analysis.claims import judge
from analysis.claims.calibration.counts import is_current, read_table
from analysis.claims.calibration.design import scenario
from analysis.claims.calibration.pieces import LETTERS, drawn_world, generator, trial_of
from analysis.claims.calibration.run import SEED
from analysis.claims.calibration.trial import CLAIMS, judge_trial, judge_trials
from analysis.claims.definitions import load_definitions
from analysis.claims.evaluators import common
from analysis.claims.ledger import SUPPORTED, Reason
from analysis.paths import CALIBRATION
from analysis.readers.assemble import read_study
from analysis.simulate import catalogue, entry, write_study
from tests.length import SEED as DRAWN_WITH
from tests.length import trials

pytestmark = pytest.mark.simulates

RULES = load_definitions()
# The claims that are counted, and the one whose threshold gate 6 reads.
ONLY = RULES.model_copy(
    update={"claims": {name: RULES.claims[name] for name in RULES.claims
                       if name in (*CLAIMS, "dissociation_brief")}}
)  # fmt: skip
HOW_MANY = trials(short=4, long=20)
Drawn = tuple[str, int, int, int, dict[str, str] | None]


def stored_words(draw: random.Random) -> list[Drawn]:
    """World, size, trial, seed and letters of trials that were counted.

    Where a cell is pending its letters are of other rules or other code: only the two ways
    are compared.
    """
    words = json.loads((CALIBRATION / "words.json").read_text(encoding="utf-8"))
    table = read_table(CALIBRATION / "table.csv")
    seeds = table.groupby(["world", "n_per_arm"])["seed"].first()
    current = is_current(table).groupby([table["world"], table["n_per_arm"]]).all()
    drawn = []
    for cell in draw.choices(sorted(words), k=HOW_MANY):
        name, n = cell.rsplit(" n", 1)
        number = draw.randrange(len(words[cell]["onset"]))
        letters = {claim: words[cell][claim][number] for claim in CLAIMS}
        told = letters if current[name, int(n)] else None
        drawn.append((name, int(n), number, int(seeds[name, int(n)]), told))
    return drawn


def any_cells(draw: random.Random) -> list[Drawn]:
    """Trials of any cell, where no words are stored yet."""
    names = list(catalogue()["world"])
    return [(draw.choice(names), draw.choice((15, 30, 60)), draw.randrange(10_000), SEED, None)
            for _ in range(HOW_MANY)]  # fmt: skip


@pytest.fixture
def gate_7_passes(monkeypatch):
    """Words are counted as though gate 7 passed: it is what they are counted for."""
    passed = Reason("calibration", True, "taken as passed")
    monkeypatch.setattr(common, "calibration_gate", lambda case: passed)


def letters_of_study(folder: Path, name: str, n: int, number: int, seed: int) -> dict[str, str]:
    """The whole way: files, readers, checks, judge."""
    path = write_study(drawn_world(name), n, generator(name, n, number, seed), folder)
    ledger = judge(read_study(path), ONLY)
    return {claim: LETTERS[ledger[claim].verdict] for claim in CLAIMS}


def letters_of_arrays(name: str, n: int, number: int, seed: int) -> dict[str, str]:
    """The short way, which calibration takes."""
    judged = judge_trial(trial_of(name, n, number, seed), RULES)
    return {claim: LETTERS[word] for claim, word in judged.words.items()}


def letters_as_counted(name: str, n: int, number: int, seed: int) -> dict[str, str]:
    """The short way at the design of the cell: a later window is judged there."""
    trials_there = [trial_of(name, n, number, seed)]
    judged = judge_trials(trials_there, RULES, scenario(name)[1])[0]
    return {claim: LETTERS[word] for claim, word in judged.words.items()}


@pytest.mark.usefixtures("gate_7_passes")
def test_trials_at_random_get_the_word_that_was_counted(tmp_path):
    number = random.SystemRandom().randrange(2**32) if DRAWN_WITH is None else DRAWN_WITH
    draw = random.Random(number)
    there = (CALIBRATION / "words.json").exists()
    for place, (*trial, stored) in enumerate((stored_words if there else any_cells)(draw)):
        told = f"drawn with {number}: {trial}"
        # Arrays are not looked through for what the check of files finds, such as people twice.
        if not entry(trial[0].partition("@")[0]).stopped_by:
            short = letters_of_arrays(*trial)
            assert letters_of_study(tmp_path / str(place), *trial) == short, told
        assert stored in (None, letters_as_counted(*trial)), told


@pytest.mark.usefixtures("gate_7_passes")
@pytest.mark.parametrize("name", ["unblinding-0.80", "responders", "one-rating", "euphoria-0.80"])
def test_where_words_differ_from_trial_to_trial_both_ways_agree(tmp_path, name):
    """Cells in which gates 5 and 6 decide now one way and now the other."""
    ways = [(letters_of_study(tmp_path / str(k), name, 30, k, 1), letters_of_arrays(name, 30, k, 1))
            for k in range(trials(short=1, long=2))]  # fmt: skip
    for whole, short in ways:
        assert whole == short


@pytest.mark.usefixtures("gate_7_passes")
def test_a_word_can_be_supported_at_all(tmp_path):
    """Else the agreement above would be of one word with itself."""
    words = [letters_of_study(tmp_path / str(k), "effect-1.50", 30, k, 1)["onset"] for k in (0, 1)]
    assert LETTERS[SUPPORTED] in words
