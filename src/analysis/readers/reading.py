"""What is carried from file to file while one study is read: issues, hashes, and one clock."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePath

import numpy as np
import pandas as pd

from analysis.config import StudyConfig, Table
from analysis.errors import Issue
from analysis.readers.clock import Clock
from analysis.readers.formats.declared_rows import joined, matching
from analysis.readers.formats.open_table import open_table
from analysis.readers.table.epochs import refuse_other_epoch
from analysis.readers.table.identifiers import alike, among, people_in, same_number
from analysis.readers.table.numbers import decimal_commas, numbers, numbers_of
from analysis.readers.table.text_table import TextTable, exact_copies
from analysis.rules import catalogue, issue, refusal

__all__ = ["Reading"]

# Times further than this from the study's infusions are mistyped years.
PLAUSIBLE_HOURS = 10 * 365.25 * 24
# Decimal commas in so large a share of cells are how the file writes numbers.
_OFTEN, _HALF = 0.01, 0.5
# So few odd cells say nothing about the column as a whole.
FEW = 3
# A length of time as a spreadsheet shows it.
_LENGTH = r"-?(?:\d+ days?, )?\d{1,4}:\d\d(?::\d\d)?"
# A column by which a reader marks rows whose person a rule sets aside.
MARK = "set_aside"


@dataclass
class Reading:
    """One study while it is read. Every finding passes through :meth:`note` and is counted.

    ``set_aside`` holds the identifiers of people set aside, with the rule that did it;
    ``dropped`` whose rows and cells were, id and rule a row. ``around`` is the median start
    of the infusions on the file's clock, in hours, once they are read. ``strangers`` counts rows
    under identifiers of nobody in the study, by what they are and by file. ``sites`` is the site of
    each person, once they are read.
    """

    config: StudyConfig
    folder: Path
    issues: list[Issue] = field(default_factory=list)
    sources: dict[str, str] = field(default_factory=dict)
    set_aside: dict[str, str] = field(default_factory=dict)
    dropped: list[pd.DataFrame] = field(default_factory=list)
    around: float = np.nan
    zoned: dict[str, frozenset[bool]] = field(default_factory=dict)
    sites: dict[str, str] = field(default_factory=dict)
    strangers: dict[str, dict[str, pd.Series]] = field(default_factory=dict)
    _opened: dict[str, TextTable] = field(default_factory=dict)
    _marked: set[tuple[str, str]] = field(default_factory=set)

    def open(self, spec: Table) -> TextTable:
        """The rows of a declared table; a file that serves several tables is read once.

        Raises
        ------
        ReliefError
            What the format's reader refuses, ``column.missing``, and
            ``file.no-matching-row`` where no row meets ``where``.
        """
        key = spec.source()
        if key not in self._opened:
            table = open_table(self.folder, spec, self.config)
            # What a file says of itself it says once, however many tables it serves.
            self.issues.extend(said for said in table.issues if said not in self.issues)
            # The declared path tells files of one name apart; an absolute one is nobody's business.
            path = PurePath(spec.path)
            told = bool(spec.path) and not path.is_absolute()
            # A database is hashed table by table.
            name = path.as_posix() if told and spec.format != "omop" else table.file
            self.sources[name] = table.sha256
            for beside in filter(None, (spec.dictionary, spec.event_table)):
                try:
                    raw = (self.folder / beside).read_bytes()
                except (OSError, ValueError):
                    raise refusal("file.not-opened", file=beside) from None
                self.sources[PurePath(beside).as_posix()] = hashlib.sha256(raw).hexdigest()
            self._opened[key] = table
        chosen = matching(self._opened[key], spec)
        table = replace(joined(chosen, spec), subject=spec.subject)
        self.issues.extend(said for said in table.issues if said not in self.issues)
        self.issues.extend(said for said in people_in(table, spec) if said not in self.issues)
        return self._without_stopped(table, spec)

    def _without_stopped(self, table: TextTable, spec: Table) -> TextTable:
        """Set people aside whom the format's reader marked with a rule."""
        if MARK not in table.cells:
            return table
        marks, ids = table.column(MARK), table.column(spec.subject)
        for rule in sorted(set(marks) - {""}):
            # Several tables of one file would say the same again.
            if (spec.source(), rule) not in self._marked:
                self.stop(rule, table, (marks == rule).to_numpy(), ids, spec.subject)
            self._marked.add((spec.source(), rule))
        return table.pick((marks == "").to_numpy() | (spec.ROLE == "subjects"))

    def note(
        self,
        rule: str,
        table: TextTable,
        mask: np.ndarray,
        column: str | None = None,
        *,
        count: int | None = None,
        **fields: object,
    ) -> None:
        """Record a finding about the rows of a mask, if there are any.

        ``count`` replaces the number of rows where a finding is about people; ``fields``
        fill the places of the rule's words.
        """
        if mask.any():
            found = int(mask.sum()) if count is None else count
            row = table.first_row(mask)
            told = issue(rule, file=table.file, row=row, column=column, count=found, **fields)
            self.issues.append(told)
            if told.severity == "DROP" and table.subject in table.cells:
                ids = table.category(str(table.subject))[mask].astype("str")
                self.dropped.append(pd.DataFrame({"id": ids, "rule": rule}))

    def stop(
        self,
        rule: str,
        table: TextTable,
        mask: np.ndarray,
        ids: pd.Series,
        column: str | None = None,
        **fields: object,
    ) -> None:
        """Set the people of a mask aside, and count them."""
        people = ids[mask].unique()
        for person in people:
            self.set_aside.setdefault(person, rule)
        self.note(rule, table, mask, column, count=len(people), **fields)

    def missing(self, column: pd.Series) -> np.ndarray:
        """Cells that are blank or hold a declared code for a missing value."""
        return column.isin(["", *self.config.study.missing_codes]).to_numpy()

    def identifiers(self, table: TextTable, column: str) -> pd.Series:
        """Identifiers, stripped of the white space around them, which is told."""
        ids = table.category(column)
        self.note("subject.white-space", table, table.spaced(column), column)
        return ids

    def known(self, table: TextTable, column: str, people: pd.Series, what: str) -> TextTable:
        """The rows of people who are in the table of subjects; the others are set aside.

        Raises
        ------
        ReliefError
            ``subject.first-row-alone`` where rows without an identifier follow most that have one;
            ``subject.zeros`` where identifiers are known ones that were taken for numbers.
        """
        ids = self.identifiers(table, column)
        blank = (ids == "").to_numpy()
        follows = int((blank[1:] & ~blank[:-1]).sum())
        laid_out = follows >= max(FEW, _HALF * int((~blank).sum()))
        table.refuse("subject.first-row-alone", blank & laid_out, column, what=what)
        stranger = ~among(ids, people) & ~blank
        self.note("subject.blank-id", table, blank, column, what=what)
        hint = ""
        if stranger.any():
            own = ids[stranger].astype("str").value_counts()
            self.strangers.setdefault(what, {})[table.file] = own
            names = ids[stranger].astype("str")
            as_numbers = stranger.copy()
            as_numbers[stranger] = same_number(names, people)
            if len(set(ids[as_numbers])) >= FEW:
                table.refuse("subject.zeros", as_numbers, column, what=what)
        if stranger.any() and alike(ids[stranger].astype("str"), people).any():
            hint = "; some differ from a known identifier only in how they are written"
        self.note("subject.unknown", table, stranger, column, what=what, hint=hint)
        return table.pick(~(blank | stranger))

    def once(self, table: TextTable, spec: Table, what: str) -> TextTable:
        """Each row once: exact copies, and rows that say the same in every declared column.

        Where one file serves several tables, rows that repeat what this table reads and
        differ in what another reads are no copies: nothing is said of them.
        """
        names = spec.columns()
        declared = pd.DataFrame({name: table.category(name) for name in names})
        again = declared.duplicated().to_numpy()
        if not again.any():
            return table
        others = [one for one in self.config.tables if one.source() == spec.source()]
        beyond = {n for one in others for visit in one.by_visit() for n in visit.columns()}
        more = {n: table.category(n) for n in beyond - set(names) if n in table.cells}
        same = declared.assign(**more).duplicated().to_numpy() if more else again
        copies = exact_copies(table, declared.duplicated(keep=False).to_numpy())
        self.note("row.duplicate", table, copies, what=what)
        self.note("row.same-content", table, same & ~copies, what=what)
        return table.pick(~again)

    def note_cells(
        self, rule: str, table: TextTable, mask: np.ndarray, columns: list[str], **fields: object
    ) -> None:
        """Record a finding about single cells of several columns: one, with their count.

        ``mask`` has a row a row of the table and a column a column of ``columns``.
        """
        if not mask.any():
            return
        first = columns[int(np.argmax(mask.any(axis=0)))]
        rows, count = np.asarray(mask.any(axis=1)), int(mask.sum())
        self.note(rule, table, rows, first, count=count, **fields)
        if catalogue()[rule].severity == "DROP" and table.subject in table.cells:
            # One entry a cell; the first of a row stands there already.
            ids = table.category(str(table.subject)).repeat(np.maximum(mask.sum(axis=1) - 1, 0))
            ids = ids.astype("str")
            self.dropped.append(pd.DataFrame({"id": ids, "rule": rule}))

    def number(self, table: TextTable, column: str, spec: Table, what: str) -> np.ndarray:
        """A column of numbers; a cell that is no number is set aside and counted.

        Raises
        ------
        ReliefError
            ``column.decimal-comma`` where an undeclared comma stands in numbers, ``column.lengths``
            where a colon stands in hours, ``column.not-numbers`` where no cell is a number.
        """
        return self.numbers(table, [column], spec, what)[:, 0]

    def numbers(self, table: TextTable, columns: list[str], spec: Table, what: str) -> np.ndarray:
        """Several columns as :meth:`number` reads one, with one finding for all of them."""
        coded = bool(spec.labels) and what in ("items", "totals")
        cells = [
            self._coded(table, column, spec.labels) if coded else table.category(column)
            for column in columns
        ]
        read = numbers_of(
            cells,
            decimal=spec.decimal,
            # A code for a missing answer may be somebody's weight.
            missing_codes=() if what == "weights" else tuple(self.config.study.missing_codes),
            codes_by_value=what != "hours",
        )
        for column, own, (values, wrong) in zip(columns, cells, read, strict=True):
            self._refuse_others(table, column, spec, what, own, values, wrong)
        wrong = np.column_stack([odd for _, odd in read])
        self.note_cells("cell.not-a-number", table, wrong, columns, what=what)
        return np.column_stack([values for values, _ in read])

    def _refuse_others(
        self,
        table: TextTable,
        column: str,
        spec: Table,
        what: str,
        cells: pd.Series,
        values: np.ndarray,
        wrong: np.ndarray,
    ) -> None:
        """Refuse a column whose cells are no numbers as declared, by what they seem to be."""
        if not wrong.any():
            return
        if spec.decimal == ".":
            commas = decimal_commas(cells) & wrong
            often = commas.sum() >= max(FEW, _OFTEN * len(cells))
            table.refuse("column.decimal-comma", commas & often, column, what=what)
        if what == "hours" and wrong.sum() >= FEW:
            lengths = cells.astype("str").str.fullmatch(_LENGTH).to_numpy(bool)
            table.refuse("column.lengths", wrong & lengths, column)
        if wrong.sum() >= FEW and np.isnan(values).all():
            table.refuse("column.not-numbers", wrong, column, what=what)

    def _coded(self, table: TextTable, column: str, labels: dict[str, str]) -> pd.Series:
        """Answers with their codes in place of labels, whatever the case and the spacing.

        Raises
        ------
        ReliefError
            ``column.unknown-label`` for a word that ``labels`` does not map.
        """
        cells = table.column(column)
        codes = {" ".join(label.lower().split()): code for label, code in labels.items()}
        words = cells.astype("str").str.lower().str.split().str.join(" ")
        mapped = words.map(codes)
        plain = self.missing(cells) | ~numbers(cells)[1]
        table.refuse("column.unknown-label", mapped.isna().to_numpy() & ~plain, column)
        return mapped.where(mapped.notna(), cells.astype("str"))

    def plausible(self, table: TextTable, clock: Clock, column: str | None, around: float) -> Clock:
        """The clock without times that lie ten years or more from the study's infusions.

        Raises
        ------
        ReliefError
            ``time.other-epoch`` where most of the column's dates lie years away.
        """
        # On a clock of hours the infusions lie about 0.
        if abs(around) > PLAUSIBLE_HOURS:
            refuse_other_epoch(clock.low - around, file=table.file, column=column)
        with np.errstate(invalid="ignore"):
            far = (clock.low - around > PLAUSIBLE_HOURS) | (around - clock.high > PLAUSIBLE_HOURS)
        self.note("time.implausible", table, far, column)
        return clock.without(far)
