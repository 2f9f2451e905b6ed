"""Records damaged at random end in rows that are sound, or in one sentence; none is stored bad."""

from __future__ import annotations

import json
import shutil
import warnings
from collections import Counter

import pytest

from analysis import evidence
from analysis.cli import main
from analysis.errors import ReliefError
from analysis.evidence import adding
from analysis.evidence.adding import addition
from analysis.evidence.build import ADDED
from analysis.paths import PUBLISHED
from tests.evidence.adding.record_damage import damaged, unsound, whole
from tests.evidence.adding.record_maker import write
from tests.length import seed, trials

COUNT = trials(short=250, long=5000)


@pytest.fixture
def quick(monkeypatch):
    """The table is read once for all records; each addition is still checked against it."""
    table = addition.as_text(*addition.contents(PUBLISHED))
    monkeypatch.setattr(addition, "as_text", lambda *parts: table)


def test_undamaged_records_are_read(tmp_path):
    for made in whole():
        rows = adding.read(write(tmp_path, made)).rows
        assert rows
        assert unsound(rows, made) == ""


def test_a_damaged_record_ends_in_sound_rows_or_in_one_sentence(tmp_path, quick):
    ends: Counter[str] = Counter()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for number in range(COUNT):
            made, done = damaged(seed(22), number)
            path = write(tmp_path, made)
            try:
                rows = adding.read(path, placeable=number % 3 == 0).rows
            except ReliefError as refused:
                ends[refused.rule] += 1
                said = refused.message
            else:
                ends["rows"] += 1
                said = unsound(rows, json.loads(path.read_text()))
                assert said == "", done
            assert "\n" not in said, done
            assert len(said.encode()) < 500, done
    assert ends["rows"] > COUNT / 5
    assert len(ends) > 8


def test_the_table_with_rows_of_damaged_records_is_read_again(tmp_path):
    folder, stored = tmp_path / "published", 0
    for number in range(trials(short=25, long=300)):
        made, done = damaged(seed(23), number)
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(PUBLISHED, folder)
        before = (folder / ADDED).read_bytes()
        try:
            adding.store(adding.read(write(tmp_path, made), folder), folder)
        except ReliefError:
            assert (folder / ADDED).read_bytes() == before, done
        else:
            stored += 1
            assert len(evidence.load(folder)) > len(evidence.load()), done
    assert stored


@pytest.mark.parametrize(
    "text",
    ['{"studies": 3}', '{"studies": {"a": 1}}', "[1, 2]", '{"protocolSection": {"a": NaN}}',
     '{"protocolSection": ' + "[" * 900 + "]" * 900 + "}", "[" * 100_000, '{"a": "\\ud800"}',
     '{"a": 1' + "0" * 6000 + "}"],
    ids=range(8),
)  # fmt: skip
def test_the_command_refuses_a_broken_record_with_2_and_one_sentence(
    text, tmp_path, monkeypatch, capsys
):
    path = write(tmp_path, text)
    monkeypatch.setattr("sys.argv", ["relief", "evidence", "add", str(path)])
    with pytest.raises(SystemExit) as ended:
        main()
    said = capsys.readouterr()
    assert ended.value.code == 2
    assert said.err.startswith("relief: ")
    assert said.err.count("\n") == 1
    assert said.out == ""
