"""Databases of a study: opened to read, with a time limit, and heard out without a secret."""

from __future__ import annotations

import os
import re
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from analysis.rules import refusal

__all__ = ["Database", "Fault", "Server"]

# Rows that are held in memory at a time.
BATCH = 10_000
_CONNECT_SECONDS = 10
_SQLITE, _DUCKDB = b"SQLite format 3\x00", b"DUCK"
_POSTGRESQL = ("postgresql", "postgres", "postgresql+psycopg")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)

# https://www.postgresql.org/docs/current/errcodes-appendix.html
_SQLSTATES = {
    "42501": "omop.permission",
    "42P01": "omop.no-table",
    "42703": "omop.no-column",
    "57014": "omop.timeout",
    "57P01": "omop.lost",
    "57P02": "omop.lost",
    "57P03": "omop.lost",
}
# The classes and the words of embedded databases, which are never translated.
_CLASSES = {
    "CatalogException": "omop.no-table",
    "BinderException": "omop.no-column",
    "InterruptException": "omop.timeout",
    "SerializationException": "omop.not-a-database",
}
_WORDS = {
    "interrupt": "omop.timeout",
    "no such table": "omop.no-table",
    "unknown database": "omop.no-table",
    "no such column": "omop.no-column",
    "database is locked": "omop.locked",
    "set lock on file": "omop.locked",
    "different configuration": "omop.locked",
    "unable to open": "omop.no-file",
    "permission denied": "omop.no-file",
    "not a database": "omop.not-a-database",
    "malformed": "omop.not-a-database",
    "not a valid duckdb": "omop.not-a-database",
    "corrupt": "omop.not-a-database",
    "storage version": "omop.not-a-database",
    "version number": "omop.not-a-database",
}


class Fault(Exception):
    """What went wrong inside a database: a rule, and never the driver's words."""

    def __init__(self, rule: str, error: str) -> None:
        super().__init__(rule)
        self.rule = rule
        self.error = error


@dataclass(frozen=True)
class Server:
    """A PostgreSQL server: its URL without a password, or the variable that holds the whole URL."""

    url: str | None = None
    url_env: str | None = None

    def address(self) -> sa.URL:
        """The URL for SQLAlchemy.

        Raises
        ------
        ReliefError
            ``omop.password-in-file``, ``omop.no-environment`` or ``omop.url``; never with
            the URL in it.
        """
        given = self.url
        if self.url_env is not None:
            # A URL in the place of the name must not be printed either.
            named = _VARIABLE.fullmatch(self.url_env)
            given = os.environ.get(self.url_env, "") if named else ""
            if not given:
                raise refusal("omop.no-environment")
        address = _parsed(given or "")
        if address is None or address.drivername not in _POSTGRESQL:
            raise refusal("omop.url")
        told = [address.password is not None, *("password" in key for key in address.query)]
        if self.url_env is None and any(told):
            raise refusal("omop.password-in-file")
        return address.set(drivername="postgresql+psycopg")


def _parsed(text: str) -> sa.URL | None:
    try:
        return sa.make_url(text.strip())
    except (ArgumentError, ValueError):
        return None


def _embedded(path: Path, seconds: int) -> sa.Engine:
    """An engine for a database file, told by its first bytes and opened to be read only."""
    try:
        with path.open("rb") as file:
            head = file.read(16)
    except (OSError, ValueError):
        head = None
    if head is None:
        raise refusal("omop.no-file", file=path.name)
    if not head:
        raise refusal("file.empty", file=path.name)
    if head == _SQLITE:
        address = f"{path.resolve().as_uri()}?mode=ro"
        return sa.create_engine(
            "sqlite://",
            creator=lambda: sqlite3.connect(
                address, uri=True, timeout=min(seconds, 5), check_same_thread=False
            ),
            poolclass=sa.NullPool,
        )
    if head[8:12] != _DUCKDB:
        raise refusal("omop.not-a-database", file=path.name)
    # A table that is missing must not be looked for among Python's variables or on the web.
    config = {"python_enable_replacements": False, "enable_external_access": False}
    return sa.create_engine(
        sa.URL.create("duckdb", database=str(path.resolve())),
        connect_args={"read_only": True, "config": config},
        poolclass=sa.NullPool,
    )


