"""Whole studies out of CDISC files: the same study in every encoding, and what it can answer."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pandas as pd
import pyreadstat
import pytest
from typer.testing import CliRunner

from analysis.cli import app
from analysis.readers.assemble import read_study
from analysis.readers.formats.cdisc.dataset_json import read_dataset_json
from analysis.readers.formats.cdisc.sdtm import prepare
from analysis.readers.formats.cdisc.xpt import read_xpt
from analysis.study import Study
from tests.factory import NOW_ITEMS, Outcome, tables, write_study
from tests.readers.formats.cdisc.files import JSON_KINDS, write_json, write_xpt

ENCODINGS = ("xpt", "json", "ndjson", "dsjc")

# Who got what in the pilot is not ketamine: the names only let the study be read.
PILOT = """
[study]
name = "cdisc-pilot"
population = "depression"
synthetic = true
design = "parallel"
timezone = "America/Detroit"
comparator = "passive"
primary = "PHQ-9"

[study.arms]
"Zanomaline Low Dose (54 mg)" = "ketamine"
"Zanomaline High Dose (81 mg)" = "ketamine"
ZANOMALINE = "ketamine"
Placebo = "placebo"
PLACEBO = "placebo"

[subjects]
path = "dm.{0}"
format = "sdtm"

[infusions]
path = "ex.{0}"
format = "sdtm"

[weights]
path = "vs.{0}"
format = "sdtm"

[[assessments]]
path = "qsph.{0}"
format = "sdtm"
instrument = "PHQ-9"
version = "standard"
items = "PHQ01{{:02d}}"
total = "PHQ0111"
"""

MADE_UP = """
[study]
name = "made-up"
population = "PTSD"
synthetic = true
design = "parallel"
timezone = "America/Detroit"
comparator = "active"
primary = "PCL-5-now"
arms = {{ ket = "ketamine", mdz = "midazolam" }}

[subjects]
path = "dm.{0}"
format = "sdtm"

[infusions]
path = "ex.{0}"
format = "sdtm"

