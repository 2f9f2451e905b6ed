"""study.toml: what a study declares of itself and its files, validated before scores are read."""

from __future__ import annotations

import codecs
import re
import tomllib
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from analysis import instruments
from analysis.errors import ReliefError
from analysis.readers.times import format_precision
from analysis.study import Design

__all__ = [
    "AssessmentTable",
    "InfusionTable",
    "StudyConfig",
    "SubjectTable",
    "Table",
    "load_config",
]

_PLAIN_NUMBER = re.compile(r"[+-]?\d{1,9}(?:\.\d{0,9})?", re.ASCII)
_ITEM_PATTERN = re.compile(r"[^{}]*\{(?::(?:0[1-9])?d)?\}[^{}]*")
# Text codecs of Python that are no encoding of a file.
_NO_ENCODINGS = {"idna", "punycode", "unicode-escape", "raw-unicode-escape", "undefined", "utf-7"}


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Table(_Strict):
    """Where a table is and how its text is written.

    ``path`` is relative to study.toml; ``where`` keeps the rows whose columns hold the
    given text. ``subject`` is the column of the person's identifier.
    """

    path: str = Field(min_length=1)
    subject: str
    format: Literal["csv"] = "csv"
    separator: Literal[",", ";", "\t", "|"] = ","
    decimal: Literal[".", ","] = "."
    encoding: str | None = None
    where: dict[str, str] = {}

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

    @model_validator(mode="after")
    def _marks_differ(self) -> Table:
        if self.separator == self.decimal:
            raise ValueError('separator and decimal cannot both be a comma; try separator = ";"')
        return self


class SubjectTable(Table):
    """Columns of the table with one row a person."""

    arm: str | None = None
    site: str | None = None
    sequence: str | None = None
    entry_threshold: str | None = None
    blinding_guess: str | None = None


class InfusionTable(Table):
    """Columns of the table with one row an infusion."""

    agent: str
    dose_mg_per_kg: str | None = None
    route: str | None = None
    status: str | None = None
    start: str | None = None
    end: str | None = None
    stay_end: str | None = None
    start_hours: str | None = None
    end_hours: str | None = None
    stay_end_hours: str | None = None

    @model_validator(mode="after")
    def _one_clock(self) -> InfusionTable:
        if (self.start is None) == (self.start_hours is None):
            raise ValueError('give exactly one of start = "column" and start_hours = "column"')
        clock = (
            [self.end, self.stay_end]
            if self.start is None
            else [self.end_hours, self.stay_end_hours]
        )
        if any(column is not None for column in clock):
            raise ValueError("start, end and stay_end must all be date-times or all be hours")
        return self


class AssessmentTable(Table):
    """Columns of a table with one row a completed form."""

    instrument: str
    version: str
    recall_hours: float = Field(ge=0, allow_inf_nan=False)
    time: str | None = None
    hours: str | None = None
    items: str | None = None
    total: str | None = None
    item_base: Literal[0, 1] = 0

    @model_validator(mode="after")
    def _roles(self) -> AssessmentTable:
        if (self.time is None) == (self.hours is None):
            raise ValueError('give exactly one of time = "column" and hours = "column"')
        if self.items is None and self.total is None:
            raise ValueError('give items = "name_{:02d}" or total = "column"')
        return self

    @field_validator("items")
    @classmethod
    def _pattern(cls, pattern: str | None) -> str | None:
        if pattern is not None and not _ITEM_PATTERN.fullmatch(pattern):
            raise ValueError('items must hold one place for the item number, as in "pcl5_{:02d}"')
        return pattern

    @field_validator("instrument")
    @classmethod
    def _known(cls, name: str) -> str:
        if name not in instruments.known():
            raise ValueError(f"instrument must be one of {', '.join(sorted(instruments.known()))}")
        return name

    @model_validator(mode="after")
    def _version(self) -> AssessmentTable:
        versions = instruments.get(self.instrument).versions
        if self.version not in versions:
            raise ValueError(f"version of {self.instrument} must be one of {', '.join(versions)}")
        return self


class StudySection(_Strict):
    """The study as a whole."""

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9 ._-]*$")
    title: str | None = None
    population: str
    synthetic: bool
    design: Literal["parallel", "crossover", "single-arm"]
    timezone: str | None = None
    datetime_format: str | None = None
    times: Literal["actual", "nominal"] = "actual"
    arms: dict[str, str]
    comparator: Literal["active", "passive", "none"]
    missing_codes: list[str] = []
    primary: str

    @field_validator("timezone")
    @classmethod
    def _zone(cls, name: str | None) -> str | None:
        if name is not None:
            try:
                # "localtime" would be another zone on another computer.
                known = bool(name) and name != "localtime" and bool(ZoneInfo(name))
            except (ZoneInfoNotFoundError, ValueError, OSError):
                known = False
            if not known:
                raise ValueError('timezone must be an IANA name such as "America/Detroit"')
        return name

    @field_validator("datetime_format")
    @classmethod
    def _format(cls, form: str | None) -> str | None:
        if form is not None and format_precision(form) is None:
            raise ValueError(
                "datetime_format must tell year, month and day, and the half of the day with an "
                'hour of twelve, as in "%d/%m/%Y %H:%M"'
            )
        return form

    @model_validator(mode="after")
    def _arms_and_comparator(self) -> StudySection:
        agents = set(self.arms.values())
        if not all(label.strip() and agent for label, agent in self.arms.items()):
            raise ValueError("arms must map labels that are not blank to treatments")
        if self.design == "single-arm" and self.comparator != "none":
            raise ValueError('design is "single-arm", so comparator must be "none"')
        if "ketamine" not in agents:
            raise ValueError('arms must map one label of the file to "ketamine"')
        if self.comparator == "none" and len(agents) > 1:
            raise ValueError('comparator is "none" but arms names more than one treatment')
        if self.comparator != "none" and len(agents) != 2:
            raise ValueError(
                "with a comparator, arms must map the labels to exactly two treatments"
            )
        if self.primary not in instruments.known():
            raise ValueError(f"primary must be one of {', '.join(sorted(instruments.known()))}")
        return self


