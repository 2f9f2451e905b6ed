"""A REDCap server: the same study as from a file, little asked, and no token told."""

from __future__ import annotations

import hashlib
import json
import os
import traceback
from pathlib import Path

import pandas as pd
import pytest

from analysis.errors import ReliefError
from analysis.readers.assemble import read_study
from analysis.readers.formats.redcap import api
from analysis.readers.formats.redcap.export import form_table
from analysis.readers.formats.redcap.wanted import Wanted
from tests.factory import Outcome, tables
from tests.readers.formats.redcap.project import (
    ITEMS,
    TOKEN,
    Server,
    dictionary,
    export,
    field,
    rows_as_csv,
    served,
    write_project,
)

VARIABLE = "REDCAP_TOKEN_OF_A_TEST"
WANTED = Wanted("record_id", ["record_id", "pcl_when", *ITEMS], form="pcl_now", time="pcl_when")


@pytest.fixture(autouse=True)
def token(monkeypatch):
    monkeypatch.setenv(VARIABLE, TOKEN)


@pytest.fixture
def server():
    with served() as running:
        yield running


def source(server: Server) -> str:
    return f'url = "{server.url}"\ntoken_env = "{VARIABLE}"'


def fetch(server: Server, wanted: Wanted = WANTED, timeout: float = 5):
    return api.fetch(server.url, VARIABLE, wanted, timeout)


def stopped(server: Server, **changes) -> ReliefError:
    with pytest.raises(ReliefError) as refused:
        fetch(server, **changes)
    error = refused.value
    assert TOKEN not in "".join(traceback.format_exception(error))
    assert error.__cause__ is None
    assert error.__context__ is None
    return error


def listed(form: dict[str, str], name: str) -> list[str]:
    return [value for key, value in form.items() if key.startswith(f"{name}[")]


def same(one, two) -> None:
    pd.testing.assert_frame_equal(one.subjects, two.subjects)
    pd.testing.assert_frame_equal(one.infusions, two.infusions)
    drop = ["row", "source"]
    pd.testing.assert_frame_equal(
        one.assessments.drop(columns=drop), two.assessments.drop(columns=drop)
    )
    assert one.items.keys() == two.items.keys()
    for key, items in one.items.items():
        pd.testing.assert_frame_equal(items, two.items[key])


def test_the_study_is_that_of_the_file(server, tmp_path):
    file = read_study(write_project(tmp_path / "file"))
    same(file, read_study(write_project(tmp_path / "server", source=source(server))))


def test_a_study_of_a_server_is_checked_by_the_command_line(server, tmp_path):
    outcome = Outcome(write_project(tmp_path, source=source(server)))
    assert outcome.exit_code == 0
    assert TOKEN not in outcome.said
    assert outcome.people("people analysed") == len(tables()["subjects"])


def test_raw_codes_unique_events_surveys_and_groups_are_asked_for(server):
    fetch(server)
    asked = [form for form in server.asked if listed(form, "records")]
    assert asked
    for form in asked:
        assert form["rawOrLabel"] == form["rawOrLabelHeaders"] == "raw"
        assert form["eventName"] == "unique"
        assert form["exportSurveyFields"] == "True"
        assert form["exportDataAccessGroups"] == "True"
        assert form["exportBlankForGrayFormStatus"] == "True"
        assert (form["format"], form["type"]) == ("csv", "flat")


def test_no_identifier_no_free_text_and_no_other_form_is_asked_for():
    fields = [*dictionary(), field("pcl_phone", "pcl_now", identifier="y")]
    fields += [field("dob", "pcl_now", text_validation_type_or_show_slider_number="date_ymd")]
    rows = [row | {"pcl_phone": "made up", "dob": "1970-01-01"} for row in export()]
    with served(rows, fields) as server:
        fetch(server)
    for form in server.asked:
        names = set(listed(form, "fields"))
        assert not names & {"pcl_phone", "dob", "remarks", "pcl_comment", "treatment", "inf_start"}
    assert {"record_id", "pcl_when", *ITEMS, "pcl_meds", "pcl_now_complete"} == names


def test_a_declared_identifier_is_refused_before_any_record_is_asked_for():
    fields = [*dictionary(), field("pcl_phone", "pcl_now", identifier="y")]
    wanted = Wanted("record_id", [*WANTED.columns, "pcl_phone"], form="pcl_now")
    with served(fields=fields) as server:
        assert stopped(server, wanted=wanted).rule == "identifier.redcap-flag"
    assert all(form["content"] != "record" for form in server.asked)


def test_survey_identifiers_are_dropped_as_they_come():
    rows = [row | {"redcap_survey_identifier": "made.up@example.org"} for row in export()]
    with served(rows) as server:
        project = fetch(server)
    assert "redcap_survey_identifier" not in project.export.cells
    assert "pcl_now_timestamp" in project.export.cells


