"""What leads to a person is refused at the door, and is not repeated in what is said of it."""

from __future__ import annotations

import hashlib
import hmac
import multiprocessing
import os
import stat
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from analysis.config import SubjectTable
from analysis.disclosure import pseudonyms
from analysis.disclosure.file_names import looks_personal, shown_name, shown_sheet
from analysis.disclosure.pseudonyms import code_of, key
from analysis.errors import ReliefError
from analysis.readers.reading import people_in
from analysis.readers.table.identifiers import refuse_identifiers, refuse_patterns
from analysis.readers.table.text_table import TextTable
from analysis.rules import issue, refusal

# One or more headers for each of the 18 identifiers of 45 CFR 164.514(b)(2)(i).
SAFE_HARBOR = {
    "A names": ["name", "First Name", "lastName", "patient_initials", "employer name"],
    "B geography": ["street", "City", "county", "zip_code", "precinct", "geocode", "latitude"],
    "C dates": ["dob", "date_of_birth", "birthDate", "date of death", "deathdate"],
    "D telephone": ["telephone_1", "cell phone", "home_phone"],
    "E fax": ["fax", "work fax"],
    "F e-mail": ["email", "e-mail", "mail"],
    "G social security": ["ssn", "Social Security Number"],
    "H medical record": ["mrn", "medical_record_no", "hospital number"],
    "I health plan": ["beneficiary_id", "health plan number", "insurance_no"],
    "J account": ["account", "Account Number"],
    "K certificate": ["certificate no", "license_number"],
    "L vehicle": ["vin", "vehicle_id", "license plate"],
    "M device": ["device_id", "Device Serial", "serial_number"],
    "N url": ["url", "website"],
    "O ip": ["ip_address", "IP address"],
    "P biometric": ["fingerprint", "voice_print", "biometric_id"],
    "Q photograph": ["photo", "facial image"],
}
SCORES = [
    "id", "subject", "patient_id", "site", "arm", "when", "start_time", "visit_date", "age", "sex",
    "state", "country", "instrument_name", "address_fear", "device_minutes", "pcl5_01", "form",
    "account_of_trauma", "phone_avoidance", "year_of_birth", "discharge_time", "drug_name",
    "city_size_class", "photo_reaction", "vehicle_accident", "score",
]  # fmt: skip


@pytest.mark.parametrize("header", [h for own in SAFE_HARBOR.values() for h in own])
def test_a_column_named_after_an_identifier_is_refused_by_its_place(header: str) -> None:
    with pytest.raises(ReliefError) as caught:
        refuse_identifiers(["id", header], "a.csv")
    assert caught.value.rule == "identifier.column"
    assert "column 2" in caught.value.message


@pytest.mark.parametrize("header", SCORES)
def test_a_column_that_only_sounds_like_one_is_read(header: str) -> None:
    refuse_identifiers([header], "a.csv")


# --- cells ----------------------------------------------------------------------------------


def table(*cells: str) -> TextTable:
    frame = pd.DataFrame({"c": pd.Series(cells, dtype="str")})
    return TextTable("a.csv", frame, np.arange(2, 2 + len(frame)), "", ())


@pytest.mark.parametrize(
    ("cell", "kind"),
    [
        ("jane@example.org", "an e-mail address"),
        ("see https://example.org/x", "an address of the internet"),
        ("www.example.org", "an address of the internet"),
        ("192.168.1.77", "an IP address"),
        ("078-05-1120", "a social security number"),
        ("40 - call Jane 415-555-1212", "a telephone number"),
        ("(415) 555-1212", "a telephone number"),
        ("+49 30 1234567", "a telephone number"),
    ],
)
@pytest.mark.parametrize("as_codes", [False, True])
def test_a_cell_that_leads_to_a_person_is_refused_without_its_text(
    cell: str, kind: str, as_codes: bool
) -> None:
    found = table("007", cell, "", cell)
    if as_codes:
        found.cells["c"] = found.cells["c"].astype("category")
    with pytest.raises(ReliefError) as caught:
        refuse_patterns(found, ["absent", "c"])
    assert caught.value.rule == "identifier.pattern"
    assert caught.value.message.startswith(f"a.csv, row 3, column 'c': 2 cell(s) hold {kind}")
    assert cell not in caught.value.message


@pytest.mark.parametrize(
    "cell",
    [
        "", "007", "KPE-008", "2025-03-04", "2025-03-04T10:20:30.123456+05:30",
        "2025-03-04T10:20:00-0500", "20250304T102000", "2025-03-04 10:20", "-123.5", "+40",
        "1.2.3", "0.5 mg/kg", "101697-1", "ket@arm 1", "415-555", "12-345-6789",
        "urn:uuid:123e4567-e89b-12d3-a456-426614174000", "1234567890", "v1.0.1.25000",
    ],
)  # fmt: skip
def test_codes_numbers_and_times_are_no_identifiers(cell: str) -> None:
    refuse_patterns(table("007", cell), ["c"])


def subjects(**declared: Any) -> SubjectTable:
    return SubjectTable(path="a.csv", subject="c", **declared)


def test_long_numbers_of_people_are_flagged_once_a_person_unless_declared_as_codes() -> None:
    numbered = table("S1", "4711471", "4711471", "MRN00012345")
    (found,) = people_in(numbered, subjects())
    assert (found.rule, found.severity, found.row, found.count) == (
        "identifier.record-number", "FLAG", 3, 2,
    )  # fmt: skip
    assert "4711" not in found.message
    assert people_in(numbered, subjects(study_codes=True)) == []
    assert people_in(table("1", "KPE008", "S-000123"), subjects()) == []


