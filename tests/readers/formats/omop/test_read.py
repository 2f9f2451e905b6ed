"""OMOP databases: one content in three kinds of database, and no secret in what is said."""

from __future__ import annotations

import subprocess
import sys
import tracemalloc
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
import sqlalchemy as sa

from analysis.errors import ReliefError
from analysis.readers.formats.omop.database import BATCH, Database, Fault, Server
from analysis.readers.formats.omop.read import read_omop
from analysis.readers.formats.omop.received import Received
from analysis.readers.table.text_table import TextTable
from tests.factory import TOKEN
from tests.readers.formats.omop.cdm import (
    KETAMINE,
    MIDAZOLAM,
    SCORE,
    Rows,
    SyntheticCdm,
    content,
    score,
    write_duckdb,
    write_sqlite,
)
from tests.readers.formats.omop.postgres import OWNER, PASSWORD

KINDS = ("postgresql", "duckdb", "sqlite")
DRUGS = {"drug_concept_id": [str(KETAMINE), str(MIDAZOLAM)]}
SCORES = {"measurement_concept_id": [str(SCORE)]}
WANTED: dict[str, dict[str, Any]] = {
    "subjects": {
        "cohorts": ["1001", "1002"],
        "columns": ["person_id", "cohort_definition_id", "care_site_id"],
    },
    "infusions": {"codes": DRUGS},
    "assessments": {"codes": SCORES},
    "weights": {},
}
Read = Callable[..., TextTable]


class Cdm(SyntheticCdm):
    """A database, and how a table of it is read."""

    def read(self, role: str = "assessments", **changes: Any) -> TextTable:
        wanted = WANTED.get(role, {}) | {"schema": self.schema} | changes
        return read_omop(self.source, role=role, **wanted)


@pytest.fixture(params=KINDS)
def cdm(request: pytest.FixtureRequest, tmp_path: Path) -> Cdm:
    """The small content in every kind of database."""
    return Cdm(request.param, tmp_path, request).write(content())


@pytest.fixture
def sqlite(request: pytest.FixtureRequest, tmp_path: Path) -> Cdm:
    return Cdm("sqlite", tmp_path, request).write(content())


@pytest.fixture
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Cdm:
    return Cdm("postgresql", tmp_path, request).write(content())


def refused(rule: str, call: Callable[[], Any]) -> str:
    """The one sentence of a refusal, which holds no secret and on which nothing hangs."""
    with pytest.raises(ReliefError) as caught:
        call()
    error = caught.value
    assert error.rule == rule, error.message
    assert error.__cause__ is None
    assert error.__context__ is None
    for secret in (TOKEN, PASSWORD, OWNER, "SELECT ", "/tmp", "postgresql+", ".s.PGSQL"):
        assert secret not in error.message.replace("SELECT them", "")
    return error.message


def found(table: TextTable) -> dict[str, int]:
    return {issue.rule: issue.count for issue in table.issues}


def scored(cdm: Cdm, rows: Rows, **changes: Any) -> TextTable:
    """The scores as read from a database that holds these rows."""
    return cdm.write(content() | {"measurement": rows}).read(**changes)


# --- What is read


def test_subjects_come_with_the_cohort_they_are_in(cdm: Cdm):
    table = cdm.read("subjects")
    assert table.cells.to_numpy().tolist() == [["1", "1001", "7"], ["2", "1002", "7"]]
    assert table.file == "OMOP person"


def test_infusions_come_with_their_times_and_doses(cdm: Cdm):
    table = cdm.read("infusions")
    wanted = ["drug_concept_id", "drug_exposure_start_datetime", "drug_exposure_end_datetime",
              "quantity", "dose_unit_source_value", "route_concept_id", "stop_reason"]  # fmt: skip
    assert table.cells[wanted].to_numpy().tolist() == [
        ["785649", "2025-03-01T10:20:00", "2025-03-01T11:00:00", "0.5", "mg/kg", "4171047", ""],
        ["708298", "2025-03-02T10:20:00", "2025-03-02T11:00:00", "0.045", "mg/kg", "4171047", ""],
    ]


