"""``relief calibrate``: one line and exit code 2 for what cannot be done, JSON alone."""

from __future__ import annotations

import json
import subprocess
import sys

import pandas as pd
import pytest
from typer.testing import CliRunner

from analysis.cli import app

pytestmark = pytest.mark.simulates

SMALL = ("--worlds", "past-week", "--n", "5", "--replicates", "2")


def run(*words: object):
    """The command in this process."""
    return CliRunner().invoke(app, ["calibrate", *map(str, words)])


@pytest.mark.parametrize(("words", "told"), [
    (("--worlds", "nowhere"), "No scenario is named 'nowhere'"),
    (("--worlds", ","), "at least one scenario"),
    (("--worlds", "effect-9.00"), "No scenario is named|must be from 0 to 1.5"),
    (("--n", "two"), "whole numbers with commas between"),
    (("--n", "2"), "three participants per arm"),
    (("--n", ""), "three participants per arm"),
    (("--replicates", "0"), "one replicate or more"),
    (("--jobs", "0"), "a number of processes"),
    (("--scheduler", "127.0.0.1"), "No Dask scheduler answers"),
])  # fmt: skip
@pytest.mark.parametrize("as_json", [False, True], ids=["words", "json"])
def test_what_cannot_be_done_is_said_in_one_line(tmp_path, words, told, as_json):
    result = run(*SMALL, *words, "--out", tmp_path, *(["--json"] if as_json else []))
    assert result.exit_code == 2
    (line,) = result.stderr.splitlines()
    assert any(part in line for part in told.split("|"))
    assert line.startswith("relief: ")
    if as_json:
        assert json.loads(result.stdout)["error"]["rule"].startswith("calibrate.")
    else:
        assert result.stdout == ""
    assert not (tmp_path / "table.csv").exists()


def test_a_folder_that_cannot_be_made_is_said_in_one_line(tmp_path):
    file = tmp_path / "file"
    file.write_text("here", encoding="utf-8")
    result = run(*SMALL, "--out", file)
    assert result.exit_code == 2
    assert "[file.not-written]" in result.stderr


@pytest.mark.parametrize("words", [
    ("--replicates", "many"), ("--no-such",), ("--seed", "1.5"), ("extra",),
])  # fmt: skip
def test_a_call_that_is_wrong_is_one_line_too(words):
    done = subprocess.run(
        [sys.executable, "-m", "analysis.cli", "calibrate", *words],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    assert line.endswith("[usage]")


def test_json_is_printed_alone_and_is_the_table(tmp_path):
    result = run(*SMALL, "--out", tmp_path, "--json")
    assert result.exit_code == 0
    rows = json.loads(result.stdout)
    assert [row["claim"] for row in rows] == ["onset", "certainty_within_hours", "headline"]
    table = pd.read_csv(tmp_path / "table.csv")
    assert set(rows[0]) == set(table.columns)
    assert "NaN" not in result.stdout
    assert result.stderr == ""


def test_in_words_there_is_a_line_a_claim_with_the_counts(tmp_path):
    lines = run(*SMALL, "--out", tmp_path).stdout.splitlines()
    assert len(lines) == 3
    assert all("supported      0 of 2" in line and "past-week" in line for line in lines)


def test_pieces_that_do_not_count_are_said(tmp_path):
    shards = tmp_path / "shards"
    shards.mkdir()
    (shards / "torn.json").write_text("{", encoding="utf-8")
    result = run(*SMALL, "--out", tmp_path)
    assert result.exit_code == 0
    assert result.stderr.startswith("Left out of the table: 1 file(s) that hold no piece")


def test_the_same_seed_writes_the_same_bytes(tmp_path):
    for name in ("a", "b"):
        assert run(*SMALL, "--out", tmp_path / name).exit_code == 0
    for name in ("table.csv", "words.json"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_a_resumed_run_writes_the_same_bytes_however_often_and_wherever_it_broke_off(tmp_path):
    def content():
        return {path.name: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}

    call = (*SMALL, "--worlds", "past-week,null", "--out", tmp_path)
    run(*call)
    whole = content()
    assert len(whole) == 4
    for lost in (None, "table.csv", "shards/null_n5_000000.json"):
        if lost:
            (tmp_path / lost).unlink()
        run(*call, "--resume")
        assert content() == whole


def test_cells_of_an_earlier_run_stay_in_the_table(tmp_path):
    run(*SMALL, "--out", tmp_path)
    run(*SMALL, "--n", "6", "--out", tmp_path)
    assert set(pd.read_csv(tmp_path / "table.csv")["n_per_arm"]) == {5, 6}
