"""Zones as form services write them behind a time: ``EST``, ``GMT-5``, ``UTC+01:00``.

dateutil was tried: it drops EST, and takes ``UTC+01:00`` for an hour behind UTC, as POSIX does.
pandas refuses EST and turns ``GMT-5`` round likewise.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from analysis.readers.table.iso import MICROSECONDS

__all__ = ["UNKNOWN", "split_zones", "without_zone"]

# Stands for the offset of a word that names no zone, or several.
UNKNOWN = np.iinfo(np.int64).max
_HOUR = 3600 * MICROSECONDS
_OFFSET = r"(?:(?:GMT|UTC|UT)\s?)?[+-][0-9]{1,2}(?::?[0-9]{2})?"
# A zone follows a clock.
_SPLIT = rf"(?i)^(?P<body>.*[0-9]:[0-9]{{2}}.*?)\s*\(?(?P<zone>{_OFFSET}|[A-Z]{{1,5}})\)?$"
_WRITTEN = re.compile(r"(?:GMT|UTC|UT)?\s?([+-])(\d{1,2}):?(\d\d)?", re.ASCII)
_HALVES = {"AM", "PM", "A", "P", "M"}
# RFC 2822 (section 4.3) and the European names of the tz database, none of which has two meanings
# there; of any other zone only the declared one's own names are known.
_NAMES = {
    "Z": 0, "UT": 0, "UTC": 0, "GMT": 0, "EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7,
    "MDT": -6, "PST": -8, "PDT": -7, "WET": 0, "WEST": 1, "CET": 1, "CEST": 2, "MEZ": 1,
    "MESZ": 2, "EET": 2, "EEST": 3,
}  # fmt: skip
_AT_THE_END = re.compile(r"\s*(?:%z|%Z|(?<![%A-Za-z])[A-Z]{2,5})$")


def split_zones(
    texts: pa.LargeStringArray, zone: ZoneInfo | None
) -> tuple[np.ndarray, pa.LargeStringArray, np.ndarray, np.ndarray]:
    """Texts that end in a zone: which they are, what stands before it, and the offset.

    Parameters
    ----------
    texts : LargeStringArray
        Without missing values.
    zone : ZoneInfo or None
        The declared zone, whose own names are known too and come first.

    Returns
    -------
    places : ndarray of int, shape (n,)
    bodies : LargeStringArray, shape (n,)
    offsets : ndarray of int, shape (n,)
        Microseconds ahead of UTC, or ``UNKNOWN``.
    letters : ndarray of bool, shape (n,)
        Whether the zone is told by letters other than UTC, or by an abbreviation of the declared
        zone: people write ``EST`` in summer too.
    """
    parts = pc.extract_regex(texts, _SPLIT)
    named = pc.utf8_upper(pc.struct_field(parts, "zone").fill_null(""))
    words = {str(word): _offset(str(word), zone) for word in pc.unique(named).to_pylist()}
    offsets = [words[word] for word in named.to_pylist()]
    places = np.flatnonzero([offset is not None for offset in offsets])
    bodies = pc.struct_field(parts, "body").take(pa.array(places))
    ahead = np.array([offsets[p] for p in places], int)
    own = _own_names(zone) if zone is not None else {}
    lettered = {word for word in words if word.isalpha() and (words[word] != 0 or word in own)}
    letters = np.array([named[int(p)].as_py() in lettered for p in places], bool)
    return places, pc.utf8_rtrim_whitespace(bodies), ahead, letters


def without_zone(form: str) -> str:
    """A format without the zone at its end, be it a directive or a word such as ``EST``."""
    return _AT_THE_END.sub("", form)


def _offset(word: str, zone: ZoneInfo | None) -> int | None:
    """The offset that a word names; None for what stands for no zone at all."""
    if not word or word in _HALVES:
        return None
    if written := _WRITTEN.fullmatch(word):
        sign, hours, minutes = written.groups()
        ahead = int(hours) * 60 + int(minutes or 0)
        if int(hours) > 14 or int(minutes or 0) > 59:
            return None
        return (1 if sign == "+" else -1) * ahead * 60 * MICROSECONDS
    own = _own_names(zone) if zone is not None else {}
    return own.get(word, _NAMES[word] * _HOUR if word in _NAMES else UNKNOWN)


@lru_cache
def _own_names(zone: ZoneInfo) -> dict[str, int]:
    """What a zone called itself since 2000, in winter and in summer."""
    own = {}
    for year in range(2000, 2040):
        for month in (1, 7):
            at = datetime(year, month, 1, tzinfo=zone)
            name, ahead = at.tzname(), at.utcoffset()
            if name and name.isalpha() and ahead is not None:
                own[name.upper()] = ahead // timedelta(microseconds=1)
    return own