def test_scores_come_in_the_order_of_the_key_and_the_date_alone_where_no_time_is(cdm: Cdm):
    table = cdm.read()
    wanted = ["person_id", "measurement_datetime", "value_as_number", "measurement_source_value"]
    assert table.cells[wanted].to_numpy().tolist() == [
        ["1", "2025-03-01T09:00:00", "40", "PCL5"],
        ["1", "2025-03-01", "12.25", "PCL5"],
        ["2", "2025-03-02T15:30:00", "40.5", "PCL5"],
    ]
    assert table.rows.tolist() == [1, 2, 3]
    assert table.issues == ()


@pytest.mark.parametrize("role", WANTED)
def test_one_content_is_one_table_in_every_kind_of_database(
    role: str, request: pytest.FixtureRequest, tmp_path: Path
):
    tables = [Cdm(kind, tmp_path, request).write(content()).read(role) for kind in KINDS]
    for other in tables[1:]:
        assert other.cells.equals(tables[0].cells)
        assert other.cells.dtypes.equals(tables[0].cells.dtypes)
        assert other.rows.tolist() == tables[0].rows.tolist()
        assert (other.file, other.sha256) == (tables[0].file, tables[0].sha256)
        assert other.issues == tables[0].issues


def test_the_hash_is_of_the_content_and_not_of_the_order_of_rows(cdm: Cdm):
    rows = content()["measurement"]
    first = scored(cdm, rows)
    again = scored(cdm, [row | {"measurement_id": 900 - row["measurement_id"]} for row in rows])
    other = scored(cdm, [*rows[:-3], rows[-3] | {"value_as_number": 12.26}, *rows[-2:]])
    assert first.cells["value_as_number"].tolist() != again.cells["value_as_number"].tolist()
    assert first.sha256 == again.sha256 != other.sha256


def test_the_name_of_a_drug_comes_from_the_vocabulary_where_it_is_asked_for(cdm: Cdm):
    table = cdm.read("infusions", columns=["person_id", "drug_concept_name"])
    assert table.cells.to_numpy().tolist() == [["1", "ketamine"], ["2", ""]]


def test_scores_may_be_observations(cdm: Cdm):
    named = {"measurement_id": "observation_id", "measurement_concept_id": "observation_concept_id",
             "measurement_date": "observation_date", "measurement_datetime": "observation_datetime",
             "measurement_source_value": "observation_source_value"}  # fmt: skip
    rows = [{named.get(key, key): value for key, value in row.items()}
            for row in content()["measurement"]]  # fmt: skip
    cdm.write(content() | {"observation": rows, "measurement": []})
    table = cdm.read(table="observation", codes={"observation_source_value": ["PCL5"]})
    assert len(table.cells) == 5
    assert table.cells["observation_datetime"].iloc[0] == "2025-03-01T09:00:00"


def test_rows_may_be_chosen_by_the_codes_of_the_source(cdm: Cdm):
    rows = [score(n, 1, "2025-03-01", None, n, 0, code=f"item {n}") for n in range(1, 5)]
    table = scored(cdm, rows, codes={"measurement_source_value": ["item 2", "item 4"]})
    assert table.cells["value_as_number"].tolist() == ["2", "4"]


def test_codes_in_two_columns_choose_the_rows_of_both(cdm: Cdm):
    codes = SCORES | {"measurement_source_value": ["weight"]}
    rows = [score(1, 1, "2025-03-01", None, 3), score(2, 1, "2025-03-01", None, 70, 9, 0, "weight"),
            score(3, 1, "2025-03-01", None, 4, 9, 0, "other")]  # fmt: skip
    assert scored(cdm, rows, codes=codes).cells["value_as_number"].tolist() == ["3", "70"]


def test_rescue_medication_is_read_as_any_other_drug(cdm: Cdm):
    codes = {"drug_concept_id": [str(MIDAZOLAM)]}
    columns = ["person_id", "drug_exposure_start_datetime"]
    table = cdm.read("rescue", codes=codes, columns=columns)
    assert table.cells.to_numpy().tolist() == [["2", "2025-03-02T10:20:00"]]


def test_cohorts_keep_everyone_else_in_the_database(cdm: Cdm):
    for role in ("infusions", "assessments"):
        assert set(cdm.read(role, cohorts=["1002"]).cells["person_id"]) == {"2"}


def test_a_code_that_no_row_holds_is_told(cdm: Cdm):
    codes = {"measurement_concept_id": [str(SCORE), "2000000009", "2000000008"]}
    table = cdm.read(codes=codes)
    assert found(table) == {"omop.code-unseen": 2}
    (told,) = [issue.message for issue in table.issues if issue.rule == "omop.code-unseen"]
    assert "in no row (" in told


