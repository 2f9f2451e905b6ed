"""One study as each of the five main formats writes it."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import openpyxl

from tests.damage.made import ITEMS, Made, Row
from tests.factory import NOW_ITEMS
from tests.readers.formats.fhir.export import answered, bundle, given, member, patient, response
from tests.readers.formats.omop.cdm import KETAMINE, MIDAZOLAM, score, write_sqlite
from tests.readers.formats.omop.cdm import content as empty_database
from tests.readers.formats.redcap.project import AGREE, HEADER, as_csv, field, listed

Grid = list[list[Any]]
STUDY = """
[study]
name = "made-up"
population = "PTSD"
synthetic = true
design = "parallel"
timezone = "{zone}"
arms = {{ ket = "ketamine", mdz = "midazolam", ketamine = "ketamine", midazolam = "midazolam" }}
comparator = "active"
primary = "PCL-5-now"
"""
FORM = 'instrument = "PCL-5-now"\nversion = "ad-hoc"\nrecall_hours = 0'
PLAIN = """
[subjects]
path = "{subjects}"
subject = "id"
arm = "arm"
site = "site"
weight_kg = "weight"
{more}

[infusions]
path = "{infusions}"
subject = "id"
agent = "agent"
start = "start"
end = "end"
{dose}
{more}

[[assessments]]
path = "{scores}"
subject = "id"
time = "when"
items = "item_{{:02d}}"
{form}
{declared}
{more}
"""


def _dose(made: Made) -> str:
    """How the doses are declared: as mg/kg, or as mg beside weights."""
    name = "dose_mg" if "dose_mg" in made.infusions[0] else "dose"
    return f'{name if name == "dose_mg" else "dose_mg_per_kg"} = "{name}"'


def _tables(made: Made) -> dict[str, Grid]:
    """Each table as a grid with its header."""
    grids = {}
    for name in ("subjects", "infusions", "scores"):
        rows = getattr(made, name)
        columns = list(rows[0])
        grid = [columns, *([row[column] for column in columns] for row in rows)]
        if name == "scores":
            width = len(columns)
            wide = [[*line, *[""] * width][:width] for line in (*made.above, *made.below)]
            grid = [*wide[: len(made.above)], columns, *wide[len(made.above) :], *grid[1:]]
        grids[name] = grid
    return grids


def _text(cell: Any) -> Any:
    return cell.isoformat(timespec="minutes") if isinstance(cell, datetime) else cell


def _declare(folder: Path, made: Made, tables: str) -> Path:
    path = folder / "study.toml"
    path.write_text(STUDY.format(zone=made.zone) + tables, encoding="utf-8")
    return path


def _plain(folder: Path, made: Made, ending: str) -> Path:
    files = {name: f"{name}.{ending}" for name in ("subjects", "infusions", "scores")}
    return _declare(folder, made, PLAIN.format(
        **files, dose=_dose(made), form=FORM, declared=made.declared, more=""))  # fmt: skip


def as_csv_files(folder: Path, made: Made) -> Path:
    for name, grid in _tables(made).items():
        with (folder / f"{name}.csv").open("w", newline="", encoding="utf-8") as out:
            if name == "scores" and made.sep:
                out.write(f"sep={made.sep}\n")
            separator = made.sep if name == "scores" and made.sep else ","
            writer = csv.writer(out, delimiter=separator, lineterminator="\n")
            writer.writerows([_text(cell) for cell in line] for line in grid)
    return _plain(folder, made, "csv")


def as_workbooks(folder: Path, made: Made) -> Path:
    for name, grid in _tables(made).items():
        book = openpyxl.Workbook(write_only=True)
        sheet = book.create_sheet("Export")
        for line in grid:
            sheet.append([None if cell == "" else cell for cell in line])
        book.save(folder / f"{name}.xlsx")
    return _plain(folder, made, "xlsx")


REDCAP = """
[subjects]
{source}
form = "enrolment"
arm = "arm"
site = "site"
weight_kg = "weight"

[infusions]
{source}
form = "infusion"
agent = "agent"
start = "start"
end = "end"
{dose}

[[assessments]]
{source}
form = "pcl"
time = "when"
items = "item_{{:02d}}"
{form}
{declared}
"""


def as_redcap(folder: Path, made: Made) -> Path:
    """A classic project whose form of scores repeats."""
    when = {"text_validation_type_or_show_slider_number": "datetime_ymd"}
    answers = listed({str(code): label for code, label in enumerate(AGREE)})
    kinds = {"enrolment": ["arm", "site", "weight"], "infusion": [*made.infusions[0]][1:],
             "pcl": ["when", *ITEMS]}  # fmt: skip
    fields = [field("id", "enrolment")]
    for form, names in kinds.items():
        for name in names:
            more = when if name in ("when", "start", "end") else {}
            kind, choices = ("radio", answers) if name in ITEMS else ("text", "")
            fields.append(field(name, form, kind, choices, **more))
    columns = [name for names in kinds.values() for name in names]
    header = ["id", "redcap_repeat_instrument", "redcap_repeat_instance", *columns,
              *(f"{form}_complete" for form in kinds)]  # fmt: skip
    lines = []
    for subject in made.subjects:
        own = [row for row in made.infusions if row["id"] == subject["id"]]
        row = subject | (own[0] if own else {})
        lines.append(row | {"enrolment_complete": "2", "infusion_complete": "2" if own else ""})
    lines += [
        row | {"redcap_repeat_instrument": "infusion", "redcap_repeat_instance": number}
        for number, row in enumerate(_further(made.infusions), 2)
    ]
    count: dict[str, int] = {}
    for row in made.scores:
        count[row["id"]] = count.get(row["id"], 0) + 1
        place = {"redcap_repeat_instrument": "pcl", "redcap_repeat_instance": count[row["id"]]}
        lines.append(row | place | {"pcl_complete": "2"})
    grid = [[_spaced(line.get(name, "")) for name in header] for line in lines]
    (folder / "export.csv").write_text(as_csv(header, grid), encoding="utf-8")
    (folder / "dictionary.csv").write_text(as_csv(HEADER, fields), encoding="utf-8")
    source = 'format = "redcap"\npath = "export.csv"\ndictionary = "dictionary.csv"\nsubject = "id"'
    return _declare(folder, made, REDCAP.format(
        source=source, dose=_dose(made), form=FORM, declared=made.declared))  # fmt: skip


def _further(rows: list[Row]) -> list[Row]:
    """Rows but the first of each person."""
    seen: set[str] = set()
    return [row for row in rows if row["id"] in seen or seen.add(row["id"])]  # type: ignore[func-returns-value]


def _spaced(cell: Any) -> str:
    return str(_text(cell)).replace("T", " ") if isinstance(cell, datetime) else str(cell)


OMOP = """
[subjects]
{source}
arm = "cohort_definition_id"
cohorts = ["1001", "1002"]