[[assessments]]
path = "qs.{0}"
format = "sdtm"
instrument = "PCL-5-now"
version = "ad-hoc"
items = "PCLN{{:02d}}"
"""


def read(path: Path):
    return read_xpt(path) if path.suffix == ".xpt" else read_dataset_json(path)


def pilot(folder: Path, source: Path, encoding: str) -> Path:
    folder.mkdir()
    for name in ("dm", "ex", "vs", "qsph"):
        shutil.copy(source / f"{name}.{encoding}", folder)
    (folder / "study.toml").write_text(PILOT.format(encoding), encoding="utf-8")
    return folder


def assert_same(one: Study, other: Study) -> None:
    """All tables of both studies agree, but for where they were read."""
    where = ["source", "row"]
    for name in ("subjects", "infusions"):
        pd.testing.assert_frame_equal(getattr(one, name), getattr(other, name))
    pd.testing.assert_frame_equal(
        one.assessments.drop(columns=where), other.assessments.drop(columns=where)
    )
    assert list(one.items) == list(other.items)
    for key, items in one.items.items():
        pd.testing.assert_frame_equal(items, other.items[key])


# The public example of CDISC


@pytest.mark.parametrize("domain", ["dm", "ex", "vs", "qsph"])
@pytest.mark.bad_input("G4")
def test_the_four_encodings_have_identical_cells(open_data, domain):
    folder = open_data("cdisc-phq9")
    first, *others = [read(folder / f"{domain}.{encoding}") for encoding in ENCODINGS]
    frame, _ = pyreadstat.read_xport(folder / f"{domain}.xpt")
    assert len(first.cells) == len(frame)
    for other in others:
        pd.testing.assert_frame_equal(first.cells.astype("str"), other.cells.astype("str"))
        assert list(first.rows) == list(other.rows)


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_every_form_of_the_pilot_asks_about_two_weeks(open_data, encoding):
    table = prepare(read(open_data("cdisc-phq9") / f"qsph.{encoding}"), "assessments")
    assert set(table.cells["QSEVLINT"]) == {"336"}


def test_the_domains_of_the_pilot_play_only_their_own_roles(open_data):
    folder = open_data("cdisc-phq9")
    people = prepare(read_xpt(folder / "dm.xpt"), "subjects")
    assert len(people.cells) == 17
    assert {i.rule: i.count for i in people.issues}["subject.not-assigned"] == 1
    given = prepare(read_xpt(folder / "ex.xpt"), "infusions")
    # 677 rows of placebo have the dose 0 and were given.
    assert len(given.cells) == 1583
    assert [i.rule for i in given.issues] == ["xpt.not-counted"]
    assert len(prepare(read_xpt(folder / "vs.xpt"), "weights").cells) == 119


@pytest.mark.bad_input("G4")
def test_the_pilot_is_one_study_in_every_encoding(open_data, tmp_path):
    source = open_data("cdisc-phq9")
    first, *others = [read_study(pilot(tmp_path / e, source, e)) for e in ENCODINGS]
    assert set(first.assessments["recall_hours"]) == {336.0}
    for other in others:
        assert_same(first, other)
        # What a container says of itself.
        assert own(first) == own(other)
        assert set(first.sources.values()).isdisjoint(other.sources.values())


def own(study: Study) -> list[str]:
    return [one.rule for one in study.issues if one.rule != "xpt.not-counted"]


@pytest.mark.bad_input("B5")
def test_the_one_total_that_disagrees_with_its_items_is_flagged(open_data, tmp_path):
    source = open_data("cdisc-phq9")
    frame, _ = pyreadstat.read_xport(source / "qsph.xpt")
    form = frame.pivot_table(index=["USUBJID", "QSDTC"], columns="QSTESTCD", values="QSSTRESN")
    summed = form[[f"PHQ010{number}" for number in range(1, 10)]].sum(axis=1)
    (wrong,) = form.index[summed != form["PHQ0111"]]
    # facts/bad-inputs.md names it from the published file: 26 stated, 27 summed.
    assert wrong[0] == "CDISC004"
    outcome = Outcome(pilot(tmp_path / "xpt", source, "xpt") / "study.toml")
    issue = outcome.find("form.total-mismatch")
    assert (issue["severity"], issue["count"]) == ("FLAG", 1)
    rows = frame.index[(frame["USUBJID"] == wrong[0]) & (frame["QSDTC"] == wrong[1])] + 2
    assert issue["row"] in rows
    assert "CDISC" not in outcome.said


@pytest.mark.bad_input("A1")
def test_dates_without_times_cannot_answer_hours(open_data, tmp_path):
    folder = pilot(tmp_path / "json", open_data("cdisc-phq9"), "json")
    result = CliRunner().invoke(app, ["judge", str(folder), "--json"])
    assert result.exit_code == 0
    claims = {claim["claim"]: claim for claim in json.loads(result.stdout)["claims"]}
    for claim in ("headline", "onset", "certainty_within_hours"):
        assert claims[claim]["verdict"] == "not testable"
        passed = {reason["gate"]: reason["passed"] for reason in claims[claim]["reasons"]}
        assert passed["time"] is False
        assert passed["recall"] is False
    # The baseline carries the date of the dose: whether it came before cannot be told.
    assert Outcome(folder / "study.toml").find("score.no-baseline")["severity"] == "STOP"


# A made-up study with times to the minute


def as_sdtm(content: dict) -> dict[str, dict[str, list]]:
    """The factory's wide tables as DM, EX and QS."""
    people, given = content["subjects"], content["infusions"]
    rows = [
        {"USUBJID": form["id"], "QSDTC": form["when"], "QSTESTCD": f"PCLN{item:02d}",
         "QSSTRESN": form[f"item_{item:02d}"]}
        for form in content["scores"] for item in NOW_ITEMS
    ]  # fmt: skip
    return {
        "dm": {
            "DOMAIN": ["DM"] * len(people),
            "USUBJID": [p["id"] for p in people],
            "ARM": [p["arm"] for p in people],
        },
        "ex": {
            "DOMAIN": ["EX"] * len(given),
            "USUBJID": [g["id"] for g in given],
            "EXTRT": [g["agent"] for g in given],
            "EXDOSE": [g["dose"] for g in given],
            "EXDOSU": [g["unit"] for g in given],
            "EXROUTE": [g["route"] for g in given],
            "EXSTDTC": [g["start"] for g in given],
            "EXENDTC": [g["end"] for g in given],
        },
        "qs": {
            "DOMAIN": ["QS"] * len(rows),
            "QSEVLINT": ["PT0S"] * len(rows),
            **{name: [row[name] for row in rows] for name in rows[0]},
        },
    }