def test_columns_of_numbers_and_times_are_left_to_their_own_rules() -> None:
    frame = table("007", "008")
    frame.cells["weight"] = ["40 - call Jane 415-555-1212", "80"]
    assert people_in(frame, subjects(weight_kg="weight")) == []
    with pytest.raises(ReliefError, match="telephone"):
        people_in(frame, subjects(arm="weight"))


# --- names of files and sheets --------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [
        "Smith_John_pcl5.csv", "John Smith.xlsx", "pcl5-O'Brien-Mary.csv", "Adam631_Cronin387.json",
        "McDonald, Ronald.xlsx", "mrn4711471.csv", "078-05-1120.csv", "jane@example.org.csv",
        "Müller_Jürgen.csv", "scores_19870304.csv",
    ],
)  # fmt: skip
def test_a_file_named_after_a_person_is_not_named(name: str) -> None:
    shown = shown_name(Path("/somewhere") / name)
    assert shown == f"(name withheld){Path(name).suffix}"
    assert refusal("file.empty", file=name).message.startswith("(name withheld)")
    assert issue("file.blank-row", file=name).file == shown


@pytest.mark.parametrize(
    "name",
    [
        "scores.csv", "Subjects.csv", "PCL5 Items.xlsx", "Baseline Scores Final.xlsx",
        "KetamineStudy_DATA_2025-03-04_1020.csv", "export_20250304.csv", "dm.xpt", "pclItems.csv",
        "clinic-a.csv", "Visit 2.csv", "study.toml",
    ],
)  # fmt: skip
def test_a_usual_name_of_an_export_is_named(name: str) -> None:
    assert shown_name(Path("/somewhere") / name) == name


def test_a_declared_path_keeps_its_folders_unless_one_is_a_persons() -> None:
    assert issue("file.blank-row", file="site-1/scores.csv").file == "site-1/scores.csv"
    assert issue("file.blank-row", file="John Smith/scores.csv").file == "(name withheld).csv"


def test_a_sheet_named_after_a_person_goes_by_its_place() -> None:
    assert shown_sheet("Smith, Jane", 1) == "sheet number 2"
    assert shown_sheet("Sheet1", 0) == "sheet 'Sheet1'"
    assert not looks_personal("Follow Up Scores")


# --- codes of people ------------------------------------------------------------------------

SECRET = "a random text of the clinic 93751"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("RELIEF_KEY", raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setattr(pseudonyms.sys, "platform", "linux")
    return tmp_path / "relief" / "key"


def test_a_code_is_the_keyed_hash_of_the_identifier() -> None:
    codes = code_of(pd.Series(["KPE008", " KPE008 ", "8"]), key=SECRET.encode())
    expected = hmac.new(SECRET.encode(), b"KPE008", hashlib.sha256).hexdigest()[:16]
    assert list(codes[:2]) == [expected, expected]
    assert codes[2] != expected
    other = code_of(pd.Series(["KPE008"]), key=b"another random text 551900")
    assert other[0] != expected


def test_a_code_matches_the_published_test_of_hmac_sha256() -> None:
    # RFC 4231, test case 2.
    (code,) = code_of(pd.Series(["what do ya want for nothing?"]), key=b"Jefe")
    assert code == "5bdcc146bf60754e"


def test_two_people_with_one_code_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pseudonyms, "_DIGITS", 1)
    with pytest.raises(ReliefError) as caught:
        code_of(pd.Series([str(number) for number in range(17)]), key=SECRET.encode())
    assert caught.value.rule == "key.collision"


def test_the_environment_gives_the_key(monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    monkeypatch.setenv("RELIEF_KEY", SECRET)
    assert key(create=True) == SECRET.encode()
    assert not home.exists()
    monkeypatch.setenv("RELIEF_KEY", "short")
    with pytest.raises(ReliefError, match="fewer than 20") as caught:
        key()
    assert caught.value.rule == "key.short"


def test_without_a_key_there_is_none_until_one_is_made(home: Path) -> None:
    assert key() is None
    made = key(create=True)
    assert made is not None
    assert len(made) == 64
    assert stat.S_IMODE(home.stat().st_mode) == 0o600
    assert key() == key(create=True) == made
    assert [path.name for path in home.parent.iterdir()] == ["key"]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o666])
def test_a_key_that_others_can_read_is_refused(mode: int, home: Path) -> None:
    key(create=True)
    home.chmod(mode)
    with pytest.raises(ReliefError) as caught:
        key()
    assert caught.value.rule == "key.open"
    assert str(home.parent) not in caught.value.message


def test_a_folder_that_cannot_be_used_is_said(home: Path) -> None:
    home.parent.write_text("a file where the folder should be")
    with pytest.raises(ReliefError) as caught:
        key(create=True)
    assert caught.value.rule == "key.unusable"


def _make(barrier: object, queue: object) -> None:
    barrier.wait()
    queue.put(key(create=True))


def test_processes_that_make_the_key_at_once_get_one_key(home: Path) -> None:
    fork = multiprocessing.get_context("fork")
    barrier, queue = fork.Barrier(4), fork.Queue()
    makers = [fork.Process(target=_make, args=(barrier, queue)) for _ in range(4)]
    for maker in makers:
        maker.start()
    keys = {queue.get(timeout=60) for _ in makers}
    for maker in makers:
        maker.join()
    assert keys == {home.read_bytes()}
    assert os.listdir(home.parent) == ["key"]  # noqa: PTH208
