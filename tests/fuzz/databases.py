"""Databases changed by their owner: tables gone, other types, views in circles, odd values."""

from __future__ import annotations

import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path
from random import Random

import duckdb

from tests.factory import TOKEN

_TABLES = ["person", "drug_exposure", "measurement", "observation", "cohort", "cdm_source",
           "concept"]  # fmt: skip
_VALUES = [
    "NULL", f"'{TOKEN}'", "''", "1e308", "-1", "9223372036854775807", "0.1", "'2025-03-04'",
    "'9999-12-31 23:59:59'", "'-0044-01-01 00:00:00'", "'2025-03-04T10:20:00+05:30'", "'inf'",
    "'\u202e'", "x'00ff'",
]  # fmt: skip
_ENDLESS = "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) SELECT n FROM r"


def _statements(columns: dict[str, list[str]], random: Random, kind: str) -> list[str]:
    table = random.choice([name for name in _TABLES if columns.get(name)])
    own = columns[table]
    column = random.choice(own)
    value = random.choice(_VALUES)
    huge = f"replace(hex(zeroblob({8 << 20})), '00', '{TOKEN}')"
    if kind == "duckdb":
        value = "'\\x00\\xFF'::BLOB" if value.startswith("x'") else value
        huge = f"repeat('{TOKEN}', {1 << 18})"
    types = ["BLOB", "TEXT", "INTEGER", "REAL", "DATE", "TIMESTAMP", "BOOLEAN"]
    if kind == "duckdb":
        types += ["HUGEINT", "DOUBLE", "INTERVAL", "TIMESTAMPTZ", "UUID", "DECIMAL(38,10)", "BIT",
                  "TIME", "INTEGER[]", "STRUCT(a INTEGER)", "MAP(VARCHAR, INTEGER)", "TIMESTAMP_S",
                  "TIMESTAMP_NS", "ENUM ('a', 'b')", "JSON"]  # fmt: skip
    selected = ", ".join(name if name != column else f"{value} AS {name}" for name in own)
    retyped = f"TRY_CAST({column} AS {random.choice(types)})"
    if kind != "duckdb":
        retyped = f"CAST({column} AS {random.choice(types)})"
    cast = ", ".join(name if name != column else f"{retyped} AS {name}" for name in own)
    swap = [f"ALTER TABLE {table} RENAME TO kept"]
    endless = f"{_ENDLESS} LIMIT {random.choice([1000, 10**12])}"
    return random.choice([
        [f"DROP TABLE {table}"],
        [f"DELETE FROM {table}"],
        [f"ALTER TABLE {table} DROP COLUMN {column}"],
        [f'ALTER TABLE {table} RENAME COLUMN {column} TO "{TOKEN}"'],
        [f"UPDATE {table} SET {column} = {value}"],
        [*swap, f"CREATE VIEW {table} AS SELECT {selected} FROM kept"],
        [*swap, f"CREATE TABLE {table} AS SELECT {selected} FROM kept"],
        [*swap, f"CREATE TABLE {table} AS SELECT {cast} FROM kept"],
        [*swap, f"CREATE VIEW {table} AS SELECT * FROM {table}"],
        [*swap, f"CREATE VIEW other AS SELECT * FROM {table}",
         f"CREATE VIEW {table} AS SELECT * FROM other"],
        [*swap, f"CREATE VIEW {table} AS SELECT * FROM kept, ({endless})"],
        [f"INSERT INTO {table} SELECT * FROM {table}"],
        [f"INSERT INTO {table} SELECT * FROM {table} LIMIT 1",
         f"UPDATE {table} SET {column} = {value}"],
        [*swap, f"CREATE TABLE {table} AS SELECT {cast} FROM kept",
         f"ALTER TABLE {table} ADD COLUMN more TEXT", f"UPDATE {table} SET more = {huge}"],
    ])  # fmt: skip


def sqlite(raw: bytes, random: Random) -> bytes:
    """An SQLite database after some statements of its owner."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.sqlite"
        path.write_bytes(raw)
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            connection.execute("PRAGMA synchronous = OFF")
            for _ in range(random.choice([1, 1, 2])):
                columns = {
                    name: [row[1] for row in connection.execute(f"PRAGMA table_info({name})")]
                    for name in _TABLES
                }
                for statement in _statements(columns, random, "sqlite"):
                    try:
                        connection.execute(statement)
                    except sqlite3.Error:
                        break
        return path.read_bytes()


def duck(raw: bytes, random: Random) -> bytes:
    """A DuckDB database after some statements of its owner."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.duckdb"
        path.write_bytes(raw)
        with duckdb.connect(path) as connection:
            connection.execute("USE cdm")
            asked = "SELECT table_name, list(column_name) FROM duckdb_columns() GROUP BY 1"
            columns = dict(connection.execute(asked).fetchall())
            for statement in _statements(columns, random, "duckdb"):
                try:
                    connection.execute(statement)
                except duckdb.Error:
                    break
        return path.read_bytes()
