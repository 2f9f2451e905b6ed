"""Counted error rates as sentences, on the committed counts taken as of now."""

from __future__ import annotations

import re

import pandas as pd
import pytest

from analysis.claims.calibration.command import POWER
from analysis.claims.calibration.gate import SIZES, no_effect_worlds
from analysis.claims.definitions import load_definitions
from analysis.describe.calibration.error_rates import flawed_apart, in_full, in_short
from analysis.simulate import entry
from tests.counts_of_now import counts_of_now

RULES = load_definitions()
NOTHING = no_effect_worlds(RULES.rule("bias_bound_sd"))


@pytest.fixture
def counts(monkeypatch) -> pd.DataFrame:
    return counts_of_now(monkeypatch)


def cell(counts: pd.DataFrame, world: str, n: int) -> pd.Series:
    return (counts["world"] == world) & (counts["n_per_arm"] == n) & (counts["claim"] == "onset")


@pytest.mark.parametrize("said", [in_short, in_full])
def test_the_worst_scenario_is_the_one_that_is_told(counts, said):
    counts.loc[cell(counts, NOTHING[0], SIZES[0]), ["rate", "mc_high"]] = 0.0432, 0.0468
    assert "falsely *supported* in at most 4.3 % of" in said(counts)


def test_the_limit_and_what_is_allowed_stand_beside(counts):
    counts.loc[cell(counts, NOTHING[0], SIZES[0]), ["rate", "mc_high"]] = 0.0432, 0.0468
    assert "(97.5 % Monte Carlo limit 4.7 %; 6 % is allowed)" in in_full(counts)


def test_the_range_of_the_paired_t_test_is_over_all_scenarios_without_an_effect(counts):
    counts.loc[cell(counts, NOTHING[0], SIZES[0]), "paired t"] = 345
    assert "finds relief in 3 to 100 %" in in_short(counts)


def test_power_that_was_asked_for_is_called_reached_only_where_it_is(counts):
    assert "The 80 % that was asked for is not reached: the bias bound" in in_full(counts)
    own = cell(counts, POWER, 30)
    counts.loc[own, "supported"] = counts.loc[own, "replicates"]
    counts.loc[own, "by_row"] = '{"30@ S":10000}'
    assert "The 80 % that was asked for is reached." in in_full(counts)


def test_a_curve_that_does_not_reach_a_share_has_no_size(counts):
    counts.loc[counts["world"].str.startswith("unblinding-"), "supported"] = 0
    assert "at a bias of more than was counted, more than was counted" in in_full(counts)


@pytest.mark.parametrize("said", [in_short, in_full])
def test_with_one_cell_pending_there_is_no_number_at_all(counts, said):
    counts.loc[cell(counts, NOTHING[0], SIZES[0]), "pending"] = True
    assert said(counts).startswith("PENDING: 1 of ")
    assert not re.search(r"\d %", said(counts))


@pytest.mark.parametrize("said", [in_short, in_full])
def test_with_a_cell_of_those_asked_for_not_counted_there_is_no_number(counts, said):
    less = counts[counts["world"] != NOTHING[0]]
    assert not re.search(r"\d %", said(less))
    assert "no number stands here" in said(less)


def test_without_any_count_it_says_how_to_count(counts):
    assert "No scenario is counted yet: run make calibrate." in in_full(counts.iloc[:0])


def test_flawed_studies_above_what_is_allowed_are_told_beside(counts):
    assert f'"{entry("entered-twice").title}" (6.3 %)' in in_full(counts)
    own = counts[(counts["claim"] == "onset") & counts["world"].isin(flawed_apart(RULES))]
    above = own[own["supported"] > 0.06 * own["replicates"]]
    told = f"{above['world'].nunique()} are above 6 %, up to {100 * above['rate'].max():.1f} %."
    assert f"are counted apart: {told}" in in_short(counts)
    counts.loc[counts["world"].isin(flawed_apart(RULES)), "rate"] = 0.05
    assert "apart" not in in_short(counts) + in_full(counts)
