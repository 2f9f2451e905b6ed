"""``relief calibrate --renew``: new hashes if every stored word is the same, else nothing."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from analysis.claims.calibration import renew as renewal
from analysis.claims.calibration.command import calibrate_into
from analysis.claims.calibration.counts import HASHES, is_current, read_table
from analysis.claims.calibration.pieces import keys
from analysis.claims.calibration.renew import renew
from analysis.cli import app

TRIALS = 6
# Three claims, gate 5 alone, four common analyses.
KINDS = 8


@pytest.fixture(scope="module")
def counted(tmp_path_factory) -> Path:
    """Two small cells as ``relief calibrate`` leaves them."""
    folder = tmp_path_factory.mktemp("counted")
    calibrate_into(folder, worlds="null,past-week", sizes="5", replicates=TRIALS, seed=3, jobs=1,
                   scheduler=None, resume=False)  # fmt: skip
    return folder


@pytest.fixture
def folder(counted, tmp_path) -> Path:
    """The same cells, made by other rules and other code."""
    own = shutil.copytree(counted, tmp_path / "own")
    table = read_table(own / "table.csv")
    write(table.assign(**dict.fromkeys(HASHES, "0" * 64)), own)
    return own


def write(table: pd.DataFrame, folder: Path) -> None:
    table.to_csv(folder / "table.csv", index=False, float_format="%.6g", lineterminator="\n")


def words_of(folder: Path) -> dict[str, dict[str, str]]:
    return json.loads((folder / "words.json").read_text(encoding="utf-8"))


def with_words(words: dict[str, dict[str, str]], folder: Path) -> None:
    (folder / "words.json").write_text(json.dumps(words, indent=1) + "\n", encoding="utf-8")


def held(folder: Path) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in ("table.csv", "words.json")}


def run(folder: Path, *words: str):
    return CliRunner().invoke(app, ["calibrate", "--renew", "--out", str(folder), *words])


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_where_every_word_is_the_same_the_counts_carry_the_hashes_of_now(
    counted, folder, monkeypatch, jobs
):
    assert not is_current(read_table(folder / "table.csv")).any()
    monkeypatch.setattr(renewal, "SIZE", 4)
    result = run(folder, "--jobs", jobs)
    assert result.exit_code == 0, result.stderr
    assert result.stdout.startswith(f"{2 * TRIALS} stored trials of 2 cells were judged again")
    table = read_table(folder / "table.csv")
    assert is_current(table).all()
    assert (table["judged_again"] == TRIALS).all()
    # Nothing else of the table changes, and no letter.
    write(table.assign(judged_again=0), folder)
    assert held(folder) == held(counted)


def test_as_json_it_says_how_much_was_judged(folder):
    found = json.loads(run(folder, "--json").stdout)
    assert found["cells"] == 2
    assert found["trials"] == 2 * TRIALS
    assert found["words"] == 2 * TRIALS * KINDS
    assert set(found["hashes"]) == {"decisions_sha256", "code_sha256"}


@pytest.mark.parametrize("kind", ["onset", "by estimate", "paired t"])
def test_where_a_word_differs_nothing_is_rewritten(folder, kind):
    words = words_of(folder)
    letters = words["null n5"][kind]
    words["null n5"][kind] = letters[:2] + ("S" if letters[2] != "S" else "N") + letters[3:]
    with_words(words, folder)
    before = held(folder)
    result = run(folder)
    assert result.exit_code == 2
    (line,) = result.stderr.splitlines()
    assert f"1 of {2 * TRIALS * KINDS} stored words differ, in 1 of 2 cells: null n5 (1)" in line
    assert "Nothing was rewritten" in line
    assert line.endswith("[calibrate.words]")
    assert held(folder) == before


def test_every_cell_that_differs_is_named_with_its_number(folder):
    words = words_of(folder)
    words["null n5"]["onset"] = "T" * TRIALS
    words["past-week n5"]["headline"] = "S" * TRIALS
    with_words(words, folder)
    error = json.loads(run(folder, "--json").stdout)["error"]
    assert f"null n5 ({TRIALS}), past-week n5 ({TRIALS})" in error["message"]


def test_kinds_of_words_that_were_not_stored_are_added(counted, folder):
    words = {cell: {"onset": kinds["onset"]} for cell, kinds in words_of(folder).items()}
    with_words(words, folder)
    assert renew(folder).words == 2 * TRIALS
    assert words_of(folder) == words_of(counted)


def test_a_cell_without_stored_words_is_not_renewed(folder):
    with_words({"null n5": words_of(folder)["null n5"]}, folder)
    before = held(folder)
    result = run(folder)
    assert result.exit_code == 2
    assert "No words are stored of past-week n5" in result.stderr
    assert held(folder) == before


def test_a_cell_of_a_world_that_is_gone_is_not_renewed(folder):
    words = words_of(folder)
    with_words({"atlantis n5": words["null n5"], "past-week n5": words["past-week n5"]}, folder)
    write(read_table(folder / "table.csv").replace({"world": {"null": "atlantis"}}), folder)
    result = run(folder)
    assert result.exit_code == 2
    assert "There is no world named atlantis any longer" in result.stderr


def test_code_that_changes_meanwhile_is_not_taken_for_what_was_judged(folder, monkeypatch):
    before = held(folder)
    monkeypatch.setattr(renewal, "keys", lambda name: keys(name) | {"code_sha256": "1" * 64})
    result = run(folder)
    assert result.exit_code == 2
    assert "changed while trials were judged" in result.stderr
    assert held(folder) == before


def test_a_folder_without_counts_is_said_in_one_line(tmp_path):
    result = run(tmp_path)
    assert result.exit_code == 2
    assert "There are no counts with stored words" in result.stderr


@pytest.mark.parametrize("words", [("--worlds", "null"), ("--resume",), ("--jobs", "0")])
def test_what_does_not_go_with_it_is_refused(folder, words):
    result = run(folder, *words)
    assert result.exit_code == 2
    assert "--renew judges every stored trial" in result.stderr