@pytest.mark.parametrize("kind", ["5.xpt", "8.xpt", *JSON_KINDS])
@pytest.mark.bad_input("G4")
def test_a_study_is_the_same_as_wide_csv_and_as_sdtm(tmp_path, kind):
    content = tables()
    for given in content["infusions"]:
        given |= {"dose": 0.5, "unit": "mg/kg", "route": "INTRAVENOUS"}
    roles = 'dose = "dose"\ndose_unit = "unit"\nroute = "route"'
    wide = read_study(write_study(tmp_path / "wide", content, infusions=roles))
    folder = tmp_path / "sdtm"
    folder.mkdir()
    for name, columns in as_sdtm(content).items():
        if kind.endswith("xpt"):
            write_xpt(folder / f"{name}.{kind}", columns, int(kind[0]))
        else:
            write_json(folder / f"{name}.{kind}", columns)
    (folder / "study.toml").write_text(MADE_UP.format(kind), encoding="utf-8")
    tall = read_study(folder)
    assert_same(wide, tall)
    assert not [issue for issue in tall.issues if issue.severity in ("STOP", "DROP")]


ADAM = """
[study]
name = "made-up"
population = "PTSD"
synthetic = true
design = "parallel"
timezone = "America/Detroit"
comparator = "active"
primary = "PCL-5-now"
arms = { ket = "ketamine", mdz = "midazolam" }

[subjects]
path = "adsl.xpt"
format = "adam"

[infusions]
path = "adsl.xpt"
format = "adam"

[[assessments]]
path = "adqs.xpt"
format = "adam"
instrument = "PCL-5-now"
version = "ad-hoc"
recall_hours = 0
items = "PCLN{:02d}"
"""


def sas_seconds(text: str) -> float:
    return (pd.Timestamp(text) - pd.Timestamp("1960-01-01")).total_seconds()


def adam(folder: Path, content: dict, flag: str = "", filled_in: int = 0) -> Path:
    """The factory's tables as ADSL and ADQS with SAS datetimes, some forms carried forward."""
    folder.mkdir()
    by_person = {given["id"]: given for given in content["infusions"]}
    people = content["subjects"]
    formats = dict.fromkeys(("TRTSDTM", "TRTEDTM"), "DATETIME20.")
    write_xpt(folder / "adsl.xpt", {
        "USUBJID": [p["id"] for p in people],
        "TRT01P": [p["arm"] for p in people],
        "TRT01A": [by_person[p["id"]]["agent"] for p in people],
        "TRTSDTM": [sas_seconds(by_person[p["id"]]["start"]) for p in people],
        "TRTEDTM": [sas_seconds(by_person[p["id"]]["end"]) for p in people],
        "TRTSTMF": [flag] * len(people),
        "TRTETMF": [flag] * len(people),
    }, variable_format=formats)  # fmt: skip
    rows = [
        (form["id"], sas_seconds(form["when"]), f"PCLN{item:02d}", float(form[f"item_{item:02d}"]),
         "LOCF" if number >= len(content["scores"]) - filled_in else "")
        for number, form in enumerate(content["scores"]) for item in NOW_ITEMS
    ]  # fmt: skip
    names = ("USUBJID", "ADTM", "PARAMCD", "AVAL", "DTYPE")
    columns = dict(zip(names, map(list, zip(*rows, strict=True)), strict=True))
    write_xpt(folder / "adqs.xpt", columns, variable_format={"ADTM": "DATETIME20."})
    (folder / "study.toml").write_text(ADAM, encoding="utf-8")
    return folder


@pytest.mark.bad_input("G4")
def test_a_study_is_the_same_as_wide_csv_and_as_adam(tmp_path):
    content = tables()
    wide = read_study(write_study(tmp_path / "wide", content))
    assert_same(wide, read_study(adam(tmp_path / "adam", content)))


def test_forms_carried_forward_are_counted_and_never_scored(tmp_path):
    content = tables()
    study = read_study(adam(tmp_path / "adam", content, filled_in=2))
    assert len(study.assessments) == len(content["scores"]) - 2
    (issue,) = [issue for issue in study.issues if issue.rule == "adam.not-observed"]
    assert (issue.severity, issue.count) == ("DROP", 2 * len(NOW_ITEMS))


@pytest.mark.bad_input("A17")
def test_imputed_times_of_infusions_cannot_answer_hours(tmp_path):
    outcome = Outcome(adam(tmp_path / "adam", tables(), flag="H") / "study.toml")
    assert outcome.exit_code == 0
    assert "time.imputed" in outcome.rules("FLAG")
    assert "time.date-only" in outcome.rules("STOP")
