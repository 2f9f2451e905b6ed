"""The counts that are committed: whole, within what gate 7 asks for, or told to be pending.

A rule or code changed on purpose makes cells pending. Numbers are then held to the cells that
are of now, which may be none, and everything that shows the counts must say so.
"""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from analysis.claims.calibration.command import (
    MATTERS,
    POWER,
    POWER_BESIDE,
    every_world,
    first_pass,
    other_designs,
)
from analysis.claims.calibration.counts import HASHES
from analysis.claims.calibration.gate import (
    SIZES,
    calibration_gate,
    false_rates,
    no_effect_worlds,
    worlds_that_matter,
)
from analysis.claims.calibration.pieces import keys
from analysis.claims.calibration.trial import CLAIMS
from analysis.claims.decision_rule import ONE_SIDED
from analysis.claims.definitions import load_definitions
from analysis.claims.ledger import NOT_DECIDED
from analysis.describe.calibration.counts import (
    all_gates,
    counted,
    pending_cells,
    read_counts,
    state,
)
from analysis.describe.calibration.error_rates import in_full
from analysis.describe.calibration.rates import bias_curve, passes
from analysis.paths import CALIBRATION
from analysis.simulate import catalogue
from scripts.calibration_state import PAGES, block

RULES = load_definitions()
COUNTS = read_counts()
PENDING = pending_cells(COUNTS)
TABLE = COUNTS[~COUNTS["pending"]]
ONSET = TABLE[TABLE["claim"] == "onset"].set_index(["world", "n_per_arm"])
NOTHING = no_effect_worlds(RULES.rule("bias_bound_sd"))
REAL = worlds_that_matter(RULES.rule("smallest_difference_sd"))
OTHERS = TABLE[(TABLE["claim"] == "onset") & TABLE["world"].isin(other_designs())]
OTHERS = OTHERS[~OTHERS["world"].str.startswith(POWER)]
OTHERS = OTHERS.assign(real=OTHERS["world"].str.startswith(MATTERS))


@pytest.mark.parametrize("key", HASHES)
def test_a_cell_that_is_not_pending_is_of_the_rules_the_code_and_the_world_of_now(key):
    now = TABLE["world"].map(lambda name: keys(name)[key])
    assert (TABLE[key] == now).all()


def test_where_a_cell_is_pending_the_notebook_says_so():
    """Where this fails after a change of rules or code: run ``make renew``."""
    shown = counted(COUNTS).rename(columns=lambda name: int(name.split()[0])).stack()
    shown = {f"{name} n{n}" for (name, n), told in shown.items() if told == "pending"}
    # The notebook's table has the worlds of the catalogue alone.
    known = set(catalogue()["world"])
    assert shown == {cell for cell in PENDING if cell.rsplit(" n", 1)[0] in known}
    assert state(COUNTS).startswith("PENDING: ") == bool(PENDING)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_says_what_was_counted_or_that_it_is_pending(page):
    """Where this fails after a count: run ``make calibration-state``."""
    said = block(page.read_text(encoding="utf-8"))
    rules = set(COUNTS["decisions_sha256"].str[:12])
    # A page of before names the rules that it speaks of, and what holds for others; the README
    # leads to it.
    named = all(name in said for name in (*rules, "counts are pending"))
    of_before = PENDING and (named or page.name == "README.md")
    assert said == PAGES[page](COUNTS) or of_before


@pytest.mark.parametrize("n", SIZES)
def test_where_a_cell_is_pending_gate_7_is_not_evaluated(n):
    case = SimpleNamespace(
        design=SimpleNamespace(comparator="active"),
        level=ONE_SIDED,
        later=None,
        scores=SimpleNamespace(
            treated=np.arange(2 * n) < n,
            visits=("a", "b"),
            seen=np.ones(2 * n, dtype=bool),
            same_symptoms=np.zeros(2 * n),
        ),
        primary=SimpleNamespace(covariance=np.stack([np.eye(2)] * 2)),
        bars=SimpleNamespace(word=lambda primary: NOT_DECIDED),
        definitions=RULES,
    )
    found = calibration_gate(case)
    waiting = {f"{name} n{n}" for name in NOTHING} & set(PENDING)
    assert found.passed is (None if waiting else True)
    assert ("pending" in found.text and "relief calibrate --renew" in found.text) == bool(waiting)


def test_every_world_without_an_effect_is_counted_at_every_size():
    wanted = {(name, n) for name in NOTHING for n in SIZES}
    assert PENDING or wanted <= set(ONSET.index)


def test_no_cell_has_fewer_trials_than_asked_for_nor_is_of_a_world_unknown():
    assert (TABLE["replicates"] >= RULES.rule("calibration_trials")).all()
    assert set(TABLE["world"]) <= {*every_world(), *other_designs()}
    assert set(TABLE["claim"]) == set(CLAIMS if len(TABLE) else ())