def test_a_weight_in_another_unit_is_set_aside(cdm: Cdm):
    rows = [score(1, 1, "2025-03-01", None, 70, 3025315, 9529),
            score(2, 2, "2025-03-01", None, 154, 3025315, 8739),
            score(3, 2, "2025-03-01", None, 154, 3025315)]  # fmt: skip
    table = cdm.write(content() | {"measurement": rows}).read("weights", columns=["person_id"])
    assert table.cells["person_id"].tolist() == ["1"]
    assert found(table) == {"omop.weight-unit": 2}


@pytest.mark.parametrize(
    ("value", "text"),
    [(40, "40"), (40.5, "40.5"), (Decimal("40.500"), "40.5"), (1e20, "1" + "0" * 20),
     (-0.045, "-0.045"), (Decimal("1E+3"), "1000"), (100, "100"), (None, "")],
)  # fmt: skip
def test_numbers_are_written_as_plain_decimals(value: Any, text: str):
    received = Received(["value_as_number"])
    received.take([(value,)])
    assert received.table("f", None, ()).cells["value_as_number"].tolist() == [text]


# --- Times


def test_times_that_are_all_midnight_are_dates(cdm: Cdm):
    rows = [score(n, 1, f"2025-03-0{n}", f"2025-03-0{n} 00:00:00", n) for n in (1, 2)]
    rows.append(score(3, 1, "2025-03-03", None, 3))
    table = scored(cdm, rows)
    assert table.cells["measurement_datetime"].tolist() == [f"2025-03-0{n}" for n in (1, 2, 3)]
    assert found(table) == {"time.midnight": 2}


def test_a_single_midnight_is_a_date_where_it_is_the_only_time(cdm: Cdm):
    table = scored(cdm, [score(1, 1, "2025-03-01", "2025-03-01 00:00:00", 1)])
    assert table.cells["measurement_datetime"].tolist() == ["2025-03-01"]
    assert found(table) == {"time.midnight": 1}


def test_midnight_among_other_times_is_a_time_that_is_not_known(cdm: Cdm):
    rows = [score(1, 1, "2025-03-01", "2025-03-01 00:00:00", 1),
            score(2, 1, "2025-03-02", "2025-03-02 09:00:00", 2)]  # fmt: skip
    table = scored(cdm, rows)
    assert table.cells["measurement_datetime"].tolist() == ["2025-03-01", "2025-03-02T09:00:00"]
    assert found(table) == {"omop.midnight": 1}


@pytest.mark.parametrize("time", ["2025-03-02 09:00:00", "1900-01-01 09:00:00"])
def test_a_date_whose_time_is_of_another_day_is_known_to_the_day_and_told(cdm: Cdm, time: str):
    table = scored(cdm, [score(1, 1, "2025-03-01", time, 1)])
    assert table.cells["measurement_datetime"].tolist() == ["2025-03-01"]
    assert found(table) == {"omop.date-differs": 1}


def with_zone(cdm: Cdm) -> None:
    """Times of the column taken as Detroit's, as a site with TIMESTAMPTZ stores them."""
    cdm.run(
        "ALTER TABLE measurement ALTER measurement_datetime TYPE timestamptz "
        "USING timezone('America/Detroit', measurement_datetime)"
    )


@pytest.mark.parametrize("kind", ["postgresql", "duckdb"])
def test_a_column_with_a_zone_is_read_in_utc(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path
):
    cdm = Cdm(kind, tmp_path, request).write(content())
    with_zone(cdm)
    # Detroit is five hours behind in winter.
    times = cdm.read().cells["measurement_datetime"].tolist()
    assert times == ["2025-03-01T14:00:00Z", "2025-03-01", "2025-03-02T20:30:00Z"]


@pytest.mark.parametrize("kind", ["postgresql", "duckdb"])
def test_midnight_of_a_column_with_a_zone_is_looked_for_on_the_study_s_clock(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path
):
    rows = [score(n, 1, f"2025-03-0{n}", f"2025-03-0{n} 00:00:00", n) for n in (8, 9)]
    cdm = Cdm(kind, tmp_path, request).write(content() | {"measurement": rows})
    with_zone(cdm)
    assert found(cdm.read()) == {}
    table = cdm.read(timezone="America/Detroit")
    assert table.cells["measurement_datetime"].tolist() == ["2025-03-08", "2025-03-09"]
    assert found(table) == {"time.midnight": 2}


