"""The command line: shapes, exit codes, one sentence for what cannot be done, never a traceback."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from functools import cache

import pytest
from typer.testing import CliRunner

from analysis.claims.definitions import CLAIM_IDS
from analysis.claims.ledger import GATES, WORDS
from analysis.cli import app
from analysis.describe.display import typeset
from analysis.estimates.table import COLUMNS
from tests.factory import tables, write_study

runner = CliRunner()


def run(*arguments):
    return runner.invoke(app, [str(a) for a in arguments])


@cache
def example(*arguments):
    """What a command says of the built-in example; several tests read it."""
    return run(*arguments)


def test_studies_lists_the_built_in_ones_with_reasons():
    result = run("studies", "--json")
    assert result.exit_code == 0
    rows = json.loads(result.stdout)
    assert [row["name"] for row in rows] == ["published", "example", "nimh"]
    assert {key for row in rows for key in row} == {
        "name",
        "title",
        "synthetic",
        "available",
        "reason",
    }
    assert [row["synthetic"] for row in rows] == [False, True, False]


def test_studies_in_words_says_which_are_synthetic():
    lines = run("studies").stdout.splitlines()
    assert any("example" in line and "synthetic" in line for line in lines)


@pytest.mark.parametrize("study", ["example", "published"])
def test_judge_prints_json_alone_with_the_declared_keys(study):
    result = example("judge", study, "--json")
    assert result.exit_code == 0
    assert "NaN" not in result.stdout
    document = json.loads(result.stdout)
    assert {
        "study",
        "synthetic",
        "claims_sha256",
        "decisions_sha256",
        "data_sha256",
        "claims",
    } <= set(document)
    assert [claim["claim"] for claim in document["claims"]] == list(CLAIM_IDS)
    for claim in document["claims"]:
        assert {"claim", "verdict", "parts", "estimate", "reasons"} <= set(claim)
        assert claim["verdict"] in WORDS
        assert tuple(claim["estimate"]) == COLUMNS
        gates = [reason["gate"] for reason in claim["reasons"]]
        assert gates == [gate for gate in GATES if gate in gates]
        for reason in claim["reasons"]:
            assert set(reason) == {"gate", "passed", "text"}
            assert reason["passed"] in (True, False, None)
            assert reason["text"]


def test_judge_with_published_sets_the_evidence_beside_the_study():
    document = json.loads(run("judge", "example", "--with", "published", "--json").stdout)
    assert document["study"] == "example"
    assert document["with"]["study"] == "published"
    alone = json.loads(example("judge", "example", "--json").stdout)
    assert document["claims"] == alone["claims"]


def test_judge_in_words_marks_every_verdict_of_a_synthetic_study():
    lines = run("judge", "example").stdout.splitlines()
    verdicts = [line for line in lines if line.endswith("[synthetic]")]
    assert len(verdicts) == len(CLAIM_IDS)
    assert "(synthetic data)" in lines[0]
    assert "[SYNTHETIC DATA]" in lines


def test_judge_answers_in_its_first_sentence_and_fits_a_terminal():
    said = run("judge", "published").stdout
    assert said.startswith("Not testable: these data cannot tell whether the infusion lowers")
    assert max(map(len, said.splitlines())) <= 80
    assert "…" not in said
    assert "gate" not in said
    assert "relief judge STUDY --why CLAIM, or --all" in said


def test_judge_gives_the_reasons_for_the_claims_asked_for_and_no_others():
    said = run("judge", "published", "--why", "speed", "--why", "certainty_e").stdout
    titles = [line for line in said.splitlines()[1:] if line and not line.startswith(" ")]
    assert titles == [
        "Faster than exposure therapy: not testable",
        "Everyone improves at some time: contradicted",
    ]
    assert "  - comparator (failed): No head-to-head comparison" in said


def test_judge_gives_every_reason_where_all_are_asked_for():
    said = run("judge", "published", "--all").stdout
    document = json.loads(run("judge", "published", "--json", "--all").stdout)
    for claim in document["claims"]:
        assert f"{claim['title']}: {claim['verdict']}" in said
        assert all(typeset(reason["text"]) in said for reason in claim["reasons"])


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("foo", "'foo' is no claim, nor starts one"),
        ("cert", "'cert' is the start of certainty_within_hours and certainty_ever"),
        ("", "'' is no claim"),
    ],
)
def test_a_claim_that_there_is_not_is_answered_with_those_there_are(name, found):
    result = run("judge", "no-such-study", "--why", name)
    assert result.exit_code == 2
    assert found in result.stderr
    assert all(claim in result.stderr for claim in CLAIM_IDS)


def test_check_prints_issues_and_flow():
    document = json.loads(run("check", "example", "--json").stdout)
    assert set(document) == {"study", "synthetic", "view", "issues", "flow"}
    for issue in document["issues"]:
        assert set(issue) == {
            "rule",
            "severity",
            "scope",
            "file",
            "row",
            "column",
            "count",
            "message",
            "remedy",
        }
    for row in document["flow"]:
        assert set(row) == {"stage", "arm", "reason", "rule", "n"}


def test_check_writes_a_page(tmp_path):
    page = tmp_path / "check.html"
    assert run("check", "example", "--html", page).exit_code == 0
    text = page.read_text(encoding="utf-8")
    assert "form.incomplete" in text
    assert "Participant flow" in text
    assert "Complete the items from the source" in text
    sources = re.findall(r'src="([^"]{22})', text)
    assert sources == ["data:image/png;base64,"]
    assert 'alt="Participant flow: 60 participants read.' in text
    assert "://" not in text


def test_a_folder_with_a_study_toml_is_a_study(tmp_path):
    path = write_study(tmp_path / "clinic")
    by_file, by_folder = run("judge", path, "--json"), run("judge", path.parent, "--json")
    assert by_file.exit_code == 0
    assert json.loads(by_file.stdout) == json.loads(by_folder.stdout)


def test_a_question_that_cannot_be_answered_is_no_error(tmp_path):
    path = write_study(tmp_path, tables(hours_after_end=()))
    result = run("judge", path, "--json")
    assert result.exit_code == 0
    onset = next(c for c in json.loads(result.stdout)["claims"] if c["claim"] == "onset")
    assert onset["verdict"] == "not testable"


@pytest.mark.parametrize("command", ["check", "judge"])
def test_what_cannot_be_read_is_one_sentence_and_exit_2(tmp_path, command):
    path = write_study(tmp_path)
    (tmp_path / "scores.csv").write_text("id,when,item_01\nS001,2025\n", encoding="utf-8")
    result = run(command, path, "--json")
    assert result.exit_code == 2
    error = json.loads(result.stdout)["error"]
    assert set(error) == {"rule", "message"}
    assert result.stderr.strip().splitlines() == [f"relief: {error['message']} [{error['rule']}]"]


@pytest.mark.parametrize(
    "arguments",
    [
        ("judge",),
        ("judge", "example", "--with", "nimh"),
        ("judge", "no-such-study"),
        ("check", "example", "--colour"),
        ("frobnicate",),
    ],
)
def test_a_call_that_is_wrong_exits_with_2(arguments):
    result = run(*arguments)
    assert result.exit_code == 2
    assert "Traceback" not in result.output


@pytest.mark.bad_input("G16")
def test_every_value_missing_is_exit_2(tmp_path):
    content = tables()
    for row in content["scores"]:
        row.update({name: "" for name in row if name.startswith("item_")})
    result = run("judge", write_study(tmp_path, content), "--json")
    assert result.exit_code == 2
    assert json.loads(result.stdout)["error"]["rule"] == "score.none"


def test_something_unforeseen_is_a_sentence_without_the_message_of_the_library(monkeypatch):
    import analysis.studies

    def burst(*_):
        raise KeyError("SECRET-VALUE")

    monkeypatch.setattr(analysis.studies, "judge_source", burst)
    result = run("judge", "example", "--json")
    assert result.exit_code == 2
    assert "SECRET-VALUE" not in result.output
    assert json.loads(result.stdout)["error"]["rule"] == "internal"


def test_report_of_one_study_prints_where_it_is(tmp_path):
    path = write_study(tmp_path / "clinic")
    result = run("report", path, "--out", tmp_path / "out")
    assert result.exit_code == 0
    assert result.stdout.strip() == str(tmp_path / "out" / "index.html")
    assert "made-up" in (tmp_path / "out" / "index.html").read_text(encoding="utf-8")


@pytest.mark.bad_input("G18")
def test_the_console_script_answers_the_same_in_any_zone_and_locale(tmp_path):
    path = write_study(tmp_path)
    outputs = set()
    for extra in ({"TZ": "UTC"}, {"TZ": "Asia/Kolkata", "LC_ALL": "de_DE.UTF-8"}):
        done = subprocess.run(
            [sys.executable, "-m", "analysis.cli", "judge", str(path), "--json"],
            env=os.environ | extra,
            capture_output=True,
            check=True,
        )
        assert done.stderr == b""
        outputs.add(done.stdout)
    assert len(outputs) == 1


def test_judging_imports_no_package_of_statistics(tmp_path):
    path = write_study(tmp_path)
    code = "import atexit, sys\natexit.register(lambda: print(*sys.modules, file=sys.stderr))\n"
    done = subprocess.run(
        [sys.executable, "-c", f"{code}from analysis.cli import main\nmain()", "judge", str(path)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "analysis.mmrm.model" in (loaded := done.stderr.split())
    assert not {"scipy.stats", "scipy.optimize", "statsmodels", "matplotlib"} & set(loaded)


@pytest.mark.parametrize(
    "arguments",
    [("judge", "--json"), ("frobnicate", "--json"), ("check", "example", "--json", "-x")],
)
def test_a_wrong_call_says_so_in_json_and_one_line(arguments):
    done = subprocess.run(
        [sys.executable, "-m", "analysis.cli", *arguments],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert json.loads(done.stdout)["error"]["rule"] == "usage"
    assert len(done.stderr.splitlines()) == 1


def test_a_page_that_cannot_be_written_is_one_sentence(tmp_path):
    result = run("check", "example", "--html", tmp_path)
    assert result.exit_code == 2
    assert "[file.not-written]" in result.stderr


def test_check_says_that_a_study_is_synthetic(tmp_path):
    assert run("check", "example").stdout.startswith("[SYNTHETIC DATA]")
    run("check", "example", "--html", tmp_path / "check.html")
    assert "(synthetic data)" in (tmp_path / "check.html").read_text(encoding="utf-8")


def test_a_page_names_the_study_as_it_calls_itself_and_no_folder(tmp_path):
    path = write_study(tmp_path / "Clinic Doe")
    for study in (path, path.parent):
        assert run("check", study, "--html", tmp_path / "check.html").exit_code == 0
        text = (tmp_path / "check.html").read_text(encoding="utf-8")
        assert "made-up" in text
        assert "Doe" not in text
        assert "study.toml" not in text


def test_ends_in_minutes_are_refused_as_a_unit(tmp_path):
    content = tables()
    for row in content["infusions"]:
        row["start"], row["end"] = 0, 40
    for index, row in enumerate(content["scores"]):
        row["when"] = (-26, -1, 43, 64)[index % 4]
    path = write_study(tmp_path, content)
    text = path.read_text(encoding="utf-8")
    text = text.replace('start = "start"\nend = "end"', 'start_hours = "start"\nend_hours = "end"')
    path.write_text(text.replace('time = "when"', 'hours = "when"'), encoding="utf-8")
    result = run("judge", path, "--json")
    assert result.exit_code == 2
    assert json.loads(result.stdout)["error"]["rule"] == "infusion.unit"


def test_swapped_infusion_columns_are_named_when_they_set_everyone_aside(tmp_path):
    content = tables()
    for row in content["infusions"]:
        row["start"], row["end"] = row["end"], row["start"]
    result = run("judge", write_study(tmp_path, content), "--json")
    assert result.exit_code == 2
    assert "infusion.end-before-start" in json.loads(result.stdout)["error"]["message"]


def test_an_undeclared_code_in_every_item_is_not_taken_for_another_coding(tmp_path):
    content = tables(n_per_arm=20)
    for row in content["scores"]:
        row.update({name: -9 for name in row if name.startswith("item_")})
    result = run("judge", write_study(tmp_path, content), "--json")
    assert json.loads(result.stdout)["error"]["rule"] != "score.coding-base"


def test_a_disk_that_is_full_leaves_the_page_that_was_there(tmp_path, monkeypatch):
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    path = write_study(tmp_path / "clinic", tables(n_per_arm=1))
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "index.html").write_text("the old page", encoding="utf-8")
    monkeypatch.setattr(os, "fsync", full)
    result = run("report", path, "--out", tmp_path / "out")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "No space left on device" in result.stderr
    assert [entry.name for entry in (tmp_path / "out").iterdir()] == ["index.html"]
    assert (tmp_path / "out" / "index.html").read_text(encoding="utf-8") == "the old page"
