"""What is carried from file to file while one study is read: issues, hashes, and one clock."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path, PurePath

import numpy as np
import pandas as pd

from analysis.config import StudyConfig, Table
from analysis.errors import ReliefError
from analysis.readers.identifiers import alike
from analysis.readers.text import TextTable, numbers, read_text
from analysis.readers.times import DAY, MINUTE, Instants, instants
from analysis.study import Issue

__all__ = ["Clock", "Reading"]

# Times further than this from the study's infusions are mistyped years.
PLAUSIBLE_HOURS = 10 * 365.25 * 24
# So few odd cells say nothing about the column as a whole.
FEW = 3


@dataclass(frozen=True)
class Clock:
    """Bounds of a column of times in hours, and how much of each time was told."""

    low: np.ndarray
    high: np.ndarray
    precision: np.ndarray

    @property
    def day_only(self) -> np.ndarray:
        """Times known to the day or less."""
        return (self.precision >= DAY) & ~np.isnan(self.low)

    @property
    def all_day_only(self) -> bool:
        """Whether times are known, and every one of them to the day or less."""
        known = ~np.isnan(self.low)
        return bool(known.any() and (self.precision[known] >= DAY).all())

    def without(self, mask: np.ndarray) -> Clock:
        """The clock with the times of a mask taken out."""
        return Clock(
            np.where(mask, np.nan, self.low), np.where(mask, np.nan, self.high), self.precision
        )


@dataclass
class Reading:
    """One study while it is read. Every finding passes through :meth:`note` and is counted.

    ``set_aside`` holds the identifiers of people set aside, with the rule that did it.
    """

    config: StudyConfig
    folder: Path
    issues: list[Issue] = field(default_factory=list)
    sources: dict[str, str] = field(default_factory=dict)
    set_aside: dict[str, str] = field(default_factory=dict)
    zoned: frozenset[bool] = frozenset()
    _opened: dict[tuple[str, str, str | None], TextTable] = field(default_factory=dict)

    def open(self, spec: Table) -> TextTable:
        """The rows of a declared table; a file that serves several tables is read once.

        Raises
        ------
        ReliefError
            What :func:`read_text` refuses, ``column.missing``, and ``file.no-rows`` where
            no row meets ``where``.
        """
        key = (spec.path, spec.separator, spec.encoding)
        if key not in self._opened:
            table = read_text(
                self.folder / spec.path, separator=spec.separator, encoding=spec.encoding
            )
            self.issues.extend(table.issues)
            # The declared path tells files of one name apart; an absolute one is nobody's business.
            path = PurePath(spec.path)
            self.sources[table.file if path.is_absolute() else path.as_posix()] = table.sha256
            self._opened[key] = table
        table = self._opened[key]
        keep = np.ones(len(table.cells), dtype=bool)
        for column, value in spec.where.items():
            keep &= (table.column(column) == value.strip()).to_numpy()
        if not keep.any():
            raise ReliefError(
                "file.no-rows",
                f"{table.file} has no row that meets the where of study.toml; mend it.",
            )
        return table.pick(keep)

    def note(
        self,
        rule: str,
        severity: str,
        scope: str,
        table: TextTable,
        mask: np.ndarray,
        text: str,
        column: str | None = None,
        *,
        count: int | None = None,
    ) -> None:
        """Record a finding about the rows of a mask, if there are any.

        ``count`` replaces the number of rows where a finding is about people.
        """
        if mask.any():
            first = int(table.rows[int(np.argmax(mask))])
            found = int(mask.sum()) if count is None else count
            said = f"{table.file}: {text}"
            self.issues.append(Issue(rule, severity, scope, said, table.file, first, column, found))

    def refuse(self, rule: str, table: TextTable, mask: np.ndarray, column: str, text: str) -> None:
        """End the reading over the rows of a mask, if there are any: a STOP of scope ``study``.

        ``text`` goes on from the number of rows and ends without a full stop.
        """
        if mask.any():
            first = int(table.rows[int(np.argmax(mask))])
            raise ReliefError(
                rule, f"{table.file}, row {first}, column {column!r}: {int(mask.sum())} {text}."
            )

    def stop(
        self,
        rule: str,
        table: TextTable,
        mask: np.ndarray,
        ids: pd.Series,
        text: str,
        column: str | None = None,
    ) -> None:
        """Set the people of a mask aside, and count them."""
        people = ids[mask].unique()
        for person in people:
            self.set_aside.setdefault(person, rule)
        self.note(rule, "STOP", "subject", table, mask, text, column, count=len(people))

    def missing(self, column: pd.Series) -> np.ndarray:
        """Cells that are blank or hold a declared code for a missing value."""
        return column.isin(["", *self.config.study.missing_codes]).to_numpy()

    def identifiers(self, table: TextTable, column: str) -> pd.Series:
        """Identifiers as text, stripped of the white space around them, which is told."""
        ids = table.column(column)
        spaced = (table.cells[column] != ids).to_numpy()
        text = "white space around identifiers was not counted as part of them."
        self.note("subject.white-space", "NOTE", "row", table, spaced, text, column)
        return ids

    def known(self, table: TextTable, column: str, people: pd.Series, what: str) -> TextTable:
        """The rows of people who are in the table of subjects; the others are set aside."""
        ids = self.identifiers(table, column)
        blank = (ids == "").to_numpy()
        stranger = ~ids.isin(people).to_numpy() & ~blank
        self.note(
            "subject.blank-id",
            "DROP",
            "row",
            table,
            blank,
            f"{what} without an identifier were set aside; give the identifier.",
            column,
        )
        hint = ""
        if stranger.any() and alike(ids[stranger], people).any():
            hint = " Some differ from a known identifier only in how they are written."
        self.note(
            "subject.unknown",
            "DROP",
            "row",
            table,
            stranger,
            f"{what} of people who are not in the table of subjects were set aside; "
            f"add the people there, or mend the identifiers.{hint}",
            column,
        )
        return table.pick(~(blank | stranger))

    def once(self, table: TextTable, columns: list[str], what: str) -> TextTable:
        """Each row once: exact copies, and rows that say the same in every declared column."""
        copies = table.cells.duplicated().to_numpy()
        text = f"exact copies of {what} were counted once."
        self.note("row.duplicate", "NOTE", "row", table, copies, text)
        table = table.pick(~copies)
        declared = pd.DataFrame({name: table.column(name) for name in columns})
        same = declared.duplicated().to_numpy()
        self.note(
            "row.same-content",
            "FLAG",
            "row",
            table,
            same,
            f"rows of {what} that differ only in columns which study.toml does not declare were "
            "counted once; check that they are copies.",
        )
        return table.pick(~same)

    def number(self, table: TextTable, column: str, spec: Table, what: str) -> np.ndarray:
        """A column of numbers; a cell that is no number is set aside and counted.

        Raises
        ------
        ReliefError
            ``column.not-numbers`` where no cell of the column is a number.
        """
        cells = table.column(column)
        values, wrong = numbers(
            cells,
            decimal=spec.decimal,
            missing_codes=tuple(self.config.study.missing_codes),
            codes_by_value=what != "hours",
        )
        if wrong.sum() >= FEW and np.isnan(values).all():
            raise ReliefError(
                "column.not-numbers",
                f"{table.file}, row {table.rows[int(np.argmax(wrong))]}, column {column!r}: "
                f"{what} must be a "
                f"plain number, and none of the column's {int(wrong.sum())} cells is; export "
                "codes rather than "
                'labels, and declare decimal = "," if numbers have a decimal comma.',
            )
        self.note(
            "cell.not-a-number",
            "DROP",
            "row",
            table,
            wrong,
            f"{what} must be a plain number; cells that hold something else were set aside. "
            "Mend them, or declare missing_codes.",
            column,
        )
        return values

    def clock(self, table: TextTable, time: str | None, hours: str | None, spec: Table) -> Clock:
        """Bounds in hours on the file's clock; all NaN where no column is declared."""
        exact = np.full(len(table.cells), MINUTE)
        if time is not None:
            return self._dates(table, time)
        if hours is None:
            unknown = np.full(len(table.cells), np.nan)
            return Clock(unknown, unknown.copy(), exact)
        values = self.number(table, hours, spec, "hours")
        return Clock(values, values.copy(), exact)

    def _dates(self, table: TextTable, column: str) -> Clock:
        section = self.config.study
        cells = table.column(column)
        read = instants(
            cells.mask(self.missing(cells), ""),
            file=table.file,
            name=column,
            timezone=section.timezone,
            datetime_format=section.datetime_format,
        )
        self.zoned |= read.zoned
        if len(self.zoned) == 2:
            raise ReliefError(
                "time.mixed-zones",
                f"{table.file}, column {column!r}: some times of the study carry a zone and "
                "others do not; "
                "export all of them with their zone, or all local.",
            )
        self._note_times(table, column, read)
        return Clock(read.low, read.high, read.precision)

    def _note_times(self, table: TextTable, column: str, read: Instants) -> None:
        found = (
            ("time.unreadable", "DROP", read.wrong,
             "a time must be written as YYYY-MM-DDTHH:MM or as datetime_format declares; "
             "cells that are not were set aside. Mend them."),
            ("time.implausible", "DROP", read.implausible,
             "times in a year that cannot be meant were set aside; check them against the source."),
            ("time.nonexistent", "DROP", read.nonexistent,
             "a local time falls in the hour that the clock skipped; it was set aside. "
             "Check it against the source."),
            ("time.clock-change", "FLAG", (read.high > read.low) & (read.precision == MINUTE),
             "a local time occurs twice because the clock went back; it is kept as a span of an "
             "hour. "
             "Export times with their zone."),
            ("time.hour-only", "FLAG", (read.precision > MINUTE) & (read.precision < DAY),
             "times known to the hour are kept as a span of an hour. Export the minutes."),
            ("time.next-day", "NOTE", read.next_day, "24:00 was read as 00:00 of the next day."),
            ("time.midnight", "FLAG", (read.precision >= DAY) & ~np.isnan(read.low) & read.midnight,
             "every time is midnight, as a program writes when it knows only the date; "
             "they were taken for dates. Export the time of day."),
        )  # fmt: skip
        for rule, severity, mask, text in found:
            self.note(rule, severity, "row", table, mask, text, column)
        several = np.full(len(table.cells), read.offsets > 1)
        text = (
            f"times were written with {read.offsets} different offsets from UTC; each was read "
            "by its own."
        )
        self.note("time.mixed-offsets", "NOTE", "row", table, several, text, column)

    def plausible(self, table: TextTable, clock: Clock, column: str | None, around: float) -> Clock:
        """The clock without times that lie ten years or more from the study's infusions."""
        with np.errstate(invalid="ignore"):
            far = (clock.low - around > PLAUSIBLE_HOURS) | (around - clock.high > PLAUSIBLE_HOURS)
        self.note(
            "time.implausible",
            "DROP",
            "row",
            table,
            far,
            "times ten years or more away from the study's infusions were set aside, a mistyped "
            "year "
            "perhaps; check them against the source.",
            column,
        )
        return clock.without(far)
