"""What the Analysis Data Model says of its own rows: observed or filled in, and how exactly.

ADaM Implementation Guide 1.3, CDISC 2021: DTYPE, and the imputation flags of dates and times.
"""

from __future__ import annotations

import re

import pandas as pd

from analysis.readers.formats.cdisc.sdtm import Rows, recall_windows, screen_failures
from analysis.readers.table.text_table import TextTable

__all__ = ["prepare"]

# Datetime, date, and the flags that tell which parts of them were imputed.
_TIMES = (
    ("ADTM", "ADT", "ADTF", "ATMF"),
    ("TRTSDTM", "TRTSDT", "TRTSDTF", "TRTSTMF"),
    ("TRTEDTM", "TRTEDT", "TRTEDTF", "TRTETMF"),
    ("ASTDTM", "ASTDT", "ASTDTF", "ASTTMF"),
    ("AENDTM", "AENDT", "AENDTF", "AENTMF"),
)
# How much of an ISO date-time is left: seconds imputed leave the minutes, a day the month.
_TIME_LEFT = {"S": len("2025-03-04T10:20"), "M": len("2025-03-04T10"), "H": len("2025-03-04")}
_DATE_LEFT = {"D": len("2025-03"), "M": len("2025"), "Y": 0}
_ISO = re.compile(r"\d{4}(?:-\d{2}(?:-\d{2}(?:[T ]\d{2}(?::\d{2}(?::\d{2}.*)?)?)?)?)?", re.ASCII)
_ZONE = re.compile(r"(?<=:\d{2})(?:\.\d+)?(Z|[+-]\d{2}:?\d{2})$", re.ASCII)
_DAY = len("2025-03-04")
_CHOICES = ("ABLFL", "ANL01FL", "ANL02FL")


def prepare(table: TextTable, role: str) -> TextTable:
    """Apply ADaM's own conventions to the rows of one data set.

    Parameters
    ----------
    table : TextTable
        ADSL, or a data set with one row a parameter and time, such as ADQS.
    role : str
        ``subjects``, ``infusions``, ``assessments``, ``weights`` or ``rescue``.

    Returns
    -------
    TextTable
        What was observed. A datetime ends before the first part of it that was imputed, and
        is the date where only that is told.
    """
    rows = Rows(table)
    rows.set_aside("adam.not-observed", (rows.told("DTYPE") != "").to_numpy(), "DTYPE")
    if role != "subjects":
        for names in _TIMES:
            _observed(rows, *names)
    if role == "subjects":
        screen_failures(rows, ("TRT01P", "TRT01A", "ARM", "ARMCD"), "ARMNRS")
    elif role == "assessments":
        for name in _CHOICES:
            rows.found("adam.flag-not-used", (rows.told(name) != "").to_numpy(), name)
        recall_windows(rows)
    return rows.finished(table)


def _observed(rows: Rows, datetime: str, date: str, date_flag: str, time_flag: str) -> None:
    """Cut what was imputed off a datetime, and fill it with the date where it is blank."""
    days, by_date = rows.told(date), rows.told(date_flag).str.upper()
    if date in rows.table.cells:
        days = _cut(days, by_date, _DATE_LEFT)
        rows.write(date, days)
    moments, by_time = rows.told(datetime), rows.told(time_flag).str.upper()
    told = (moments != "") | (days != "")
    seconds = (by_time == "S") & (moments != "") & (by_date == "")
    imputed = told & ((by_date != "") | ((by_time != "") & (moments != ""))) & ~seconds
    column = datetime if datetime in rows.table.cells else date
    rows.found("time.imputed", imputed.to_numpy(), column)
    rows.found("time.imputed-seconds", seconds.to_numpy(), column)
    moments = _cut(_cut(moments, by_time, _TIME_LEFT), by_date, _DATE_LEFT)
    dates_alone = (moments == "") & (days != "")
    if datetime in rows.table.cells or dates_alone.any():
        rows.found("adam.date-for-time", dates_alone.to_numpy(), datetime)
        rows.write(datetime, moments.mask(dates_alone, days))


def _cut(times: pd.Series, flags: pd.Series, left: dict[str, int]) -> pd.Series:
    """Times up to what their flag leaves; nothing where the flag or the time cannot be read."""
    flagged = flags != ""
    if not flagged.any():
        return times
    readable = times.str.fullmatch(_ISO).astype(bool)
    zone = times.str.extract(_ZONE)[0].fillna("")
    cut = times.copy()
    for flag in flags[flagged].unique():
        length = left.get(flag, 0)
        kept = times.str.slice(0, length) + (zone if length > _DAY else "")
        cut = cut.mask(flags == flag, kept.where(readable, ""))
    return cut
