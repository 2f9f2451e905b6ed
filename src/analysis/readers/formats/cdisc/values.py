"""What SAS transport files and Dataset-JSON share: numbers and SAS dates as text, one table."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation

import numpy as np
import pandas as pd

from analysis.errors import Issue
from analysis.readers.table.identifiers import refuse_identifiers
from analysis.readers.table.text_table import TextTable, blank_rows
from analysis.rules import issue, refusal

__all__ = ["as_table", "check_names", "date_kind", "number_text", "plain_number", "sas_text"]

# A double tells any decimal of so many digits; digits beyond them are noise of binary storage.
DIGITS = 15
_LONGEST_EXPONENT = 30
_FORMAT = re.compile(r"([A-Z_]*[A-Z][A-Z0-9_]*?)\d*(?:\.\d*)?")
_EPOCH = datetime(1960, 1, 1)
# By SAS format (SAS 9.4 Formats and Informats: Reference): what a stored number counts, and how
# much of the time the format shows. A format that shows the month alone tells no day.
_KINDS = {
    **dict.fromkeys(
        "DATE WEEKDATE WEEKDATX WORDDATE WORDDATX E8601DA B8601DA IS8601DA NLDATE JULIAN "
        "EURDFDE EURDFDD MMDDYY MMDDYYB MMDDYYC MMDDYYD MMDDYYN MMDDYYP MMDDYYS DDMMYY DDMMYYB "
        "DDMMYYC DDMMYYD DDMMYYN DDMMYYP DDMMYYS YYMMDD YYMMDDB YYMMDDC YYMMDDD YYMMDDN YYMMDDP "
        "YYMMDDS".split(),
        ("days", "%Y-%m-%d"),
    ),
    **dict.fromkeys(
        "MONYY YYMM YYMMC YYMMD YYMMN YYMMP YYMMS MMYY MMYYC MMYYD MMYYN MMYYP MMYYS YYMON".split(),
        ("days", "%Y-%m"),
    ),
    "YEAR": ("days", "%Y"),
    **dict.fromkeys("DTDATE E8601DN B8601DN IS8601DN".split(), ("seconds", "%Y-%m-%d")),
    "DTMONYY": ("seconds", "%Y-%m"),
    "DTYEAR": ("seconds", "%Y"),
    **dict.fromkeys(
        "DATETIME DATEAMPM MDYAMPM E8601DT B8601DT IS8601DT E8601LX B8601LX NLDATM EURDFDT".split(),
        ("seconds", "%Y-%m-%dT%H:%M:%S"),
    ),
    **dict.fromkeys("E8601DZ B8601DZ IS8601DZ".split(), ("seconds", "%Y-%m-%dT%H:%M:%SZ")),
    **dict.fromkeys(
        "TIME TIMEAMPM TOD HHMM E8601TM B8601TM IS8601TM".split(), ("clock", "%H:%M:%S")
    ),
}
# Names of SDTM and ADaM for dates of birth, which no analysis here needs.
_BIRTH = ("BRTHDTC", "BRTHDT", "BRTHDTM")

_Kind = tuple[str, str]


def date_kind(name: str | None) -> _Kind | None:
    """What numbers under a SAS format count, and how their time is written.

    Parameters
    ----------
    name : str or None
        Such as ``DATE9.`` or ``E8601DT19``.

    Returns
    -------
    tuple or None
        ``days``, ``seconds`` (both since 1960-01-01) or ``clock`` (seconds of the day), and
        a ``strftime`` format; None for formats of plain numbers.
    """
    match = _FORMAT.fullmatch((name or "").strip().upper())
    return _KINDS.get(match[1]) if match else None


def plain_number(text: str) -> str:
    """A decimal without exponent, needless zeros or sign: ``3.0`` is ``3``, ``5e-1`` is ``0.5``.

    Text that is no number, or one of absurd size, comes back as it was.
    """
    try:
        value = Decimal(text)
    except InvalidOperation:
        return text
    if not value.is_finite() or (value and abs(value.adjusted()) > _LONGEST_EXPONENT):
        return text
    if not value:
        return "0"
    plain = f"{value:f}"
    return plain.rstrip("0").rstrip(".") if "." in plain else plain


def _one_number(value: float, digits: int) -> str:
    if value.is_integer() and abs(value) < 2**53:
        return str(int(value))
    return plain_number(f"{value:.{digits}g}")


def number_text(values: np.ndarray, digits: int = DIGITS) -> np.ndarray:
    """Numbers as the shortest plain decimals, blank where NaN.

    Parameters
    ----------
    values : ndarray of float
    digits : int
        Significant digits that the storage can tell.

    Returns
    -------
    ndarray of str
    """
    uniques, codes = np.unique(values, return_inverse=True)
    texts = ["" if np.isnan(value) else _one_number(float(value), digits) for value in uniques]
    return np.array(texts, dtype=object)[codes]


def _one_time(value: float, kind: _Kind) -> str:
    """One SAS date, datetime or time in ISO 8601; as a number where no calendar reaches it."""
    counts, form = kind
    seconds = np.floor(value) * 86400 if counts == "days" else value
    moved = timedelta(seconds=float(seconds)) if abs(seconds) < 4e11 else timedelta.max
    try:
        moment = _EPOCH + moved
    except OverflowError:
        return _one_number(value, DIGITS)
    if counts == "clock" and not 0 <= value < 86400:
        return _one_number(value, DIGITS)
    # Not strftime's %Y, which leaves out the zeros of years before 1000 on some systems.
    text = moment.strftime(form.replace("%Y", f"{moment.year:04d}"))
    if moment.microsecond and "%S" in form:
        fraction = f".{moment.microsecond:06d}".rstrip("0")
        text = text.removesuffix("Z") + fraction + ("Z" if text.endswith("Z") else "")
    return text


def sas_text(values: np.ndarray, name: str | None, digits: int = DIGITS) -> np.ndarray:
    """Numbers of a SAS column as text: ISO 8601 under a format of dates or times.

    Parameters
    ----------
    values : ndarray of float
        Days or seconds since 1960-01-01, or plain numbers; NaN where missing.
    name : str or None
        The column's SAS format.
    digits : int
        Significant digits that the storage can tell.

    Returns
    -------
    ndarray of str
        Datetimes to the second (and its fraction, where there is one), dates to the day,
        and no more than the month or year where the format shows no more.
    """
    kind = date_kind(name)
    if kind is None:
        return number_text(values, digits)
    uniques, codes = np.unique(values, return_inverse=True)
    texts = ["" if np.isnan(value) else _one_time(float(value), kind) for value in uniques]
    return np.array(texts, dtype=object)[codes]


def check_names(names: list[str], file: str) -> None:
    """Refuse names of columns that nobody can tell apart, or that announce an identifier.

    Raises
    ------
    ReliefError
        ``file.repeated-column`` or ``identifier.column``.
    """
    twice = [n for n, name in enumerate(names, 1) if name in names[: n - 1]]
    if twice:
        raise refusal("file.repeated-column", file=file, columns=", ".join(map(str, twice[:5])))
    refuse_identifiers(["" if name in _BIRTH else name for name in names], file)


def as_table(
    file: str, columns: dict[str, pd.Series], sha256: str, found: list[Issue]
) -> TextTable:
    """The table of a data set: blank records passed over, dates of birth not taken along.

    Parameters
    ----------
    columns : dict of Series
        Text, or categoricals of text, equally long.
    sha256 : str
        Hex digest of the file's bytes.

    Returns
    -------
    TextTable
        ``rows`` is the record's number plus 1, as if a header stood above.

    Raises
    ------
    ReliefError
        ``file.no-rows``.
    """
    births = [name for name in columns if name in _BIRTH]
    if births:
        found = [*found, issue("cdisc.birth-date", file=file, count=len(births))]
    cells = pd.DataFrame({name: own for name, own in columns.items() if name not in _BIRTH})
    blank = blank_rows(cells)
    if blank.all():
        raise refusal("file.no-rows", file=file)
    table = TextTable(file, cells, np.arange(2, len(cells) + 2), sha256, ())
    issues = (*found, *table.note("file.blank-row", blank))
    return replace(table.pick(~blank), issues=issues)
