"""The hash of the code that decides: what is done changes it, where and how it is told does not."""

from __future__ import annotations

import os
import runpy
import shutil
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from types import CodeType, FrameType

import pytest

import analysis
from analysis.claims.calibration import code_hash
from analysis.claims.calibration.command import every_world
from analysis.claims.calibration.pieces import code_of_now, drawn_world, generator, roots
from analysis.claims.calibration.trial import judge_trials
from analysis.claims.decision_rule import decide_by_interval, decide_by_share
from analysis.claims.definitions import load_definitions
from analysis.claims.gates.data_gates import construct
from analysis.claims.gates.robustness import robustness_gate
from analysis.describe.answer.verdicts import verdict_table
from analysis.simulate import trials, write_study

DECIDES = '''
"""Docstring of the module."""
import math

from .words import NO, YES

__all__ = ["judge"]
LIMIT = 0.06


class Bars:
    """What is held against."""

    bias: float = 0.3

    def word(self, value: float) -> str:
        """What it says."""
        # A comment.
        if value < 0:
            raise ValueError(f"{value} is below nought.")
        return f"{YES if value >= self.bias else NO}: {value:.2f}"

    def shown(self) -> str:
        return "never asked for"


def judge(value: float) -> str:
    total = math.sqrt(value)
    return Bars().word(total + LIMIT)


def chat() -> str:
    return "decides nothing"
'''
WORDS = 'YES, NO = "yes", "no"\n'


def sha256(
    folder: Path, decides: str = DECIDES, root: str = "pkg.decides:judge", **more: str
) -> str:
    """The hash of a small package, freshly read."""
    package = folder / "pkg"
    shutil.rmtree(package, ignore_errors=True)
    package.mkdir(parents=True)
    for name, text in {"__init__": "", "decides": decides, "words": WORDS, **more}.items():
        (package / f"{name}.py").write_text(text, encoding="utf-8")
    # Run anew, so that nothing that was read before is remembered.
    return runpy.run_path(code_hash.__file__)["code_sha256"](root)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    return tmp_path


@pytest.mark.parametrize(("old", "new"), [
    ('"""What it says."""', '"""What it says, said otherwise."""'),
    ('"""Docstring of the module."""', ""),
    ("# A comment.", "# Another."),
    ("import math\n", "import math\nimport os  # noqa\n"),
    ("from .words import NO, YES", "from pkg.words import YES, NO"),
    ("def judge(value: float) -> str:", "def judge(value):"),
    ("total = math", "total: float = math"),
    ("LIMIT = 0.06", "LIMIT: float = 0.060"),
    ('__all__ = ["judge"]', '__all__ = ["chat", "judge"]'),
    ("is below nought.", "must not be below nought."),
    ("decides nothing", "decides nothing at all"),
    ("never asked for", "not asked for"),
    ('f"{YES if value >= self.bias else NO}: {value:.2f}"',
     'f"{YES if value >= self.bias else NO}" ": " f"{value:.2f}"'),
    ("word(total + LIMIT)", "word(\n        total + LIMIT\n    )"),
])  # fmt: skip
def test_how_it_is_told_leaves_it(folder, old, new):
    assert DECIDES.count(old) == 1
    assert sha256(folder, DECIDES.replace(old, new)) == sha256(folder)


@pytest.mark.parametrize(("old", "new"), [
    ("LIMIT = 0.06", "LIMIT = 0.05"),
    ("value >= self.bias", "value > self.bias"),
    ("bias: float = 0.3", "bias: float = 0.5"),
    ("bias: float = 0.3", "bias: int = 0.3"),
    ("value < 0", "value <= 0"),
    ("raise ValueError", "raise KeyError"),
    ("value:.2f", "value:.3f"),
    ("math.sqrt", "math.cbrt"),
    ("class Bars:", "@frozen\nclass Bars:"),
    ("def judge(value: float)", "def judge(value: float = 1.0)"),
])  # fmt: skip
def test_what_it_does_changes_it(folder, old, new):
    assert DECIDES.count(old) == 1
    assert sha256(folder, DECIDES.replace(old, new)) != sha256(folder)


def test_what_another_module_holds_changes_it(folder):
    assert sha256(folder, words=WORDS.replace('"no"', '"not so"')) != sha256(folder)


