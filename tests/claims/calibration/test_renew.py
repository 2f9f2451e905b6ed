"""``relief calibrate --renew``: new hashes if every stored word is the same, else nothing."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from analysis.claims.calibration import command
from analysis.claims.calibration import renew as renewal
from analysis.claims.calibration.command import calibrate_into
from analysis.claims.calibration.common_analyses import COMMON
from analysis.claims.calibration.counts import HASHES, is_current, read_table
from analysis.claims.calibration.pieces import LETTERS, keys
from analysis.claims.calibration.sound_counts import COUNTS, SHARES
from analysis.cli import app
from analysis.estimates.proportions import exact_share

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


def counted_as(words: dict[str, dict[str, str]], folder: Path) -> None:
    """These words, and a table that counts them: only judging again can tell that they differ."""
    table = read_table(folder / "table.csv").astype(dict.fromkeys(SHARES, float))
    for place, row in table.iterrows():
        kinds = words[f"{row['world']} n{row['n_per_arm']}"]
        letters = kinds[row["claim"]]
        for name, word in COUNTS.items():
            table.loc[place, name] = letters.count(LETTERS[word])
        share = exact_share(letters.count("S"), TRIALS)
        table.loc[place, list(SHARES)] = share["estimate"], share["ci_low"], share["ci_high"]
        if row["claim"] == "onset":
            table.loc[place, "by_estimate"] = kinds["by estimate"].count("S")
        for kind in COMMON:
            table.loc[place, kind] = kinds[kind].count("S")
    write(table, folder)
    with_words(words, folder)


@pytest.mark.parametrize("kind", ["onset", "by estimate", "paired t"])
def test_where_a_word_differs_nothing_is_rewritten(folder, kind):
    words = words_of(folder)
    letters = words["null n5"][kind]
    words["null n5"][kind] = letters[:2] + ("S" if letters[2] != "S" else "N") + letters[3:]
    counted_as(words, folder)
    before = held(folder)
    result = run(folder)
    assert result.exit_code == 2
    (line,) = result.stderr.splitlines()
    assert f"1 of {2 * TRIALS * KINDS} stored verdicts differ, in 1 of 2 cells: null n5 (1)" in line
    assert "Nothing was rewritten" in line
    assert line.endswith("[calibrate.words]")
    assert held(folder) == before


def test_every_cell_that_differs_is_named_with_its_number(folder):
    words = words_of(folder)
    words["null n5"]["onset"] = "T" * TRIALS
    words["past-week n5"]["headline"] = "S" * TRIALS
    counted_as(words, folder)
    error = json.loads(run(folder, "--json").stdout)["error"]
    assert f"null n5 ({TRIALS}), past-week n5 ({TRIALS})" in error["message"]


def changed(folder: Path, **columns: object) -> None:
    """The table with one cell's row of onset changed."""
    table = read_table(folder / "table.csv")
    own = (table["world"] == "null") & (table["claim"] == "onset")
    for column, value in columns.items():
        table[column] = table[column].astype(object).where(~own, value)
    write(table, folder)


@pytest.mark.parametrize(
    ("kinds", "said"),
    [
        ({"onset": None}, "does not hold the letters of onset, "),
        ({"paired t": None}, "does not hold the letters of onset, "),
        ({"onset": "N" * (TRIALS - 1)}, f"does not hold {TRIALS} letters of each kind"),
        ({"onset": "S" * TRIALS}, "more trials are stored with a verdict on onset than"),
        ({"paired t": "S" * TRIALS, "LOCF": "S" * TRIALS, "by estimate": "S" * TRIALS},
         "more trials are stored as found than the table counts"),
    ],
)  # fmt: skip
def test_words_that_are_not_all_there_or_do_not_fit_the_counts_renew_nothing(folder, kinds, said):
    words = words_of(folder)
    for kind, letters in kinds.items():
        if letters is None:
            del words["null n5"][kind]
        else:
            words["null n5"][kind] = letters
    with_words(words, folder)
    before = held(folder)
    result = run(folder)
    assert result.exit_code == 2
    assert said in result.stderr
    assert result.stderr.strip().endswith("[calibrate.renew]")
    assert held(folder) == before


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"supported": 1}, "null n5: the counts of onset do not add up to its trials"),
        ({"replicates": 1_000_000}, "null n5: the counts of onset do not add up to its trials"),
        ({"rate": 0.5}, "null n5: rate and limits of onset are not those of its counts"),
        ({"mc_high": 0.0001}, "null n5: rate and limits of onset are not those of its counts"),
        ({"claim": "headline"}, "table.csv has other rows than one for each of onset"),
        ({"seed": "x"}, "table.csv, seed: a value is no whole number"),
        ({"n_per_arm": 5.5}, "table.csv, n_per_arm: a value is no whole number"),
        ({"rate": "inf"}, "table.csv, rate: a value is no number"),
    ],
)
def test_counts_that_contradict_themselves_renew_nothing(folder, columns, said):
    changed(folder, **columns)
    before = held(folder)
    result = run(folder)
    assert result.exit_code == 2
    assert said in result.stderr
    assert held(folder) == before


def test_a_table_without_a_row_or_a_column_renews_nothing(folder):
    table = read_table(folder / "table.csv")
    for short in (table.head(0), table.drop(columns="seed")):
        write(short, folder)
        before = held(folder)
        result = run(folder)
        assert result.exit_code == 2
        assert "table.csv has no row, or lacks a column" in result.stderr
        assert held(folder) == before


@pytest.mark.parametrize("words", ["[]", "3", '{"null n5": null}', '{"null n5": {"onset": 1}}'])
def test_words_of_another_shape_are_said_in_one_line(folder, words):
    (folder / "words.json").write_text(words, encoding="utf-8")
    result = run(folder)
    assert result.exit_code == 2
    assert "words.json" in result.stderr
    assert result.stderr.strip().endswith("[calibrate.renew]")


@pytest.mark.parametrize("option", [["--n", "15"], ["--replicates", "5"], ["--seed", "7"],
                                    ["--worlds", "null"], ["--resume"]])  # fmt: skip
def test_options_that_choose_trials_do_not_go_with_it(folder, option):
    result = run(folder, *option)
    assert result.exit_code == 2
    assert "it takes none of --worlds, --n, --replicates, --seed and --resume" in result.stderr


def test_the_counts_of_an_installed_package_are_not_renewed(monkeypatch):
    monkeypatch.setattr(command, "INSTALLED", True)
    result = CliRunner().invoke(app, ["calibrate", "--renew"])
    assert result.exit_code == 2
    assert "The counts of an installed package stay as they are; give --out." in result.stderr


def test_a_cell_without_stored_words_is_not_renewed(folder):
    with_words({"null n5": words_of(folder)["null n5"]}, folder)
    before = held(folder)
    result = run(folder)
    assert result.exit_code == 2
    assert "past-week n5: words.json does not hold the letters of onset" in result.stderr
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
    assert "There are no counts with stored verdicts" in result.stderr


@pytest.mark.parametrize("words", [("--worlds", "null"), ("--resume",), ("--jobs", "0")])
def test_what_does_not_go_with_it_is_refused(folder, words):
    result = run(folder, *words)
    assert result.exit_code == 2
    assert "--renew judges every stored trial" in result.stderr
