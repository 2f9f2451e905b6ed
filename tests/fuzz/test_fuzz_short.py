"""A short run of the fuzzer over the same inputs each time; ``make fuzz`` tries many more."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from analysis.rules import catalogue
from benchmarks.data_layer import write_wide
from tests.factory import TOKEN
from tests.fuzz.__main__ import Tally, run
from tests.fuzz.attempt import SECRET, _broken, attempt, call
from tests.fuzz.inputs import FORMATS, Input, holds_its_time, make, seed_of
from tests.fuzz.worker import ALL
from tests.length import seed, trials

pytestmark = pytest.mark.simulates

COUNT, JOBS = trials(short=(len(FORMATS), 1), long=(5 * len(FORMATS), 2))


def test_hostile_inputs_end_with_0_or_2_and_tell_no_value(tmp_path):
    tally = Tally(seed=seed(20250304), end=time.monotonic() + 3600, count=COUNT, keep=tmp_path)
    run(tally, JOBS)
    assert tally.broken == {}
    assert tally.exits.total() == COUNT
    assert set(tally.exits) == {0, 2}
    assert min(tally.exits.values()) > COUNT / 5
    assert set(FORMATS) <= set(tally.tried)


def test_an_input_is_made_again_from_its_seed_and_number():
    for number in range(2 * len(FORMATS)):
        one, other = make(7, number), make(7, number)
        assert (one.kind, one.calls) == (other.kind, other.calls)
        if not holds_its_time(one.format):
            assert one.files != seed_of(one.format)
            same = [name for name in one.files if not name.endswith((".xpt", ".sav", ".dta"))]
            assert [one.files[name] for name in same] == [other.files[name] for name in same]
            assert one.files.keys() == other.files.keys()
    assert make(7, 0) != make(8, 0)


TOLD = "relief: a sentence [file.empty]\n"
BROKEN = {
    "a traceback": (0, "{}", "", 'File "src/analysis/a.py", line 3\nKeyError: 1', "traceback"),
    "another exit code": (1, "", "", "", "exit 1"),
    "a value": (0, f'{{"a": "{TOKEN}"}}', "", "", "value told"),
    "a time of a person": (2, "", "relief: 2025-03-04 is odd [file.empty]\n", "", "value told"),
    "several lines": (2, "", "relief: one\ntwo [file.empty]\n", "", "not one line"),
    "a warning": (0, "{}", "x.py:1: RuntimeWarning: invalid value\n", "", "said beside"),
    "an unforeseen error": (2, "{}", "relief: unforeseen [internal]\n", "", "internal"),
    "no memory": (2, "{}", "relief: too large [memory]\n", "", "memory"),
    "NaN": (0, '{"a": NaN}', "", "", "no JSON"),
    "an error without a code": (0, '{"error": 1}', "", "", "disagree"),
    "a code without an error": (2, '{"flow": 1}', TOLD, "", "disagree"),
}


@pytest.mark.parametrize("what", BROKEN)
def test_the_fuzzer_sees(what):
    code, out, err, escaped, expected = BROKEN[what]
    assert expected in _broken(code, out, err, escaped, ("check", ".", "--json"), {})


def test_no_example_in_a_message_looks_like_a_value_of_a_participant():
    texts = {rule.id: f"{rule.sentence} {rule.remedy}" for rule in catalogue().values()}
    assert [name for name, text in texts.items() if SECRET.search(text)] == []
    shown = 'relief: as in "NCT00000000 2025-03-01" [study.invalid]\n'
    assert _broken(2, "", shown, "", ("judge", "."), {}) == ""


def test_the_fuzzer_sees_a_draft_that_is_no_toml():
    command = ("init", ".", "--out", "draft.toml")
    assert _broken(0, "draft.toml", "", "", command, {"draft.toml": b"a = 1\n"}) == ""
    assert "draft" in _broken(0, "draft.toml", "", "", command, {"draft.toml": b"a = \n"})
    assert _broken(2, "", TOLD, "", command, {}) == ""


def test_unchanged_studies_break_no_promise():
    assert call(seed_of("csv"), ("check", ".", "--json"))["exit"] == 0
    told = attempt(Input("csv", "unchanged", seed_of("csv"), ALL))
    assert (told["exit"], told["broken"]) == (0, "")


WIDE = r"""
import json, re, sys
from pathlib import Path
from analysis.studies import check_source
found = check_source(sys.argv[1])
# Not getrusage: its peak is that of the process that started this one, if that was larger.
peak = int(re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())[1]) / 1024
read = [row["n"] for row in found["flow"] if row["stage"] == "people read"]
print(json.dumps({"people": sum(read), "megabytes": peak}))
"""


def test_an_export_of_2000_columns_is_checked_in_little_memory(tmp_path):
    write_wide(tmp_path, 5_000)
    assert (tmp_path / "scores.csv").stat().st_size > 19e6
    command = [sys.executable, "-c", WIDE, str(tmp_path)]
    environment = os.environ | {"PYTHONPATH": str(Path("src").resolve())}
    told = json.loads(subprocess.check_output(command, env=environment))
    assert told["people"] == 1_000
    # The interpreter and its libraries take some 300 of them; ten million texts held one by
    # one would take 600 more.
    assert told["megabytes"] < 700