def test_a_definition_that_moves_or_a_file_that_is_renamed_leaves_it(folder):
    before, head = sha256(folder), "import math\nfrom pkg.bars import Bars\n"
    bars, judge = DECIDES.split("def judge")[0], DECIDES.split("def judge")[1]
    moved = f"{head}\nLIMIT = 0.06\n\n\ndef judge{judge}"
    assert sha256(folder, moved, bars=bars.replace("LIMIT = 0.06", "")) == before
    assert sha256(folder, "", root="pkg.verdict:judge", verdict=DECIDES) == before
    # A package that hands a name on, and one imported whole, lead to the same.
    handed = f"{head.replace('pkg.bars', 'pkg.rooms')}\nLIMIT = 0.06\n\n\ndef judge{judge}"
    rooms = {"rooms": "from pkg.bars import Bars", "bars": bars.replace("LIMIT = 0.06", "")}
    assert sha256(folder, handed, **rooms) == before


def test_a_name_that_leads_nowhere_is_named(folder):
    with pytest.raises(LookupError, match=r"pkg\.words neither defines nor imports MAYBE"):
        sha256(folder, DECIDES.replace("NO, YES", "MAYBE as NO, YES"))


def interpreters() -> list[str]:
    """This Python, and every other from 3.11 on that can be found."""
    names = [f"python3.{minor}" for minor in range(11, 15)]
    found = {sys.executable, *filter(None, map(shutil.which, names))}
    kept = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    found |= {str(path) for minor in range(11, 15) for path in kept.glob(f"3.{minor}.*/bin/python")}
    return sorted(found)


def test_it_is_the_same_on_every_python():
    asked = f"import runpy; print(runpy.run_path({code_hash.__file__!r})['code_sha256']{roots()})"
    source = {**os.environ, "PYTHONPATH": str(Path(next(iter(analysis.__path__))).parent)}
    told = {}
    for python in interpreters():
        done = subprocess.run([python, "-c", asked], env=source, capture_output=True, text=True,
                              check=False)  # fmt: skip
        # A name on PATH may stand for a version that is not installed.
        if done.returncode and python != sys.executable and "Traceback" not in done.stderr:
            continue
        told[python] = done.stdout.strip() or done.stderr
    assert set(told.values()) == {code_of_now()}, told


def test_every_function_that_runs_while_a_trial_is_judged_counts():
    """What the names lead to is all there is: nothing is called that they do not see."""
    root, rules = Path(next(iter(analysis.__path__))), load_definitions()
    codes: set[CodeType] = set()

    def note(frame: FrameType, event: str, _argument: object) -> None:
        if event == "call":
            codes.add(frame.f_code)

    # A world is no code here: its parameters have a hash of their own.
    drawn = [(drawn_world(name), n, generator(name, n, 0, seed=1))
             for n in (5, 15) for name in every_world()]  # fmt: skip
    # What a first trial imports runs too, and is no part of judging.
    name, n, source = drawn[-1]
    judge_trials(trials(name, n, [source]), rules)
    sys.setprofile(note)
    try:
        judge_trials([trials(name, n, [source])[0] for name, n, source in drawn], rules)
    finally:
        sys.setprofile(None)
    ran: dict[str, set[str]] = defaultdict(set)
    for code in codes:
        file = Path(code.co_filename)
        if file.is_relative_to(root):
            module = ".".join(("analysis", *file.relative_to(root).with_suffix("").parts))
            ran[module.removesuffix(".__init__")].add(code.co_qualname)
    counts = set(code_hash.reached(*roots()))
    unseen = {
        (module, called)
        for module, names in ran.items() for called in names
        if (module, called.split(".<locals>")[0]) not in counts
    }  # fmt: skip
    assert not unseen
    assert len(ran) > 20


def test_what_a_gate_writes_is_no_part_of_it_and_what_it_weighs_by_is():
    counts = code_hash.reached(*roots())
    weighs = (decide_by_interval, decide_by_share)
    assert all((function.__module__, function.__name__) in counts for function in weighs)
    writes = (construct, robustness_gate, verdict_table, write_study)
    assert not any((function.__module__, function.__name__) in counts for function in writes)


def test_a_number_does_not_pass_for_another(folder):
    """So that 1 and 1.0, True and 1, or a text and its digits do not pass for one another."""
    hashes = {
        sha256(folder, DECIDES.replace("LIMIT = 0.06", f"LIMIT = {text}"))
        for text in ("1", "1.0", "True", "'1'", "b'1'", "-1", "1j", "None", "...")
    }
    assert len(hashes) == 9
