"""Numbers that nobody has published, varied: which words hang on them."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from analysis.checks import check
from analysis.claims import judge_checked
from analysis.claims.case import Case
from analysis.claims.definitions import Definitions, load_definitions
from analysis.claims.sensitivity.assumptions import (
    FILE,
    in_words,
    other_values,
    under_other_assumptions,
)
from analysis.studies import load_study

RULES = load_definitions()


def assumed(rules: Definitions) -> set[str]:
    """Names of all assumptions that claims.toml declares."""
    thresholds = {
        f"{claim}.{name}"
        for claim, told in rules.claims.items()
        for name, number in told.thresholds.items()
        if number.assumption
    }
    return {name for name, rule in rules.rules.items() if rule.assumption} | thresholds


def test_every_assumption_is_taken_otherwise_or_it_says_why_not():
    tried = {other.name for other in other_values(RULES)}
    kept = {line.split(" = ")[0] for line in FILE.read_text().split("[kept]")[1].splitlines()}
    assert tried | kept - {""} == assumed(RULES)
    assert not tried & kept


def test_one_number_is_changed_at_a_time():
    for other in other_values(RULES):
        assert other.value != other.declared
        changed = [name for name in RULES.rules if other.rules.rules[name] != RULES.rules[name]]
        changed += [
            f"{claim}.{name}"
            for claim, told in RULES.claims.items()
            for name in told.thresholds
            if other.rules.claims[claim].thresholds[name] != told.thresholds[name]
        ]
        assert changed == [other.name]
        assert set(other.claims) <= set(RULES.claims)


def test_both_sides_of_each_number_are_tried():
    for name in {other.name for other in other_values(RULES)}:
        own = [other for other in other_values(RULES) if other.name == name]
        assert min(o.value for o in own) < own[0].declared < max(o.value for o in own)


def judged_by(rules: Definitions) -> Any:
    """A judge for whom onset hangs on the bound on bias, and nothing else on anything."""
    asked.append(rules)
    high = rules.rule("bias_bound_sd") > 0.4
    word = {"onset": "not decided" if high else "supported"}
    return {name: SimpleNamespace(verdict=word.get(name, "not testable")) for name in rules.claims}


asked: list[Definitions] = []


def test_words_are_those_of_the_judge_without_gate_7():
    asked.clear()
    table = under_other_assumptions(judged_by, RULES)
    assert all("calibration" not in claim.gates for one in asked for claim in one.claims.values())
    assert all(
        "calibration" not in gates
        for one in asked
        for claim in one.claims.values()
        for gates in claim.parts.values()
    )
    turned = table[table["word"] != table["word as declared"]]
    assert set(turned["assumption"]) == {"bias_bound_sd"}
    assert list(turned["taken"]) == [0.5, 0.8, 1.1]
    row = in_words(table).loc[("onset", "bias bound, SD")]
    assert row["the same at"] == "0, 0.15"
    assert row["changed at"] == "0.5 (not decided), 0.8 (not decided), 1.1 (not decided)"
    assert in_words(table).loc[("onset", "minimal important difference, SD"), "changed at"] == ""


@pytest.fixture(scope="module")
def short():
    """The example by the rules on monitoring and dissociation alone: they are quick."""
    checked = check(load_study("example"))
    quick = ("monitoring_length", "dissociation_brief")

    def judge(rules: Definitions) -> Any:
        own = {name: rules.claims[name] for name in quick if name in rules.claims}
        ledger = judge_checked(checked, rules.model_copy(update={"claims": own}))
        rest = dict.fromkeys(rules.claims, SimpleNamespace(verdict="not asked"))
        return rest | {name: ledger[name] for name in own}

    table = under_other_assumptions(judge, RULES)
    return table.set_index(["claim", "assumption", "taken"])["word"].sort_index()


def test_fewer_hours_of_monitoring_allowed_never_support_more(short):
    order = ["contradicted", "not decided", "supported"]
    words = short["monitoring_length", "monitoring_length.hours"]
    assert order.index(words[4.0]) <= order.index(words[8.0])


@pytest.mark.parametrize("name", ["points", "hours"])
def test_a_laxer_word_for_short_lived_never_supports_less(short, name):
    order = ["contradicted", "not decided", "supported"]
    words = short["dissociation_brief", f"dissociation_brief.{name}"]
    places = [order.index(word) for word in words]
    assert places == sorted(places)


def test_a_study_judged_by_other_rules_before_is_scored_as_if_it_had_not_been():
    study = load_study("example")
    known = check(study)
    for other in [*other_values(RULES), SimpleNamespace(rules=RULES)]:
        again, alone = Case(known, other.rules), Case(replace(known), other.rules)
        for name in ("table", "baseline", "treated"):
            one, two = getattr(again.scores, name), getattr(alone.scores, name)
            np.testing.assert_array_equal(one, two)
        assert again.scores.visits == alone.scores.visits
        pd.testing.assert_frame_equal(again.baselines, alone.baselines)
        pd.testing.assert_frame_equal(again.people("hours"), alone.people("hours"))
    # The rules that a baseline hangs on are among them, so that a key without them would show.
    ages = [Case(known, other.rules).baselines for other in other_values(RULES)]
    assert any(not one.equals(ages[0]) for one in ages)
