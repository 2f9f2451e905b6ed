"""What new figures change in pools and verdicts, before anything is stored."""

from __future__ import annotations

import json
import shutil

import pytest
from typer.testing import CliRunner

from analysis.claims.definitions import load_definitions
from analysis.claims.published import judge_published
from analysis.claims.published.addition import add_evidence, addition_text
from analysis.cli import app
from analysis.evidence import adding
from analysis.evidence.build import ADDED
from analysis.paths import PUBLISHED
from tests.evidence.adding.record_maker import measure, record, sample, write

runner = CliRunner()


@pytest.fixture
def folder(tmp_path):
    place = tmp_path / "published"
    shutil.copytree(PUBLISHED, place)
    return place


def second() -> dict:
    made = record(measure("PCL-5", {"24 hours": [("31.0", "14.0"), ("39.0", "14.0")]}))
    made["protocolSection"]["identificationModule"]["nctId"] = "NCT99990002"
    return made


def test_a_second_trial_makes_a_pool_and_the_change_is_shown(folder, tmp_path):
    definitions = load_definitions()
    first = add_evidence(write(tmp_path, sample()), definitions, write=True, folder=folder)
    assert first["written"] == ADDED
    assert not any(verdict["changed"] for verdict in first["verdicts"])
    found = add_evidence(write(tmp_path, second()), definitions, folder=folder)
    day = next(pool for pool in found["pools"] if pool["window"] == "24 h")
    assert "24 h has 1" in day["before"]
    assert day["after"].startswith("2 trials, -0.4")
    assert found["written"] is None
    assert "Nothing was written" in addition_text(found)
    assert "[resultsSection" in addition_text(found)


def test_a_score_within_hours_changes_the_time_gate_and_its_form_is_asked(folder, tmp_path):
    made = record(measure("PCL-5", {"4 hours": [("31.0", "14.0"), ("39.0", "14.0")]}))
    definitions = load_definitions()
    found = adding.read(write(tmp_path, made), folder)
    ledger = judge_published(definitions, adding.with_rows(found, folder))
    why = {reason.gate: reason for reason in ledger["onset"].reasons}
    assert why["time"].passed
    assert not why["recall"].passed
    assert "0 of the 4 controlled figures before 24 h" in why["recall"].text
    assert "not analysed again" in why["estimate"].text


def test_the_command_shows_and_refuses_in_one_line(tmp_path):
    before = (PUBLISHED / ADDED).read_bytes()
    shown = runner.invoke(app, ["evidence", "add", str(write(tmp_path, sample())), "--json"])
    assert shown.exit_code == 0
    document = json.loads(shown.stdout)
    assert set(document) == {"rows", "left_out", "pools", "verdicts", "written"}
    assert len(document["rows"]) == 14
    refused = runner.invoke(app, ["evidence", "add", str(tmp_path / "none.csv"), "--json"])
    assert refused.exit_code == 2
    assert json.loads(refused.stdout)["error"]["rule"] == "evidence.file"
    assert (PUBLISHED / ADDED).read_bytes() == before
