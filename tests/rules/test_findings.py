"""Findings and refusals in the words of their rules."""

from __future__ import annotations

import pytest

from analysis.rules import issue, refusal


def test_a_finding_has_the_words_of_its_rule_and_its_place():
    found = issue("subject.blank-id", file="a.csv", row=3, column="id", count=2, what="forms")
    assert (found.severity, found.scope, found.count) == ("DROP", "row", 2)
    assert found.message.startswith("a.csv: Rows of forms without an identifier")


def test_a_refusal_names_its_place_first():
    words = {"labels": "x", "how": "as it is"}
    error = refusal("arm.unknown-label", file="a.csv", row=3, column="arm", count=1, **words)
    assert error.message.startswith("a.csv, row 3, column 'arm': 1 row(s)")


def test_a_finding_without_its_words_is_a_mistake_in_the_code():
    with pytest.raises(TypeError, match="what"):
        issue("subject.blank-id")
    with pytest.raises(TypeError, match="no STOP of scope study"):
        refusal("subject.alike")
