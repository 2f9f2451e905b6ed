"""Files with one row an item: their rows are gathered into one row a form."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.config import AssessmentTable
from analysis.readers.reading import Reading
from analysis.readers.table.text_table import STORED, TextTable
from analysis.rules import first_of

__all__ = ["one_row_a_form"]


def one_row_a_form(reading: Reading, table: TextTable, spec: AssessmentTable) -> TextTable:
    """Gather item rows into forms.

    Rows belong to one form where they share the subject, the time, and the columns of
    ``form_id``, ``recall`` and ``status``. A row holds the code of an item (or of the stated
    total) and its value; an item without a row is blank. Rows of other codes are passed over
    and counted. An item told twice in a form counts once where both rows agree, and sets the
    person aside where they differ.

    Parameters
    ----------
    table : TextTable
        One row an item.
    spec : AssessmentTable
        With ``code`` and ``value``; its items and total are codes.

    Returns
    -------
    TextTable
        One row a form in the order of their first rows, whose numbers ``rows`` holds: the
        columns that tell forms apart, and one column a code.

    Raises
    ------
    ReliefError
        ``item.no-code`` where no row holds any of the codes.
    """
    code = str(spec.code)
    wanted = spec.answer_columns()
    column = table.category(code)
    other = ~column.isin(wanted).to_numpy()
    if other.all():
        table.refuse("item.no-code", other, code, scale=spec.instrument, declared=first_of(wanted))
    reading.note("item.other-code", table, other, code, scale=spec.instrument)
    there = set(column.unique())
    unseen = [name for name in dict.fromkeys(wanted) if name not in there]
    reading.note(
        "item.code-unseen", table, np.full(len(other), bool(unseen)), code, count=len(unseen),
        scale=spec.instrument, declared=first_of(unseen),
    )  # fmt: skip
    table = table.pick(~other)
    keys = [spec.subject, spec.time or spec.hours, *spec.form_id, spec.visit_name]
    keys += [spec.recall, spec.status]
    keys += [STORED] if STORED in table.cells else []
    names = list(dict.fromkeys(name for name in keys if name is not None))
    form, first = _numbered([table.category(name) for name in names])
    place = _positions(table.category(code), wanted)
    values = table.category(str(spec.value)).astype("category")
    told = values.cat.codes.to_numpy()
    grid = np.full((len(first), len(wanted)), -1, dtype=np.int32)
    grid[form, place] = told
    if np.count_nonzero(grid >= 0) < len(told):
        _each_item_once(reading, table, spec, form * len(wanted) + place, told)
    cells = {name: table.category(name).iloc[first].reset_index(drop=True) for name in names}
    words = values.cat.categories
    for position, name in enumerate(wanted):
        answers = pd.Categorical.from_codes(grid[:, position], words)
        cells[name] = pd.Series(answers.add_categories([""] if "" not in words else []).fillna(""))
    return TextTable(
        table.file, pd.DataFrame(cells), table.rows[first], table.sha256, (), subject=table.subject
    )


def _numbered(keys: list[pd.Series]) -> tuple[np.ndarray, np.ndarray]:
    """One number a distinct key, from 0 on in the order of first rows, and the first rows."""
    codes = [_codes(key)[0] for key in keys]
    # Rows of a form mostly stand together: a run of them is looked at once.
    begins = np.ones(len(codes[0]), dtype=bool)
    begins[1:] = np.any([own[1:] != own[:-1] for own in codes], axis=0)
    runs = np.flatnonzero(begins)
    number = np.zeros(len(runs), dtype=np.int64)
    for own in codes:
        # Renumbered at every step, so that products stay small.
        number = pd.factorize(number * (int(own.max(initial=0)) + 2) + own[runs])[0]
    # A first row has a number that none before it has.
    first = runs[np.flatnonzero(np.diff(np.maximum.accumulate(number), prepend=-1))]
    return np.repeat(number, np.diff(runs, append=len(begins))), first


def _codes(key: pd.Series) -> tuple[np.ndarray, pd.Index]:
    """A number a row, and the text that each number stands for."""
    if isinstance(key.dtype, pd.CategoricalDtype):
        return key.cat.codes.to_numpy(), key.cat.categories
    numbers, texts = pd.factorize(key)
    return numbers, pd.Index(texts)


def _positions(codes: pd.Series, wanted: list[str]) -> np.ndarray:
    """Place of each code among the wanted ones."""
    numbers, texts = _codes(codes)
    return pd.Index(wanted).get_indexer(texts)[numbers]


def _each_item_once(
    reading: Reading, table: TextTable, spec: AssessmentTable, cell: np.ndarray, told: np.ndarray
) -> None:
    """Count copies of an item within a form; set people aside where the copies differ."""
    again = pd.Series(cell).duplicated().to_numpy()
    both = pd.Series(cell).duplicated(keep=False).to_numpy()
    differs = np.zeros(len(cell), dtype=bool)
    differs[both] = pd.Series(told[both]).groupby(cell[both]).transform("nunique") > 1
    reading.note("item.duplicate", table, again & ~differs, spec.code, scale=spec.instrument)
    ids = table.column(spec.subject)
    reading.stop("item.conflicting", table, differs, ids, spec.code, scale=spec.instrument)
