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

from analysis.checks import check
from analysis.claims.calibration.command import every_world
from analysis.claims.calibration.design import Design, design_of
from analysis.claims.calibration.gate import committed_table, row_says
from analysis.claims.calibration.pieces import drawn_world, generator, trial_of
from analysis.claims.calibration.trial import judge_trial
from analysis.claims.case import Case
from analysis.claims.definitions import load_definitions
from analysis.claims.evaluators import EVALUATORS
from analysis.claims.ledger import CONTRADICTED, NOT_DECIDED, NOT_TESTABLE, SUPPORTED, ClaimResult
from analysis.claims.result import claim_result
from analysis.cli import app
from analysis.readers.assemble import read_study
from analysis.simulate import catalogue, write_study
from tests.length import SEED as DRAWN_WITH
from tests.length import trials

pytestmark = pytest.mark.simulates

RULES = load_definitions()
CLAIMS = ("onset", "certainty_within_hours")
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


def judged_alone(case: Case) -> dict[str, str]:
    """The verdicts of the claims compared, as the judge gives them, without the other claims.

    By all the rules: with some of the claims alone the counts would be of other rules, and
    gate 7 without an answer.
    """
    found: dict[str, ClaimResult] = {}
    for name in CLAIMS:
        claim = RULES.claims[name]
        finding = EVALUATORS[name](case, name, claim)
        found[name] = claim_result(name, claim, finding, found, form_cap=case.form_cap)
    return {name: one.verdict for name, one in found.items()}


def by_folder(name: str, n: int, number: int, folder: Path, *, command: bool) -> dict[str, str]:
    """The whole way: files, readers, checks, judge, and for some the command line."""
    path = write_study(drawn_world(name), n, generator(name, n, number, 5), folder)
    if not command:
        return judged_alone(Case(check(read_study(path)), RULES))
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


def test_a_trial_that_is_supported_is_so_both_ways(tmp_path):
    cell = ("responders", 30, 789748)
    assert by_arrays(*cell)["onset"] == SUPPORTED
    folder = by_folder(*cell, tmp_path / "study", command=False)
    assert folder == by_arrays(*cell)
    assert folder == by_folder(*cell, tmp_path / "again", command=True)


@pytest.mark.parametrize(
    "cell",
    [("other-clock-25@loss-0.15+visits-1+allocation-2+covariate-0", 30, 998484),
     ("wide-small-comparator@loss-0.15+covariate-0", 30, 534820)],
    ids=["other hours", "other shares"],
)  # fmt: skip
def test_arms_rated_otherwise_by_chance_are_no_comparison_both_ways(tmp_path, cell):
    assert by_arrays(*cell)["onset"] == NOT_TESTABLE
    assert by_folder(*cell, tmp_path / "study", command=False) == by_arrays(*cell)


def test_the_scenarios_drawn_are_those_that_are_counted():
    assert set(OFTEN) <= set(every_world())
