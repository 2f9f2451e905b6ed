"""Columns and cells that identify people are refused, without their text."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pandas as pd
import pytest

from analysis.config import SubjectTable
from analysis.errors import ReliefError
from analysis.readers.table.identifiers import (
    alike,
    among,
    people_in,
    refuse_identifiers,
    refuse_patterns,
    same_number,
)
from analysis.readers.table.text_table import TextTable

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
    "account_of_trauma", "phone_avoidance", "discharge_time", "drug_name",
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


@pytest.mark.parametrize(
    "name",
    ["id", "patient_id", "subject", "name_of_scale", "nameless", "address_fear", "instrument_name",
     "form_name", "site_name", "item_01", "pcl5_07", "phone_use_hours", "birth_weight", "arm",
     "street_drug_use", "email_sent", "faxes", "zipper", "mobility", "when", "e" * 5000],
)  # fmt: skip
def test_a_header_that_only_sounds_like_one_is_not(name):
    refuse_identifiers([name, "other"], "people.csv")


def test_identifiers_written_differently_look_alike():
    names = pd.Series(["KPE008", "kpe-8", "8", "KPE009", "x10y"])
    assert list(alike(names)) == [True, True, True, False, False]
    assert list(alike(pd.Series(["kpe 9", "9", "11"]), names)) == [True, True, False]


@pytest.mark.parametrize("kind", ["str", "category"])
def test_identifiers_among_others_are_those_that_isin_finds(kind):
    own = pd.Series(["a", None, "b", "", "c", "a"], dtype=kind)
    others = pd.Series(["c", "a", "a", "x"], dtype="str")
    np.testing.assert_array_equal(among(own, others), own.isin(others).to_numpy())
    assert not among(own, others.iloc[:0]).any()


def test_identifiers_that_were_taken_for_numbers_are_the_same_number():
    known = pd.Series(["007", "12", "P07", "1.5"], dtype="str")
    found = pd.Series(["7", "7.0", "0012", "P7", "", "15", "1.50"], dtype="str")
    assert list(same_number(found, known)) == [True, True, True, False, False, False, False]


@pytest.mark.parametrize("signs", ["00012ab-_ ", "012Aé-٣ß_\n", "Kk08-", "İI1-0"])
def test_identifiers_look_alike_as_plain_expressions_of_python_say(signs):
    rng = np.random.default_rng(len(signs))
    own, others = (
        ["".join(rng.choice(list(signs), rng.integers(0, 6))) for _ in range(60)] for _ in "ab"
    )

    def plain(text: str) -> str:
        return re.sub(r"(^|[^0-9])0+(?=[0-9])", r"\1", re.sub(r"[\W_]+", "", text.lower()))

    tails = {found[1] for text in others if (found := re.search("[^0-9]([0-9]+)$", plain(text)))}
    expected = [
        plain(text) in set(map(plain, others))
        or (re.fullmatch("[0-9]+", plain(text)) is not None and plain(text) in tails)
        for text in own
    ]
    found = alike(pd.Series(own, dtype="str"), pd.Series(others, dtype="str"))
    assert found.tolist() == expected
