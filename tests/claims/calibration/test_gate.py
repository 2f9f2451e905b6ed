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
    no_effect_worlds,
    worlds_that_matter,
)
from analysis.claims.calibration.pieces import keys
from analysis.claims.definitions import load_definitions
from analysis.claims.evaluators import common
from analysis.claims.ledger import CONTRADICTED, NOT_DECIDED, SUPPORTED, Reason
from analysis.readers.assemble import read_study
from analysis.simulate import catalogue, entry, write_study
from analysis.simulate.scenarios.scenario import EXAMPLE

RULES = load_definitions()
BOUND = RULES.rule("bias_bound_sd")
MATTERS = RULES.rule("smallest_difference_sd")


def counts(*designs: str, **changes: Any) -> pd.DataFrame:
    """A full table: 1 % of false words in every scenario that decides, at every size.

    Of the usual design, and of others by their names in two scenarios.
    """
    both = (*no_effect_worlds(BOUND), *worlds_that_matter(MATTERS))
    few = (no_effect_worlds(BOUND)[0], worlds_that_matter(MATTERS)[0])
    cells = [*both, *(f"{world}@{name}" for world in few for name in designs)]
    rows = [
        {"claim": "onset", "world": world, "n_per_arm": n, "replicates": 10_000, "rate": 0.010,
         "mc_high": 0.012, "contradicted": 100, **keys(world, RULES)}
        for world in cells for n in (15, 30, 60)
    ]  # fmt: skip
    return pd.DataFrame(rows).assign(**changes)


def with_row(world: str, n: int, *designs: str, **changes: Any) -> pd.DataFrame:
    """The full table with one row that differs."""
    table = counts(*designs)
    table.loc[(table["world"] == world) & (table["n_per_arm"] == n), list(changes)] = list(
        changes.values()
    )
    return table


def case(
    treated: int = 30, control: int = 30, *, lost: int = 0, visits: int = 2, ratio: float = 1.0,
    covariate: bool = True, later: str | None = None, word: str = NOT_DECIDED, **changes: Any,
) -> Any:  # fmt: skip
    """What gate 7 reads of a study; ``lost`` people have no score in the window."""
    n = treated + control
    told = {"comparator": "active", "level": 0.025, "rules": RULES} | changes
    seen = np.arange(n) >= lost
    covariance = np.stack([np.eye(visits), ratio**2 * np.eye(visits)])
    return SimpleNamespace(
        design=SimpleNamespace(comparator=told["comparator"]),
        scores=SimpleNamespace(
            treated=np.arange(n) < treated, visits=tuple("abc"[:visits]), seen=seen,
            same_symptoms=np.zeros(n) if covariate else None,
        ),
        primary=SimpleNamespace(covariance=covariance),
        bars=SimpleNamespace(word=lambda primary: word),
        level=told["level"],
        later=later,
        definitions=told["rules"],
    )  # fmt: skip


def test_with_every_scenario_counted_and_none_above_the_limit_it_passes():
    found = calibration_gate(case(), counts())
    assert found.passed is True
    assert f"the worst of {len(no_effect_worlds(BOUND))} scenarios" in found.text
    assert "10,000 trials each" in found.text
    assert "1.0%" in found.text


@pytest.mark.parametrize(("treated", "control", "size"), [
    (15, 15, 15), (29, 29, 15), (30, 30, 30), (30, 37, 30), (59, 60, 30), (60, 60, 60),
    (500, 500, 60),
])  # fmt: skip
def test_people_of_the_smaller_arm_are_rounded_down_to_a_committed_size(treated, control, size):
    assert f"With {size} participants" in calibration_gate(case(treated, control), counts()).text
    # Another row's rate is no part of the answer.
    for other in {15, 30, 60} - {size}:
        table = with_row("null", other, mc_high=0.5)
        assert calibration_gate(case(treated, control), table).passed is True
    assert calibration_gate(case(treated, control), with_row("null", size, mc_high=0.5)).passed is (
        False
    )


DEPARTURES = {
    "loss-0.05": {"lost": 2}, "loss-0.10": {"lost": 4}, "loss-0.15": {"lost": 9},
    "loss-0.30": {"lost": 10}, "visits-1": {"visits": 1}, "allocation-2": {"control": 60},
    "sd-2": {"ratio": 1.3}, "allocation-2+sd-2": {"control": 50, "ratio": 1 / 1.9},
    "covariate-0": {"covariate": False}, "level-0.0147": {"level": 0.0147},
    "loss-0.10+visits-1": {"lost": 6, "visits": 1},
    "loss-0.05+visits-1+window-later": {"visits": 1, "later": "month"},
}  # fmt: skip