@pytest.mark.parametrize(
    ("told", "read"),
    [("2025-03-01 09:00:00", "2025-03-01T09:00:00"), ("2025-03-01T09:00", "2025-03-01T09:00:00"),
     ("2025-03-01T09:00:00.5", "2025-03-01T09:00:00.500000"), ("2025-03-01", "2025-03-01"),
     ("2025-03-01T09:00-05:00", "2025-03-01T14:00:00Z"), ("", "2025-03-01"),
     ("03/04/2025 09:00", "03/04/2025 09:00"), ("2025-03-01 25:00", "2025-03-01 25:00")],
)  # fmt: skip
def test_sqlite_holds_times_as_text_and_what_is_no_time_stays_as_it_is(
    sqlite: Cdm, told: str, read: str
):
    table = scored(sqlite, [score(1, 1, "2025-03-01", told, 1)])
    assert table.cells["measurement_datetime"].tolist() == [read]


def test_times_as_bare_numbers_are_refused(sqlite: Cdm):
    rows = [score(1, 1, "2025-03-01", 1740819600.0, 1)]  # type: ignore[arg-type]
    refused("omop.numeric-time", lambda: scored(sqlite, rows))


# --- What stays in the database


@pytest.mark.parametrize(
    ("role", "name"),
    [("subjects", "birth_datetime"), ("subjects", "year_of_birth"),
     ("subjects", "person_source_value"), ("infusions", "sig"),
     ("assessments", "value_source_value"), ("assessments", "nothing; DROP TABLE person")],
)  # fmt: skip
def test_what_is_not_offered_is_never_asked_for(sqlite: Cdm, role: str, name: str):
    message = refused(
        "omop.column-not-offered", lambda: sqlite.read(role, columns=["person_id", name])
    )
    assert name not in message


def test_no_cell_that_is_nobody_s_business_is_read(cdm: Cdm):
    for role in WANTED:
        assert not (cdm.read(role).cells == TOKEN).any(axis=None)


def test_the_right_to_read_the_declared_columns_is_enough(server: Cdm, monkeypatch):
    """Rights on single columns show that no other one is asked for."""
    assert server.server is not None
    server.run(
        "DROP ROLE IF EXISTS reader",
        f"CREATE ROLE reader LOGIN PASSWORD '{PASSWORD}'",
        "GRANT USAGE ON SCHEMA cdm TO reader",
        "GRANT SELECT (person_id) ON person TO reader",
        "GRANT SELECT (subject_id, cohort_definition_id) ON cohort TO reader",
        "GRANT SELECT (measurement_id, person_id, measurement_concept_id, value_as_number, "
        "measurement_date, measurement_datetime) ON measurement TO reader",
        "GRANT SELECT (cdm_version) ON cdm_source TO reader",
    )
    monkeypatch.setenv("READER", server.server.url("reader"))
    source = Server(url_env="READER")

    def read(role: str, columns: list[str], schema: str = "cdm", **wanted: Any) -> TextTable:
        return read_omop(source, role=role, schema=schema, columns=columns, **wanted)

    cohorts = ["1001", "1002"]
    people = read("subjects", ["person_id", "cohort_definition_id"], cohorts=cohorts)
    assert len(people.cells) == 2
    columns = ["person_id", "measurement_datetime", "value_as_number"]
    assert len(read("assessments", columns, codes=SCORES).cells) == 3
    message = refused(
        "omop.permission",
        lambda: read("assessments", [*columns, "unit_concept_id"], codes=SCORES),
    )
    assert "measurement" in message
    refused("omop.permission", lambda: read("infusions", ["person_id"], codes=DRUGS))
    server.run("REVOKE USAGE ON SCHEMA cdm FROM reader")
    refused("omop.permission", lambda: read("subjects", ["person_id"]))
    server.run("DROP OWNED BY reader", "DROP ROLE reader")


def test_a_database_cannot_be_changed_through_the_reader(cdm: Cdm):
    source = sa.table("person", sa.column("person_id"), schema=cdm.schema)
    changes: Any = (sa.delete(source), sa.insert(source).values(person_id=3))
    for change in changes:
        with pytest.raises(Fault):
            Database.of(cdm.source, 60).fetch(change, lambda rows: None)
    assert len(cdm.read("subjects").cells) == 2


