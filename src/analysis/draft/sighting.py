"""One table of an export, and what its columns may be by their names and by their cells."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import pandas as pd

from analysis import instruments
from analysis.config.source import VISIT
from analysis.draft.item_columns import Block, Totals, find_totals, visit_parts
from analysis.draft.names import drug_of, holds, plain, words
from analysis.readers.table.text_table import Described

__all__ = ["Sighting"]

_NEARLY_ALL = 0.8
_ISO = re.compile(r"\d{4}-\d\d(-\d\d([T ]\d\d(:\d\d(:\d\d(\.\d+)?)?)?(Z|[+-]\d\d:?\d\d)?)?)?")
_DAY = re.compile(r"\d{4}-\d\d-\d\d|\d{1,4}[/.]\d{1,2}[/.]\d{1,4}")
_CLOCK = re.compile(r"([01]?\d|2[0-3]):[0-5]\d(:[0-5]\d)?")
_SLASHED = re.compile(r"(\d{1,4}[/.]\d{1,2}[/.]\d{1,4}|\d{1,2}-\d{1,2}-\d{4})(\D.*)?")
_DECIMAL = re.compile(r"[+-]?\d+([.,]\d+)?")
_ZONED = re.compile(r".*\d[T ]\d\d.*(Z|[+-]\d\d:?\d\d)")
# The first is believed most.
_SUBJECT = ("usubjid", "subjectid", "participantid", "patientid", "recordid", "personid", "studyid",
            "subject", "subj", "participant", "record", "patient", "person", "pid", "sid", "vpn",
            "proband", "teilnehmer", "patnr", "pat", "code", "token", "id")  # fmt: skip
_ARM = ("arm", "arms", "group", "grp", "gruppe", "treatment", "trt", "trt01p", "alloc",
        "allocation", "allocated", "random", "randomised", "randomized", "randomisation",
        "randomization", "condition", "cond")  # fmt: skip
_VISIT = ("visit", "visits", "visite", "timepoint", "event", "session", "wave", "occasion",
          "zeitpunkt", "besuch", "moment")  # fmt: skip
_LIMESURVEY = ("submitdate", "lastpage", "startlanguage")
_SURVEY_TIMES = ("startdate", "enddate", "datestamp", "starttime", "endtime")
# Times of a row that are not when its form was filled in, and those that say that they are.
_OTHER_TIMES = ("start", "started", "end", "ended", "stop", "stopped", "birth", "begin")
_BEFORE_ANSWERS = ("sent", "invited", "invitation", "reminder", "created", "creation", "due",
                   "scheduled", "planned", "expected", "enrolled", "enrolment", "enrollment",
                   "consent", "consented", "randomised", "randomized", "randomisation",
                   "randomization")  # fmt: skip
_COMPLETED = ("completed", "completion", "submitted", "submitdate", "answered", "filled")
_FEW_ARMS, _MANY_VISITS = 6, 30
_HOURS = {"h", "hour", "hours", "hrs", "time", "date", "datetime", "dt"}


def _clock_of(text: str) -> str:
    """How exactly a time is written: its colons, and whether am or pm stands there."""
    clock = text.strip().lower().partition(" ")[2].replace(".", "")
    half = "p" if re.search(r"\d ?[ap]m", clock) else ""
    return f"{text.count(':')}{half}."


@dataclass(frozen=True)
class Sighting:
    """One table of an export.

    Attributes
    ----------
    path : Path
    format : str
        As in study.toml.
    header : tuple of str
    blocks : list of Block
        Item columns.
    sample : DataFrame of str
        The first rows of the other columns; they are looked at and never written.
    sheet : str or None
        Name of the sheet, where a workbook has several.
    labels : dict
        Of blocks whose answers are words, by pattern: the words and the code of each.
    answers : dict
        Of blocks, by pattern: the different answers that were seen.
    described : dict of Described
        By column, where the file says something of it.
    zones : dict of str
        The zone that a column's times are in, where the file names it.
    visits : tuple of str
        Of a wide table whose sample was put into a row an infusion: what tells them apart.
    passed_over, unseen : int
        Numbered columns that are no form's, and columns beyond those that are looked at.
    forms, form_times : dict of str
        Of a REDCap project: the form of a column, and the time that a form holds.
    """

    path: Path
    format: str
    header: tuple[str, ...]
    blocks: list[Block]
    sample: pd.DataFrame
    sheet: str | None = None
    labels: dict[str, dict[str, str]] = field(default_factory=dict)
    answers: dict[str, list[str]] = field(default_factory=dict)
    described: Mapping[str, Described] = field(default_factory=dict)
    zones: Mapping[str, str] = field(default_factory=dict)
    visits: tuple[str, ...] = ()
    passed_over: int = 0
    unseen: int = 0
    forms: Mapping[str, str] = field(default_factory=dict)
    form_times: Mapping[str, str] = field(default_factory=dict)

    def _mostly(self, pattern: re.Pattern[str]) -> list[str]:
        """Columns whose cells, where they hold anything, nearly all match."""
        found = []
        for column, cells in self.sample.items():
            told = cells.str.strip()
            told = told[told != ""]
            if len(told) and told.str.fullmatch(pattern).mean() > _NEARLY_ALL:
                found.append(str(column))
        return found

    @cached_property
    def slashed(self) -> list[str]:
        """Columns of times written with slashes or points."""
        return self._mostly(_SLASHED)

    @cached_property
    def written_as(self) -> str:
        """Whether such times have hours, minutes, seconds and am or pm; empty where none are."""
        cells = [self.sample[column] for column in self.slashed]
        firsts = [text for own in cells for text in own[own.str.strip() != ""].head(1)]
        return "".join(sorted({_clock_of(text) for text in firsts}))

    @cached_property
    def times(self) -> list[str]:
        """Columns of times."""
        times = {*self._mostly(_ISO), *self.slashed}
        return [str(column) for column in self.sample if column in times]

    @cached_property
    def clocks(self) -> list[str]:
        """Columns of times of day."""
        return self._mostly(_CLOCK)

    @cached_property
    def days(self) -> list[str]:
        """Columns of dates without a time of day."""
        return self._mostly(_DAY)

    @cached_property
    def zoned(self) -> bool:
        """Whether every column of times carries a zone."""
        return bool(self.times) and set(self.times) <= set(self._mostly(_ZONED))

    @cached_property
    def totals(self) -> list[Totals]:
        """Columns of totals, named after a scale."""
        starts = {plain(block.pattern)[:3] for block in self.blocks}
        numbers = [name for name in map(str, self.sample) if self._numbers(name)]
        # A total beside the items of its form is worked out of them.
        return find_totals([name for name in numbers if plain(name)[:3] not in starts])

    @property
    def forms_seen(self) -> list[Block | Totals]:
        """Blocks of items, and totals of scales."""
        return [*self.blocks, *self.totals]

    @cached_property
    def subject(self) -> str | None:
        """The column whose name says that it holds identifiers, of people and not of answers."""
        if set(_LIMESURVEY) <= set(self.header):
            # Its id numbers the answers that were sent.
            return "token" if "token" in self.sample else None
        for hint in _SUBJECT:
            for column in self.header:
                own = holds(column, [hint]) and not holds(column, ["response"])
                if own and column in self.sample and column not in self.times:
                    return column
        return None

    @cached_property
    def arm(self) -> str | None:
        """A column named like an arm, or of labels that name drugs, with few different values."""
        names = [str(column) for column in self.sample if not str(column).startswith("redcap_")]
        few = [column for column in names if 0 < len(self.values(column)) <= _FEW_ARMS]
        few = [column for column in few if column not in (self.subject, *self.times)]
        named = [column for column in few if holds(column, _ARM)]
        drugs = [c for c in few if len(self.drugs(c)) > 1 and all(self.drugs(c).values())]
        return next(iter([*(c for c in named if c in drugs), *named, *drugs]), None)

    @property
    def arm_by_name(self) -> bool:
        """Whether the column of the arm is called so."""
        return self.arm is not None and holds(self.arm, _ARM)

    def by_infusion(self, *starts: str) -> Sighting:
        """A table with a start an infusion side by side as one of a row an infusion.

        Columns that stand there once an infusion have names with a place for what differs.
        """
        first = self.moment(*starts)
        same = [c for c in self.times if first and holds(c, starts) and not self._survey(c)]
        head, visits, tail = visit_parts(same) if len(same) > 1 else ("", [], "")
        # What numbers alone tell apart: infusion_start and study_start are no two infusions.
        if not (
            all(visits)
            and len({re.sub(r"\d+", "", visit) for visit in visits}) == 1
            and len(set(visits)) == len(same)
        ):
            return self
        patterns: dict[str, list[str]] = {}
        for name in map(str, self.sample):
            if len(parts := name.split(visits[0], 1)) == 2:
                own = [visit.join(parts) for visit in visits]
                if set(own) <= set(self.sample):
                    patterns[VISIT.join(parts)] = own
        if head + VISIT + tail not in patterns:
            return self
        told = {name for own in patterns.values() for name in own}
        alone = self.sample.drop(columns=list(told))
        rows = [alone.assign(**{pattern: self.sample[own[at]] for pattern, own in patterns.items()})
                for at in range(len(visits))]  # fmt: skip
        return replace(self, sample=pd.concat(rows, ignore_index=True), visits=tuple(visits))

    @property
    def by_person(self) -> bool:
        """Whether it has one row a person."""
        return self.subject is not None and bool(self.sample[self.subject].is_unique)

    def of_people(self, column: str) -> bool:
        """Whether a column says one thing of each person, in all rows of theirs."""
        cells = self.sample[column].str.strip()
        told = cells[cells != ""]
        if self.subject is None or told.empty:
            return False
        return bool((told.groupby(self.sample[self.subject]).nunique() <= 1).all())

    def values(self, column: str) -> list[str]:
        """The different cells of a column, as many times as they are few; for the terminal."""
        cells = self.sample[column].str.strip()
        return sorted(set(cells[cells != ""]))

    def drugs(self, column: str) -> dict[str, str]:
        """The labels of a column and the drug that each names; empty text where it names none."""
        told = self.described[column].words if column in self.described else {}
        return {label: drug_of(told.get(label, label)) or "" for label in self.values(column)}

    def scale_of(self, own: Block | Totals) -> str | None:
        """The scale by names of columns, else by the form or by labels that name one alone."""
        if own.instrument or isinstance(own, Totals):
            return own.instrument
        told = [plain(self.forms.get(name, "")) for name in own.columns[:1]]
        told += [plain(self.described[name].label) for name in own.columns if name in
                 self.described]  # fmt: skip
        if any(plain(name) in text for name in instruments.known() for text in told):
            return self._named_by(told, own.numbers, several=True)
        # A file of one form is often called after it.
        named = [plain(self.path.stem), plain(self.sheet or "")] if len(self.blocks) == 1 else []
        return self._named_by(named, own.numbers, several=False)

    @staticmethod
    def _named_by(texts: list[str], numbers: tuple[int, ...], *, several: bool) -> str | None:
        """The scale of as many items that texts name; of ``several`` the one with a longer name."""
        fitting = [
            name
            for name, scale in instruments.known().items()
            if any(numbers == scale.item_numbers(version) for version in scale.versions)
            and any(plain(name) in text for text in texts)
        ]
        longest = max(fitting, key=len, default=None)
        rivals = [name for name in fitting if plain(name) not in plain(longest or "")]
        return longest if several or not rivals else None

    def time_of(self, own: Block | Totals) -> str | None:
        """The time of a form: its own form's, else the first column that is no infusion's."""
        form = self.forms.get(own.columns[0])
        if form in self.form_times:
            return self.form_times[str(form)]
        free = [c for c in self.times if not holds(c, (*_OTHER_TIMES, *_BEFORE_ANSWERS))
                and self.forms.get(c, form) == form]  # fmt: skip
        if not free:
            return None
        free.sort(key=lambda column: not holds(column, _COMPLETED))
        return f"{free[0]} + {self.clocks[0]}" if free[0] in self.days and self.clocks else free[0]

    @cached_property
    def visit(self) -> str | None:
        """A column that names visits: few different ones, several a person."""
        for column in map(str, self.sample):
            if holds(column, _VISIT) and column not in self.times and self.subject:
                different, people = len(self.values(column)), self.sample[self.subject].nunique()
                if 1 < different <= _MANY_VISITS and len(self.sample) > people:
                    return column
        return None

    def moment(self, *hints: str) -> str | None:
        """The first column of a time, or of hours, whose name has one of some words in it."""
        for hint in hints:
            for column in map(str, self.sample):
                told = {*words(column), plain(column)}
                alone = set(words(column)) <= {hint, "infusion", "inf", *_HOURS}
                hours = alone and self._numbers(column)
                if hint in told and (column in self.times or hours) and not self._survey(column):
                    return column
        return None

    def _survey(self, column: str) -> bool:
        """Whether a column tells when answering a form was begun or ended, as platforms do."""
        header = set(map(plain, self.header))
        platform = header >= set(_LIMESURVEY) or "recordeddate" in header
        return holds(column, ["survey"]) or (platform and plain(column) in _SURVEY_TIMES)

    @property
    def commas(self) -> bool:
        """Whether a column of numbers has decimal commas."""
        return any(
            self._numbers(name) and self.sample[name].str.contains(",", regex=False).any()
            for name in map(str, self.sample)
        )

    def _numbers(self, column: str) -> bool:
        cells = self.sample[column].str.strip()
        told = cells[cells != ""]
        return bool(len(told)) and bool(told.str.fullmatch(_DECIMAL).mean() > _NEARLY_ALL)

    def named(self, *hints: str) -> str | None:
        """The first column beside items that has a word, by the order of the words."""
        for hint in hints:
            for column in map(str, self.sample):
                if holds(column, [hint]):
                    return column
        return None
