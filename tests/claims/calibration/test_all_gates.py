"""What gate 7 leaves of a word: each trial keeps it only where the row of its own design passes."""

from __future__ import annotations

import json

import pandas as pd
import pytest

from analysis.claims.calibration.all_gates import kept_by_gate_7
from analysis.claims.calibration.gate import no_effect_worlds, worlds_that_matter
from analysis.claims.calibration.pieces import keys
from analysis.claims.definitions import load_definitions
from analysis.describe.calibration.counts import all_gates, designs

RULES = load_definitions()
NOTHING = no_effect_worlds(RULES.rule("bias_bound_sd"))
REAL = worlds_that_matter(RULES.rule("smallest_difference_sd"))
# Words of the power cell by the row that gate 7 reads: its own, one with unequal SDs, none.
BY_ROW = {"30@ S": 8_000, "30@sd-2 S": 900, " S": 3, "30@ C": 40, "30@sd-2 C": 7}


def counts(*worlds: str, **changes: dict[str, float]) -> pd.DataFrame:
    """Rows of 30 an arm: the power cell, every scenario of the usual design, and those named."""
    rows = [
        {"claim": "onset", "world": world, "n_per_arm": 30, "replicates": 10_000,
         "supported": 100, "contradicted": 100, "rate": 0.01, "mc_high": 0.012,
         "by_estimate": 200, "by_row": "{}", "pending": False, **keys(world, RULES)}
        | changes.get(world, {})
        for world in (*NOTHING, *REAL, *worlds)
    ]  # fmt: skip
    power = {"supported": 8_903, "contradicted": 47, "by_estimate": 9_300}
    rows.append(rows[0] | power | {"world": "power-cell", "by_row": json.dumps(BY_ROW)}
                | keys("power-cell", RULES))  # fmt: skip
    return pd.DataFrame(rows)


def kept(table: pd.DataFrame) -> tuple[int, int]:
    row = kept_by_gate_7(table, RULES).set_index("world").loc["power-cell"]
    return int(row["supported_by_all"]), int(row["contradicted_by_all"])


def test_a_trial_of_a_design_without_a_row_loses_its_word():
    assert kept(counts()) == (8_000, 40)


def test_a_row_that_passes_gives_the_word_back_and_each_word_has_rows_of_its_own():
    assert kept(counts("unblinding-0.30@sd-2")) == (8_900, 40)
    assert kept(counts("unblinding-0.30@sd-2", f"{REAL[-1]}@sd-2")) == (8_900, 47)


def test_a_row_above_the_limit_takes_the_word_away():
    high = {"unblinding-0.30@sd-2": {"mc_high": 0.061}}
    assert kept(counts("unblinding-0.30@sd-2", **high)) == (8_000, 40)
    assert kept(counts(**{"null": {"mc_high": 0.061}})) == (0, 40)


def test_the_power_that_is_shown_is_that_of_all_seven_gates():
    shown = all_gates(counts("unblinding-0.30@sd-2"), RULES).loc[("power-cell", 30)]
    assert shown["gate estimate"] == pytest.approx(93.0)
    assert shown["gate robustness"] == pytest.approx(89.0, abs=0.05)
    assert shown["all seven gates"] == pytest.approx(89.0)
    assert all_gates(counts(), RULES).loc[("power-cell", 30), "all seven gates"] == 80.0


def test_another_design_is_told_in_words_with_its_worst_scenario():
    names = ("unblinding-0.30@loss-0.10", "expectancy-0.30@loss-0.10", f"{REAL[-1]}@loss-0.10")
    worse = {names[1]: {"rate": 0.02, "mc_high": 0.023}}
    shown = designs(counts(*names, **worse))
    assert list(shown["worst scenario"]) == ["Expectancy on ketamine, 0.30 SD"]
    assert "at most 10% without a score" in shown.index[0]
    assert shown['false "supported"'].iloc[0] == "2.0% (up to 2.3%)"
    assert shown['false "contradicted"'].iloc[0].startswith("1.0% (up to 1.2%")
