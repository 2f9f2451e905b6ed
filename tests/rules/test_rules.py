"""The catalogue of rules: complete, used, and readable by those who must mend their data."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import analysis
from analysis.rules import catalogue

SOURCES = Path(analysis.__file__).parent
# Calls whose first argument is a rule, and the keywords of each that are no words of the rule.
CALLS = {
    "issue": {"file", "row", "column", "count"},
    "of_people": {"people"},
    "refusal": {"file", "row", "column"},
    "note": {"mask", "column", "count"},
    "refuse": {"mask", "column"},
    "stop": {"table", "mask", "ids", "column"},
    "drop": set(),
    "mention": set(),
}


def nodes() -> Iterator[tuple[Path, ast.AST]]:
    for path in sorted(SOURCES.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            yield path, node


def name_of(call: ast.Call) -> str:
    return getattr(call.func, "attr", getattr(call.func, "id", ""))


def calls() -> Iterator[tuple[str, str, ast.Call]]:
    """Where, which rule, and the call, of every finding that is written with its rule."""
    for path, node in nodes():
        if isinstance(node, ast.Call) and name_of(node) in CALLS and node.args:
            rule = node.args[0]
            if isinstance(rule, ast.Constant) and isinstance(rule.value, str) and "." in rule.value:
                yield f"{path.name}:{node.lineno}", rule.value, node


def test_every_rule_that_the_code_names_is_in_the_catalogue():
    assert {(where, rule) for where, rule, _ in calls() if rule not in catalogue()} == set()


def test_every_rule_of_the_catalogue_is_used():
    said = {node.value for _, node in nodes() if isinstance(node, ast.Constant)}
    assert set(catalogue()) - said == set()


def test_every_call_gives_the_words_that_its_rule_leaves_open():
    wrong = []
    for where, rule, call in calls():
        given = {keyword.arg for keyword in call.keywords}
        if None in given or rule not in catalogue():
            continue
        words = given - CALLS[name_of(call)]
        if name_of(call) == "refuse":
            words.add("count")
        if words != catalogue()[rule].fields:
            wrong.append((where, rule, sorted(words)))
    assert wrong == []


def test_places_of_a_sentence_take_any_word():
    """Where a sentence is for others a place holds words, which no format of numbers takes."""
    texts = [text for rule in catalogue().values() for text in (rule.sentence, rule.remedy)]
    assert [t for t in texts for _, _, form, _ in Formatter().parse(t) if form] == []


def test_an_error_of_another_kind_never_borrows_a_rule():
    """One id has one sentence: an error raised by hand must not carry a rule's id."""
    raised = {
        (path.name, node.args[0].value)
        for path, node in nodes()
        if isinstance(node, ast.Call) and name_of(node) == "ReliefError" and node.args
        if isinstance(node.args[0], ast.Constant)
    }
    assert {(file, rule) for file, rule in raised if rule in catalogue()} == set()