@pytest.mark.parametrize("code", ["PCL5' OR '1'='1", 'x"; DROP TABLE measurement; --', "%"])
def test_a_code_is_a_value_and_never_a_statement(cdm: Cdm, code: str):
    codes = {"measurement_source_value": [code]}
    message = refused("omop.no-rows", lambda: cdm.read(codes=codes))
    assert code not in message
    assert len(cdm.read().cells) == 3


@pytest.mark.parametrize("kind", ["postgresql", "duckdb"])
def test_a_schema_is_a_name_and_never_a_statement(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path
):
    cdm = Cdm(kind, tmp_path, request).write(content())
    refused("omop.no-schema", lambda: cdm.read(schema='cdm"; DROP TABLE cdm.measurement; --'))
    assert len(cdm.read().cells) == 3


# --- Many rows


def many(cdm: Cdm, count: int) -> None:
    """Rows made by the database itself; a person has ten."""
    cdm.run("DELETE FROM measurement")
    columns = "measurement_id, person_id, measurement_concept_id, measurement_date, value_as_number"
    row = f"i, i / 10, {SCORE}, '2025-03-01', i % 80"
    numbers = f"generate_series(1, {count}) AS n(i)"
    if cdm.kind == "sqlite":
        further = f"SELECT i + 1 FROM n WHERE i < {count}"
        numbers = f"(WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL {further}) SELECT i FROM n)"
    cdm.run(f"INSERT INTO measurement ({columns}) SELECT {row} FROM {numbers}")


SHORT = ["person_id", "measurement_datetime", "value_as_number"]


def test_two_hundred_thousand_rows_pass_through_in_batches(cdm: Cdm, monkeypatch):
    many(cdm, 200_000)
    sizes: list[int] = []
    take = Received.take
    monkeypatch.setattr(
        Received, "take", lambda self, rows: (sizes.append(len(rows)), take(self, rows))[1]
    )
    table = cdm.read(columns=SHORT)
    assert sizes == [BATCH] * 20
    assert table.rows[-1] == len(table.cells) == 200_000


def test_rows_are_not_held_as_objects(sqlite: Cdm):
    many(sqlite, 200_000)
    tracemalloc.start()
    sqlite.read(columns=SHORT)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    # Three cells as Python text take some 150 bytes, so all rows 30 MB; a row's hash takes 32.
    assert peak < 18e6


def test_a_server_sends_rows_as_they_are_asked_for(server: Cdm):
    many(server, 3 * BATCH)
    assert server.server is not None
    running: list[str] = []
    source = sa.table("measurement", sa.column("person_id"), schema="cdm")
    with server.server.connect(autocommit=True) as watcher:
        question = "SELECT query FROM pg_stat_activity WHERE query LIKE 'FETCH FORWARD%'"
        Database.of(server.source, 60).fetch(
            sa.select(source), lambda rows: running.extend(watcher.execute(question).fetchall())
        )
    assert len(running) == 3


# --- What goes wrong


def test_what_is_missing_is_named(cdm: Cdm):
    place = "schema 'cdm'" if cdm.schema else "default schema"
    cdm.run("ALTER TABLE measurement DROP COLUMN value_as_concept_id")
    assert "value_as_concept_id" in refused("omop.no-column", cdm.read)
    cdm.run("DROP TABLE measurement")
    assert f"measurement in {'the database' if not cdm.schema else place}" in refused(
        "omop.no-table", cdm.read
    )
    refused("omop.no-schema", lambda: cdm.read("infusions", schema="other"))
    message = refused("omop.no-table", lambda: cdm.read("subjects", cohort_table="cohorts"))
    assert "cohorts" in message


def test_a_cohort_table_may_be_in_another_schema(server: Cdm):
    server.run(
        "DROP SCHEMA IF EXISTS results CASCADE", "CREATE SCHEMA results",
        "ALTER TABLE cohort SET SCHEMA results",
    )  # fmt: skip
    assert len(server.read("subjects", cohort_table="results.cohort").cells) == 2
    refused("omop.no-table", lambda: server.read("subjects"))


@pytest.mark.parametrize("told", ["v5.4", "5.4", "v5.3.1", "CDM v5.4"])
def test_versions_5_3_and_5_4_are_read(sqlite: Cdm, told: str):
    sqlite.run(f"UPDATE cdm_source SET cdm_version = '{told}'")
    assert sqlite.read().issues == ()


