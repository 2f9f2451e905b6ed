"""Dates whose day and month changed places: by a spreadsheet on opening, or by the declaration."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from analysis.readers.table.declared_times import parse_format

__all__ = ["other_way_round", "swapped_on_opening"]

_REAL = r"^(?P<year>[0-9]{4})-(?P<month>[0-9]{2})-(?P<day>[0-9]{2})(?:$|T)"
_TYPED = r"^(?P<first>[0-9]{1,2})[/.-](?P<second>[0-9]{1,2})[/.-](?:[0-9]{4}|[0-9]{2})(?:$|[^0-9])"
# Shares of days up to the twelfth and after it; so rarely do sound dates part by chance.
_EARLY, _LATE, _RARE = 0.4, 0.6, 0.001


def swapped_on_opening(texts: pa.LargeStringArray) -> bool:
    """Whether a spreadsheet made dates of those texts alone that read either way.

    It takes a text of another country for a date where it can, month first, and leaves a text
    whose day is over 12: so every real date has a day up to 12, and every text one over 12.

    Parameters
    ----------
    texts : LargeStringArray
        Cells of a column, each different one once: real dates as ISO 8601, typed ones as typed.
    """
    real = pc.extract_regex(texts, _REAL).drop_null()
    typed = pc.extract_regex(texts, _TYPED).drop_null()
    if not len(real) or not len(typed):
        return False
    days = pc.struct_field(real, "day").cast(pa.int64()).to_numpy()
    first, second = (
        pc.struct_field(typed, name).cast(pa.int64()).to_numpy() for name in ("first", "second")
    )
    parted = (days <= 12).all() and ((first > 12).all() or (second > 12).all())
    dates = pc.count_distinct(pc.utf8_slice_codeunits(texts.filter(
        pc.match_substring_regex(texts, _REAL)), 0, 10)).as_py()  # fmt: skip
    later = len(np.unique(np.maximum(first, second)))
    return bool(parted and _EARLY**dates * _LATE**later < _RARE)


def other_way_round(texts: pa.LargeStringArray, form: str) -> np.ndarray:
    """Texts that a format reads once its day and month change places."""
    if form.count("%d") != 1 or form.count("%m") != 1:
        return np.zeros(len(texts), dtype=bool)
    other = form.replace("%d", "\0").replace("%m", "%d").replace("\0", "%m")
    return parse_format(texts, other)[0].known
