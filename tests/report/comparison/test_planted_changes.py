"""Forty changes planted in the committed notebooks are each located; runs elsewhere are the same.

Forty in what is stored, drawn by a seed. A few more in code, rules and data are seen by running a
notebook again, in the long form.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest

from analysis.paths import NOTEBOOKS, ROOT
from analysis.report.comparison.changes import Change, compared
from analysis.report.comparison.sides import Side, read_side
from tests import length
from tests.notebooks.test_planted_faults import INPUTS, copy
from tests.report.comparison.planted import KINDS, drawn, places, planted

PATHS = sorted(NOTEBOOKS.glob("*.ipynb"))
PLANTS = drawn(PATHS, length.seed(21))
# In the short form those of the notebooks that are read soonest.
MOST = length.trials(short=3, long=len(PATHS))
TRIED = sorted({one.notebook for one in PLANTS}, key=lambda name: (NOTEBOOKS / name).stat().st_size)


def test_forty_changes_are_drawn_from_most_notebooks():
    assert Counter(one.kind for one in PLANTS) == KINDS
    assert len(PLANTS) == 40
    assert len({one.notebook for one in PLANTS}) > len(PATHS) / 2


@pytest.mark.parametrize("name", TRIED[:MOST])
def test_each_planted_change_is_located_and_no_other(name, tmp_path):
    plants = [one for one in PLANTS if one.notebook == name]
    new = tmp_path / name
    new.write_text(planted((NOTEBOOKS / name).read_text("utf-8"), plants), encoding="utf-8")
    found = compared(read_side(str(NOTEBOOKS / name)), read_side(str(new)))
    told = [(one.kind, one.document, one.place, one.row, one.column) for one in found]
    assert sorted(told) == places(plants)
    assert {one.old for one in plants if one.old} == {
        one.old for one in found if one.kind in ("cell", "verdict")
    }


# Notebooks that are run.

VERDICT, SHORT = "00_verdict.ipynb", "04_compared_with_control.ipynb"
LONGER = "03_change_after_infusion.ipynb"


@dataclass(frozen=True)
class Cause:
    """A replacement in a file of the project, and what must move in a notebook that is run."""

    name: str
    file: str
    old: str
    new: str
    notebook: str
    moves: str  # a kind of change that must be among those told


CAUSES = [
    Cause(
        "a number in code",
        "src/analysis/describe/common.py",
        "treated, control = case.design.active_arm, case.design.comparator_arm",
        "control, treated = case.design.active_arm, case.design.comparator_arm",
        SHORT,
        "cell",
    ),
    Cause(
        "a number in claims.toml",
        "claims.toml",
        "bias_bound_sd = { value = 0.30",
        "bias_bound_sd = { value = 0.45",
        SHORT,
        "text",
    ),
    Cause(
        "a score in the data",
        "data/raw/example_synthetic/pcl5_now_synthetic.csv",
        "3.750,0,1,0,1,1,1,1,0,1,0,0,2,0,0,8",
        "3.750,4,1,0,1,1,1,1,0,1,0,0,2,0,0,12",
        SHORT,
        "cell",
    ),
    Cause(
        "a figure's column",
        "src/analysis/figures/common/base.py",
        'estimate = rows["estimate"].to_numpy(float)',
        'estimate = rows["ci_low"].to_numpy(float)',
        LONGER,
        "figure",
    ),
]


def project(root: Path, name: str) -> Path:
    return copy(ROOT, root, [*INPUTS, f"notebooks/{name}"])


def plant(cause: Cause, root: Path) -> None:
    path = root / cause.file
    text = path.read_text(encoding="utf-8")
    assert text.count(cause.old) == 1, f"{cause.name}: no longer in {cause.file} once"
    path.write_text(text.replace(cause.old, cause.new), encoding="utf-8")


def run(root: Path, name: str, first: Path | None = None, **environment: str) -> Side:
    """A notebook run in a copy of the project, as ``make review`` runs it."""
    kept = {key: text for key, text in os.environ.items() if not key.startswith(("PYTEST", "COV"))}
    path = os.pathsep.join(str(folder) for folder in (first, root / "src") if folder)
    notebook = root / "notebooks" / name
    subprocess.run(
        [sys.executable, str(ROOT / "scripts" / "run_notebooks.py"), str(notebook)],
        env=kept | {"PYTHONPATH": path} | environment,
        cwd=root,
        check=True,
        timeout=900,
    )
    return read_side(str(notebook))


def located(change: Change) -> bool:
    """Whether a change names its cell, and its row and column, its figure or its paragraph."""
    if change.kind in ("cell", "verdict"):
        return bool(change.place and change.table and (change.row or change.column))
    return change.kind in ("figure", "text") and bool(change.place)


@pytest.mark.parametrize("cause", CAUSES, ids=lambda cause: cause.name)
def test_a_change_has_one_place_where_it_can_be_planted(cause):
    assert (ROOT / cause.file).read_text(encoding="utf-8").count(cause.old) == 1


# 400 days on, for whatever asks Python for the time; the project itself never asks.
LATER = """import time
_now = time.time
time.time = lambda: _now() + 400 * 86400
"""
ELSEWHERE = [
    {"TZ": "Pacific/Kiritimati", "LC_ALL": "C.UTF-8", "LANG": "C.UTF-8"},
    {"TZ": "America/St_Johns", "LC_ALL": "de_DE.UTF-8", "LANG": "de_DE.UTF-8"},
]


if length.LONG:

    @pytest.mark.parametrize("cause", CAUSES, ids=lambda cause: cause.name)
    def test_a_change_of_its_cause_is_located_where_it_shows(cause, tmp_path):
        root = project(tmp_path, cause.notebook)
        plant(cause, root)
        found = compared(read_side(str(NOTEBOOKS / cause.notebook)), run(root, cause.notebook))
        assert cause.moves in {change.kind for change in found}
        assert [change for change in found if not located(change)] == []

    @pytest.mark.parametrize("name", [SHORT, VERDICT])
    def test_runs_on_two_dates_in_two_zones_and_locales_are_the_same(name, tmp_path):
        (tmp_path / "later").mkdir()
        (tmp_path / "later" / "sitecustomize.py").write_text(LATER, encoding="utf-8")
        one, other = (
            run(project(tmp_path / str(number), name), name, first, **place)
            for number, (first, place) in enumerate(
                zip((None, tmp_path / "later"), ELSEWHERE, strict=True)
            )
        )
        assert compared(one, other) == []
