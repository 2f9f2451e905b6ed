"""Times in a declared form: a ``strptime`` format, or the day numbers of a spreadsheet.

openpyxl.utils.datetime.from_excel was tried: it takes a day alone for its midnight.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Literal

import numpy as np
import pandas as pd
import pyarrow as pa

from analysis.config.precision import DAY, MINUTE, format_precision
from analysis.readers.table.iso import LOCAL, Told

__all__ = ["parse_format", "parse_serials"]

_MIDNIGHT = re.compile(r"(?<!\d)24:00(?!\d)", re.ASCII)
# Directives that pandas reads as Python does.
_ALIKE = re.compile(r"(?:[^%]|%[dmyYHIMSpbB%])*")
_EPOCH = datetime(1970, 1, 1)
# Day 0 of each way to count; the 1900 one takes 1900 for a leap year.
_DAY_ZERO = {1900: datetime(1899, 12, 30), 1904: datetime(1904, 1, 1)}
_MINUTES = 24 * 60


def parse_format(texts: pa.LargeStringArray, form: str) -> tuple[Told, np.ndarray]:
    """Read texts by a ``strptime`` format that tells the date.

    Returns
    -------
    told : Told
    next_day : ndarray of bool
        Written as 24:00 and read as 00:00 of the next day.
    """
    told = Told.nothing(len(texts))
    next_day = np.zeros(len(texts), dtype=bool)
    if _ALIKE.fullmatch(form):
        _many(texts, form, told)
    rest = np.flatnonzero(~told.known)
    unique, places = np.unique(
        texts.take(pa.array(rest)).to_numpy(zero_copy_only=False), return_inverse=True
    )
    for number, text in enumerate(unique):
        moment, following = _one(text, form)
        if moment is None:
            continue
        rows = rest[places == number]
        offset = moment.utcoffset()
        told.known[rows], next_day[rows] = True, following
        told.local[rows] = _microseconds(moment.replace(tzinfo=None) - _EPOCH)
        told.offset[rows] = LOCAL if offset is None else _microseconds(offset)
    told.precision[told.known] = format_precision(form)
    return told, next_day


def _microseconds(span: timedelta) -> int:
    return span // timedelta(microseconds=1)


def _many(texts: pa.LargeStringArray, form: str, told: Told) -> None:
    """Enter what pandas reads by the format; it knows no 24:00 and may pass over more."""
    words = pd.Series(texts.to_pandas(), dtype="str")
    # pandas takes these words for the time of the computer's clock, whatever the format.
    words = words.mask(words.isin(["now", "today"]), "")
    read = pd.to_datetime(words, format=form, errors="coerce", exact=True)
    told.known[:] = read.notna()
    local = read.astype("M8[us]").to_numpy().astype(np.int64)
    told.local[told.known] = local[told.known]


def _one(text: str, form: str) -> tuple[datetime | None, bool]:
    try:
        return datetime.strptime(text, form), False
    except ValueError:
        pass
    # ISO 8601 once wrote the end of a day so; a declared format is the leave to read it.
    midnight, times = _MIDNIGHT.subn("00:00", text)
    if times != 1:
        return None, False
    try:
        moment = datetime.strptime(midnight, form)
        following = moment + timedelta(days=1)
    except (ValueError, OverflowError):
        return None, False
    if (moment.hour, moment.minute, moment.second) != (0, 0, 0):
        return None, False
    return following, True


def parse_serials(
    texts: pa.LargeStringArray, among: np.ndarray, epoch: Literal[1900, 1904], told: Told
) -> None:
    """Enter texts of a mask as days since an epoch, whole ones as dates.

    A fraction is a time of day to the minute, or to the second where five decimals tell
    it. One of fewer than three decimals that is no whole minute does not tell the minute and
    is not entered.
    """
    for row in np.flatnonzero(among):
        text = texts[row].as_py().replace(",", ".")
        days, _, decimals = text.partition(".")
        part = Decimal(f"0.{decimals or 0}") * _MINUTES
        if len(decimals) < 3 and part % 1:
            continue
        minutes = round(part) if len(decimals) < 5 else Decimal(round(part * 60)) / 60
        moment = _DAY_ZERO[epoch] + timedelta(days=int(days), seconds=int(minutes * 60))
        told.known[row] = True
        told.precision[row] = MINUTE if part else DAY
        told.local[row] = _microseconds(moment - _EPOCH)
