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
        self._pieces: list[tuple[np.ndarray | None, pa.Array]] = []
        self._rows = self._distinct = 0

    @property
    def _varied(self) -> bool:
        return self._distinct * 2 > self._rows

    def add(self, piece: pa.DictionaryArray) -> None:
        """Take the next rows."""
        values = piece.dictionary
        self._rows += len(piece)
        self._distinct += len(values)
        if self._varied:
            self._pieces.append((None, piece.dictionary_decode()))
        else:
            codes = piece.indices.to_numpy().astype(_narrowest(len(values)))
            self._pieces.append((codes, values))

    def series(self) -> pd.Series:
        """The column: a categorical, or ``str`` where most values differ. Call it once."""
        pieces, self._pieces = self._pieces, []
        if not pieces:
            return pd.Series([], dtype="str")
        if self._varied:
            plain = [t if codes is None else t.take(pa.array(codes)) for codes, t in pieces]
            return pd.Series(pa.chunked_array(plain).to_pandas(), dtype="str")
        codes, texts = _shared(pieces, self._rows)
        kind = pd.CategoricalDtype(pd.Index(texts.to_pandas(), dtype="str"))
        return pd.Series(pd.Categorical.from_codes(codes, dtype=kind, validate=False), copy=False)


def _shared(
    pieces: list[tuple[np.ndarray | None, pa.Array]], rows: int
) -> tuple[np.ndarray, pa.Array]:
    """Codes of all rows, and the different values that they are of."""
    own, own_texts = pieces[0]
    if len(pieces) == 1 and own is not None:
        return own, own_texts
    # Early rows that were kept as text may turn out to repeat after all.
    coded = [(np.arange(len(t)) if codes is None else codes, t) for codes, t in pieces]
    values = pa.concat_arrays([texts for _, texts in coded]).dictionary_encode()
    shared = values.indices.to_numpy()
    codes = np.empty(rows, _narrowest(len(values.dictionary)))
    row = entry = 0
    for own, own_texts in coded:
        codes[row : row + len(own)] = shared[entry : entry + len(own_texts)][own]
        row, entry = row + len(own), entry + len(own_texts)
    return codes, values.dictionary


def _narrowest(distinct: int) -> type[np.signedinteger]:
    """The smallest integers that number so many values."""
    return next(t for t in (np.int8, np.int16, np.int32) if distinct <= np.iinfo(t).max)