@pytest.mark.parametrize("size", [1, 5, 12, 100])
def test_records_come_in_batches_and_none_is_lost(server, monkeypatch, size):
    monkeypatch.setattr(api, "_BATCH", size)
    found = form_table(fetch(server), WANTED)
    people = list(dict.fromkeys(row["record_id"] for row in server.rows))
    batches = [records for form in server.asked if (records := listed(form, "records"))]
    assert [len(batch) for batch in batches] == [
        len(people[start : start + size]) for start in range(0, len(people), size)
    ]
    assert [person for batch in batches for person in batch] == people
    surveys = [row for row in server.rows if row["redcap_repeat_instrument"]]
    for name in ("record_id", "redcap_repeat_instance", *ITEMS):
        assert list(found.cells[name]) == [row[name] for row in surveys]


def test_a_request_stays_below_a_thousand_variables():
    fields = [*dictionary(), *(field(f"more_{n}", "pcl_now", "slider") for n in range(850))]
    rows = [row | {f"more_{n}": "" for n in range(850)} for row in export(tables(n_per_arm=30))]
    with served(rows, fields) as server:
        fetch(server)
    assert max(len(form) for form in server.asked) < 1000
    assert max(len(listed(form, "records")) for form in server.asked) > 1


def test_the_hash_is_that_of_the_records_as_text_whatever_the_batches(monkeypatch):
    rows = [row | {"redcap_survey_identifier": ""} for row in export()]
    names = ["record_id", "redcap_event_name", "redcap_repeat_instrument",
             "redcap_repeat_instance", "redcap_data_access_group", "treatment",
             "enrolment_complete"]  # fmt: skip
    text = rows_as_csv([{name: row[name] for name in names} for row in rows])
    wanted = Wanted("record_id", ["record_id", "treatment"])
    for size in (2, 100):
        monkeypatch.setattr(api, "_BATCH", size)
        with served(rows) as server:
            found = fetch(server, wanted).export
        assert found.sha256 == hashlib.sha256(text.encode()).hexdigest()


def test_letters_beyond_ascii_arrive_whole():
    rows = export()
    for row in rows:
        row["record_id"] = row["record_id"].replace("S", "Ü")
    with served(rows) as server:
        # As a server that leaves the encoding of its text unsaid.
        server.instead = lambda form: (
            (200, {"Content-Type": "text/csv"}, Server(rows, server.fields).answer(form)[2])
            if form["content"] == "record"
            else None
        )
        found = fetch(server).export
    assert found.cells["record_id"].astype(str).str.startswith("Ü").all()


HTML = b"<!DOCTYPE html><html><body>Down for maintenance</body></html>"
CASES = {
    "bad token": (403, {}, b'{"error":"You do not have permissions to use the API"}',
                  "redcap.forbidden"),
    "refused": (400, {}, b'{"error":"The following values are not valid: \'pcl\'"}',
                "redcap.bad-request"),
    "error for csv": (200, {}, b'{"error": "There was an error"}', "redcap.bad-request"),
    "error with 200": (200, {}, b'{"error":"There was an error"}', "redcap.bad-request"),
    "broken": (500, {}, b"Internal Server Error", "redcap.server"),
    "away": (503, {}, HTML, "redcap.server"),
    "maintenance": (200, {"Content-Type": "text/html"}, HTML, "redcap.no-answer"),
    "not found": (404, {}, HTML, "redcap.no-answer"),
    "cut json": (200, {}, b'{"project_id": 1, "is_lon', "redcap.no-answer"),
    "another json": (200, {}, b"[]", "redcap.no-answer"),
    "empty": (200, {}, b"", "redcap.no-answer"),
    "cut body": (200, {"Content-Length": "999"}, b'{"project_id": 1', "redcap.no-answer"),
    "moved": (302, {"Location": "http://127.0.0.1:9/api/"}, b"", "redcap.redirect"),
    "moved for good": (308, {"Location": "http://127.0.0.1:9/api/"}, b"", "redcap.redirect"),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_an_answer_that_is_no_data_is_one_sentence(server, name):
    *answer, rule = CASES[name]
    server.instead = lambda form: answer
    error = stopped(server)
    assert error.rule == rule
    assert "\n" not in error.message
    assert "valid: " not in error.message
    # A redirected request is not followed: the token goes nowhere else.
    assert len(server.asked) == 1


@pytest.mark.parametrize("content", ["metadata", "event", "record"])
def test_a_failure_further_on_names_what_was_asked_for(server, content):
    def instead(form):
        return (500, {}, b"") if form["content"] == content else None

    server.instead = instead
    error = stopped(server)
    assert error.rule == "redcap.server"
    words = {"metadata": "the data dictionary", "event": "events", "record": "records"}
    assert words[content] in error.message


def test_a_server_that_is_not_there_is_one_sentence():
    with served() as server:
        pass
    assert stopped(server).rule == "redcap.unreachable"


def test_a_server_that_does_not_answer_in_time_is_one_sentence(server):
    import time

    server.instead = lambda form: time.sleep(2)
    error = stopped(server, timeout=0.2)
    assert error.rule == "redcap.unreachable"
    assert "in time" in error.message


def test_a_certificate_that_nobody_signed_is_one_sentence(server):
    server.url = server.url.replace("http:", "https:")
    error = stopped(server)
    assert error.rule == "redcap.unreachable"


def _without_last_record(text: str) -> str:
    lines = text.splitlines(keepends=True)
    return "".join(line for line in lines if not line.startswith("S011,"))


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        (_without_last_record, "redcap.incomplete"),
        (lambda text: text.replace("pcl_04", "pcl_o4"), "redcap.incomplete"),
        (lambda text: text.split("\n")[0] + "\n", "redcap.incomplete"),
        (lambda text: "", "redcap.incomplete"),
        (lambda text: text[: text.rindex(",")].rpartition("\n")[0] + '\n"S011', "redcap.no-answer"),
        (lambda text: text.rstrip("\n").rpartition(",")[0].rpartition(",")[0], "file.ragged"),
    ],
    ids=["a record", "a field", "every record", "everything", "within a cell", "within a row"],
)
def test_records_that_lack_something_are_refused(server, change, rule):
    def instead(form):
        if not listed(form, "records"):
            return None
        status, headers, body = Server(server.rows, server.fields).answer(form)
        return status, headers, change(body.decode()).encode()

    server.instead = instead
    assert stopped(server).rule == rule


