"""Forty single faults over all rooms are each caught: a few here, all in the long form."""

from __future__ import annotations

import ast
import json
import subprocess
import sys

import pytest

from tests import length
from tests.mutants.drawn import ROOMS, ROOT, stored
from tests.mutants.operators import functions, mutated, sites

FAULTS = stored()
# Those whose tests take least.
SOON = (5, 14, 26)


def test_forty_are_drawn_from_modules_of_all_rooms():
    assert len({fault.module for fault in FAULTS}) == 40
    assert {fault.module.split("/")[0] for fault in FAULTS} == set(ROOMS)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.module)
def test_a_fault_has_its_place_and_its_tests(fault):
    tree, told = fault.planted()
    assert ast.dump(tree) != ast.dump(ast.parse(fault.path.read_text(encoding="utf-8")))
    assert told.startswith(fault.was)
    assert fault.tests
    assert [name for name in fault.tests if not (ROOT / "tests" / name).is_file()] == []


def test_faults_are_caught():
    tried = length.trials(
        short=SOON, long=[n for n, fault in enumerate(FAULTS) if not fault.argued]
    )
    done = subprocess.run(
        [sys.executable, "-m", "tests.mutants", *map(str, tried)],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(found) == len(tried), done.stderr
    assert [one["fault"] for one in found if not one["caught"]] == []


SOURCE = """
def share(hits: int | None, n, least=2):
    if not hits or n < least:
        raise ValueError(f"{n + 1} are too few")
    return hits / n + 0.5, True
"""


def test_every_operator_condition_truth_and_number_can_be_at_fault():
    ((name, function),) = functions(ast.parse(SOURCE))
    assert name == "share"
    told = [(ast.unparse(node), ast.unparse(other)) for node, other in sites(function)]
    assert told == [
        ("not hits or n < least", "not hits and n < least"),
        ("not hits", "hits"),
        ("n < least", "n <= least"),
        ("hits / n + 0.5", "hits / n - 0.5"),
        ("hits / n", "hits * n"),
        ("0.5", "1.5"),
        ("True", "False"),
    ]


def test_one_place_alone_is_changed_and_found_again_below_new_lines():
    tree, told = mutated(SOURCE.replace("    if", "    n = n + 1\n    if"), "share", 2, "n < least")
    assert told == "n < least → n <= least"
    assert ast.unparse(tree).count("<=") == 1
    with pytest.raises(LookupError, match="draw the faults again"):
        mutated(SOURCE, "share", 0, "n > least")
