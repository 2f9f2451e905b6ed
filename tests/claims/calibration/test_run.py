"""The same counts whoever does the work, in whatever pieces, and after a kill."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest

from analysis.claims.calibration import calibrate, merge, pieces
from analysis.claims.calibration.command import calibrate_into
from analysis.claims.calibration.counts import rows_of
from analysis.claims.calibration.pieces import Piece, keep, run_piece, stored
from analysis.errors import ReliefError

pytestmark = pytest.mark.simulates

CELLS = {"worlds": ["null", "past-week"], "sizes": [5]}
TRIALS = 5


@pytest.fixture(scope="module")
def alone() -> pd.DataFrame:
    """One process, one piece a cell."""
    return calibrate(**CELLS, replicates=TRIALS, seed=3)


@pytest.fixture(scope="module")
def kept() -> dict:
    """What judging one small piece gives."""
    return run_piece(Piece("past-week", 5, 0, 2, seed=3), None)


def test_a_trial_counts_once_with_one_word_a_claim(alone):
    counts = alone[["supported", "contradicted", "not_decided", "not_testable"]].sum(axis=1)
    assert (counts == TRIALS).all()
    assert (alone["replicates"] == TRIALS).all()
    assert set(alone["claim"]) == {"onset", "certainty_within_hours", "headline"}
    looked_back = alone["world"] == "past-week"
    assert (alone.loc[looked_back, "not_testable"] == TRIALS).all()


def test_other_seeds_are_other_trials(alone):
    other = calibrate(**CELLS, replicates=TRIALS, seed=4)
    assert (other["paired t"] != alone["paired t"]).any()


def test_the_limits_are_those_of_the_exact_interval(alone):
    from scipy import stats

    for row in alone.to_dict("records"):
        low = stats.beta.ppf(0.025, row["supported"], row["replicates"] - row["supported"] + 1)
        high = stats.beta.ppf(0.975, row["supported"] + 1, row["replicates"] - row["supported"])
        assert row["mc_high"] == pytest.approx(high)
        assert row["mc_low"] == pytest.approx(0.0 if row["supported"] == 0 else low)


@pytest.mark.parametrize("size", [1, 2, 4])
def test_where_pieces_begin_and_end_changes_nothing(alone, monkeypatch, tmp_path, size):
    monkeypatch.setattr(pieces, "SIZE", size)
    found = calibrate(**CELLS, replicates=TRIALS, seed=3, shards=tmp_path)
    pd.testing.assert_frame_equal(found, alone)
    assert len(list(tmp_path.glob("*.json"))) == 2 * -(-TRIALS // size)


def test_two_processes_give_what_one_does(alone, monkeypatch):
    monkeypatch.setattr(pieces, "SIZE", 2)
    pd.testing.assert_frame_equal(calibrate(**CELLS, replicates=TRIALS, seed=3, jobs=2), alone)


def test_a_dask_cluster_gives_the_same_and_keeps_the_pieces_here(alone, monkeypatch, tmp_path):
    from dask.distributed import LocalCluster

    monkeypatch.setattr(pieces, "SIZE", 2)
    with LocalCluster(
        n_workers=1, threads_per_worker=2, processes=False, dashboard_address="127.0.0.1:0"
    ) as cluster:
        address = cluster.scheduler_address
        found = calibrate(**CELLS, replicates=TRIALS, seed=3, scheduler=address, shards=tmp_path)
    pd.testing.assert_frame_equal(found, alone)
    assert len(list(tmp_path.glob("*.json"))) == 6


def test_pieces_that_are_there_are_not_judged_again(alone, monkeypatch, tmp_path):
    monkeypatch.setattr(pieces, "SIZE", 2)
    calibrate(**CELLS, replicates=4, seed=3, shards=tmp_path)
    written = {file.name: file.stat().st_mtime_ns for file in tmp_path.glob("*.json")}
    told: list[tuple[int, int]] = []
    found = calibrate(
        **CELLS, replicates=TRIALS, seed=3, shards=tmp_path, resume=True,
        told=lambda done, total: told.append((done, total)),
    )  # fmt: skip
    pd.testing.assert_frame_equal(found, alone)
    assert told == [(4, 6), (5, 6), (6, 6)]
    now = {name: (tmp_path / name).stat().st_mtime_ns for name in written}
    assert now == written


@pytest.mark.parametrize("key", ["decisions_sha256", "code_sha256", "world_sha256", "seed", "stop"])
def test_a_piece_made_otherwise_is_not_taken(kept, tmp_path, key):
    piece = Piece("past-week", 5, 0, 2, seed=3)
    keep(kept, tmp_path)
    assert stored(piece, tmp_path) == kept
    other = 1 if isinstance(kept[key], int) else "0" * 64
    (tmp_path / piece.name).write_text(json.dumps(kept | {key: other}), encoding="utf-8")
    assert stored(piece, tmp_path) is None


def test_a_damaged_piece_is_not_taken(kept, tmp_path):
    piece = Piece("past-week", 5, 0, 2, seed=3)
    keep(kept, tmp_path)
    file = tmp_path / piece.name
    file.write_bytes(file.read_bytes()[:-40])
    assert stored(piece, tmp_path) is None


def merged(folder: Path, *parts: dict) -> tuple[pd.DataFrame, dict]:
    """The counts and the kept words of these pieces."""
    for part in parts:
        keep(part, folder)
    rows = merge(folder, folder / "table.csv", folder / "words.txt").rows
    return rows, json.loads((folder / "words.txt").read_text(encoding="utf-8"))


def made(kept: dict, letter: str, **changes) -> dict:
    """A piece with this letter for every word."""
    words = {claim: letter * len(word) for claim, word in kept["words"].items()}
    return kept | {"words": words} | changes


@pytest.mark.parametrize(
    "other", [{"code_sha256": "0" * 64}, {"decisions_sha256": "0" * 64}, {"world_sha256": "0" * 64}]
)
def test_counts_and_kept_words_leave_out_pieces_made_otherwise(kept, tmp_path, other):
    own = [made(kept, "N", start=0, stop=2), made(kept, "N", start=4, stop=6)]
    rows, words = merged(tmp_path, *own, made(kept, "S", start=2, stop=4, **other))
    assert set(rows["replicates"]) == {4}
    assert set(rows["supported"]) == {0}
    # A letter's place is its trial's number: none is kept beyond the gap.
    assert words["past-week n5"]["onset"] == "NN"


def test_pieces_of_two_seeds_are_not_counted_together(kept, tmp_path):
    own = [made(kept, "N", start=2, stop=4), made(kept, "N", start=4, stop=6)]
    rows, words = merged(tmp_path, made(kept, "S", seed=8), *own)
    assert set(rows["replicates"]) == {4}
    assert set(rows["seed"]) == {3}
    assert words == {}


def test_what_is_left_out_is_told_and_how_many(kept, tmp_path):
    vanished = made(kept, "S", start=6, stop=8, world="atlantis")
    other = made(kept, "S", start=2, stop=4, code_sha256="0" * 64)
    for part in (kept, vanished, other, made(kept, "S", start=8, stop=10, seed=8)):
        keep(part, tmp_path)
    (tmp_path / "torn.json").write_text('{"world": "null", ', encoding="utf-8")
    (tmp_path / "list.json").write_text("[1]", encoding="utf-8")
    found = merge(tmp_path, tmp_path / "table.csv", tmp_path / "words.txt")
    assert set(found.rows["replicates"]) == {2}
    assert found.left_out == {
        "file(s) that hold no piece, or one of a world there is no longer": 3,
        "piece(s) made with other rules, code or world": 1,
        "piece(s) of another seed": 1,
    }


def test_cells_of_other_code_leave_the_table_and_are_told(kept, tmp_path):
    first = merged(tmp_path, kept)[0]
    old = first.assign(code_sha256="0" * 64)
    both = pd.concat([old, old.assign(n_per_arm=7)])
    both.to_csv(tmp_path / "table.csv", index=False)
    found = merge(tmp_path, tmp_path / "table.csv", tmp_path / "words.txt")
    # The cell of five people was counted again; that of seven was not.
    assert set(found.rows["n_per_arm"]) == {5}
    reason = "cell(s) of the table that stood there, made with other rules or code"
    assert found.left_out == {reason: 1}


def test_counts_of_sessions_add_up(alone):
    parts = [run_piece(Piece(name, 5, start, stop, seed=3), None)
             for name in CELLS["worlds"] for start, stop in ((2, 5), (0, 2))]  # fmt: skip
    pd.testing.assert_frame_equal(rows_of(parts), alone)


def test_nobody_at_the_address_of_a_scheduler_is_said_in_one_sentence():
    with pytest.raises(ReliefError, match="No Dask scheduler answers"):
        calibrate(**CELLS, replicates=1, scheduler="127.0.0.1")


# A process that is killed

MANY = "null,regression,anticipation,jitter,drift,sites,power-cell,responders"
ASKED = {"worlds": MANY, "sizes": "5", "replicates": 12, "seed": 3, "jobs": 1}


def command(out: Path) -> list[str]:
    """The words of the command line that ask for the same."""
    given = {"--worlds": MANY, "--n": "5", "--replicates": "12", "--seed": "3", "--out": str(out)}
    flat = [word for pair in given.items() for word in pair]
    return [sys.executable, "-m", "analysis.cli", "calibrate", *flat]


def test_a_killed_run_goes_on_to_the_same_table(tmp_path):
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    process = subprocess.Popen(
        command(killed), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        until = time.monotonic() + 120
        while not list(killed.glob("shards/*.json")) and time.monotonic() < until:
            assert process.poll() is None, "it ended before its first piece"
            time.sleep(0.02)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    there = sorted(killed.glob("shards/*.json"))
    assert 0 < len(there) < len(MANY.split(","))
    assert not (killed / "table.csv").exists()
    before = {file: file.stat().st_mtime_ns for file in there}
    calibrate_into(killed, **ASKED, scheduler=None, resume=True)
    assert before == {file: file.stat().st_mtime_ns for file in there}
    calibrate_into(whole, **ASKED, scheduler=None, resume=False)
    for name in ("table.csv", "words.json"):
        assert (killed / name).read_bytes() == (whole / name).read_bytes()


def test_a_small_run_does_not_take_the_place_of_a_committed_cell(kept, tmp_path):
    large = made(kept, "N", start=0, stop=40)
    large["words"] = dict.fromkeys(large["words"], "N" * 40)
    merged(tmp_path, large)
    for piece in tmp_path.glob("*.json"):
        piece.unlink()
    rows, words = merged(tmp_path, made(kept, "S", start=0, stop=2))
    assert rows["replicates"].eq(40).all()
    assert rows["supported"].eq(0).all()
    assert words["past-week n5"]["onset"] == "N" * 40


def test_a_cell_that_was_counted_elsewhere_stays(kept, tmp_path):
    merged(tmp_path, made(kept, "N", start=0, stop=2))
    for piece in tmp_path.glob("*.json"):
        piece.unlink()
    rows, words = merged(tmp_path, made(kept, "N", start=0, stop=2, n_per_arm=7))
    assert sorted(rows["n_per_arm"].unique()) == [5, 7]
    assert len(words) == 2
