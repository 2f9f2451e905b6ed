"""Small synthetic databases after the OMOP common data model 5.4, in three kinds of database.

Columns and types are those of OHDSI's DDL (github.com/OHDSI/CommonDataModel, inst/ddl/5.4),
for the tables that are read and a few columns that never may be.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Any, Self

import duckdb
import pytest
import sqlalchemy as sa

from analysis.readers.formats.omop.database import Server
from tests.factory import TOKEN
from tests.readers.formats.omop.postgres import Postgres

Rows = list[dict[str, Any]]

DDL: dict[str, dict[str, str]] = {
    "person": {
        "person_id": "integer", "year_of_birth": "integer", "birth_datetime": "timestamp",
        "care_site_id": "integer", "person_source_value": "varchar(50)",
    },
    "drug_exposure": {
        "drug_exposure_id": "integer", "person_id": "integer", "drug_concept_id": "integer",
        "drug_exposure_start_date": "date", "drug_exposure_start_datetime": "timestamp",
        "drug_exposure_end_date": "date", "drug_exposure_end_datetime": "timestamp",
        "stop_reason": "varchar(20)", "quantity": "numeric", "sig": "text",
        "route_concept_id": "integer", "visit_occurrence_id": "integer",
        "drug_source_value": "varchar(50)", "drug_source_concept_id": "integer",
        "route_source_value": "varchar(50)", "dose_unit_source_value": "varchar(50)",
    },
    "cdm_source": {"cdm_source_name": "varchar(255)", "cdm_version": "varchar(10)"},
    "concept": {"concept_id": "integer", "concept_name": "varchar(255)"},
    "cohort": {"cohort_definition_id": "integer", "subject_id": "integer"},
}  # fmt: skip
for _name in ("measurement", "observation"):
    DDL[_name] = {
        f"{_name}_id": "integer", "person_id": "integer", f"{_name}_concept_id": "integer",
        f"{_name}_date": "date", f"{_name}_datetime": "timestamp", "value_as_number": "numeric",
        "value_as_concept_id": "integer", "unit_concept_id": "integer",
        "visit_occurrence_id": "integer", f"{_name}_source_value": "varchar(50)",
        f"{_name}_source_concept_id": "integer", "unit_source_value": "varchar(50)",
        "value_source_value": "varchar(50)",
    }  # fmt: skip
# OHDSI's SQLite has no timestamps: the columns are REAL, and hold text where text is put in.
SQLITE = {"timestamp": "REAL", "numeric": "REAL", "text": "TEXT"}

KETAMINE, MIDAZOLAM, SCORE, WEIGHT = 785649, 708298, 2_000_000_001, 3025315


def content() -> dict[str, Rows]:
    """Two people, their infusions, three scores and a weight; ``TOKEN`` where no one may look."""
    people = [
        {"person_id": number, "year_of_birth": 1980, "birth_datetime": "1980-01-02 03:04:05",
         "care_site_id": 7, "person_source_value": TOKEN}
        for number in (1, 2)
    ]  # fmt: skip
    drugs = [
        {"drug_exposure_id": 10 + number, "person_id": number, "drug_concept_id": drug,
         "drug_exposure_start_date": f"2025-03-0{number}",
         "drug_exposure_start_datetime": f"2025-03-0{number} 10:20:00",
         "drug_exposure_end_date": f"2025-03-0{number}",
         "drug_exposure_end_datetime": f"2025-03-0{number} 11:00:00",
         "quantity": quantity, "sig": TOKEN, "route_concept_id": 4171047,
         "route_source_value": "IV", "dose_unit_source_value": "mg/kg"}
        for number, drug, quantity in ((1, KETAMINE, 0.5), (2, MIDAZOLAM, 0.045))
    ]  # fmt: skip
    scores = [
        score(103, 2, "2025-03-02", "2025-03-02 15:30:00", 40.5),
        score(101, 1, "2025-03-01", "2025-03-01 09:00:00", 40),
        score(102, 1, "2025-03-01", None, 12.25),
        score(104, 1, "2025-03-01", "2025-03-01 08:00:00", 70.1, WEIGHT, 9529),
        score(105, 1, "2025-03-01", "2025-03-01 08:00:00", 5, 3004249),
    ]
    return {
        "person": people,
        "drug_exposure": drugs,
        "measurement": scores,
        "observation": [],
        "concept": [{"concept_id": KETAMINE, "concept_name": "ketamine"}],
        "cohort": [
            {"cohort_definition_id": 1000 + number, "subject_id": number} for number in (1, 2)
        ],
        "cdm_source": [{"cdm_source_name": TOKEN, "cdm_version": "v5.4"}],
    }


def score(
    key: int,
    person: int,
    date: str,
    time: str | None,
    value: float | None,
    concept: int = SCORE,
    unit: int | None = None,
    code: str = "PCL5",
) -> dict[str, Any]:
    """A row of ``measurement``."""
    return {"measurement_id": key, "person_id": person, "measurement_concept_id": concept,
            "measurement_date": date, "measurement_datetime": time, "value_as_number": value,
            "unit_concept_id": unit, "measurement_source_value": code,
            "value_source_value": TOKEN}  # fmt: skip


def _statements(
    tables: dict[str, Rows], schema: str | None, types: dict[str, str], place: str
) -> Iterable[tuple[str, list[tuple]]]:
    """DDL without rows, then each table's INSERT with its rows."""
    prefix = "" if schema is None else f"{schema}."
    if schema is not None:
        yield f"CREATE SCHEMA {schema}", []
    for table, rows in tables.items():
        columns = DDL[table]
        body = ", ".join(f"{name} {types.get(kind, kind)}" for name, kind in columns.items())
        yield f"CREATE TABLE {prefix}{table} ({body})", []
        if rows:
            places = ", ".join([place] * len(columns))
            values = [tuple(row.get(name) for name in columns) for row in rows]
            yield f"INSERT INTO {prefix}{table} VALUES ({places})", values