class StudyConfig(_Strict):
    """A whole study.toml."""

    study: StudySection
    subjects: SubjectTable
    infusions: InfusionTable
    assessments: list[AssessmentTable] = Field(min_length=1)

    @model_validator(mode="after")
    def _tables_agree(self) -> StudyConfig:
        compared = self.study.design == "parallel" and self.study.comparator != "none"
        if compared and self.subjects.arm is None:
            raise ValueError('[subjects] needs arm = "column", since the study has a comparator')
        dated = self.infusions.start is not None
        if any((table.time is not None) != dated for table in self.assessments):
            raise ValueError(
                "infusions and assessments must share one clock: all date-times or all hours"
            )
        return self

    @model_validator(mode="after")
    def _codes_are_no_scores(self) -> StudyConfig:
        for table in self.assessments:
            scale = instruments.get(table.instrument)
            low, high = scale.total_range(table.version)
            if table.items is not None:
                low = scale.item_min + table.item_base
                high = max(scale.item_max(table.version)) + table.item_base
            for code in self.study.missing_codes:
                if _PLAIN_NUMBER.fullmatch(code) and low <= float(code) <= high:
                    raise ValueError(
                        f"a missing code is also a valid value of {table.instrument} "
                        f"({low:g} to {high:g}); a reader cannot tell them apart"
                    )
        return self

    def design(self) -> Design:
        """What the study declares, as the rest of the project uses it."""
        section = self.study
        others = sorted(set(section.arms.values()) - {"ketamine"})
        return Design(
            name=section.name,
            title=section.title or section.name,
            population=section.population,
            synthetic=section.synthetic,
            design=section.design,
            comparator=section.comparator,
            primary=section.primary,
            active_arm="ketamine",
            comparator_arm=others[0] if others else None,
            times=section.times,
        )


def _open_points(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if '= "TODO"' in line.split("#")[0]]


def _where(location: tuple[Any, ...]) -> str:
    """A pydantic location as a reader of TOML writes it: ``[[assessments]] 2: items``."""
    names = [str(part) for part in location if not isinstance(part, int)]
    number = next((f" number {part + 1}" for part in location if isinstance(part, int)), "")
    if not names:
        return ""
    table = f"[[{names[0]}]]{number}" if number else f"[{names[0]}]"
    return f"{table} {'.'.join(names[1:])}".strip() + ": "


def _sentence(error: ValidationError) -> tuple[str, str]:
    """Rule id and one sentence for the first thing wrong; never the value that was found."""
    first = error.errors(include_input=False, include_url=False)[0]
    location = tuple(first["loc"])
    where = _where(location)
    name = str(location[-1]) if location else ""
    if first["type"] == "missing":
        if len(location) == 1:
            return "config.missing", f"a table [{name}] is missing from study.toml; add it."
        return "config.missing", f"{where}the key is missing; add the line: {name} = ..."
    if first["type"] == "extra_forbidden":
        return "config.unknown-key", f"{where}no such key is known; remove it or mend its spelling."
    message = first["msg"].removeprefix("Value error, ")
    return "config.value", f"{where}{message[0].lower() + message[1:]}."


def load_config(path: Path) -> StudyConfig:
    """Read and validate a study.toml.

    Raises
    ------
    ReliefError
        One sentence naming the table, the key and what is expected: ``config.file``,
        ``config.syntax``, ``config.open-point``, ``config.missing``,
        ``config.unknown-key`` or ``config.value``.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise ReliefError(
            "config.file", f"There is no file {path.name} here; write one, as the README shows."
        ) from None
    except (OSError, ValueError):
        raise ReliefError(
            "config.file", f"{path.name} cannot be read as UTF-8 text; save it as UTF-8."
        ) from None
    try:
        document = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        # Only the parser's own words tell a place; others may quote what they met.
        why = f": {str(error).lower()}" if isinstance(error, tomllib.TOMLDecodeError) else ""
        raise ReliefError(
            "config.syntax", f"{path.name} is not valid TOML{why}; mend it."
        ) from None
    if points := _open_points(text):
        key = points[0].split("=")[0].strip()
        question = points[0].partition("#")[2].strip()
        raise ReliefError(
            "config.open-point",
            f"{path.name} has an open point: {key} is still TODO"
            + (f" ({question})" if question else "")
            + "; decide it and write the value.",
        )
    try:
        return StudyConfig.model_validate(document)
    except ValidationError as error:
        rule, sentence = _sentence(error)
        raise ReliefError(rule, f"{path.name}, {sentence}") from None