@pytest.mark.parametrize("name", DEPARTURES)
def test_another_design_is_spoken_for_by_its_own_row_and_by_no_other(name):
    study = case(**DEPARTURES[name])
    open_ = calibration_gate(study, counts())
    assert open_.passed is None
    assert "no row is counted for" in open_.text
    assert calibration_gate(study, counts(name)).passed is True
    first = f"{no_effect_worlds(BOUND)[0]}@{name}"
    found = calibration_gate(study, with_row(first, 30, name, mc_high=0.07))
    assert found.passed is False
    assert entry(no_effect_worlds(BOUND)[0]).title in found.text
    # The usual design's row says nothing of it, nor it of the usual one.
    assert calibration_gate(study, with_row("null", 30, name, mc_high=0.5)).passed is True
    assert calibration_gate(case(), with_row(first, 30, name, mc_high=0.5)).passed is True


@pytest.mark.parametrize(("beyond", "why"), [
    ({"treated": 14}, "fewer participants per arm"),
    ({"lost": 19}, "more participants without a score"),
    ({"control": 61}, "more than 2 times as large"),
    ({"ratio": 2.1}, "more than 2 times as much"),
    ({"ratio": 0.45}, "more than 2 times as much"),
])  # fmt: skip
def test_beyond_what_is_counted_there_is_no_row(beyond, why):
    found = calibration_gate(case(**beyond), counts())
    assert found.passed is None
    assert why in found.text


def test_the_command_that_counts_the_row_is_said():
    told = calibration_gate(case(lost=4), counts()).text
    assert f"relief calibrate --n 30 --worlds {no_effect_worlds(BOUND)[0]}@loss-0.10" in told


def test_a_contradiction_reads_the_rows_of_a_drug_that_matters():
    """There the false word is the other one; what is supported falsely says nothing of it."""
    study = case(word=CONTRADICTED)
    name = worlds_that_matter(MATTERS)[0]
    assert calibration_gate(study, counts()).passed is True
    assert calibration_gate(study, with_row("null", 30, mc_high=0.5)).passed is True
    found = calibration_gate(study, with_row(name, 30, contradicted=700))
    assert found.passed is False
    assert "contradicted where the drug does what matters" in found.text
    assert "7.0%" in found.text
    assert calibration_gate(case(), with_row(name, 30, contradicted=700)).passed is True


@pytest.mark.parametrize(("high", "passed"), [
    (0.0599, True), (0.06, True), (0.0601, False), (0.9, False),
])  # fmt: skip
def test_the_worst_scenario_decides_by_its_upper_limit(high, passed):
    found = calibration_gate(case(), with_row("sites", 30, mc_high=high))
    assert found.passed is passed
    assert entry("sites").title in found.text


@pytest.mark.parametrize("world", no_effect_worlds(BOUND))
def test_a_scenario_that_is_not_counted_leaves_it_open(world):
    table = counts()
    found = calibration_gate(case(), table[table["world"] != world])
    assert found.passed is None
    assert f"1 of {len(no_effect_worlds(BOUND))} scenarios" in found.text
    assert "relief calibrate --n 30" in found.text


def test_too_few_trials_are_no_count():
    found = calibration_gate(case(), with_row("null", 30, replicates=9_999))
    assert found.passed is None
    assert "1 of" in found.text


def test_counts_made_with_other_rules_do_not_speak():
    found = calibration_gate(case(), counts(decisions_sha256="0" * 64))
    assert found.passed is None
    assert "no committed row was made with these rules" in found.text
    assert "are pending. relief calibrate --renew" in found.text
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
def test_counts_of_other_code_or_of_another_form_of_a_scenario_are_pending(key):
    found = calibration_gate(case(), with_row("sites", 30, **{key: "0" * 64}))
    assert found.passed is None
    assert f"1 of {len(no_effect_worlds(BOUND))} rows are pending" in found.text
    assert "relief calibrate --renew" in found.text
    # Rows of another size are no part of the answer.
    assert calibration_gate(case(60, 60), with_row("sites", 30, **{key: "0" * 64})).passed is True


def test_counts_that_were_written_are_read_as_they_were(tmp_path, monkeypatch):
    """A scenario is named null, and must not be read as nothing."""
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


def test_others_do_not_read_how_a_study_departs_from_the_usual_design():
    """Its loss, and how its arms differ in SD, are numbers of few people."""
    found = calibration_gate(case(lost=4, ratio=1.3), counts("loss-0.10+sd-2"))
    assert "10%" in found.text
    shared = found.said.shown(lambda quantity: quantity.value)
    assert "10%" not in shared
    assert "loss" not in shared
    assert found.passed is True


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
