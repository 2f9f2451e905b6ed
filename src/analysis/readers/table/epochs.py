"""What bare numbers in a column of times count, as statistics packages and spreadsheets do."""

from __future__ import annotations

import numpy as np

from analysis.rules import refusal

__all__ = ["counted_from", "likely_epoch", "refuse_other_epoch"]

_DAY = 24.0
# Days before 1970-01-01 at which a count begins; that of 1900 takes 1900 for a leap year.
_EPOCHS = {1900: 25569, 1904: 24107, 1960: 3653, 1970: 0}
_UNITS = {"days": _DAY, "seconds": 1 / 3600, "milliseconds": 1 / 3_600_000}
# Years in which a study of this kind can lie.
_FIRST, _LAST = (np.datetime64(year, "h").astype(float) for year in ("1990", "2060"))
# A gap between two epochs is known by its length in days, give or take the length of a study.
_STUDY = 200.0
# Most times of a study lie within so many days of its infusions; a few odd ones say nothing.
_FAR, _FEW = 1000.0, 3


def likely_epoch(numbers: np.ndarray, around: float = np.nan) -> tuple[str, int] | None:
    """Unit and first year by which most numbers lie nearest to the study; None where none fits.

    Parameters
    ----------
    numbers : ndarray of float
    around : float
        Hours since 1970 of the middle of the study, NaN where it is not known.
    """
    middle = float(np.median(numbers))
    hours = {
        (unit, year): middle * length - days * _DAY
        for unit, length in _UNITS.items()
        for year, days in _EPOCHS.items()
    }
    fitting = {way: at for way, at in hours.items() if _FIRST <= at < _LAST}
    if not fitting:
        return None
    # Without another table, the later of two readings: 1960 as 1970 would be ten years ago.
    target = around if np.isfinite(around) else _FIRST + 0.5 * (_LAST - _FIRST)
    return min(fitting, key=lambda way: abs(fitting[way] - target))


def refuse_other_epoch(hours: np.ndarray, *, file: str, column: str | None) -> None:
    """Refuse times most of which lie years away from the study: ``time.other-epoch``.

    Parameters
    ----------
    hours : ndarray of float
        From the middle of the study's infusions, NaN where a time is not known.
    """
    known = hours[~np.isnan(hours)]
    days = float(np.median(known)) / _DAY if len(known) >= _FEW else 0.0
    if abs(days) <= _FAR:
        return
    raise refusal(
        "time.other-epoch",
        file=file,
        column=column,
        years=f"{abs(days) / 365.25:.0f}",
        side="after" if days > 0 else "before",
        hint=counted_from(days),
    )


def counted_from(days: float) -> str:
    """A hint at two epochs that lie so many days apart, blank where none do."""
    years = sorted(_EPOCHS)
    for first in years:
        for second in years:
            gap = _EPOCHS[first] - _EPOCHS[second]
            if gap > 0 and abs(abs(days) - gap) <= _STUDY:
                return f", as where days since {first} are read as since {second} or the reverse"
    return ""
