"""Dates and times of statistics packages as text, by their formats.

SPSS counts seconds since 14 October 1582, Stata days, milliseconds or months since 1960, SAS days
or seconds since 1960.
"""

from __future__ import annotations

import re

import numpy as np

from analysis.readers.formats.cdisc.values import date_kind, sas_text

__all__ = ["moment_text"]

_DAY = 86400
# From the first day of the Gregorian calendar, which SPSS counts from, to that of SAS and Stata.
_SPSS_TO_1960 = 137775 * _DAY
_NAME = re.compile(r"%?-?(t?[A-Za-z]+)")
_SPSS = {
    **dict.fromkeys(("DATE", "ADATE", "EDATE", "JDATE", "SDATE"), "DATE9."),
    **dict.fromkeys(("MOYR", "QYR"), "MONYY7."),
    **dict.fromkeys(("DATETIME", "YMDHMS"), "E8601DT19."),
}
_STATA_PARTS = {"tm": 12, "tq": 4, "th": 2, "ty": 1}


def moment_text(values: np.ndarray, form: str | None, package: str) -> np.ndarray | None:
    """A variable of dates or times in ISO 8601; None where its format is of plain numbers.

    Parameters
    ----------
    values : ndarray of float
        As stored, NaN where missing.
    form : str or None
        The variable's format, such as ``DATETIME20``, ``%tc`` or ``E8601DT19.``.
    package : {"SPSS", "Stata", "SAS"}
    """
    if package == "SAS":
        return None if date_kind(form) is None else sas_text(values, form)
    name = _NAME.match(form or "")
    kind = name[1] if name else ""
    if package == "SPSS":
        kind = kind.upper()
        if kind == "TIME":
            return sas_text(values, "TIME8.")
        if kind not in _SPSS:
            return None
        seconds = values - _SPSS_TO_1960
        days = _SPSS[kind] != "E8601DT19."
        return sas_text(seconds / _DAY if days else seconds, _SPSS[kind])
    # Stata: "%tc", or with a display of its own behind, as in "%tcCCYY-NN-DD".
    kind = kind[:2] if kind.startswith("t") else kind[:1]
    if kind in ("tc", "tC"):
        return sas_text(values / 1000, "E8601DT19.")
    if kind in ("td", "d"):
        return sas_text(values, "DATE9.")
    return _parts_of_a_year(values, kind) if kind in _STATA_PARTS else None


def _parts_of_a_year(values: np.ndarray, kind: str) -> np.ndarray:
    """Months as year and month; quarters and halves tell the year alone."""
    if kind == "ty":
        return np.array(["" if np.isnan(v) else f"{v:04.0f}" for v in values], dtype=object)
    many = _STATA_PARTS[kind]
    texts = []
    for value in values:
        year, part = (0, 0) if np.isnan(value) else divmod(int(value), many)
        month = f"-{part + 1:02d}" if kind == "tm" else ""
        texts.append("" if np.isnan(value) else f"{1960 + year:04d}{month}")
    return np.array(texts, dtype=object)
