"""Whatever befalls an export, the result is the true one or something names the damage.

Thousands of made-up studies are damaged in the ways of :mod:`tests.damage.damages`, in five
formats. What is left in silence stands in docs/damage.md.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from pathlib import Path
from random import Random

from analysis.checks import check
from analysis.errors import ReliefError
from analysis.readers.assemble import read_study
from tests.damage.damages import DAMAGES
from tests.damage.made import made_up, truth
from tests.damage.outcome import NEW, SILENT, STOPPED, found, of_seed, warnings
from tests.damage.written import WRITERS
from tests.length import seed, trials

MOST_SILENT, MOST_FALSE = 0.005, 0.01


def test_hardly_any_damage_is_silent(capsys):
    first, count = seed(0), trials(short=300, long=10_000)
    outcomes = [one for n in range(first, first + count) if (one := of_seed(n)) is not None]
    words = Counter(one.word for one in outcomes)
    silent = [one for one in outcomes if one.word == SILENT]
    with capsys.disabled():
        print(f"\n{len(outcomes)} damaged studies: {dict(words)}", *silent, sep="\n  ")
    assert len(outcomes) > 0.9 * count
    assert [one for one in outcomes if one.word == STOPPED] == []
    # Of a few, one may be silent.
    assert len(silent) <= max(1, MOST_SILENT * len(outcomes))


def test_sound_studies_raise_hardly_any_of_the_new_flags(capsys):
    first, count = seed(1_000_000), trials(short=8, long=1000)
    false = []
    for n in range(first, first + count):
        random = Random(n)
        made, form = made_up(random), random.choice(list(WRITERS))
        with tempfile.TemporaryDirectory() as folder:
            try:
                study = read_study(WRITERS[form](Path(folder), made))
                rules = NEW & set(warnings(check(study).issues))
                assert found(study) == truth(made), (n, form)
            except ReliefError as error:
                rules = frozenset((error.rule,))
        false += [(n, form, made.zone, sorted(rules))] if rules else []
    with capsys.disabled():
        print(
            f"\n{count} sound studies, {len(false)} with one of the new flags", *false, sep="\n  "
        )
    assert len(false) <= MOST_FALSE * count


def test_each_kind_of_damage_occurs_in_two_formats_at_least():
    formats: dict[str, set[str]] = {}
    for one in DAMAGES:
        formats.setdefault(one.kind, set()).update(one.formats)
    kinds = {"clock", "zone", "code", "header", "duplicate", "copy-forward", "unit",
             "rows"}  # fmt: skip
    assert set(formats) == kinds
    assert all(len(own) >= 3 for own in formats.values())
