"""Where a table of a study.toml is and how it is written."""

from __future__ import annotations

import codecs
import tomllib
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import Annotated, Any, ClassVar, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    field_validator,
    model_validator,
)

from analysis.config.precision import format_precision
from analysis.errors import is_printable

__all__ = [
    "PLUS",
    "VISIT",
    "BySite",
    "DatetimeFormat",
    "Strict",
    "Table",
    "TimeZone",
    "is_zone",
    "parts",
]

VISIT = "{visit}"
# The column in which a REDCap export names the event of a row.
EVENT = "redcap_event_name"
PLUS = " + "
# Roles of columns whose text is kept; in all others what is no number or time is set aside.
_TEXTS = ("subject", "arm", "site", "sequence", "blinding_guess", "agent", "dose_unit", "route",
          "status", "recall", "visit_name")  # fmt: skip
# Text codecs of Python that are no encoding of a file.
_NO_ENCODINGS = {"idna", "punycode", "unicode-escape", "raw-unicode-escape", "undefined", "utf-7"}


def parts(names: list[str]) -> list[str]:
    """Columns behind names, each once: two where a date and a time of day are joined."""
    return list(dict.fromkeys(part for name in names for part in name.split(PLUS)))


def _texts(value: Any) -> Iterator[str]:
    """Every text in a value of TOML, keys included."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list | tuple):
        for entry in value:
            yield from _texts(entry)
        if isinstance(value, dict):
            yield from _texts(list(value.values()))


class Strict(BaseModel):
    """A table of TOML: no unknown key, no converted type, no text that is not seen when printed.

    Where ``AS_IN_FILES``, texts are names in files, which their sender may not choose.
    """

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)
    AS_IN_FILES: ClassVar[bool] = False

    @model_validator(mode="after")
    def _printable(self) -> Self:
        for key, value in self:
            if not self.AS_IN_FILES and not all(map(is_printable, _texts(value))):
                raise ValueError(
                    f"{key} holds a character that is not seen where it is printed (a control, a "
                    "direction or zero width); type it again without"
                )
        return self


@cache
def _formats() -> dict[str, dict[str, dict[str, Any]]]:
    """Every format, with the columns that it has for each role where their names are fixed."""
    return tomllib.loads(files(__package__).joinpath("formats.toml").read_text("utf-8"))


# One text for all rows, or one for the participants of each site, by what ``site`` holds.
BySite = str | dict[str, str]


def _at_sites(value: Any) -> Any:
    """One text for all, or a table of texts by site; said in one sentence where it is neither."""
    by_site = isinstance(value, dict) and value and all(isinstance(v, str) for v in value.values())
    if not isinstance(value, str) and not by_site:
        raise ValueError(
            'write a text in quotation marks, or one for each site, as in { "1" = "Asia/Tokyo" } '
            'for timezone or { "1" = "%d/%m/%Y %H:%M" } for datetime_format'
        )
    return value


def _whole_date(form: BySite) -> BySite:
    forms = form.values() if isinstance(form, dict) else [form]
    if any(format_precision(one) is None for one in forms):
        raise ValueError(
            "datetime_format must tell year, month and day, and the half of the day with an "
            'hour of twelve, as in "%d/%m/%Y %H:%M"'
        )
    return form


# A declared ``strptime`` format, refused unless it tells the whole date.
DatetimeFormat = Annotated[BySite, BeforeValidator(_at_sites), AfterValidator(_whole_date)]


def is_zone(name: str) -> bool:
    """Whether a text is the IANA name of a zone, which means the same on every computer."""
    try:
        # "localtime" would be another zone on another computer.
        return bool(name) and name != "localtime" and bool(ZoneInfo(name))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False


def _known_zones(zone: BySite) -> BySite:
    if not all(map(is_zone, zone.values() if isinstance(zone, dict) else [zone])):
        raise ValueError('timezone must be an IANA name such as "America/Detroit"')
    return zone


# The IANA name of a zone.
TimeZone = Annotated[BySite, BeforeValidator(_at_sites), AfterValidator(_known_zones)]


class Table(Strict):
    """Where a table is, how it is written, and whose rows it holds.

    Attributes
    ----------
    path : str
        File (or folder of files) relative to study.toml; blank only where a table comes
        from a server.
    outside : bool
        Whether the file may lie outside the folder of study.toml.
    format : str, optional
        Told by the file name unless given. Formats with fixed column names (``sdtm``,
        ``adam``, ``fhir``, ``omop``) fill in every role that study.toml leaves out.
    subject : str
        Column of the person's identifier.
    timezone, datetime_format : str or dict, optional
        Zone of the table's times that are written without one, and how they are written; by site
        where sites differ; the study's unless given.
    where : dict
        Keeps the rows whose columns hold the given text, or one of several.
    visits : list or dict, optional
        A wide file: the text that takes the place of ``{visit}`` in the names of columns,
        one block of columns a visit. With nominal times a visit is given its hour. In a long
        file, the names in the column of visits whose rows are kept.
    events : list or dict, optional
        REDCap's unique names of the events whose rows are kept; with nominal times each is
        given its hour.
    labels : dict
        Words that stand for codes in an export of labels, and the code of each.
    """

    AS_IN_FILES: ClassVar[bool] = True
    ROLE: ClassVar[str]
    COLUMNS: ClassVar[tuple[str, ...]] = ("subject",)
    # Keys that say the same in other ways: a default gives way to any of them.
    INSTEAD: ClassVar[dict[str, tuple[str, ...]]] = {}

    path: str = ""
    outside: bool = False
    subject: str
    format: str | None = None
    separator: Literal[",", ";", "\t", "|"] | None = None
    decimal: Literal[".", ","] = "."
    encoding: str | None = None
    sheet: str | None = None
    datetime_format: DatetimeFormat | None = None
    timezone: TimeZone | None = None
    excel_epoch: Literal[1900, 1904] | None = None
    where: dict[str, str | list[str]] = {}
    labels: dict[str, str] = {}
    visits: list[str] | dict[str, float] | None = None
    # REDCap
    dictionary: str | None = None
    events: list[str] | dict[str, float] | None = None
    event_table: str | None = None
    form: str | None = None
    token_env: str | None = None
    # Databases, and the REDCap API
    url: str | None = None
    url_env: str | None = None
    schema_name: str | None = Field(default=None, alias="schema")
    table: Literal["measurement", "observation"] | None = None
    codes: list[str] = Field(default=[])
    cohorts: list[str] = Field(default=[])
    cohort_table: str = "cohort"
    timeout_seconds: int = Field(default=600, gt=0)
    # Not of study.toml: roles that the format filled in, and which of the visits this is.
    filled_in: list[str] = Field(default=[])
    visit: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _fixed_roles(cls, given: Any) -> Any:
        if not isinstance(given, dict):
            return given
        for key in ("filled_in", "visit", "at_hours"):
            if key in given:
                raise ValueError(f"{key} is no key of study.toml; remove it")
        if not isinstance(given.get("format"), str):
            return given
        if given["format"] == "redcap" and isinstance(given.get("events"), dict):
            # The hours of events stand by the name of the event, as those of visits do.
            given = {"visit_name": EVENT, **given} if "visit_name" in cls.model_fields else given
        fixed = dict(_formats().get(given["format"], {}).get(cls.ROLE, {}))
        if given["format"] == "omop" and isinstance(given.get("table"), str):
            fixed |= {
                key: column.replace("measurement", given["table"])
                for key, column in fixed.items()
                if isinstance(column, str)
            }
        left_out = {
            key: column
            for key, column in fixed.items()
            if key not in given and not set(cls.INSTEAD.get(key, ())) & set(given)
        }
        return given | left_out | {"filled_in": list(left_out)}

    @field_validator("labels", mode="before")
    @classmethod
    def _codes_as_text(cls, labels: Any) -> Any:
        """A code may be written as the number that it is."""
        if not isinstance(labels, dict):
            return labels
        whole = {key: code for key, code in labels.items() if type(code) is int}
        return labels | {key: str(code) for key, code in whole.items()}

    @field_validator("encoding")
    @classmethod
    def _text_encoding(cls, name: str | None) -> str | None:
        if name is not None:
            try:
                "".encode(name)
                known = codecs.lookup(name).name.replace("_", "-")
            except (LookupError, ValueError):
                known = "undefined"
            if known in _NO_ENCODINGS:
                raise ValueError('encoding must be one such as "utf-8", "utf-16" or "cp1252"')
        return name

    @field_validator("format", mode="before")
    @classmethod
    def _known_format(cls, name: Any) -> Any:
        if name is not None and (not isinstance(name, str) or name not in _formats()):
            *others, last = map(repr, _formats())
            raise ValueError(f"input should be {', '.join(others)} or {last}")
        return name

    @model_validator(mode="after")
    def _source(self) -> Self:
        if self.separator == self.decimal:
            raise ValueError('separator and decimal cannot both be a comma; try separator = ";"')
        redcap = ("dictionary", "event_table", "events", "form", "token_env")
        if self.format != "redcap" and (odd := [key for key in redcap if getattr(self, key)]):
            raise ValueError(f'{odd[0]} goes with format = "redcap"')
        server = self.url is not None or self.url_env is not None
        if not self.path and not (server and self.format in ("omop", "redcap")):
            raise ValueError('path is missing; add the line: path = "file"')
        return self

    def columns(self) -> list[str]:
        """Names of the columns that the table declares, each once, in a fixed order."""
        named = [value for key in self.COLUMNS if (value := getattr(self, key)) is not None]
        flat = [name for value in named for name in ([value] if isinstance(value, str) else value)]
        return parts([*flat, *self.where])

    def kept_as_text(self) -> list[str]:
        """Columns whose cells are kept as they are written, each once."""
        kept = [getattr(own, role, None) for own in self.by_visit() for role in _TEXTS]
        names = [name for name in kept if isinstance(name, str)] + getattr(self, "form_id", [])
        return list(dict.fromkeys(names))

    def joined(self) -> list[str]:
        """Roles whose text stands in two columns, a date and a time of day: ``"day + clock"``."""
        own = (getattr(self, key) for key in self.COLUMNS)
        return [name for name in own if isinstance(name, str) and PLUS in name]

    def source(self) -> str:
        """What tells files, and ways of reading them, apart."""
        # How times are read changes no cell, but for a database that is asked on its own clock.
        how = {"timezone"} if self.format != "omop" else set()
        apart = {"where", "labels", "visits", "visit", *how}
        told = self.model_dump(exclude={*apart, *self.COLUMNS})
        named = {key: told[key] for key in Table.model_fields if key in told}
        by_role = self.format == "redcap" or _formats().get(self.format or "")
        role = self.ROLE if by_role else ""
        # A REDCap export holds rows of several kinds; the columns tell which are meant.
        columns = self.columns() if self.format == "redcap" else []
        # A convention speaks of the chosen rows alone.
        columns += [f"{k}={v}" for k, v in self.where.items() if self.format in ("sdtm", "adam")]
        return repr((role, columns, sorted(named.items(), key=str)))

    def by_visit(self) -> list[Self]:
        """One table a visit of a wide file; the table itself where it names no visits."""
        if self.visits is None or not self._wide:
            return [self]
        return [self._at(visit) for visit in self.visits]

    @property
    def _wide(self) -> bool:
        return any(VISIT in str(getattr(self, key)) for key in self.COLUMNS)

    def _at(self, visit: str) -> Self:
        def filled(value: Any) -> Any:
            if isinstance(value, str):
                return value.replace(VISIT, visit)
            return [filled(entry) for entry in value] if isinstance(value, list) else value

        own = {key: filled(getattr(self, key)) for key in self.COLUMNS}
        at = {"at_hours": self.visits[visit]} if isinstance(self.visits, dict) else {}
        return self.model_copy(update=own | at | {"visits": None, "visit": visit})

    @model_validator(mode="after")
    def _visits(self) -> Self:
        if self._wide and self.visits is None:
            raise ValueError('names hold {visit}; add the line: visits = ["...", "..."]')
        if self.visits is not None and not self._wide and not getattr(self, "visit_name", None):
            raise ValueError(
                "visits is given but no column's name holds {visit}, and no visit_name tells a "
                "column of visits"
            )
        if isinstance(self.events, dict) and not getattr(self, "visit_name", None):
            raise ValueError("hours of events go with forms; write a list of events here")
        return self
