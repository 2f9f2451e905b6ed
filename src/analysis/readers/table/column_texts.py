"""The different texts of a column, each looked at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

__all__ = ["Column"]


@dataclass(frozen=True)
class Column:
    """The texts of a column, each once where it is a categorical, and where they came from."""

    file: str
    name: str
    texts: pa.LargeStringArray
    places: np.ndarray | None

    @classmethod
    def of(cls, column: pd.Series, file: str, name: str) -> Column:
        """The column's texts; a categorical's categories stand for all its rows."""
        places = None
        if isinstance(column.dtype, pd.CategoricalDtype):
            codes = column.cat.codes.to_numpy()
            # A missing cell is a blank one; categories that rows were taken from are nobody's.
            texts = pd.Series(
                column.cat.categories.astype("str").append(pd.Index([""], dtype="str"))
            )
            used = np.zeros(len(texts), dtype=bool)
            used[codes] = True
            places, column = (np.cumsum(used) - 1)[codes], texts[used]
        texts = pa.array(column.astype("str").fillna(""), pa.large_string())
        if isinstance(texts, pa.ChunkedArray):
            texts = texts.combine_chunks()
        return cls(file, name, texts, places)

    def rows(self, found: np.ndarray) -> np.ndarray:
        """What was found for each text, for each row."""
        return found if self.places is None else found[self.places]

    def match(self, pattern: str, among: np.ndarray) -> np.ndarray:
        """Texts of a mask that a regular expression matches."""
        found = np.zeros(len(self.texts), dtype=bool)
        some = self.texts.filter(pa.array(among))
        found[among] = pc.match_substring_regex(some, pattern).to_numpy(zero_copy_only=False)
        return found
