"""Columns of text gathered from a stream, each value held once where values repeat."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa

__all__ = ["ENCODED", "Gathered"]

# What a column must be read as.
ENCODED = pa.dictionary(pa.int32(), pa.string())


class Gathered:
    """One column, piece by piece.

    Kept as codes while a value occurs twice or more on average, as plain text otherwise:
    free text or exact times would need more room as codes.
    """

    def __init__(self) -> None:
        self._pieces: list[pa.Array] = []
        self._rows = self._distinct = 0

    @property
    def _varied(self) -> bool:
        return self._distinct * 2 > self._rows

    def add(self, piece: pa.DictionaryArray) -> None:
        """Take the next rows."""
        self._rows += len(piece)
        self._distinct += len(piece.dictionary)
        if self._varied:
            self._pieces.append(piece.dictionary_decode())
            return
        codes = piece.indices.cast(_narrowest(len(piece.dictionary)))
        self._pieces.append(pa.DictionaryArray.from_arrays(codes, piece.dictionary))

    def series(self) -> pd.Series:
        """The column: a categorical, or ``str`` where most values differ. Call it once."""
        pieces, self._pieces = self._pieces, []
        if not pieces:
            return pd.Series([], dtype="str")
        if self._varied:
            plain = [p.dictionary_decode() if hasattr(p, "dictionary") else p for p in pieces]
            return pd.Series(pa.chunked_array(plain).to_pandas(), dtype="str")
        # Early rows that were kept as text may turn out to repeat after all.
        pieces = [p if hasattr(p, "dictionary") else p.dictionary_encode() for p in pieces]
        values = pa.concat_arrays([piece.dictionary for piece in pieces]).dictionary_encode()
        shared = values.indices.to_numpy()
        texts = pd.Index(values.dictionary.to_pandas(), dtype="str")
        codes = np.empty(self._rows, _narrowest(len(texts)).to_pandas_dtype())
        row = entry = 0
        for piece in pieces:
            place = shared[entry : entry + len(piece.dictionary)]
            codes[row : row + len(piece)] = place[piece.indices.to_numpy()]
            row, entry = row + len(piece), entry + len(piece.dictionary)
        categorical = pd.Categorical.from_codes(codes, dtype=pd.CategoricalDtype(texts))
        return pd.Series(categorical)


def _narrowest(distinct: int) -> pa.DataType:
    """The smallest integers that number so many values."""
    return next(t for t in (pa.int8(), pa.int16(), pa.int32()) if distinct < 2 ** (t.bit_width - 1))