def _rule(error: Exception) -> str:
    """The rule for a driver's error: by its SQLSTATE, its class, or words that never change."""
    original = getattr(error, "orig", None) or error
    state = getattr(original, "sqlstate", None)
    if state is not None:
        return _SQLSTATES.get(state, "omop.failed")
    said = str(original).lower()
    if type(original).__module__.startswith("psycopg"):
        return _of_connection(original, said)
    known = _CLASSES.get(type(original).__name__)
    return known or next((rule for word, rule in _WORDS.items() if word in said), "omop.failed")


def _of_connection(error: Any, said: str) -> str:
    """The rule for an error without an SQLSTATE: of the connection, before or while it is used."""
    connection = getattr(error, "pgconn", None)
    if "fatal" in said or (connection is not None and connection.needs_password):
        return "omop.login"
    return "omop.lost" if "server closed" in said else "omop.unreachable"


@dataclass(frozen=True)
class Database:
    """A database that can only be read.

    Attributes
    ----------
    engine : sqlalchemy.Engine
    file : str or None
        Name of the file; None of a server, whose name is nobody's business.
    seconds : int
        Longest time for one statement; of a file, for one table.
    """

    engine: sa.Engine
    file: str | None
    seconds: int

    @classmethod
    def of(cls, source: Path | Server, seconds: int) -> Database:
        """The database of a source.

        Raises
        ------
        ReliefError
            What :meth:`Server.address` refuses; ``omop.no-file``, ``file.empty`` or
            ``omop.not-a-database`` of a file.
        """
        if isinstance(source, Path):
            return cls(_embedded(source, seconds), source.name, seconds)
        engine = sa.create_engine(
            source.address(),
            connect_args={"connect_timeout": _CONNECT_SECONDS, "client_encoding": "utf8"},
            poolclass=sa.NullPool,
            hide_parameters=True,
        )
        return cls(engine, None, seconds)

    @contextmanager
    def _connected(self) -> Iterator[sa.Connection]:
        """A connection in one transaction that only reads, and ends when the time is over."""
        with self.engine.connect() as connection:
            if self.file is None:
                connection = connection.execution_options(postgresql_readonly=True)
                settings = {
                    "statement_timeout": str(self.seconds * 1000),
                    "timezone": "UTC",
                    "datestyle": "ISO, YMD",
                }
                for name, value in settings.items():
                    connection.execute(sa.select(sa.func.set_config(name, value, True)))
                yield connection
                return
            driver: Any = connection.connection.driver_connection
            watch = threading.Timer(self.seconds, driver.interrupt)
            watch.daemon = True
            watch.start()
            try:
                yield connection
            finally:
                watch.cancel()

    def fetch(self, statement: sa.Select, receive: Callable[[Sequence[sa.Row]], None]) -> None:
        """Run a statement and hand its rows over, at most ``BATCH`` at a time.

        Raises
        ------
        Fault
            Where the database cannot, as a rule; without the driver's message, which may hold
            values and addresses.
        """
        options = {"stream_results": True, "yield_per": BATCH}
        try:
            with (
                self._connected() as connection,
                connection.execute(statement, execution_options=options) as result,
            ):
                for rows in result.partitions():
                    receive(rows)
            return
        except (SQLAlchemyError, OSError, UnicodeError) as error:
            fault = Fault(_rule(error), type(getattr(error, "orig", None) or error).__name__)
        # Outside of the except clause, so that the driver's error hangs on nothing.
        raise fault

    def has_schema(self, name: str) -> bool:
        """Whether the database has a schema; asked once a table was not found."""
        try:
            with self._connected() as connection:
                return sa.inspect(connection).has_schema(name)
        except SQLAlchemyError:
            return True

    def fault_in(self, columns: Sequence[sa.ColumnClause]) -> tuple[sa.ColumnClause, Fault] | None:
        """The first of some columns that cannot be read by itself, and why."""
        for column in columns:
            try:
                self.fetch(sa.select(column).where(sa.false()), lambda rows: None)
            except Fault as fault:
                return column, fault
        return None
