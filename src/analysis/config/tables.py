"""The tables of a study.toml: which column plays which role."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import chain
from typing import Any, ClassVar, Literal, Self

from pydantic import Field, field_validator, model_validator

from analysis import instruments
from analysis.config.source import VISIT, Table, parts

__all__ = [
    "AssessmentTable",
    "InfusionTable",
    "RescueTable",
    "SubjectTable",
    "WeightTable",
    "items_of",
    "unknown_scale",
]


def unknown_scale(key: str, name: str) -> str:
    """What to do about a scale that nothing describes."""
    if name in instruments.unseen():
        doi = instruments.unseen()[name].evidence.doi
        return (
            f"{name} is a published form (doi:{doi}) whose items are not in the catalogue; declare "
            f"their number and range in a table [instruments.{name}]"
        )
    return (
        f"{key} must be one of {', '.join(sorted(instruments.known()))}, or a scale of the "
        "study's own that a table [instruments.NAME] declares"
    )


_ITEM_PATTERN = re.compile(r"[^{}]*\{(?::(?:0[1-9])?d)?\}[^{}]*")


class SubjectTable(Table):
    """Columns of the table with one row a person.

    ``consent_withdrawn``, ``unblinded`` and ``blinding_guess_time`` hold times on the
    study's clock: date-times or hours, as the infusions' do. ``study_codes`` declares
    that the identifiers are codes given by the study, not by a clinic.
    """

    ROLE: ClassVar[str] = "subjects"
    COLUMNS: ClassVar[tuple[str, ...]] = (
        "subject", "arm", "site", "sequence", "entry_threshold", "blinding_guess",
        "blinding_guess_time", "unblinded", "consent_withdrawn", "weight_kg",
    )  # fmt: skip

    arm: str | None = None
    site: str | None = None
    sequence: str | None = None
    entry_threshold: str | None = None
    blinding_guess: str | None = None
    blinding_guess_time: str | None = None
    unblinded: str | None = None
    consent_withdrawn: str | None = None
    weight_kg: str | None = None
    study_codes: bool = False


class InfusionTable(Table):
    """Columns of the table with one row an infusion.

    The dose is either ``dose_mg_per_kg``, or ``dose`` with ``dose_unit`` (a column that
    holds mg or mg/kg), or ``dose_mg``; milligrams need the person's weight. ``statuses`` says
    what words of ``status`` mean that no program knows.
    """

    ROLE: ClassVar[str] = "infusions"
    COLUMNS: ClassVar[tuple[str, ...]] = (
        "subject", "agent", "dose_mg_per_kg", "dose", "dose_unit", "dose_mg", "route", "status",
        "start", "end", "stay_end", "start_hours", "end_hours", "stay_end_hours", "arm",
    )  # fmt: skip
    INSTEAD: ClassVar[dict[str, tuple[str, ...]]] = {
        "agent": ("agent_is",),
        "start": ("start_hours",),
        "end": ("start_hours", "end_hours"),
        "dose": ("dose_mg_per_kg", "dose_mg"),
        "dose_unit": ("dose_mg_per_kg", "dose_mg"),
    }

    arm: str | None = None
    agent: str | None = None
    agent_is: str | None = None
    dose_mg_per_kg: str | None = None
    dose: str | None = None
    dose_unit: str | None = None
    dose_mg: str | None = None
    route: str | None = None
    status: str | None = None
    statuses: dict[str, Literal["completed", "stopped", "not given"]] = Field(default_factory=dict)
    start: str | None = None
    end: str | None = None
    stay_end: str | None = None
    start_hours: str | None = None
    end_hours: str | None = None
    stay_end_hours: str | None = None
    start_hours_is: float | None = Field(default=None, allow_inf_nan=False)
    end_hours_is: float | None = Field(default=None, allow_inf_nan=False)

    @model_validator(mode="after")
    def _one_clock(self) -> Self:
        if (self.agent is None) == (self.agent_is is None):
            raise ValueError('give exactly one of agent = "column" and agent_is = "treatment"')
        starts = (self.start, self.start_hours, self.start_hours_is)
        if sum(told is not None for told in starts) != 1:
            raise ValueError('give exactly one of start = "column" and start_hours = "column"')
        clock = (
            [self.end, self.stay_end]
            if self.start is None
            else [self.end_hours, self.stay_end_hours, self.end_hours_is]
        )
        if any(column is not None for column in clock):
            raise ValueError("start, end and stay_end must all be date-times or all be hours")
        return self

    @model_validator(mode="after")
    def _status_of_words(self) -> Self:
        if self.statuses and self.status is None:
            raise ValueError('statuses goes with status; add the line: status = "column"')
        return self

    @model_validator(mode="after")
    def _one_dose(self) -> Self:
        told = [self.dose_mg_per_kg, self.dose_mg, self.dose]
        if sum(column is not None for column in told) > 1:
            raise ValueError("give only one of dose_mg_per_kg, dose_mg, and dose with dose_unit")
        if (self.dose is None) != (self.dose_unit is None):
            raise ValueError('dose and dose_unit go together; add the line: dose_unit = "column"')
        return self


def items_of(numbers: Sequence[int]) -> str:
    """Item numbers as people write them: 1, 3–6, 9–11."""
    runs: list[list[int]] = []
    for number in sorted(numbers):
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return ", ".join(f"{run[0]}" if len(run) == 1 else f"{run[0]}–{run[-1]}" for run in runs)


class AssessmentTable(Table):
    """Columns of a table of completed forms.

    One row a form, with ``items`` (a pattern, or the columns in the order of the scale's
    item numbers) or ``total``; or, where ``code`` and ``value`` are given, one row an item,
    and ``items`` and ``total`` are codes. Rows of one form share the subject, the time and
    the columns of ``form_id``. ``visit_name`` is the column that tells each form's visit.
    ``sent_twice`` tells which form counts where a person sent one again within minutes, with
    other answers. Where ``visit_name`` is told, ``visits`` keeps the rows of these visits, and
    as a table gives each its planned hour.
    """

    ROLE: ClassVar[str] = "assessments"
    COLUMNS: ClassVar[tuple[str, ...]] = (
        "subject", "time", "hours", "code", "value", "form_id", "visit_name", "recall", "status",
        "items", "frequency", "intensity", "total", "arm",
    )  # fmt: skip
    INSTEAD: ClassVar[dict[str, tuple[str, ...]]] = {
        "time": ("hours",),
    }

    arm: str | None = None
    instrument: str
    version: str
    recall_hours: float | None = Field(default=None, ge=0, allow_inf_nan=False)
    recall: str | None = None
    time: str | None = None
    hours: str | None = None
    code: str | None = None
    value: str | None = None
    form_id: list[str] = Field(default=[])
    visit_name: str | None = None
    items: str | list[str] | None = None
    frequency: str | None = None
    intensity: str | None = None
    total: str | None = None
    item_base: Literal[0, 1] = 0
    coding: str | None = None
    subscale_key: str | None = None
    status: str | None = None
    complete: list[str] | None = None
    sent_twice: Literal["first", "last"] | None = None
    at_hours: float | None = None

    @model_validator(mode="before")
    @classmethod
    def _as_the_scale_declares(cls, given: Any) -> Any:
        """A study's own scale has one version, and one window unless the table tells another."""
        name = given.get("instrument") if isinstance(given, dict) else None
        scale = instruments.known().get(name) if isinstance(name, str) else None
        if scale is None or not scale.own:
            return given
        window = {} if "recall" in given else {"recall_hours": scale.recall_hours}
        return {"version": next(iter(scale.versions)), **window, **given}

    @model_validator(mode="after")
    def _roles(self) -> Self:
        scale = instruments.get(self.instrument)
        planned = isinstance(self.visits, dict) or isinstance(self.events, dict)
        if sum([self.time is not None, self.hours is not None, planned]) != 1:
            raise ValueError(
                'give exactly one of time = "column" and hours = "column", or the hours of visits '
                "or events as a table"
            )
        if self.items is None and self.total is None and self.frequency is None:
            raise ValueError('give items = "name_{:02d}" or total = "column"')
        if scale.stated_range is not None and (self.items or self.frequency):
            raise ValueError(
                f"{self.instrument} comes as totals alone, since the map of its items is not in "
                'the catalogue; give total = "column" and no items'
            )
        if (self.frequency is None) != (self.intensity is None):
            raise ValueError("frequency and intensity go together")
        if self.frequency is not None and (self.items is not None or not scale.rated_twice):
            raise ValueError("frequency and intensity take the place of items, of CAPS-5 alone")
        if self.complete is not None and self.status is None:
            raise ValueError('complete goes with status; add the line: status = "column"')
        if (self.code is None) != (self.value is None):
            raise ValueError("code and value go together: one row an item")
        if self.recall_hours is None and self.recall is None:
            raise ValueError(
                "the key is missing; add the line: recall_hours = ..., hours that the form asks "
                "about (0 right now, 24, 168 past week, 336, 720 past month)"
            )
        return self

    @field_validator("items", "frequency", "intensity")
    @classmethod
    def _pattern(cls, pattern: str | list[str] | None) -> str | list[str] | None:
        if isinstance(pattern, str) and not _ITEM_PATTERN.fullmatch(pattern.replace(VISIT, "")):
            raise ValueError('items must hold one place for the item number, as in "pcl5_{:02d}"')
        return pattern

    @field_validator("instrument")
    @classmethod
    def _known(cls, name: str) -> str:
        if name not in instruments.known():
            raise ValueError(unknown_scale("instrument", name))
        return name

    @model_validator(mode="after")
    def _version(self) -> Self:
        versions = instruments.get(self.instrument).versions
        if self.version not in versions:
            raise ValueError(
                f"version of {self.instrument} must be one of {', '.join(versions)}; "
                f"found {self.version!r}"
            )
        numbers = instruments.get(self.instrument).item_numbers(self.version)
        if isinstance(self.items, list) and len(set(self.items)) != len(numbers):
            raise ValueError(
                f"items must name {len(numbers)} different columns, one for each of the items "
                f"{items_of(numbers)} of {self.instrument} ({self.version}) in this order; found "
                f"{len(set(self.items))}"
            )
        return self

    @property
    def visit_hours(self) -> dict[str, float] | None:
        """Planned hours by the name in the column of visits; None where times are told."""
        told = self.events if isinstance(self.events, dict) else self.visits
        return told if isinstance(told, dict) and self.visit_name is not None else None

    @property
    def visit_names(self) -> list[str]:
        """Names in the column of visits whose rows are kept; empty where all are."""
        return list(self.visits or ()) if self.visit_name is not None else []

    @model_validator(mode="after")
    def _coded(self) -> Self:
        scale = instruments.get(self.instrument)
        if self.coding is not None and self.coding not in scale.codings:
            known = ", ".join(scale.codings) or "left out: its answers are points"
            raise ValueError(f"coding of {self.instrument} must be one of {known}")
        if self.coding is not None and (self.item_base == 1 or not self.items):
            raise ValueError("coding goes with items, and takes the place of item_base")
        if self.subscale_key is not None and self.subscale_key not in scale.subscale_keys:
            known = ", ".join(scale.subscale_keys) or "left out: it has one way of scoring"
            raise ValueError(f"subscale_key of {self.instrument} must be one of {known}")
        return self

    def item_columns(self) -> list[str]:
        """Columns (or codes) of the items, in the order of the scale's item numbers."""
        if self.items is None or isinstance(self.items, list):
            return list(self.items or [])
        return self.numbered(self.items)

    def numbered(self, pattern: str) -> list[str]:
        """A pattern filled with each item number of the version."""
        numbers = instruments.get(self.instrument).item_numbers(self.version)
        return [pattern.format(number) for number in numbers]

    def answer_columns(self) -> list[str]:
        """Columns (or codes) of all answers: items, frequencies and intensities, the total."""
        rated = [self.numbered(p) for p in (self.frequency, self.intensity) if p]
        total = [self.total] if self.total else []
        return [*self.item_columns(), *chain.from_iterable(rated), *total]

    def columns(self) -> list[str]:
        """Names of the columns that the table declares, each once, in a fixed order."""
        roles = ("time", "hours", "code", "value", "visit_name", "recall", "status", "arm")
        own = [self.subject, *(getattr(self, role) for role in roles), *self.form_id, *self.where]
        own += self.answer_columns() if self.code is None else []
        return parts([name for name in own if name is not None])


class RescueTable(Table):
    """Columns of the table of rescue medication: one row each time it was given."""

    ROLE: ClassVar[str] = "rescue"
    COLUMNS: ClassVar[tuple[str, ...]] = ("subject", "agent", "time", "hours")
    INSTEAD: ClassVar[dict[str, tuple[str, ...]]] = {"time": ("hours",)}

    agent: str | None = None
    time: str | None = None
    hours: str | None = None

    @model_validator(mode="after")
    def _one_time(self) -> Self:
        if (self.time is None) == (self.hours is None):
            raise ValueError('give exactly one of time = "column" and hours = "column"')
        return self


class WeightTable(Table):
    """Columns of a table of body weights; of a person's several the median counts."""

    ROLE: ClassVar[str] = "weights"
    COLUMNS: ClassVar[tuple[str, ...]] = ("subject", "weight_kg")

    weight_kg: str
