"""What is said is on one line, and no name in it moves a cursor or turns a line around."""

from __future__ import annotations

import ast
import json
import pickle
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from analysis import cli
from analysis.config import load_config
from analysis.disclosure.file_names import shown_name, shown_path, shown_sheet
from analysis.errors import (
    DataUnavailable,
    Issue,
    ReliefError,
    is_printable,
    printable,
    printable_lines,
)
from analysis.rules import issue, refusal
from tests.factory import tables, toml, write_rows, write_study
from tests.length import examples

UNSEEN = [
    "\0", "\x07", "\n", "\r", "\t", "\x1b", "\x7f", "\x85", "\x9b", "\xad", "\u061c", "\u180e",
    "\u200b", "\u200c", "\u200d", "\u200e", "\u200f", "\u2028", "\u2029", "\u202a", "\u202e",
    "\u2060", "\u2066", "\u2069", "\ufeff", "\U000e0041",
]  # fmt: skip
SEEN = ["Studie für Ärzte", "薬物 臨床\u3000試験", "étude\u00a0nº 1", "كيتامين", "😀", ""]


@pytest.mark.parametrize("character", UNSEEN, ids=ascii)
def test_a_character_that_is_not_seen_is_told_by_its_number(character: str) -> None:
    shown = printable(f"a{character}b")
    assert shown.startswith("a\\")
    assert shown.endswith("b")
    assert shown.isascii()
    assert is_printable(shown)
    assert not is_printable(character)


@pytest.mark.parametrize("text", SEEN)
def test_every_script_is_printed_as_it_is(text: str) -> None:
    assert printable(text) == text


@examples(short=200, long=20_000)
@given(st.text())
def test_any_text_is_printable_once_it_has_passed(text: str) -> None:
    shown = printable(text)
    kinds = {unicodedata.category(character) for character in shown}
    assert not kinds & {"Cc", "Cf", "Zl", "Zp", "Cs"}
    assert printable(shown) == shown
    assert printable_lines(text).count("\n") == text.count("\n")


def test_findings_and_errors_hold_no_unseen_character() -> None:
    odd = "a\x1b]0;b\x07\u202ec"
    error = ReliefError("file.empty", odd)
    found = Issue("file.empty", "STOP", "study", odd, odd, 1, odd, remedy=odd)
    for text in (error.message, str(error), found.message, found.remedy, found.file, found.column):
        assert text == r"a\x1b]0;b\x07\u202ec"
    assert is_printable(refusal("column.missing", file=odd, name=odd, nearest=odd).message)
    assert is_printable(str(issue("file.blank-row", file=odd, column=odd).as_dict()))


def test_names_of_files_and_sheets_are_shown_without() -> None:
    for shown in (
        shown_name("a\x1b.c\u202ev"),
        shown_path("b/a\x9b.csv"),
        shown_sheet("\u2066", 0),
    ):
        assert is_printable(shown)
    assert shown_name("Smith_John.c\x1bsv") == r"(name withheld).c\x1bsv"


@pytest.mark.parametrize("character", UNSEEN, ids=ascii)
@pytest.mark.parametrize("key", ["name", "title", "population", "an arm", "a label"])
def test_what_the_sender_can_type_again_is_refused(
    tmp_path: Path, key: str, character: str
) -> None:
    odd = f"a{character}b"
    quoted = json.dumps(odd).replace("\\udb40\\udc41", "\\U000e0041")
    text = {
        "name": toml().replace('name = "made-up"', f"name = {quoted}"),
        "title": toml(section=f"title = {quoted}"),
        "population": toml().replace('"PTSD"', quoted),
        "an arm": toml(arms=f'{{ ket = "ketamine", mdz = {quoted} }}'),
        "a label": toml(arms=f'{{ ket = "ketamine", {quoted} = "midazolam" }}'),
    }[key]
    (tmp_path / "study.toml").write_text(text, encoding="utf-8")
    with pytest.raises(ReliefError) as caught:
        load_config(tmp_path / "study.toml")
    assert caught.value.rule == "config.value"
    assert is_printable(caught.value.message)
    assert odd not in caught.value.message


