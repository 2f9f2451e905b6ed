"""Gate 7 on made-up counts: which cell speaks for a study, and what it must say."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from analysis.claims import judge
from analysis.claims.calibration.gate import (
    calibration_gate,
    committed_table,
    dropout,
    no_effect_worlds,
)
from analysis.claims.calibration.pieces import keys
from analysis.claims.definitions import load_definitions
from analysis.claims.evaluators import common
from analysis.claims.ledger import NOT_DECIDED, SUPPORTED, Reason
from analysis.readers.assemble import read_study
from analysis.simulate import catalogue, write_study
from analysis.simulate.scenario import EXAMPLE

RULES = load_definitions()
BOUND = RULES.rule("bias_bound_sd")


def counts(**changes: Any) -> pd.DataFrame:
    """A full table: 1 % false support in every world without an effect, at every size."""
    rows = [
        {"claim": "onset", "world": world, "n_per_arm": n, "replicates": 10_000, "rate": 0.010,
         "mc_high": 0.012, "dropout": 0.14, **keys(world)}
        for world in no_effect_worlds(BOUND) for n in (15, 30, 60)
    ]  # fmt: skip
    return pd.DataFrame(rows).assign(**changes)


def with_row(world: str, n: int, **changes: Any) -> pd.DataFrame:
    """The full table with one cell that differs."""
    table = counts()
    table.loc[(table["world"] == world) & (table["n_per_arm"] == n), list(changes)] = list(
        changes.values()
    )
    return table


def case(treated: int = 30, control: int = 30, *, lost: int = 0, **changes: Any) -> Any:
    """What gate 7 reads of a study; ``lost`` people have no score at the last window."""
    people = np.arange(treated + control)
    told = {"comparator": "active", "level": 0.025, "visits": 2, "rules": RULES} | changes
    frame = pd.DataFrame({"subject": people})
    found = {"hours": frame, "day": frame.iloc[:0], "day_3": frame.iloc[:0],
             "day_7": frame.iloc[lost:]}  # fmt: skip
    return SimpleNamespace(
        design=SimpleNamespace(comparator=told["comparator"]),
        scores=SimpleNamespace(treated=people < treated, visits=("a", "b")[: told["visits"]]),
        level=told["level"],
        definitions=told["rules"],
        people_scored=people,
        people=found.__getitem__,
    )


def test_with_every_world_counted_and_none_above_the_limit_it_passes():
    found = calibration_gate(case(), counts())
    assert found.passed is True
    assert f"{len(no_effect_worlds(BOUND))} worlds" in found.text
    assert "10,000 trials" in found.text
    assert "1.0%" in found.text


@pytest.mark.parametrize(("treated", "control", "size"), [
    (15, 15, 15), (29, 29, 15), (30, 30, 30), (30, 200, 30), (59, 60, 30), (60, 60, 60),
    (500, 500, 60),
])  # fmt: skip
def test_people_an_arm_are_rounded_down_to_a_committed_size(treated, control, size):
    assert f"with {size} people an arm" in calibration_gate(case(treated, control), counts()).text
    # Another cell's rate is no part of the answer.
    for other in {15, 30, 60} - {size}:
        table = with_row("null", other, mc_high=0.5)
        assert calibration_gate(case(treated, control), table).passed is True
    assert calibration_gate(case(treated, control), with_row("null", size, mc_high=0.5)).passed is (
        False
    )


def test_fewer_people_than_any_cell_has_are_not_spoken_for():
    found = calibration_gate(case(14, 60), counts())
    assert found.passed is None
    assert "14 people an arm are fewer" in found.text


@pytest.mark.parametrize(("high", "passed"), [
    (0.0599, True), (0.06, True), (0.0601, False), (0.9, False),
])  # fmt: skip
def test_the_worst_world_decides_by_its_upper_limit(high, passed):
    found = calibration_gate(case(), with_row("sites", 30, mc_high=high))
    assert found.passed is passed
    assert "in the world sites" in found.text


@pytest.mark.parametrize("world", no_effect_worlds(BOUND))
def test_a_world_that_is_not_counted_leaves_it_open(world):
    table = counts()
    found = calibration_gate(case(), table[table["world"] != world])
    assert found.passed is None
    assert f"1 of {len(no_effect_worlds(BOUND))} worlds" in found.text
    assert "relief calibrate --n 30" in found.text


def test_another_level_than_the_committed_one_is_not_spoken_for():
    found = calibration_gate(case(level=0.01), counts())
    assert found.passed is None
    assert "a one-sided level of 0.025, not 0.01" in found.text


def test_too_few_trials_are_no_count():
    found = calibration_gate(case(), with_row("null", 30, replicates=9_999))
    assert found.passed is None
    assert "1 of" in found.text


def test_counts_made_with_other_rules_do_not_speak():
    found = calibration_gate(case(), counts(decisions_sha256="0" * 64))
    assert found.passed is None
    assert "no committed cell was made with these rules" in found.text
    assert "pending until relief calibrate --renew" in found.text
    assert "relief calibrate --n 30 counts them anew" in found.text
    certain = RULES.rules["certain_share"].model_copy(update={"value": 0.9})
    other = RULES.model_copy(update={"rules": RULES.rules | {"certain_share": certain}})
    assert calibration_gate(case(rules=other), counts()).passed is None


def test_rules_that_only_say_it_otherwise_keep_their_counts():
    """Words of claims.toml may change, and so may its hash as a file."""
    said = {name: claim.model_copy(update={"title": f"{claim.title}, that is"})
            for name, claim in RULES.claims.items()}  # fmt: skip
    other = RULES.model_copy(update={"claims": said, "sha256": "1" * 64})
    assert calibration_gate(case(rules=other), counts()).passed is True


@pytest.mark.parametrize("key", ["code_sha256", "world_sha256"])
def test_counts_of_other_code_or_of_another_form_of_a_world_are_pending(key):
    found = calibration_gate(case(), with_row("sites", 30, **{key: "0" * 64}))
    assert found.passed is None
    assert f"1 of {len(no_effect_worlds(BOUND))} worlds are pending" in found.text
    assert "relief calibrate --renew" in found.text
    # Cells of another size are no part of the answer.
    assert calibration_gate(case(60, 60), with_row("sites", 30, **{key: "0" * 64})).passed is True


def test_counts_that_were_written_are_read_as_they_were(tmp_path, monkeypatch):
    """A world is named null, and must not be read as nothing."""
    counts().to_csv(tmp_path / "table.csv", index=False)
    monkeypatch.setattr("analysis.claims.calibration.gate.CALIBRATION", tmp_path)
    committed_table.cache_clear()
    try:
        assert calibration_gate(case()).passed is True
    finally:
        committed_table.cache_clear()


def test_no_counts_at_all_leave_it_open(monkeypatch):
    monkeypatch.setattr("analysis.claims.calibration.gate.committed_table", lambda: None)
    assert calibration_gate(case()).passed is None


@pytest.mark.parametrize("comparator", ["passive", "none"])
def test_only_an_active_comparator_was_simulated(comparator):
    assert calibration_gate(case(comparator=comparator), counts()).passed is None


def test_one_visit_within_hours_was_not_simulated():
    found = calibration_gate(case(visits=1), counts())
    assert found.passed is None
    assert "the study has one" in found.text


@pytest.mark.parametrize(("lost", "passed"), [(0, True), (8, True), (9, True), (10, None)])
def test_dropout_of_the_cells_is_rounded_up_to_the_next_twentieth(lost, passed):
    """14 % in the worlds cover 15 % in the study: 9 of 60; 10 of 60 are more."""
    found = calibration_gate(case(lost=lost), counts())
    assert found.passed is passed
    if passed is None:
        assert "committed cells reach 15%" in found.text


def test_the_world_that_loses_fewest_tells_what_is_covered():
    few = with_row("hope", 30, dropout=0.099)
    assert calibration_gate(case(lost=6), few).passed is True
    assert calibration_gate(case(lost=7), few).passed is None


def test_the_last_window_that_anyone_reached_tells_the_dropout():
    assert dropout(case(lost=6)) == pytest.approx(0.1)
    assert dropout(case(lost=60)) == 0


@pytest.mark.parametrize("claim", ["certainty_within_hours", "headline"])
def test_rows_of_other_claims_and_worlds_are_no_part_of_it(claim):
    strange = counts(claim=claim, mc_high=0.9)
    worlds = pd.concat([counts(world=name, mc_high=0.9) for name in ("power-cell", "effect-0.50")])
    beyond = counts(world="unblinding-0.80", mc_high=0.9)
    assert calibration_gate(case(), pd.concat([counts(), strange, worlds, beyond])).passed is True


def test_the_worlds_asked_for_are_those_without_an_effect_up_to_the_bound():
    names = no_effect_worlds(BOUND)
    known = catalogue().set_index("world")
    assert {"null", "regression", "unblinding-0.30", "real-24h"} <= set(names)
    assert not {"power-cell", "past-week", "responders"} & set(names)
    assert (known.loc[names, "drug_sd"] == 0).all()
    assert (known.loc[names, "bias_sd"] <= BOUND).all()
    assert len(no_effect_worlds(0.0)) < len(names)


@pytest.fixture(scope="module")
def clear(tmp_path_factory):
    """A study with a clear effect, so that all other gates pass."""
    world = replace(EXAMPLE, drug=-16.0, drug_none=0.0, belief=0.0)
    return read_study(write_study(world, 40, 3, tmp_path_factory.mktemp("clear")))


@pytest.mark.parametrize(("passed", "word"), [
    (True, SUPPORTED), (False, NOT_DECIDED), (None, NOT_DECIDED),
])  # fmt: skip
def test_the_word_of_a_study_hangs_on_it(clear, monkeypatch, passed, word):
    answer = Reason("calibration", passed, "made up")
    monkeypatch.setattr(common, "calibration_gate", lambda case: answer)
    wanted = ("headline", "onset", "certainty_within_hours", "dissociation_brief")
    own = {name: RULES.claims[name] for name in wanted}
    onset = judge(clear, RULES.model_copy(update={"claims": own}))["onset"]
    assert {r.gate: r.passed for r in onset.reasons if r.gate != "calibration"} == dict.fromkeys(
        ("construct", "time", "recall", "comparator", "estimate", "robustness"), True
    )
    assert onset.verdict == word
    assert set(onset.parts.values()) == {word}
