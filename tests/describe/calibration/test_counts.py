"""Counts of the calibration as tables: nothing that is not counted looks like a zero."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.claims.calibration import rows_of
from analysis.claims.calibration.command import every_world, other_designs
from analysis.claims.calibration.gate import SIZES
from analysis.claims.calibration.pieces import Piece, run_piece
from analysis.claims.definitions import Definitions, load_definitions
from analysis.describe.calibration.counts import (
    PROCEDURE,
    SUPPORTED_BEFORE,
    absent,
    cells,
    counted,
    in_words,
    pending_cells,
    read_counts,
    state,
    words,
    worlds,
)
from analysis.describe.calibration.rates import analyses_beside, bias_curve, by_size, passes, worst
from analysis.simulate import catalogue

RULES = load_definitions()


def piece(world: str, n: int = 30) -> dict:
    return run_piece(Piece(world, n, 0, 2, seed=1), None)


@pytest.fixture(scope="module")
def written(tmp_path_factory) -> Path:
    """A table of a few cells, as it is committed."""
    made = [piece("null"), piece("past-week", 15), piece("unblinding-0.80")]
    path = tmp_path_factory.mktemp("counts") / "table.csv"
    rows_of(made).to_csv(path, index=False)
    return path


def made_up(supported: dict[str, int], n: int = 30, trials: int = 10_000) -> pd.DataFrame:
    """Counts of the claim onset, so many supported a world."""
    row = dict.fromkeys(read_counts(Path("absent")).columns, 0.0)
    rows = [row | {"claim": "onset", "world": world, "n_per_arm": n, "replicates": trials,
                   "supported": k} for world, k in supported.items()]  # fmt: skip
    return pd.DataFrame(rows)


def test_the_world_named_null_is_read(written):
    assert set(read_counts(written)["world"]) == {"null", "past-week", "unblinding-0.80"}


def other_rules() -> Definitions:
    certain = RULES.rules["certain_share"].model_copy(update={"value": 0.9})
    return RULES.model_copy(update={"rules": RULES.rules | {"certain_share": certain}})


def test_counts_made_with_other_rules_are_pending_and_never_a_number(written):
    counts = read_counts(written, other_rules())
    assert counts["pending"].all()
    assert pending_cells(counts) == ["null n30", "past-week n15", "unblinding-0.80 n30"]
    assert absent(counts) == "pending"
    table = cells(counts)
    assert table["value"].isna().all()
    assert counted(counts).loc["null", "30 per arm"] == "pending"
    assert counted(counts).loc["null", "60 per arm"] == "not counted yet"
    assert in_words(table).loc[(0.0, "null"), "30 per arm"] == "pending"
    assert words(counts).empty
    assert bias_curve(counts).empty
    told = state(counts, other_rules())
    assert told.startswith("PENDING: 3 of 3 counted combinations")
    assert "relief calibrate --renew" in told
    assert other_rules().decisions_sha256[:12] in told


def test_counts_made_by_other_code_are_pending_cell_by_cell(written, tmp_path):
    table = read_counts(written).drop(columns="pending")
    table.loc[table["world"] == "null", "code_sha256"] = "0" * 64
    table.to_csv(tmp_path / "table.csv", index=False)
    counts = read_counts(tmp_path / "table.csv")
    assert pending_cells(counts) == ["null n30"]
    assert absent(counts) == "pending or not counted yet"
    assert counted(counts).loc["null", "30 per arm"] == "pending"
    assert counted(counts).loc["past-week", "15 per arm"] == "2, too few"


def test_counts_that_hold_say_how_many_and_of_which_rules(written, tmp_path):
    counts = read_counts(written)
    assert pending_cells(counts) == []
    assert absent(counts) == "not counted yet"
    told = state(counts)
    every = len(SIZES) * (len(every_world()) + len(other_designs()))
    assert told.startswith(f"3 of {every} combinations of scenario and size are counted, 2 trials")
    assert RULES.decisions_sha256[:12] in told
    assert "judged again" not in told
    assert "6 of their trials were judged again" in state(counts.assign(judged_again=2))
    assert state(read_counts(tmp_path / "no.csv")).startswith("No scenario is counted yet")


@pytest.mark.parametrize("there", [True, False], ids=["some cells", "no table"])
def test_every_world_has_its_cells_counted_or_not(written, tmp_path, there):
    counts = read_counts(written if there else tmp_path / "table.csv")
    table = cells(counts)
    assert len(table) == 3 * len(catalogue())
    own = table.set_index(["world", "n_per_arm"])
    assert own["value"].notna().sum() == (2 if there else 0)
    assert own.loc[("hope", 60), "replicates"] == 0
    assert np.isnan(own.loc[("hope", 60), "value"])
    told = counted(counts)
    assert told.loc["hope", "60 per arm"] == "not counted yet"
    assert told.loc["null", "30 per arm"] == ("2, too few" if there else "not counted yet")
    assert list(told.index) == list(catalogue()["world"])
    assert len(words(counts)) == (2 if there else 0)
    assert len(analyses_beside(table)) == 5 * len(table)
    assert len(bias_curve(counts)) == (2 if there else 0)
    assert len(passes(bias_curve(counts), 0.05)) == (1 if there else 0)


def test_enough_trials_are_told_as_a_number():
    counts = made_up({"null": 12})
    assert counted(counts).loc["null", "30 per arm"] == "10,000"
    assert cells(counts, least=10_001)["value"].isna().all()


def test_shares_have_exact_limits_and_words_add_up(written):
    from scipy import stats

    row = cells(made_up({"sites": 123})).query("world == 'sites' and n_per_arm == 30").iloc[0]
    limits = stats.binomtest(123, 10_000).proportion_ci(method="exact")
    assert row[["value", "mc_low", "mc_high"]].tolist() == pytest.approx([0.0123, *limits])
    table = words(read_counts(written))
    four = [SUPPORTED_BEFORE, "contradicted", "not decided", "not testable"]
    assert (table[four].sum(axis=1) == 100).all()
    assert table.loc[("past-week", 15), "not testable"] == 100


def test_shares_in_words_name_what_is_not_counted():
    table = in_words(cells(made_up({"sites": 123})))
    assert table.loc[(0.0, "sites"), "30 per arm"] == "1.2% (1.0% to 1.5%)"
    assert table.loc[(0.0, "sites"), "60 per arm"] == "not counted yet"
    assert list(table.columns) == ["15 per arm", "30 per arm", "60 per arm"]
    assert list(table.index.get_level_values("world")) == list(catalogue()["world"])


def test_the_worst_scenarios_come_first_and_one_without_a_number_is_not_hidden():
    table = pd.DataFrame({"world": ["a", "a", "b", "b", "c", "d"],
                          "value": [0.01, 0.03, 0.05, 0.0, None, 0.02]})  # fmt: skip
    shown, others = worst(table, 3)
    assert shown["world"].tolist() == ["c", "b", "b", "a", "a"]
    assert others["world"].tolist() == ["d"]


def test_beside_the_procedure_stand_the_four_analyses_of_the_same_trials():
    counts = made_up({"null": 5}).assign(**{"paired t": 6400.0, "LOCF": 250.0})
    found = analyses_beside(cells(counts)).query("world == 'null' and n_per_arm == 30")
    value = found.set_index("analysis")["value"]
    assert value.to_dict() == pytest.approx(
        {PROCEDURE: 0.0005, "paired t": 0.64, "LOCF": 0.025, "Mann-Whitney": 0.0,
         "random intercept": 0.0}
    )  # fmt: skip


def test_the_curve_is_of_one_family_with_nothing_at_its_start():
    counts = made_up({"unblinding-1.10": 9000, "null": 10, "unblinding-0.30": 150,
                      "expectancy-0.30": 160, "effect-0.50": 1500})  # fmt: skip
    assert bias_curve(counts)["size"].tolist() == [0.0, 0.30, 1.10]
    assert bias_curve(counts, "effect")["value"].tolist() == [0.001, 0.15]
    # A start of its own takes the place of the world without anything.
    both = pd.concat([counts, made_up({"unblinding-0.00": 20})])
    assert bias_curve(both)["supported"].tolist() == [20, 150, 9000]


def test_side_by_side_each_number_stays_under_its_size():
    counts = made_up({"sites": 120, "null": 5})
    one = counts[(counts["world"] == "sites") & (counts["n_per_arm"] == 30)]
    wide = by_size(words(one)[[SUPPORTED_BEFORE]])
    assert wide.to_dict() == {(SUPPORTED_BEFORE, 30): {"sites": 1.2}}
    both = by_size(words(counts)[[SUPPORTED_BEFORE]])
    assert both.loc["sites", (SUPPORTED_BEFORE, 30)] == 1.2
    part = by_size(words(pd.concat([counts, made_up({"null": 5}, n=15)]))[[SUPPORTED_BEFORE]])
    assert part.loc["sites", (SUPPORTED_BEFORE, 15)] == "not counted yet"


def test_where_a_curve_passes_a_share_is_read_off_straight_lines():
    curve = bias_curve(made_up({"null": 0, "unblinding-0.30": 100, "unblinding-0.80": 900}))
    found = passes(curve, 0.05).loc[30]
    assert found["size"] == pytest.approx(0.55)
    assert found["between"] == "0.3 and 0.8"
    assert np.isnan(passes(curve, 0.5).loc[30, "size"])
    assert passes(curve, 0.5).loc[30, "largest"] == 0.8
    assert passes(curve, -0.1).loc[30, "between"] == "at or below 0"


def test_the_catalogue_says_of_each_world_whether_support_would_be_false():
    table = worlds()
    said = table['"supported" would be']
    assert said["null"] == said["real-24h"] == "false"
    assert said["power-cell"] == "true"
    assert said["low-dose"] == "small"
    assert table["source"].str.len().min() > 5
    answers = table["bias, and what guards against it"]
    assert answers["by-site"].endswith("stopped by gate comparator.")
    assert answers["by-calendar-untold"].endswith("nothing on these scores can tell.")
