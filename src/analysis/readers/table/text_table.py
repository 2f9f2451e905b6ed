"""A file's cells as text, with the numbers of their rows: what every format hands on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches

import numpy as np
import pandas as pd

from analysis.errors import Issue
from analysis.rules import issue, refusal

__all__ = ["STORED", "Described", "TextTable", "blank_rows", "exact_copies"]

# A column for times as they are stored, where less is known of them than that.
STORED = "time as stored"

# One truth value a row.
Mask = np.ndarray | pd.Series


@dataclass(frozen=True)
class Described:
    """What a file says of a column: a label, and the label of each code."""

    label: str
    words: Mapping[str, str]


@dataclass(frozen=True)
class TextTable:
    """A file's cells as text, and for each row its 1-based number with the header counted.

    Rows are numbered as a spreadsheet numbers them: a blank row counts, and a cell that
    holds line breaks is one row.

    Attributes
    ----------
    file : str
        Name of the file, without its folder.
    cells : DataFrame
        Text, blank where blank. Columns are ``str``, or categoricals where values repeat.
    rows : ndarray of int
        Numbers of the rows.
    sha256 : str
        Of the file's bytes.
    issues : tuple of Issue
        What reading found.
    whole_rows : callable, optional
        Where only some columns were kept: from the numbers of rows to all named columns of
        these rows, in order, piece by piece.
    subject : str, optional
        The column of the person's identifier, once it is known.
    described : dict of Described
        By column, where the file says something of it.
    names : tuple of str
        Of the file's columns, those not kept too, where a reader knows them.
    zones : dict of str
        By column, the zone of its times, where the file names it; empty for a name not known.
    """

    file: str
    cells: pd.DataFrame
    rows: np.ndarray
    sha256: str
    issues: tuple[Issue, ...]
    whole_rows: Callable[[np.ndarray], Iterator[pd.DataFrame]] | None = None
    subject: str | None = None
    described: Mapping[str, Described] = field(default_factory=dict)
    names: tuple[str, ...] = ()
    zones: Mapping[str, str] = field(default_factory=dict)
    _stripped: dict[str, pd.Series] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def with_described(self, described: Mapping[str, Described]) -> TextTable:
        """The table with what the file says of its columns."""
        return replace(self, described=described)

    def column(self, name: str) -> pd.Series:
        """One column as ``str``, stripped of surrounding white space.

        Raises
        ------
        ReliefError
            ``column.missing``: names the file and the column that study.toml declares.
        """
        return self.category(name).astype("str")

    def category(self, name: str) -> pd.Series:
        """One column, stripped, as a categorical where it is kept as one: small and fast.

        A categorical takes no value that is not among its categories; :meth:`column` does.

        Raises
        ------
        ReliefError
            As :meth:`column`.
        """
        if name not in self.cells:
            raise refusal(
                "column.missing", file=self.file, row=1, name=name, nearest=self._nearest(name)
            )
        if name not in self._stripped:
            self._stripped[name] = _stripped(self.cells[name])
        return self._stripped[name]

    def _nearest(self, name: str) -> str:
        """A column whose name is much like one that is not there, in words.

        No other is named: where the names of columns are missing, a person's row stands there.
        """
        known = {one.casefold(): one for one in (*self.names, *map(str, self.cells))}
        near = get_close_matches(name.casefold(), known, n=1, cutoff=0.75)
        return f"; the nearest name there is {known[near[0]]!r}" if near else ""

    def spaced(self, name: str) -> np.ndarray:
        """Cells of a column with white space around their text."""
        return _each(self.cells[name], lambda texts: texts != texts.str.strip())

    def first_row(self, mask: Mask) -> int:
        """The number of the first row of a mask."""
        return int(self.rows[int(np.argmax(np.asarray(mask)))])

    def note(
        self, rule: str, mask: Mask, column: str | None = None, **fields: object
    ) -> list[Issue]:
        """What is to be said of the rows of a mask, with their count; nothing where it is empty."""
        if not mask.any():
            return []
        where = {"file": self.file, "row": self.first_row(mask), "column": column}
        return [issue(rule, **where, count=int(mask.sum()), **fields)]  # type: ignore[arg-type]

    def refuse(self, rule: str, mask: Mask, column: str, **fields: object) -> None:
        """End the reading over the rows of a mask, if there are any: a STOP of scope ``study``.

        The rule's sentence holds ``{count}``, the number of rows.
        """
        if mask.any():
            row, count = self.first_row(mask), int(mask.sum())
            raise refusal(rule, file=self.file, row=row, column=column, count=count, **fields)

    def pick(self, keep: np.ndarray) -> TextTable:
        """The table with only the rows of a mask; its issues stay behind."""
        if keep.all():
            return replace(self, issues=())
        cells = self.cells[keep].reset_index(drop=True)
        return replace(self, cells=cells, rows=self.rows[keep], issues=())


def _stripped(column: pd.Series) -> pd.Series:
    """A column without white space around its texts."""
    if not isinstance(column.dtype, pd.CategoricalDtype):
        return column.str.strip()
    texts = column.cat.categories.astype("str")
    stripped = texts.str.strip()
    if stripped.equals(texts):
        return column
    # Values that differed only in white space are one value now.
    places, values = pd.factorize(stripped)
    codes = np.append(places, -1)[column.cat.codes.to_numpy()]
    dtype = pd.CategoricalDtype(pd.Index(values, dtype="str"))
    return pd.Series(pd.Categorical.from_codes(codes, dtype=dtype), column.index, name=column.name)


def _each(column: pd.Series, test: Callable[[pd.Series], pd.Series]) -> np.ndarray:
    """Which cells pass a test of their text; each different text is tested once."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        texts = column.cat.categories.astype("str").to_series()
        return test(texts).to_numpy()[column.cat.codes.to_numpy()]
    return test(column).to_numpy()


def blank_rows(cells: pd.DataFrame) -> np.ndarray:
    """Rows with nothing but white space in any column."""
    blank = np.ones(len(cells), dtype=bool)
    for name in cells:
        # Column by column, and only while some row is still blank: most tables have none.
        if not blank.any():
            break
        blank &= _each(cells[name], lambda texts: texts.str.strip() == "")
    return blank


def exact_copies(table: TextTable, among: np.ndarray) -> np.ndarray:
    """Rows of a mask that repeat an earlier row of it in every named column of the file.

    Where only some columns were kept, the file is read once more, for these rows alone.

    Parameters
    ----------
    among : ndarray of bool
        One a row of the table.

    Returns
    -------
    ndarray of bool, one a row of the table
    """
    if table.whole_rows is None:
        rows = table.cells[among]
    else:
        digests = [_digests(piece) for piece in table.whole_rows(table.rows[among])]
        rows = pd.DataFrame(np.concatenate(digests) if digests else [])
    copies = np.zeros(len(among), dtype=bool)
    copies[among] = rows.duplicated().to_numpy()
    return copies


def _digests(rows: pd.DataFrame) -> np.ndarray:
    """128 bits a row: two rows that differ have the same ones by no chance worth counting."""
    keys = ("0123456789abcdef", "fedcba9876543210")
    return np.column_stack([pd.util.hash_pandas_object(rows, False, hash_key=key) for key in keys])