@pytest.mark.parametrize("told", ["4.0", "v4.5", "6.0", "v5.2"])
def test_another_version_of_the_data_model_is_refused(cdm: Cdm, told: str):
    cdm.run(f"UPDATE cdm_source SET cdm_version = '{told}'")
    assert told.removeprefix("v") in refused("omop.version", cdm.read)


def test_a_version_that_is_not_told_is_noted(cdm: Cdm):
    for change in ("UPDATE cdm_source SET cdm_version = NULL", "DROP TABLE cdm_source"):
        cdm.run(change)
        assert found(cdm.read()) == {"omop.version-unknown": 1}


ENDLESS = {
    "sqlite": "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) "
              "SELECT scores.* FROM scores, n WHERE n.i < 0",
    "duckdb": "SELECT scores.* FROM scores, range(1000000) a, range(1000000) b "
              "WHERE hash(a.range + b.range) = 0",
    "postgresql": "SELECT scores.* FROM scores, (SELECT pg_sleep(20)) AS sleep",
}  # fmt: skip


def test_a_database_that_takes_too_long_is_left(cdm: Cdm):
    cdm.run(
        "ALTER TABLE measurement RENAME TO scores",
        f"CREATE VIEW measurement AS {ENDLESS[cdm.kind]}",
    )
    assert "1 s" in refused("omop.timeout", lambda: cdm.read(timeout_seconds=1))


def test_codes_and_cohorts_must_be_declared_and_be_numbers(sqlite: Cdm):
    refused("omop.no-codes", lambda: sqlite.read("infusions", codes={}))
    refused("omop.no-cohorts", lambda: sqlite.read("subjects", cohorts=[]))
    for wrong in ("PCL-5", "1.0", "-1", "9" * 30, "", "²"):
        codes = {"measurement_concept_id": [wrong]}
        refused("omop.code-not-number", lambda codes=codes: sqlite.read(codes=codes))
        refused("omop.code-not-number", lambda w=wrong: sqlite.read("subjects", cohorts=[w]))
    refused("omop.table-not-read", lambda: sqlite.read(table="note"))


def test_a_database_without_the_rows_is_refused(cdm: Cdm):
    refused("omop.no-rows", lambda: cdm.read(codes={"measurement_concept_id": ["1"]}))


@pytest.mark.parametrize("name", ["a.duckdb", "a.db", "a.sqlite"])
@pytest.mark.parametrize(
    ("written", "rule"),
    [(b"", "file.empty"), (b"id,arm\n1,2\n", "omop.not-a-database"),
     (b"SQLite format 3\x00" + bytes(200), "omop.not-a-database"),
     (bytes(8) + b"DUCK" + bytes(5000), "omop.not-a-database"), (None, "omop.no-file")],
)  # fmt: skip
def test_a_file_that_is_no_database_is_refused(
    tmp_path: Path, name: str, written: bytes | None, rule: str
):
    path = tmp_path / name
    if written is not None:
        path.write_bytes(written)
    assert refused(rule, lambda: read_omop(path, role="subjects")).startswith(name)


def test_a_folder_is_no_database(tmp_path: Path):
    refused("omop.no-file", lambda: read_omop(tmp_path, role="subjects"))


def test_a_file_is_told_by_its_first_bytes_and_not_by_its_name(tmp_path: Path):
    odd = tmp_path / "a # %20 é"
    odd.mkdir()
    for write in (write_duckdb, write_sqlite):
        path = odd / "cdm.db"
        path.unlink(missing_ok=True)
        write(path, content())
        assert len(read_omop(path, role="subjects").cells) == 2


def test_reading_leaves_a_file_as_it_is(cdm: Cdm):
    before = cdm.path.read_bytes() if cdm.server is None else b""
    cdm.read()
    if cdm.server is None:
        assert cdm.path.read_bytes() == before
        assert [path.name for path in cdm.path.parent.iterdir()] == [cdm.path.name]


def test_a_duckdb_file_in_use_is_told(tmp_path: Path):
    path = write_duckdb(tmp_path / "cdm.duckdb", content())
    program = f"import duckdb; c = duckdb.connect({str(path)!r}); print(1, flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout is not None
        other.stdout.readline()
        refused("omop.locked", lambda: read_omop(path, role="subjects"))
        other.communicate(b"\n")
    with duckdb.connect(path):
        refused("omop.locked", lambda: read_omop(path, role="subjects"))
    assert len(read_omop(path, role="subjects").cells) == 2