[infusions]
{source}
codes = ["785649", "708298"]
dose = "quantity"
dose_unit = "dose_unit_source_value"

[[assessments]]
{source}
form_id = ["visit_occurrence_id"]
items = "20000000{{:02d}}"
{form}
{declared}
"""


def as_omop(folder: Path, made: Made) -> Path:
    """A database; doses as the quantity, in the unit that the source told."""

    def person(row: Row) -> int:
        return int(row["id"][1:])

    drugs, scores = [], []
    codes = {"ketamine": KETAMINE, "midazolam": MIDAZOLAM}
    for number, row in enumerate(made.infusions):
        drugs.append({
            "drug_exposure_id": number, "person_id": person(row),
            "drug_concept_id": codes[row["agent"]], "quantity": row["dose"],
            "dose_unit_source_value": "mg/kg", "route_source_value": "IV",
            "drug_exposure_start_date": str(row["start"])[:10],
            "drug_exposure_start_datetime": str(row["start"]),
            "drug_exposure_end_date": str(row["end"])[:10],
            "drug_exposure_end_datetime": str(row["end"]),
        })  # fmt: skip
    for visit, row in enumerate(made.scores):
        for number, name in zip(NOW_ITEMS, ITEMS, strict=True):
            value = None if row[name] == "" else row[name]
            when = str(row["when"])
            told = score(len(scores), person(row), when[:10], when, value, 2_000_000_000 + number)
            scores.append(told | {"visit_occurrence_id": visit})
    arms = {"ket": 1001, "mdz": 1002}
    write_sqlite(folder / "cdm.sqlite", empty_database() | {
        "person": [{"person_id": person(row)} for row in made.subjects],
        "cohort": [
            {"cohort_definition_id": arms[row["arm"]], "subject_id": person(row)}
            for row in made.subjects
        ],
        "drug_exposure": drugs, "measurement": scores,
    })  # fmt: skip
    text = STUDY.format(zone=made.zone).replace(
        "arms = { ", 'arms = { 1001 = "ketamine", 1002 = "midazolam", '
        f'{KETAMINE} = "ketamine", {MIDAZOLAM} = "midazolam", '
    )  # fmt: skip
    source = 'path = "cdm.sqlite"\nformat = "omop"'
    path = folder / "study.toml"
    path.write_text(
        text + OMOP.format(source=source, form=FORM, declared=made.declared), encoding="utf-8"
    )
    return path


FHIR = """
[subjects]
path = "export.json"
format = "fhir"
arm = "arm"

[infusions]
path = "export.json"
format = "fhir"

[[assessments]]
path = "export.json"
format = "fhir"
items = "item_{{:02d}}"
{form}
{declared}
"""


def as_fhir(folder: Path, made: Made) -> Path:
    """A bundle, whose times carry an offset."""

    def moment(cell: Any, table: str) -> str:
        if not isinstance(cell, datetime):
            return str(cell)
        return cell.replace(tzinfo=ZoneInfo(made.written_in.get(table, made.zone))).isoformat()

    whole = []
    for row in made.subjects:
        whole += [patient(row["id"]), member(row["id"], assignedArm=row["arm"])]
    for number, row in enumerate(made.infusions):
        period = {name: moment(row[name], "infusions") for name in ("start", "end")}
        dose = {"value": row["dose"], "unit": "mg/kg", "code": "mg/kg"}
        whole.append(given(
            row["id"], id=f"ma-{number}", effectivePeriod=period,
            medicationCodeableConcept={"text": row["agent"]}, dosage={"dose": dose},
        ))  # fmt: skip
    for number, row in enumerate(made.scores):
        items = [answered(name, **_answer(row[name])) for name in ITEMS]
        whole.append(response([{"linkId": "all", "item": items}], row["id"], id=f"qr-{number}",
                              authored=moment(row["when"], "scores")))  # fmt: skip
    (folder / "export.json").write_text(json.dumps(bundle(whole)), encoding="utf-8")
    return _declare(folder, made, FHIR.format(form=FORM, declared=made.declared))


def _answer(cell: Any) -> dict[str, Any]:
    if cell == "":
        return {}
    return {"valueString": cell} if isinstance(cell, str) else {"valueInteger": cell}


WRITERS: dict[str, Callable[[Path, Made], Path]] = {
    "csv": as_csv_files,
    "xlsx": as_workbooks,
    "redcap": as_redcap,
    "omop": as_omop,
    "fhir": as_fhir,
}
