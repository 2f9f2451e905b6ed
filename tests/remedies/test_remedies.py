"""Following what a rule advises leads to the same forms, or to another rule that stops.

Every rule with a remedy has a case here or stands, with the reason, among those whose remedy only
a person can carry out.
"""

from __future__ import annotations

import tomllib
from collections import Counter
from pathlib import Path
from random import Random

import pytest

from analysis import instruments
from analysis.rules import catalogue
from tests.length import seed, trials
from tests.remedies import declared, mended
from tests.remedies.studies import CASES, Read, as_it_was, read

BY_HAND = tomllib.loads(Path(__file__).with_name("by_hand.toml").read_text("utf-8"))
assert declared
assert mended


# In `make test` as many as take a few seconds, others with every seed.
TRIED = Random(seed(18)).sample(sorted(CASES), trials(short=5, long=len(CASES)))


@pytest.mark.parametrize("rule", TRIED)
def test_what_a_rule_advises_never_costs_a_form(rule, tmp_path):
    case = CASES[rule]
    path = case.spoil(tmp_path)
    before = read(path)
    assert rule in before.said, before.said
    assert said_again(before) == {}
    case.mend(path, before.said[rule])
    after, sound = read(path), as_it_was(case.form)
    if case.then:
        assert set(after.said) == {case.then}
        return
    assert after.forms == sound.forms, after.said
    assert rule not in set(after.said) - set(sound.said)


def said_again(found: Read) -> dict[tuple[str, str | None, str], int]:
    """What is said more than once of a rule, a file and a scale: one cause is one line."""
    scales = instruments.known()
    lines = Counter(
        (one.rule, one.file, " ".join(name for name in scales if f" {name} " in one.message))
        for one in found.issues
    )
    return {line: n for line, n in lines.items() if n > 1}


def test_every_remedy_is_tried_or_stands_among_those_that_only_a_person_can_carry_out():
    listed = [rule for entry in BY_HAND.values() for rule in entry["rules"]]
    remedies = {name for name, rule in catalogue().items() if not rule.remedy.startswith("Nothing")}
    assert Counter(listed).most_common(1)[0][1] == 1
    assert set(CASES) & set(listed) == set()
    assert (set(CASES) | set(listed)) - set(catalogue()) == set()
    assert remedies - set(CASES) - set(listed) == set()
