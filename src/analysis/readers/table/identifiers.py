"""Identifiers: columns and cells that name a person, and codes that may be one person twice."""

from __future__ import annotations

import re
from collections.abc import Iterable

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from analysis.config import Table
from analysis.errors import Issue
from analysis.readers.table.header_words import announces_identifier
from analysis.readers.table.text_table import TextTable
from analysis.rules import issue, refusal

__all__ = ["alike", "among", "people_in", "positions", "record_numbers", "refuse_identifiers",
           "refuse_patterns", "same_number"]  # fmt: skip

# What in a cell names a person or leads to one. A time with an offset from UTC is none of it.
_PATTERNS = {
    "an e-mail address": r"[^@\s]+@[^@\s]+\.[A-Za-z]{2,}",
    "an address of the internet": r"(?i)https?://|www\.\w",
    "an IP address": r"^\s*(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?:25[0-5]|2[0-4]\d|1?\d?\d)){3}\s*$",
    "a social security number": r"(?:^|[^\d-])\d{3}-\d{2}-\d{4}(?:$|[^\d-])",
    "a telephone number": (
        r"(?:^|[^\d+-])(?:\+?1[-. ]?)?(?:\(\d{3}\) ?|\d{3}[-. ])\d{3}[-. ]\d{4}(?:$|[^\d-])"
        r"|(?:^|[^\dT:.])\+[1-9](?:[ ()-]?\d){8,14}(?:$|\D)"
    ),
}
_ANY = "|".join(f"(?:{pattern})" for pattern in _PATTERNS.values())
# So many digits number the records of a clinic; the people of a study take fewer.
_RECORD_NUMBER = r"^\D{0,3}\d{7,}$"
_NO_LETTERS = re.compile(r"[\W_]+")


def refuse_identifiers(header: list[str], file: str) -> None:
    """Refuse a table whose header names an identifier.

    Columns are told by their position: in a file without a header the first row holds
    values.

    Raises
    ------
    ReliefError
        ``identifier.column``, naming the positions, never what is in them.
    """
    found = [number for number, name in enumerate(header, 1) if announces_identifier(name)]
    if found:
        raise refusal("identifier.column", file=file, row=1, columns=positions(found))


def positions(numbers: list[int]) -> str:
    """Positions of columns in words, the first five of them."""
    return ", ".join(map(str, numbers[:5])) + (" and more" if len(numbers) > 5 else "")


def _matching(column: pd.Series, pattern: str) -> np.ndarray:
    """Rows whose text holds a pattern; each text is looked at once."""
    codes, texts = pd.factorize(column)
    if not len(texts):
        return np.zeros(len(column), dtype=bool)
    found = pc.match_substring_regex(pa.array(texts, pa.string()), pattern)
    return found.to_numpy(zero_copy_only=False)[codes]


def refuse_patterns(table: TextTable, columns: Iterable[str]) -> None:
    """Refuse a table where cells that are kept as text hold what leads to a person.

    A name cannot be told by its pattern; an address, a telephone number or a social
    security number can. Not for columns of numbers, where any other text is set aside.

    Parameters
    ----------
    table : TextTable
    columns : iterable of str
        The columns that are kept as text; those that the table lacks are passed over.

    Raises
    ------
    ReliefError
        ``identifier.pattern``, with the column, how many cells, and the kind alone.
    """
    for name in columns:
        if name not in table.cells:
            continue
        column = table.cells[name]
        if not _matching(column, _ANY).any():
            continue
        for kind, pattern in _PATTERNS.items():
            table.refuse("identifier.pattern", _matching(column, pattern), name, kind=kind)


def record_numbers(table: TextTable, subject: str) -> list[Issue]:
    """``identifier.record-number`` where people are numbered as a clinic numbers its records."""
    ids = table.column(subject)
    found = _matching(ids, _RECORD_NUMBER)
    if not found.any():
        return []
    row, count = table.first_row(found), int(ids[found].nunique())
    return [
        issue("identifier.record-number", file=table.file, row=row, column=subject, count=count)
    ]