def write_sqlite(path: Path, tables: dict[str, Rows]) -> Path:
    with closing(sqlite3.connect(path)) as connection, connection:
        # One transaction, so that the disk is waited for once.
        connection.execute("BEGIN")
        for statement, rows in _statements(tables, None, SQLITE, "?"):
            connection.executemany(statement, rows) if rows else connection.execute(statement)
    return path


def write_duckdb(path: Path, tables: dict[str, Rows], schema: str | None = None) -> Path:
    with duckdb.connect(path) as connection:
        connection.begin()
        for statement, rows in _statements(tables, schema, {}, "?"):
            connection.executemany(statement, rows) if rows else connection.execute(statement)
        connection.commit()
    return path


def write_postgres(postgres: Postgres, tables: dict[str, Rows], schema: str) -> None:
    postgres.run(f"DROP SCHEMA IF EXISTS {schema} CASCADE")
    with postgres.connect() as connection:
        for statement, rows in _statements(tables, schema, {}, "%s"):
            with connection.cursor() as cursor:
                cursor.executemany(statement, rows) if rows else cursor.execute(statement)


class SyntheticCdm:
    """One database of a kind, and what is written to it."""

    def __init__(self, kind: str, folder: Path, request: pytest.FixtureRequest) -> None:
        self.kind, self.schema = kind, None if kind == "sqlite" else "cdm"
        self.server = request.getfixturevalue("postgres") if kind == "postgresql" else None
        self.path = folder / f"synthetic.{kind}"
        self.environment = request.getfixturevalue("monkeypatch")

    @property
    def source(self) -> Path | Server:
        if self.server is None:
            return self.path
        self.environment.setenv("SYNTHETIC_CDM", self.server.url())
        return Server(url_env="SYNTHETIC_CDM")

    def write(self, tables: dict[str, Rows]) -> Self:
        self.path.unlink(missing_ok=True)
        if self.server is not None:
            write_postgres(self.server, tables, "cdm")
        elif self.kind == "duckdb":
            write_duckdb(self.path, tables, "cdm")
        else:
            write_sqlite(self.path, tables)
        return self

    def run(self, *statements: str) -> None:
        """Change the database as its owner."""
        if self.server is not None:
            self.server.run("SET search_path = cdm", *statements)
            return
        engine = sa.create_engine(f"{self.kind}:///{self.path}", poolclass=sa.NullPool)
        where = ["USE cdm"] if self.kind == "duckdb" else []
        with engine.begin() as connection:
            for statement in (*where, *statements):
                connection.exec_driver_sql(statement)
