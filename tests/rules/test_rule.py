"""What every rule of the catalogue says."""

from __future__ import annotations

import pytest

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


@pytest.mark.parametrize("rule", catalogue().values(), ids=lambda rule: rule.id)
def test_what_sets_something_aside_has_words_for_the_flow_and_nothing_else_has(rule: Rule):
    sets_aside = rule.severity == "DROP" or (rule.severity, rule.scope) == ("STOP", "subject")
    assert bool(rule.reason) == sets_aside
    assert len(rule.reason) <= 45