def _plain(identifiers: pd.Series) -> pd.Series:
    """Identifiers without case, punctuation and leading zeros."""
    texts = pa.array(identifiers.astype("str"), pa.large_string())
    if pc.all(pc.string_is_ascii(texts)).as_py():
        bare = pc.replace_substring_regex(pc.ascii_lower(texts), r"[\W_]+", "")
    else:
        # What is no letter of another alphabet, Python's expressions alone know.
        bare = pa.array(identifiers.str.lower().str.replace(_NO_LETTERS, "", regex=True))
    bare = pc.replace_substring_regex(bare, "(^|[^0-9])0+([0-9])", r"\1\2")
    return pd.Series(bare, identifiers.index, dtype="str")


def among(identifiers: pd.Series | pd.Index, others: pd.Series | pd.Index) -> np.ndarray:
    """Which identifiers are some of the others, as ``isin`` has it.

    That of pandas 3.1 takes every one of the others through Python: seconds for a large export.

    Parameters
    ----------
    identifiers, others : Series or Index of str

    Returns
    -------
    ndarray of bool, one an identifier
    """
    if isinstance(identifiers.dtype, pd.CategoricalDtype):
        column = pd.Categorical(identifiers)
        # The last is that of a missing one.
        return np.append(among(column.categories, others), False)[column.codes]
    own, wanted = (
        pa.array(ids if ids.dtype == "str" else ids.astype("str"), pa.large_string())
        for ids in (identifiers, others)
    )
    return pc.is_in(own, value_set=wanted, skip_nulls=True).to_numpy(zero_copy_only=False)


def alike(identifiers: pd.Series, others: pd.Series | None = None) -> np.ndarray:
    """Identifiers that may be one person written differently.

    ``KPE008``, ``kpe-008`` and ``8`` look alike. Nobody is merged for it.

    Parameters
    ----------
    identifiers : Series of str
    others : Series of str, optional
        Compare with these instead of with each other.

    Returns
    -------
    ndarray of bool, one an identifier
    """
    own = _plain(identifiers)
    base = own if others is None else _plain(others)
    number = own.where(own.str.fullmatch(r"[0-9]+"))
    ends = pc.extract_regex(pa.array(base, pa.large_string()), "[^0-9](?P<number>[0-9]+)$")
    tail = pd.Series(pc.struct_field(ends, "number"), base.index, dtype="str")
    if others is not None:
        return among(own, base) | among(number, tail)
    same = own.duplicated(keep=False).to_numpy()
    return np.asarray(same | among(number, tail) | among(tail, number))


def same_number(identifiers: pd.Series, others: pd.Series) -> np.ndarray:
    """Which identifiers are some of the others once both are taken for numbers: 7, 007 and 7.0."""
    own, base = (
        ids.astype("str").str.extract(r"^0*([0-9]+)(?:[.]0+)?$")[0] for ids in (identifiers, others)
    )
    return among(own.fillna(""), base.dropna())


def people_in(table: TextTable, spec: Table) -> list[Issue]:
    """Look for what leads to a person in the cells that a declared table keeps as text.

    Parameters
    ----------
    table : TextTable
    spec : Table
        The table as study.toml declares it.

    Returns
    -------
    list of Issue
        ``identifier.record-number`` where people are numbered as a clinic numbers its
        records and study.toml does not declare ``study_codes``.

    Raises
    ------
    ReliefError
        What :func:`refuse_patterns` refuses.
    """
    coded = getattr(spec, "study_codes", True)
    # The people are known by then; a study's own codes may look like a telephone number.
    refuse_patterns(table, [n for n in spec.kept_as_text() if n != spec.subject or not coded])
    return [] if coded else record_numbers(table, spec.subject)