def test_false_support_stays_below_its_limit_in_each_of_them():
    own = ONSET[ONSET.index.isin(NOTHING, level="world")]
    assert (own["mc_high"] <= RULES.rule("false_supported_at_most")).all()


def test_limits_are_clopper_and_pearson_s_by_the_beta_distribution():
    k, n = TABLE["supported"].to_numpy(float), TABLE["replicates"].to_numpy(float)
    # With no trial or all trials supported a parameter is 0 and the limit is the end.
    low = np.where(k == 0, 0, stats.beta.ppf(0.025, np.maximum(k, 0.5), n - k + 1))
    high = np.where(k == n, 1, stats.beta.ppf(0.975, k + 1, np.maximum(n - k, 0.5)))
    np.testing.assert_allclose(TABLE["mc_low"], low, atol=2e-6)
    np.testing.assert_allclose(TABLE["mc_high"], high, atol=2e-6)


def test_words_add_up_and_the_headline_is_never_supported_more_often_than_its_parts():
    words = TABLE[["supported", "contradicted", "not_decided", "not_testable"]]
    assert (words.sum(axis=1) == TABLE["replicates"]).all()
    for _, cell in TABLE.groupby(["world", "n_per_arm"]):
        supported = cell.set_index("claim")["supported"]
        for part in ("onset", "certainty_within_hours"):
            assert supported["headline"] <= supported[part]


def test_gate_6_only_takes_support_away():
    assert (ONSET["supported"] <= ONSET["by_estimate"]).all()


@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("family", ["unblinding", "effect"])
def test_more_bias_and_more_effect_are_supported_more_often(family, n):
    curve = bias_curve(TABLE, family).query("n_per_arm == @n")
    assert PENDING or len(curve) >= 3
    assert curve["value"].is_monotonic_increasing


def test_the_paired_t_test_finds_relief_where_the_drug_does_nothing():
    names = ["null", "hope", "unblinding-0.30", "expectancy-0.30"]
    nothing = ONSET[ONSET.index.isin(names, level="world")]
    assert PENDING or set(names) == set(nothing.index.get_level_values("world"))
    share = nothing["paired t"] / nothing["replicates"]
    assert (share > 0.3).all()
    assert (share > 20 * nothing["rate"]).all()


def test_the_page_about_error_rates_says_what_was_counted():
    """Computed here once more, from the table; pending counts have no numbers."""
    text = " ".join(in_full(COUNTS).split())
    missing = [words for words in ([] if PENDING else counts_in_words()) if words not in text]
    assert not missing


def counts_in_words() -> list[str]:
    own = ONSET.loc[NOTHING]
    t_test = own["paired t"] / own["replicates"]
    power = all_gates(COUNTS, RULES).loc[("power-cell", 30)]
    beside = all_gates(COUNTS, RULES)["all seven gates"]
    least = passes(bias_curve(TABLE, "effect"), 0.8)["size"]
    most = passes(bias_curve(TABLE, "unblinding"), RULES.rule("false_supported_at_most"))["size"]
    others = OTHERS[~OTHERS["real"]]
    matters = false_rates(ONSET.loc[REAL].reset_index(), contradicted=True)
    return [
        f"in at most {100 * own['rate'].max():.1f} % of the trials of a scenario",
        f"limit {100 * own['mc_high'].max():.1f} %",
        f"other designs in at most {100 * others['rate'].max():.1f} %",
        f"in {100 * t_test.min():.0f} to {100 * t_test.max():.0f} %",
        f"*contradicted* in at most {100 * matters['rate'].max():.1f} %",
        f"is {power['all seven gates']:.1f} % by all seven gates",
        f"({power['gate estimate']:.1f} % after gate estimate, "
        f"{power['gate robustness']:.1f} % after gate robustness)",
        *(f"{beside[f'power-cell@{name}', 30]:.1f} % with" for name in POWER_BESIDE),
        "is " + ", ".join(f"{size:.2f}" for size in least) + " SD",
        "at a bias of " + ", ".join(f"{size:.2f}" for size in most) + " SD",
    ]


def test_false_words_of_other_designs_stay_below_the_limit_too():
    limit = RULES.rule("false_supported_at_most")
    assert (OTHERS.loc[~OTHERS["real"], "mc_high"] <= limit).all()
    rates = false_rates(OTHERS[OTHERS["real"]], contradicted=True)
    assert (rates["mc_high"] <= limit).all()
    assert (false_rates(ONSET.loc[REAL].reset_index(), contradicted=True)["mc_high"] <= limit).all()


def test_the_first_pass_found_no_scenario_that_is_far_worse_than_those_counted():
    """A thousand trials each; those beyond the bound at their design are no part of it."""
    first = pd.read_csv(CALIBRATION / "first_pass.csv", keep_default_na=False)
    asked = first[first["world"].isin(first_pass())]
    assert set(first_pass()) == set(asked["world"])
    assert (asked["replicates"] >= 1_000).all()
    assert asked["rate"].max() < 0.03
