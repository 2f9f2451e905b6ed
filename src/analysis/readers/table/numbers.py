"""Text to numbers, by a declared rule."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

__all__ = ["as_declared", "decimal_commas", "numbers", "numbers_of"]

_NUMBER = r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)"
_LONGEST_NUMBER = 30
_NEEDLESS = re.compile(r"([+-]?\d+)\.0+", re.ASCII)


def _texts(column: pd.Series) -> tuple[np.ndarray | None, pd.Series]:
    """The column's distinct values, and the place of each row among them.

    Where values hardly repeat there are no places: the texts are the rows.
    """
    if isinstance(column.dtype, pd.CategoricalDtype):
        return column.cat.codes.to_numpy(), pd.Series(column.cat.categories, dtype="str")
    return None, column.astype("str")


def _stripped(texts: pd.Series) -> pa.Array:
    array = pc.utf8_trim_whitespace(pa.array(texts, type=pa.large_string()))
    return array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array


def numbers(
    column: pd.Series,
    *,
    decimal: str = ".",
    missing_codes: tuple[str, ...] = (),
    codes_by_value: bool = True,
) -> tuple[np.ndarray, np.ndarray]:
    """Text to numbers by a declared rule.

    Parameters
    ----------
    column : Series of str
        Or a categorical of them.
    decimal : str
        "." or ",".
    missing_codes : tuple of str
        Declared codes for a missing value, compared as text.
    codes_by_value : bool
        Compare codes by value too, so that the code ``-9`` is also met by ``-9.0``. Not
        for hours, where -9 with decimals is a time.

    Returns
    -------
    values : ndarray of float
        NaN where the cell is blank, holds a missing code, or is not a plain number.
    wrong : ndarray of bool
        Cells that hold something which is neither blank, nor a missing code, nor a number.
    """
    (read,) = numbers_of(
        [column], decimal=decimal, missing_codes=missing_codes, codes_by_value=codes_by_value
    )
    return read


def numbers_of(
    columns: Sequence[pd.Series],
    *,
    decimal: str = ".",
    missing_codes: tuple[str, ...] = (),
    codes_by_value: bool = True,
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Several columns as :func:`numbers` reads one, their different texts at once."""
    parts = [_texts(column) for column in columns]
    texts = _stripped(pd.concat([own for _, own in parts], ignore_index=True))
    told = pc.invert(pc.is_in(texts, pa.array(["", *missing_codes], pa.large_string())))
    plain = pc.and_(told, pc.less_equal(pc.utf8_length(texts), _LONGEST_NUMBER))
    if decimal == ",":
        # A point in a decimal-comma file would be a thousands mark: never guessed away.
        plain = pc.and_not(plain, pc.match_substring(texts, "."))
        texts = pc.replace_substring(texts, ",", ".")
    plain = pc.and_(plain, pc.match_substring_regex(texts, f"^{_NUMBER}$"))
    digits = pc.if_else(plain, pc.utf8_ltrim(texts, "+"), None)
    values = digits.cast(pa.float64()).to_numpy(zero_copy_only=False).copy()
    wrong = pc.and_not(told, plain).to_numpy(zero_copy_only=False)
    if codes_by_value:
        by_value = [float(code) for code in missing_codes if re.fullmatch(_NUMBER, code)]
        values[np.isin(values, by_value)] = np.nan
    ends = np.cumsum([len(own) for _, own in parts])[:-1]
    return [
        (own, odd) if places is None else (own[places], odd[places])
        for (places, _), own, odd in zip(
            parts, np.split(values, ends), np.split(wrong, ends), strict=True
        )
    ]


def decimal_commas(column: pd.Series) -> np.ndarray:
    """Cells that are a number only if the comma in them is a decimal mark, as in ``12,5``."""
    places, texts = _texts(column)
    found = pc.match_substring_regex(_stripped(texts), "^[+-]?[0-9]*,[0-9]+$").to_numpy(
        zero_copy_only=False
    )
    return found if places is None else found[places]


def as_declared(column: pd.Series, declared: Iterable[str]) -> pd.Series:
    """Labels as study.toml declares them where a program wrote the number 1 as ``1.0``, or so.

    A cell that is declared as it stands stays; so does one whose number is not declared.
    """
    known = {str(label).strip() for label in declared}
    wholes = {_whole(label): label for label in known if _whole(label)}
    written = [text for text in column.unique() if text not in known and _whole(str(text))]
    renamed = {text: wholes[_whole(str(text))] for text in written if _whole(str(text)) in wholes}
    return column.astype("str").replace(renamed) if renamed else column


def _whole(text: str) -> str:
    """A whole number without the zeros behind its point; empty for any other text."""
    needless = _NEEDLESS.fullmatch(text.strip())
    plain = needless[1] if needless else text.strip()
    return plain if plain.lstrip("+-").isdigit() and plain.isascii() else ""
