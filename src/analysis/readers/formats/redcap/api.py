"""A REDCap project through its API: the same text as an export, and nothing more than needed."""

from __future__ import annotations

import csv
import io
import ipaddress
import os
import re
from collections.abc import Callable
from contextlib import suppress
from typing import Any, cast

import requests
from redcap.project import Project as Api
from redcap.request import RedcapError

from analysis.errors import ReliefError
from analysis.readers.formats.delimited.read import read_text
from analysis.readers.formats.redcap.dictionary import Dictionary, parse_dictionary
from analysis.readers.formats.redcap.events import EventTable, parse_events
from analysis.readers.formats.redcap.project import Project
from analysis.readers.formats.redcap.wanted import OF_FORMS, SURVEY, Wanted
from analysis.readers.table.text_table import TextTable
from analysis.rules import refusal

__all__ = ["fetch"]

_CONNECT_SECONDS = 20
# Servers take a thousand variables a request, each record and each field being one.
_BATCH, _VARIABLES = 100, 900
# Neither a name and password before the host nor a query may hold a secret.
_API = re.compile(
    r"(?P<scheme>https?)://(?P<host>[\w.-]+|\[[0-9a-f:]+\])(?::\d+)?(?:/[\w.~-]+)*/api/?", re.ASCII
)
_TOKEN = re.compile(r"[0-9A-Za-z]{32}", re.ASCII)


class _Received:
    """As much of a path as reading text needs, for text that must not be written to a disk."""

    def __init__(self, name: str, text: str) -> None:
        self.name, self._bytes = name, text.encode("utf-8")

    def open(self, *_: Any, **__: Any) -> io.BytesIO:
        return io.BytesIO(self._bytes)


class _NotAsAsked(Exception):
    """An answer of the server that is no data: the rule that it falls under."""

    def __init__(self, rule: str, **words: object) -> None:
        super().__init__(rule)
        self.rule, self.words = rule, words


def _checked(response: requests.Response, **_: Any) -> None:
    """A hook on every answer: only data passes."""
    status = response.status_code
    if status in (401, 403):
        raise _NotAsAsked("redcap.forbidden", status=status)
    if 300 <= status < 400:
        raise _NotAsAsked("redcap.redirect", status=status)
    if status >= 500:
        raise _NotAsAsked("redcap.server", status=status)
    start = response.content.lstrip()[:8]
    if status in (400, 406) or start == b'{"error"':
        raise _NotAsAsked("redcap.bad-request")
    if status != 200 or start[:1] == b"<":
        raise _NotAsAsked("redcap.no-answer")
    # Without a declared charset text would be taken for Latin-1.
    response.encoding = "utf-8"


class _Server:
    """The API of one project. Whatever goes wrong is told without what was sent."""

    def __init__(self, url: str, token: str, timeout: float) -> None:
        self._project = Api(
            url,
            token,
            timeout=(min(_CONNECT_SECONDS, timeout), timeout),
            # A redirected request would carry the token to another server.
            allow_redirects=False,
            hooks={"response": _checked},
        )

    def ask(self, what: str, call: Callable[[Api], Any]) -> Any:
        """What a call returns.

        Raises
        ------
        ReliefError
            One of the rules ``redcap.*``. Made afresh: an error of the HTTP library holds
            the request, and with it the token.
        """
        try:
            return call(self._project)
        except _NotAsAsked as error:
            problem = self._told(error.rule, what, error.words)
        except requests.exceptions.SSLError:
            problem = self._told(
                "redcap.unreachable", what, {"why": "its certificate is not valid"}
            )
        except requests.exceptions.Timeout:
            problem = self._told("redcap.unreachable", what, {"why": "it did not answer in time"})
        except (requests.exceptions.JSONDecodeError, requests.exceptions.ChunkedEncodingError):
            problem = self._told("redcap.no-answer", what, {})
        except requests.exceptions.ConnectionError:
            problem = self._told("redcap.unreachable", what, {"why": "there was no connection"})
        except RedcapError:
            problem = self._told("redcap.bad-request", what, {})
        raise problem

    @staticmethod
    def _told(rule: str, what: str, words: dict[str, Any]) -> ReliefError:
        if rule in ("redcap.bad-request", "redcap.server", "redcap.no-answer"):
            words = words | {"what": what}
        return refusal(rule, **words)

    def text(self, name: str, what: str, call: Callable[[Api], Any]) -> TextTable:
        """An answer in CSV as text."""
        return _read(name, self.ask(what, call))


def _read(name: str, text: str) -> TextTable:
    return read_text(cast(Any, _Received(name, text)), separator=",", encoding="utf-8")


def _address(url: str) -> str:
    """The URL of an API: encrypted, unless the server is this computer."""
    match = _API.fullmatch(url)
    if match is None:
        raise refusal("redcap.url")
    host, local = match["host"].strip("[]"), match["host"] == "localhost"
    with suppress(ValueError):
        local = local or ipaddress.ip_address(host).is_loopback
    if match["scheme"] != "https" and not local:
        raise refusal("redcap.url")
    return url.rstrip("/") + "/"


