"""The counts that are committed: made by this code, whole, and within what gate 7 asks for."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from analysis.claims.calibration.command import every_world
from analysis.claims.calibration.counts import read_table
from analysis.claims.calibration.gate import SIZES, no_effect_worlds
from analysis.claims.calibration.pieces import keys
from analysis.claims.calibration.trial import CLAIMS
from analysis.claims.definitions import load_definitions
from analysis.describe.calibration import bias_curve, passes
from analysis.paths import CALIBRATION, ROOT

RULES = load_definitions()
TABLE = read_table(CALIBRATION / "table.csv")
ONSET = TABLE[TABLE["claim"] == "onset"].set_index(["world", "n_per_arm"])


@pytest.mark.parametrize("key", ["claims_sha256", "code_sha256", "world_sha256"])
def test_they_were_made_by_the_rules_the_code_and_the_worlds_of_now(key):
    """Where this fails, what decides the words has changed: run ``make calibrate``."""
    now = TABLE["world"].map(lambda name: keys(name)[key])
    assert (TABLE[key] == now).all()


def test_every_world_without_an_effect_is_counted_at_every_size():
    wanted = {(name, n) for name in no_effect_worlds(RULES.rule("bias_bound_sd")) for n in SIZES}
    assert wanted <= set(ONSET.index)


def test_no_cell_has_fewer_trials_than_asked_for_nor_is_of_a_world_unknown():
    assert (TABLE["replicates"] >= RULES.rule("calibration_trials")).all()
    assert set(TABLE["world"]) <= set(every_world())
    assert set(TABLE["claim"]) == set(CLAIMS)


def test_false_support_stays_below_its_limit_in_each_of_them():
    own = ONSET.loc[no_effect_worlds(RULES.rule("bias_bound_sd"))]
    assert own["mc_high"].max() <= RULES.rule("false_supported_at_most")


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
    by_claim = TABLE.pivot(index=["world", "n_per_arm"], columns="claim", values="supported")
    for part in ("onset", "certainty_within_hours"):
        assert (by_claim["headline"] <= by_claim[part]).all()


def test_gate_6_only_takes_support_away():
    assert (ONSET["supported"] <= ONSET["by_estimate"]).all()


@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("family", ["unblinding", "effect"])
def test_more_bias_and_more_effect_are_supported_more_often(family, n):
    curve = bias_curve(TABLE, family).query("n_per_arm == @n")
    assert len(curve) >= 3
    assert curve["value"].is_monotonic_increasing


def test_the_paired_t_test_finds_relief_where_the_drug_does_nothing():
    nothing = ONSET.loc[["null", "hope", "unblinding-0.30", "expectancy-0.30"]]
    share = nothing["paired t"] / nothing["replicates"]
    assert (share > 0.3).all()
    assert (share > 20 * nothing["rate"]).all()


def test_the_readme_says_what_was_counted():
    text = " ".join((ROOT / "README.md").read_text(encoding="utf-8").split())
    own = ONSET.loc[no_effect_worlds(RULES.rule("bias_bound_sd"))]
    t_test = own["paired t"] / own["replicates"]
    power = ONSET.loc[("power-cell", 30)]
    least = passes(bias_curve(TABLE, "effect"), 0.8)["size"]
    most = passes(bias_curve(TABLE, "unblinding"), 0.05)["size"]
    said = (
        f"in at most {100 * own['rate'].max():.1f} % of the trials of a world",
        f"limit {100 * own['mc_high'].max():.1f} %",
        f"in {100 * t_test.min():.0f} to {100 * t_test.max():.0f} %",
        f"{100 * power['rate']:.1f} %",
        f"({100 * power['by_estimate'] / power['replicates']:.1f} % by gate 5 alone)",
        "is " + ", ".join(f"{size:.2f}" for size in least) + " SD",
        "at a bias of " + ", ".join(f"{size:.2f}" for size in most) + " SD",
    )
    missing = [words for words in said if words not in text]
    assert not missing
