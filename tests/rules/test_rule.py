"""What every rule of the catalogue says."""

from __future__ import annotations

import pytest

from analysis.claims.definitions import load_definitions
from analysis.rules import Rule, catalogue

LONGEST = 250


@pytest.mark.parametrize("rule", catalogue().values(), ids=lambda rule: rule.id)
def test_a_rule_says_what_was_found_and_what_to_do(rule: Rule):
    assert rule.sentence.endswith(".")
    assert rule.remedy.endswith(".")
    assert max(len(rule.sentence), len(rule.remedy)) <= LONGEST
    assert "\n" not in rule.sentence + rule.remedy
    subject, _, what = rule.id.partition(".")
    assert subject
    assert what


def test_what_the_gate_robustness_tries_out_has_words_and_nothing_else_has():
    groups = load_definitions().robustness.groups
    assert {rule.id for rule in catalogue().values() if rule.group} == set(groups)
    assert catalogue()["infusion.stopped"].in_words == "stopped infusions (infusion.stopped)"


@pytest.mark.parametrize("rule", catalogue().values(), ids=lambda rule: rule.id)
def test_what_sets_something_aside_has_words_for_the_flow_and_nothing_else_has(rule: Rule):
    sets_aside = rule.severity == "DROP" or (rule.severity, rule.scope) == ("STOP", "subject")
    assert bool(rule.reason) == sets_aside
    assert len(rule.reason) <= 45