def test_an_sqlite_file_in_use_is_told(sqlite: Cdm):
    import sqlite3

    connection = sqlite3.connect(sqlite.path, isolation_level=None)
    connection.execute("BEGIN EXCLUSIVE")
    refused("omop.locked", lambda: sqlite.read(timeout_seconds=1))
    connection.close()


def test_text_that_is_no_text_is_told_without_it(sqlite: Cdm):
    sqlite.run("UPDATE measurement SET measurement_source_value = CAST(x'ff5a' AS TEXT)")
    message = refused("omop.failed", sqlite.read)
    assert "measurement" in message


# --- Servers and secrets


def from_environment(monkeypatch, url: str) -> Server:
    monkeypatch.setenv("SYNTHETIC_CDM", url)
    return Server(url_env="SYNTHETIC_CDM")


def test_a_login_that_is_refused_is_told(server: Cdm, monkeypatch):
    assert server.server is not None
    urls = [
        server.server.url(password="wrong"),
        server.server.url("stranger"),
        server.server.url(database="nowhere"),
        server.server.url(password=None),
    ]
    for url in urls:
        source = from_environment(monkeypatch, url)
        refused("omop.login", lambda source=source: read_omop(source, role="subjects"))


def test_a_server_that_is_not_there_is_told(server: Cdm, monkeypatch):
    assert server.server is not None
    for url in (
        server.server.url(port=1111),
        "postgresql://127.0.0.1:1/cdm",
        "postgresql://nowhere.invalid/cdm",
    ):
        source = from_environment(monkeypatch, url)
        message = refused(
            "omop.unreachable", lambda source=source: read_omop(source, role="subjects")
        )
        assert "127.0.0.1" not in message
        assert "nowhere" not in message


def test_a_connection_that_ends_while_reading_is_told(server: Cdm):
    many(server, 3 * BATCH)
    assert server.server is not None
    end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'FETCH FORWARD%'"
    source = sa.table("measurement", sa.column("person_id"), schema="cdm")
    with pytest.raises(Fault) as caught:
        Database.of(server.source, 60).fetch(sa.select(source), lambda rows: server.run(end))
    assert caught.value.rule == "omop.lost"
    assert caught.value.__context__ is None


def test_a_password_from_outside_the_study_is_used(server: Cdm, monkeypatch):
    """libpq takes it from PGPASSWORD, so that study.toml can hold the rest of the URL."""
    assert server.server is not None
    monkeypatch.setenv("PGPASSWORD", PASSWORD)
    url = server.server.url(password=None)
    assert len(read_omop(Server(url=url), role="subjects", schema="cdm").cells) == 2


@pytest.mark.parametrize(
    "url",
    [f"postgresql://{OWNER}:{PASSWORD}@server/cdm",
     f"postgresql://server/cdm?user={OWNER}&password={PASSWORD}",
     f"postgresql://server/cdm?sslpassword={PASSWORD}", f"postgresql://{OWNER}:@server/cdm"],
)  # fmt: skip
def test_a_password_in_the_study_s_file_is_refused(url: str):
    refused("omop.password-in-file", lambda: read_omop(Server(url=url), role="subjects"))


@pytest.mark.parametrize(
    "url",
    ["", "server", f"mysql://{OWNER}:{PASSWORD}@server/cdm", "sqlite:///cdm.sqlite",
     f"postgresql://{OWNER}:{PASSWORD}@server:port/cdm", f"host=server password={PASSWORD}"],
)  # fmt: skip
def test_a_url_that_is_none_of_a_server_is_refused(url: str, monkeypatch):
    refused("omop.url", lambda: read_omop(Server(url=url), role="subjects"))
    if url:
        source = from_environment(monkeypatch, url)
        refused("omop.url", lambda: read_omop(source, role="subjects"))


@pytest.mark.parametrize("name", ["NOT_SET_ANYWHERE", "", f"postgresql://{OWNER}:{PASSWORD}@h/d"])
def test_a_variable_that_is_not_set_is_told(name: str):
    refused("omop.no-environment", lambda: read_omop(Server(url_env=name), role="subjects"))