def _token(variable: str) -> str:
    token = os.environ.get(variable, "").strip() if variable else ""
    if not _TOKEN.fullmatch(token):
        raise refusal("redcap.no-token", name=variable or "(none)")
    return token


def _fields(wanted: Wanted, dictionary: Dictionary) -> list[str]:
    """Fields to ask for: the declared ones and those that show whether a form was begun."""
    evidence = wanted.evidence(dictionary.columns, dictionary)
    known = [dictionary.field(name) for name in wanted.columns]
    marked = [one.name for one in known if one and one.identifies]
    if marked:
        raise refusal("identifier.redcap-flag", file=dictionary.file, columns=repr(marked[0]))
    shown = [dictionary.field(name) for names in evidence.values() for name in names]
    named = [one.name for one in [*known, *shown] if one]
    states = [f"{form}{OF_FORMS[0]}" for form in evidence]
    states += [
        name
        for name in wanted.columns
        if name.removesuffix(OF_FORMS[0]) in dictionary.forms and name.endswith(OF_FORMS[0])
    ]
    return list(dict.fromkeys([dictionary.record_id, *named, *states]))


def _rows(text: str) -> list[list[str]]:
    with suppress(csv.Error):
        return list(csv.reader(io.StringIO(text, newline=""), strict=True))
    raise refusal("redcap.no-answer", what="records")


def _records(server: _Server, fields: list[str], dictionary: Dictionary) -> str:
    """All records as one CSV text, asked for by the hundred, without survey identifiers."""
    key = dictionary.record_id
    listed = server.ask("the list of records", lambda p: p.export_records("csv", fields=[key]))
    rows = _rows(listed)
    if not rows or key not in rows[0]:
        raise refusal("redcap.no-answer", what="the list of records")
    place = rows[0].index(key)
    ids = list(dict.fromkeys(row[place] for row in rows[1:] if row))
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    header: list[str] = []
    size = max(1, min(_BATCH, _VARIABLES - len(fields)))
    for start in range(0, len(ids), size):
        batch = ids[start : start + size]
        answer = _rows(server.ask("records", _asking(batch, fields)))
        top = answer[0] if answer else []
        told = {row[top.index(key)] for row in answer[1:] if row} if key in top else set()
        sent = {one.name if (one := dictionary.field(name)) else name for name in top}
        if told != set(batch) or not sent.issuperset(fields) or (header and top != header):
            raise refusal("redcap.incomplete", asked=len(batch), fields=len(fields))
        keep = [number for number, name in enumerate(top) if name != SURVEY]
        # Rows of another length go on as they are: reading refuses them.
        writer.writerows(
            [row[number] for number in keep] if len(row) == len(top) else row
            for row in (answer[1:] if header else answer)
            if row
        )
        header = top
    return out.getvalue()


def _asking(batch: list[str], fields: list[str]) -> Callable[[Api], Any]:
    return lambda project: project.export_records(
        "csv",
        records=batch,
        fields=fields,
        raw_or_label="raw",
        raw_or_label_headers="raw",
        event_name="unique",
        export_survey_fields=True,
        export_data_access_groups=True,
        export_blank_for_gray_form_status=True,
    )


def fetch(url: str, token_env: str, wanted: Wanted, timeout: float) -> Project:
    """Ask a REDCap server for what a table needs of a project.

    Only the fields of the wanted forms are asked for, and none that the project marks as an
    identifier; records come by the hundred. Nothing is written to a disk.

    Parameters
    ----------
    url : str
        Of the API; https, but for a server on this computer.
    token_env : str
        Name of the environment variable that holds the token.
    wanted : Wanted
    timeout : float
        Seconds to wait for an answer.

    Returns
    -------
    Project
        ``sha256`` of its export is that of all records as one CSV text in UTF-8, lines
        ended by line feeds, in the order of the server.

    Raises
    ------
    ReliefError
        ``redcap.url``, ``redcap.no-token``, ``redcap.unreachable``, ``redcap.forbidden``,
        ``redcap.redirect``, ``redcap.bad-request``, ``redcap.server``,
        ``redcap.no-answer``, ``redcap.incomplete``, and what reading the text refuses.
    """
    server = _Server(_address(url), _token(token_env), timeout)
    about = server.ask("the project", lambda project: project.export_project_info())
    if not isinstance(about, dict):
        raise refusal("redcap.no-answer", what="the project")
    dictionary = parse_dictionary(
        server.text("data dictionary", "the data dictionary", lambda p: p.export_metadata("csv"))
    )
    events = EventTable()
    if str(about.get("is_longitudinal")) == "1":
        events = parse_events(server.text("events", "events", lambda p: p.export_events("csv")))
    text = _records(server, _fields(wanted, dictionary), dictionary)
    name = "+".join(["redcap-api", *wanted.forms(dictionary), *wanted.events])
    export = _read(name, text)
    return Project(export, dictionary, events, export.issues)
