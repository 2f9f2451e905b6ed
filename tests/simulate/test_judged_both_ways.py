"""Trials of random scenarios and designs, judged as arrays and as the study folder that holds them.

Calibration judges arrays and a researcher a folder: the rates of one are those of the other only
if every word is the same, gate 7 included.
"""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest
from typer.testing import CliRunner

from analysis.claims import judge
from analysis.claims.calibration.command import every_world
from analysis.claims.calibration.design import Design, design_of
from analysis.claims.calibration.gate import committed_table, row_says
from analysis.claims.calibration.pieces import drawn_world, generator, trial_of
from analysis.claims.calibration.trial import judge_trial
from analysis.claims.definitions import load_definitions
from analysis.claims.ledger import CONTRADICTED, NOT_DECIDED, SUPPORTED
from analysis.cli import app
from analysis.readers.assemble import read_study
from analysis.simulate import catalogue, write_study
from tests.length import SEED as DRAWN_WITH
from tests.length import trials

pytestmark = pytest.mark.simulates

RULES = load_definitions()
CLAIMS = ("onset", "certainty_within_hours")
ONLY = RULES.model_copy(
    update={"claims": {name: RULES.claims[name] for name in (*CLAIMS, "dissociation_brief")}}
)
COUNT, BY_COMMAND = trials(short=(4, 1), long=(2_000, 40))
# The drug is given twice, or scores look back: such a trial has no word within hours.
APART = ("carry-over", "past-week")
# Where the words differ from trial to trial.
OFTEN = ("power-cell", "effect-0.75", "effect-1.50", "unblinding-0.50")


def drawn(draw: random.Random) -> tuple[str, int, int]:
    """A scenario at a design, participants per arm, and the number of the trial."""
    known = catalogue()
    known = known[known["stopped_by"] == ""]
    names = [name for name in known["world"] if name not in APART]
    world = draw.choice([*names, *OFTEN * 5])
    design = Design(
        loss=draw.choice((0.02, 0.02, 0.05, 0.10, 0.15, 0.30)),
        visits=draw.choice((1, 2, 2)),
        allocation=draw.choice((1, 1, 2)),
        sd_ratio=draw.choice((1, 1, 2)),
        covariate=draw.random() < 0.8,
    )
    name = f"{world}@{design.name}" if design.name else world
    return name, draw.choice((15, 20, 30)), draw.randrange(1_000_000)


def by_arrays(name: str, n: int, number: int) -> dict[str, str]:
    """The words of calibration, with gate 7 as it reads the committed rows."""
    judged = judge_trial(trial_of(name, n, number, 5), RULES)
    words = {claim: judged.words[claim] for claim in CLAIMS}
    if words["onset"] in (SUPPORTED, CONTRADICTED):
        size, _, asked = judged.row.partition("@")
        contradicted = words["onset"] == CONTRADICTED
        kept = (
            size
            and row_says(
                int(size), design_of(asked), RULES, committed_table(), contradicted=contradicted
            ).passed
        )
        words["onset"] = words["onset"] if kept else NOT_DECIDED
    return words


def by_folder(name: str, n: int, number: int, folder: Path, *, command: bool) -> dict[str, str]:
    """The whole way: files, readers, checks, judge, and for some the command line."""
    path = write_study(drawn_world(name), n, generator(name, n, number, 5), folder)
    if not command:
        ledger = judge(read_study(path), ONLY)
        return {claim: ledger[claim].verdict for claim in CLAIMS}
    result = CliRunner().invoke(app, ["judge", str(path), "--json"])
    assert result.exit_code == 0, result.output
    found = {one["claim"]: one["verdict"] for one in json.loads(result.stdout)["claims"]}
    return {claim: found[claim] for claim in CLAIMS}


def test_every_trial_gets_the_same_words_both_ways(tmp_path):
    draw = random.Random(f"both ways {DRAWN_WITH}")
    differ = []
    for place in range(COUNT):
        cell = drawn(draw)
        folder = by_folder(*cell, tmp_path / str(place), command=place < BY_COMMAND)
        if folder != by_arrays(*cell):
            differ.append((*cell, folder))
    assert not differ


def test_the_scenarios_drawn_are_those_that_are_counted():
    assert set(OFTEN) <= set(every_world())
