"""Files of SPSS, Stata and SAS as text, through ReadStat (pyreadstat 1.3.7).

Numbers come as codes, never as their labels, so that a file means what its syntax meant; what the
file says of its codes goes along in :attr:`TextTable.described`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from analysis.errors import Issue, require
from analysis.readers.formats.cdisc.values import as_table, check_names, number_text
from analysis.readers.formats.file_bytes import file_bytes
from analysis.readers.formats.statistics.moments import moment_text
from analysis.readers.table.text_table import Described, TextTable
from analysis.rules import issue, refusal

__all__ = ["read_sas", "read_spss", "read_stata"]

# Decimal digits that the storage of a variable tells, where it is less than a double.
_DIGITS = {"float": 7}


def read_spss(path: Path, *, encoding: str | None = None) -> TextTable:
    """Read a file of SPSS (.sav, or compressed as .zsav).

    Parameters
    ----------
    path : Path
        The file. Its name, never its folder, appears in messages.
    encoding : str, optional
        Where the file names another than its texts have.

    Returns
    -------
    TextTable
        Numbers as the shortest plain decimals, dates and times in ISO 8601 by their formats,
        text without trailing blanks. What the file declares as missing is blank, and said.
        ``rows`` is the case's number plus 1, as if a header stood above.

    Raises
    ------
    ReliefError
        ``file.missing``, ``file.not-opened``, ``file.empty``, ``file.no-rows``,
        ``identifier.column``, ``statistics.damaged``, ``statistics.encoding`` or
        ``extra.missing``.
    """
    return _read(path, "read_sav", "SPSS", encoding)


def read_stata(path: Path, *, encoding: str | None = None) -> TextTable:
    """Read a file of Stata (.dta); extended missing values (.a to .z) are blank, and said.

    Parameters, result and errors are those of :func:`read_spss`.
    """
    return _read(path, "read_dta", "Stata", encoding)


def read_sas(path: Path, *, encoding: str | None = None) -> TextTable:
    """Read a data set of SAS (.sas7bdat); special missing values are blank, and said.

    Value labels stand in a catalogue of its own, which is not read. Parameters, result and
    errors are those of :func:`read_spss`.
    """
    return _read(path, "read_sas7bdat", "SAS", encoding)


def _read(path: Path, reader: str, package: str, encoding: str | None) -> TextTable:
    require("statistics-files", "pyreadstat", what=f"A file of {package}")
    import pyreadstat

    file = path.name
    raw = file_bytes(path, file)
    if not raw.strip(b"\0 "):
        raise refusal("file.empty", file=file)
    options: dict[str, Any] = {"output_format": "dict", "disable_datetime_conversion": True}
    parse: Callable[..., tuple[dict[str, Any], Any]] = getattr(pyreadstat, reader)
    try:
        cells, said = parse(str(path), user_missing=True, encoding=encoding, **options)
    except (UnicodeError, LookupError):
        raise refusal("statistics.encoding", file=file) from None
    except (pyreadstat.ReadstatError, pyreadstat.PyreadstatError, ValueError, MemoryError) as error:
        if "convert string" in str(error) or "ncoding" in str(error):
            raise refusal("statistics.encoding", file=file) from None
        raise refusal("statistics.damaged", file=file, package=package) from None
    if not cells:
        raise refusal("file.no-rows", file=file)
    check_names(list(cells), file)
    columns, missing = {}, 0
    for name, values in cells.items():
        columns[name], count = _column(name, values, said)
        missing += count
    found: list[Issue] = []
    if missing:
        found.append(issue("statistics.user-missing", file=file, count=missing))
    table = as_table(file, columns, hashlib.sha256(raw).hexdigest(), found)
    return table.with_described({str(name): _described(str(name), said) for name in table.cells})


def _column(name: str, values: Any, said: Any) -> tuple[pd.Series, int]:
    """A variable as text, and how many of its cells hold what the file declares as missing."""
    kind = said.readstat_variable_types.get(name, "")
    told = pd.Series(list(values), dtype=object)
    if kind == "string":
        texts = told.fillna("").astype("str").str.rstrip(" \0")
        declared = _in_ranges(texts, said.missing_ranges.get(name, []))
        return texts.mask(declared, ""), int(declared.sum())
    # An extended missing value of Stata or SAS comes as its letter.
    letters = np.array([isinstance(value, str) for value in told])
    numbers = pd.to_numeric(told.mask(letters), errors="coerce").to_numpy(float)
    declared = _in_ranges(pd.Series(numbers), said.missing_ranges.get(name, []))
    numbers = np.where(declared, np.nan, numbers)
    form = said.original_variable_types.get(name)
    moments = moment_text(numbers, form, _package(said))
    written = number_text(numbers, _DIGITS.get(kind, 15)) if moments is None else moments
    return pd.Series(written, dtype="str"), int(declared.sum() + letters.sum())


def _package(said: Any) -> str:
    """SPSS, Stata or SAS, as the file's metadata tell it."""
    name = str(said.file_format)
    return "SPSS" if name.startswith("sav") else "Stata" if name.startswith("dta") else "SAS"


def _in_ranges(values: pd.Series, ranges: list[dict[str, Any]]) -> np.ndarray:
    """Cells within a range that the file declares as missing; a single value is a range."""
    found = np.zeros(len(values), dtype=bool)
    for bounds in ranges:
        low, high = bounds["lo"], bounds["hi"]
        if isinstance(low, str):
            found |= (values == low.rstrip()).to_numpy()
        elif pd.api.types.is_numeric_dtype(values):
            found |= values.between(low, high).to_numpy()
    return found


def _described(name: str, said: Any) -> Described:
    """What the file says of a variable: its label, and the label of each of its codes."""
    label = said.column_names_to_labels.get(name) or ""
    codes = said.variable_value_labels.get(name, {})
    words = {
        code if isinstance(code, str) else str(number_text(np.array([float(code)]))[0]): str(word)
        for code, word in codes.items()
    }
    return Described(" ".join(str(label).split()), words)
