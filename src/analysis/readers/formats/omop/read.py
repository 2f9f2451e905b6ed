"""One table of an OMOP database as text, and what keeps it from being read."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import sqlalchemy as sa

from analysis.errors import Issue, ReliefError
from analysis.readers.formats.omop.database import Database, Fault, Server
from analysis.readers.formats.omop.received import Received
from analysis.readers.formats.omop.tables import BODY_WEIGHT, KILOGRAM, TABLES, Query, Wanted, query
from analysis.readers.table.text_table import TextTable
from analysis.rules import first_of, issue, refusal

__all__ = ["read_omop"]

_VERSION = re.compile(r"(\d{1,2})\.(\d{1,2})", re.ASCII)
_READABLE = {(5, 3), (5, 4)}
_UNIT = "unit_concept_id"
_ABSENT = ("omop.no-table", "omop.no-column", "omop.permission")
# Faults of a table or a column, which asking for each alone tells apart.
_INSIDE = (*_ABSENT, "omop.failed")


def read_omop(
    source: Path | Server,
    *,
    role: str,
    table: str | None = None,
    schema: str | None = None,
    codes: Mapping[str, Sequence[str]] | None = None,
    cohorts: Sequence[str] = (),
    cohort_table: str = "cohort",
    columns: Sequence[str] | None = None,
    timezone: str | None = None,
    timeout_seconds: int = 600,
) -> TextTable:
    """Read one table of an OMOP database as text, in a transaction that can only read.

    Parameters
    ----------
    source : Path or Server
        A DuckDB or SQLite file, told by its first bytes, or a PostgreSQL server.
    role : {"subjects", "infusions", "rescue", "assessments", "weights"}
        ``person``, ``drug_exposure`` (twice), ``measurement`` or ``observation`` (twice).
    table : str, optional
        Where a role has more than one; the first otherwise.
    schema : str, optional
        Schema of the tables; the database's own default otherwise.
    codes : mapping of str to sequence of str
        Column to codes: the rows that hold one of them leave the database, no others.
        Needed of every role but subjects; of weights, body weight (concept 3025315) unless
        given.
    cohorts, cohort_table : sequence of str, str
        Only people in these cohorts (``cohort_definition_id``), if any are given; the table
        may be named ``schema.table``.
    columns : sequence of str, optional
        What is asked of the database; everything that the role offers otherwise, but what
        needs a join.
    timezone : str, optional
        IANA zone in which times that carry one are looked at for midnight.
    timeout_seconds : int
        Longest time for one statement of a server, or for one table of a file.

    Returns
    -------
    TextTable
        ``file`` is ``OMOP`` and the table's name. ``rows`` are positions from 1 in the order
        of the primary key. Numbers are plain decimals without trailing zeros, times ISO 8601
        without a zone unless the column has one (then UTC, ``Z``), cut to the date where the
        time of day is blank or 00:00:00, or lies on another day than the date beside it.
        ``sha256`` is of the cells as received, whatever the order of the rows; the same content
        has the same one in every kind of database.

    Raises
    ------
    ReliefError
        ``omop.*`` or ``file.empty``: one sentence, without an address, a name of a user, a
        password, a statement or a value.
    """
    offered = {one.name: one for one in TABLES[role]}
    if (own := offered.get(table or next(iter(offered)))) is None:
        raise refusal("omop.table-not-read", names=" and ".join(offered))
    asked = list(own.stored if columns is None else columns)
    if role == "weights":
        asked.append(_UNIT)
        codes = codes or {str(own.code): (BODY_WEIGHT,)}
    names = tuple(dict.fromkeys(asked))
    wanted = Wanted(own, names, schema, codes or {}, cohorts, cohort_table)
    asking = query(wanted)
    database = Database.of(source, timeout_seconds)
    try:
        notes = _version(database, schema)
        received = Received(asking.names)
        database.fetch(asking.statement, received.take)
    except Fault as fault:
        found = fault
    else:
        result = received.table(f"OMOP {own.name}", timezone, notes)
        result = _weights(result) if role == "weights" else result
        return _unseen(result, wanted)
    raise _told(database, asking, own.name, found)


def _version(database: Database, schema: str | None) -> list[Issue]:
    """Refuse another version of the data model; a note where the database does not tell it."""
    told: list[str] = []
    source = sa.table("cdm_source", sa.column("cdm_version"), schema=schema)
    try:
        database.fetch(
            sa.select(source.c.cdm_version),
            lambda rows: told.extend(str(row[0]) for row in rows),
        )
    except Fault as fault:
        if fault.rule not in _ABSENT:
            raise
    found = [match for text in told if (match := _VERSION.search(text))]
    for match in found:
        if (int(match[1]), int(match[2])) not in _READABLE:
            raise refusal("omop.version", file=database.file, found=match[0])
    return [] if found else [issue("omop.version-unknown", file="OMOP cdm_source")]


def _told(database: Database, asking: Query, table: str, fault: Fault) -> ReliefError:
    """The refusal for a fault: which table or column it was, found by asking for each alone."""
    if fault.rule == "omop.timeout":
        return refusal("omop.timeout", file=database.file, seconds=database.seconds)
    if fault.rule not in _INSIDE:
        return refusal(fault.rule, file=database.file)
    found = database.fault_in(asking.read)
    if found is not None:
        return _of_column(database, *found)
    return refusal("omop.failed", file=database.file, table=table, error=fault.error)


def _of_column(database: Database, column: sa.ColumnClause, fault: Fault) -> ReliefError:
    """The refusal for a column that cannot be read by itself."""
    table = column.table
    schema = getattr(table, "schema", None)
    name = str(getattr(table, "name", ""))
    match fault.rule:
        case "omop.permission":
            return refusal("omop.permission", file=database.file, table=name)
        case "omop.no-column":
            return refusal("omop.no-column", file=database.file, table=name, name=column.name)
        case "omop.no-table" if schema is not None and not database.has_schema(schema):
            return refusal("omop.no-schema", file=database.file, schema=schema)
        case "omop.no-table":
            place = "the database's default schema" if schema is None else f"schema {schema!r}"
            return refusal("omop.no-table", file=database.file, table=name, place=place)
    return refusal("omop.failed", file=database.file, table=name, error=fault.error)


def _weights(table: TextTable) -> TextTable:
    """Weights in kilograms alone; the others are set aside and counted."""
    other = (table.cells[_UNIT] != KILOGRAM).to_numpy()
    found = table.note("omop.weight-unit", other, _UNIT)
    return replace(table.pick(~other), issues=(*table.issues, *found))


def _unseen(table: TextTable, wanted: Wanted) -> TextTable:
    """A flag where declared codes are in no row: one mistyped would be missing in silence."""
    found = []
    for column, codes in wanted.codes.items():
        if column in table.cells:
            whole = column.endswith("_id")
            declared = {str(int(code)) if whole else code for code in codes}
            if unseen := sorted(declared - set(table.cells[column].unique())):
                found.append(
                    issue("omop.code-unseen", file=table.file, column=column, count=len(unseen),
                          declared=first_of(unseen))
                )  # fmt: skip
    return replace(table, issues=(*table.issues, *found))