@pytest.mark.parametrize("key", ["title", "population", "arms", "name"])
def test_the_refusal_names_the_key(tmp_path: Path, key: str) -> None:
    odd = {
        "title": toml(section='title = "a\\u202eb"'),
        "population": toml(population="a\\u202eb"),
        "arms": toml(arms='{ ket = "ketamine", mdz = "a\\u202eb" }'),
        "name": toml(name="a\\u202eb"),
    }[key]
    (tmp_path / "study.toml").write_text(odd, encoding="utf-8")
    with pytest.raises(ReliefError, match=rf"\[study\].*{key}"):
        load_config(tmp_path / "study.toml")


# --- a study in whose files every name is odd ---------------------------------------------------

ODD = "\x1b]0;own\x07\u202e\u200b\x9b"


@pytest.fixture
def odd(tmp_path: Path) -> Path:
    """Names of files, columns and sites that a terminal would obey."""
    folder = tmp_path / f"clinic{ODD}"
    content = tables()
    for number, row in enumerate(content["subjects"]):
        row["site"] = f"{ODD}{number % 2}"
    path = write_study(folder, content, arm='arm = "arm"\nsite = "site"')
    scores = [{f"{key}{ODD}": cell for key, cell in row.items()} for row in content["scores"]]
    scores[0][f"when{ODD}"] = ODD
    write_rows(folder / f"scores{ODD}.csv", scores)
    text = path.read_text().replace(
        "scores.csv", "scores\\u001b]0;own\\u0007\\u202e\\u200b\\u009b.csv"
    )
    head, _, table = text.partition("[[assessments]]")
    quoted = "\\u001b]0;own\\u0007\\u202e\\u200b\\u009b"
    for name in ("id", "when", "item_{:02d}"):
        table = table.replace(f'"{name}"', f'"{name}{quoted}"')
    path.write_text(f"{head}[[assessments]]{table}", encoding="utf-8")
    return path


@pytest.mark.parametrize(
    "call",
    [["check"], ["check", "--json"], ["judge"], ["init", "--force"]],
    ids=" ".join,
)
def test_nothing_odd_is_printed_raw(odd: Path, tmp_path: Path, call: list[str]) -> None:
    page = tmp_path / f"page{ODD}.html"
    more = {"check": ["--html", str(page)], "init": ["--out", str(odd.parent / f"d{ODD}.toml")]}
    where = odd.parent if call[0] == "init" else odd
    result = CliRunner().invoke(cli.app, [*call, str(where), *more.get(call[0], [])])
    assert result.exit_code == 0, result.stderr
    written = [page] if call[0] == "check" else []
    written += [odd.parent / f"d{ODD}.toml"] if call[0] == "init" else []
    for text in (result.stdout, result.stderr, *(file.read_text("utf-8") for file in written)):
        assert all(map(is_printable, text.replace("\t", " ").split("\n")))
    if call == ["check", "--json"]:
        told = json.loads(result.stdout)["issues"]
        assert any(r"\x1b]0;own\x07\u202e" in issue["message"] for issue in told)
        assert all(is_printable(issue["message"]) for issue in told)


def test_a_study_that_is_not_there_is_named_without_its_odd_name() -> None:
    result = CliRunner().invoke(cli.app, ["check", f"no{ODD}thing", "--json"])
    assert result.exit_code == 2
    assert all(map(is_printable, (result.stdout + result.stderr).split("\n")))


def test_the_command_line_has_one_way_out() -> None:
    room = Path(cli.__file__).parent
    printing = {
        function.name
        for module in room.glob("*.py")
        for function in ast.walk(ast.parse(module.read_text(encoding="utf-8")))
        if isinstance(function, ast.FunctionDef)
        for call in ast.walk(function)
        if isinstance(call, ast.Call) and ast.unparse(call.func) in ("print", "typer.echo")
    }
    assert printing == {"say"}


def test_a_refusal_of_another_process_arrives_as_it_was_raised():
    for kind in (ReliefError, DataUnavailable):
        arrived = pickle.loads(pickle.dumps(kind("file.empty", "A sentence.")))
        assert (type(arrived), arrived.rule, str(arrived)) == (kind, "file.empty", "A sentence.")
