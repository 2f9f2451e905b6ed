"""A PostgreSQL server of the tests' own, on a Unix socket in a folder of its own."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa

OWNER, PASSWORD = "owner", "Quartz4711Zebra"
_START_SECONDS = 30


@dataclass(frozen=True)
class Postgres:
    """A running server; ``OWNER`` may do everything, others log in with ``PASSWORD`` too."""

    socket: Path

    def connect(self, **changes: Any) -> psycopg.Connection:
        """A connection of the owner."""
        login = {"host": str(self.socket), "user": OWNER, "password": PASSWORD}
        return psycopg.connect(**(login | {"dbname": "postgres"} | changes))

    def run(self, *statements: str) -> None:
        """Run statements as the owner."""
        with self.connect(autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement)

    def url(self, user: str = OWNER, password: str | None = PASSWORD, **changes: Any) -> str:
        """The URL as a clinic would write it."""
        address = sa.URL.create(
            "postgresql", user, password, database="postgres", query={"host": str(self.socket)}
        ).set(**changes)
        return address.render_as_string(hide_password=False)


def _programs() -> Path | None:
    """The folder of the newest server, where Debian puts it."""
    found = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda p: float(p.parts[-3])
    )
    return found[-1].parent if found else None


def _identity() -> dict[str, Any]:
    """The server refuses to run as root; then it runs as the user of its package."""
    if os.geteuid() != 0:
        return {}
    user = pwd.getpwnam("postgres")
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


@contextmanager
def _running(programs: Path) -> Iterator[Postgres]:
    identity = _identity()
    # Not pytest's folder: its path may be too long for a socket, and is closed to other users.
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    try:
        secret = folder / "password"
        secret.write_text(PASSWORD, encoding="utf-8")
        for path in (folder, secret):
            os.chown(path, identity.get("user", -1), identity.get("group", -1))
        data = str(folder / "data")
        subprocess.run(
            [programs / "initdb", "-D", data, "-U", OWNER, "-A", "scram-sha-256",
             f"--pwfile={secret}", "-E", "UTF8", "--locale=C", "--no-sync"],
            check=True, stdout=subprocess.DEVNULL, cwd=folder, **identity,
        )  # fmt: skip
        server = subprocess.Popen(
            [programs / "postgres", "-D", data, "-k", str(folder), "-c", "listen_addresses=",
             "-c", "fsync=off"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=folder, **identity,
        )  # fmt: skip
        try:
            postgres = Postgres(folder)
            _wait(postgres)
            yield postgres
        finally:
            server.send_signal(signal.SIGINT)
            server.wait(timeout=_START_SECONDS)
    finally:
        shutil.rmtree(folder)


def _wait(postgres: Postgres) -> None:
    end = time.monotonic() + _START_SECONDS
    while True:
        try:
            postgres.connect().close()
            return
        except psycopg.OperationalError:
            if time.monotonic() > end:
                raise
            time.sleep(0.05)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A server for the whole session; skips by name where none is installed."""
    programs = _programs()
    if programs is None:
        pytest.skip("PostgreSQL: no server in /usr/lib/postgresql (apt-get install postgresql)")
    with _running(programs) as server:
        yield server