def test_batches_whose_columns_differ_are_refused(server, monkeypatch):
    monkeypatch.setattr(api, "_BATCH", 6)

    def instead(form):
        if "S011" not in listed(form, "records"):
            return None
        rows = [{"one_more": "", **row} for row in server.rows]
        other = Server(rows, server.fields)
        fields = {"fields[999]": "one_more"}
        return other.answer(form | fields)

    server.instead = instead
    assert stopped(server).rule == "redcap.incomplete"


def test_another_token_is_refused_by_the_server(server, monkeypatch):
    other = "F" * 32
    monkeypatch.setenv(VARIABLE, other)
    error = stopped(server)
    assert error.rule == "redcap.forbidden"
    assert other not in error.message


@pytest.mark.parametrize("given", [None, "", "short", "Z" * 31 + "!", "0" * 64])
def test_a_token_that_is_none_is_refused_without_a_request(server, monkeypatch, given):
    if given is None:
        monkeypatch.delenv(VARIABLE)
    else:
        monkeypatch.setenv(VARIABLE, given)
    error = stopped(server)
    assert error.rule == "redcap.no-token"
    assert VARIABLE in error.message
    assert not given or given not in error.message
    assert server.asked == []


@pytest.mark.parametrize(
    "url",
    [
        "http://redcap.example.org/api/",
        "ftp://redcap.example.org/api/",
        "https://redcap.example.org/",
        "https://me:secret@redcap.example.org/api/",
        "https://redcap.example.org/api/?token=secret",
        "https:///api/",
        "127.0.0.1/api/",
        "https://[broken/api/",
        "",
    ],
)
def test_a_url_that_is_no_api_is_refused_without_repeating_it(url):
    with pytest.raises(ReliefError) as refused:
        api.fetch(url, VARIABLE, WANTED, 5)
    assert refused.value.rule == "redcap.url"
    assert "secret" not in refused.value.message


def test_a_url_may_lack_its_last_stroke(server):
    server.url = server.url.rstrip("/")
    assert len(fetch(server).export.rows) == len(server.rows)


def test_neither_token_nor_url_is_in_the_study(server, tmp_path):
    study = read_study(write_project(tmp_path, source=source(server)))
    told = json.dumps([study.sources, [one.as_dict() for one in study.issues]])
    assert TOKEN not in told
    assert "127.0.0.1" not in told
    assert len(study.sources) == 4


def test_nothing_that_was_received_is_written(server, tmp_path, monkeypatch):
    written = []

    def watched(file, mode="r", *rest, **more):
        if isinstance(file, (str, Path)) and set(mode) & set("wax+"):
            written.append(file)
        return opened(file, mode, *rest, **more)

    opened = open
    monkeypatch.setattr("builtins.open", watched)
    before = sorted(tmp_path.rglob("*"))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    fetch(server)
    assert sorted(tmp_path.rglob("*")) == before
    assert written == []
    assert os.environ[VARIABLE] == TOKEN
