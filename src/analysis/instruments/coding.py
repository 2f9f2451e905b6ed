"""What stands in a file, in points: declared codings, codes for "not assessed", ratings in two."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.instruments.scale import Instrument

__all__ = [
    "Decoded",
    "base_line",
    "carried_forward",
    "decode",
    "severity",
    "without_not_assessed",
    "without_not_assessed_totals",
]


@dataclass(frozen=True)
class Decoded:
    """Items in points (NaN blank or unknown), and where the text was no code of the coding."""

    points: pd.DataFrame
    unknown: pd.DataFrame


def decode(scale: Instrument, version: str, coding: str, cells: pd.DataFrame) -> Decoded:
    """Points of items exported as options (BDI-II items 16 and 18: 0, 1a, 1b, 2a … or 1 to 7).

    Parameters
    ----------
    coding : str
        One of ``scale.codings``.
    cells : DataFrame of str
        One column an item number, "" blank. Case, blanks around and a decimal ``.0`` as
        statistics programs add it do not matter.

    Raises
    ------
    KeyError
        For a coding that the scale does not have.
    """
    points, unknown = {}, {}
    for number, codes in scale.item_codes(version, coding).items():
        text = cells[number].astype("str").str.strip().str.casefold()
        text = text.str.replace(r"(?<=\d)\.0+$", "", regex=True)
        points[number] = text.map(codes).astype(float)
        unknown[number] = points[number].isna() & (text != "")
    return Decoded(pd.DataFrame(points), pd.DataFrame(unknown))


def base_line(scale: Instrument, base: int) -> str:
    """What study.toml must say of answers that are stored from ``base`` up: a line of TOML.

    Of a scale with more options than points (BDI-II) it is options that are counted from 1,
    and to take 1 from each would score them as no symptom they stand for.
    """
    options = [name for name in scale.codings if name.endswith(f"from-{base}")]
    return f'coding = "{options[0]}"' if base and options else f"item_base = {base}"


def severity(frequency: np.ndarray, intensity: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """CAPS-5 severity from frequency and intensity, and where the two contradict each other.

    Equal: that value. Unequal: the lower. Intensity two or more steps above frequency:
    frequency + 1; never rounded up for frequency. So the training course of the National
    Center for PTSD, lessons 08_003 (table by F. Weathers) and 08_043.

    Parameters
    ----------
    frequency, intensity : array of float
        0 to 4, the same shape, NaN blank.

    Returns
    -------
    severity : array of float
        0 to 4, NaN where either is blank.
    inconsistent : array of bool
        One of the two is 0 and the other is not; to be flagged (Rabinowitz 2024
        doi:10.1101/2024.07.09.24310039).
    """
    rated = np.where(intensity - frequency >= 2, frequency + 1, np.minimum(frequency, intensity))
    both = ~np.isnan(frequency) & ~np.isnan(intensity)
    return np.where(both, rated, np.nan), both & ((frequency == 0) != (intensity == 0))


def without_not_assessed(
    scale: Instrument, version: str, values: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Items with codes for "not assessed" made blank, and where they were.

    HAM-D17 code 3 of the items of 0 to 2 points that have it, 0 of a scale counted from 1
    (CGI, BPRS+ 1-7). They are missing: added as points they would count as symptoms.

    Parameters
    ----------
    values : array of float, forms by items
        In the order of the version's item numbers, NaN blank.
    """
    codes = scale.not_assessed(version)
    coded = np.array([codes.get(number, np.nan) for number in scale.item_numbers(version)])
    found = values == coded
    return np.where(found, np.nan, values), found


def without_not_assessed_totals(
    scale: Instrument, version: str, stated: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The same for the total of a scale of one item, which is its item; others stay as they are."""
    if len(scale.item_numbers(version)) != 1:
        return stated, np.zeros(stated.shape, dtype=bool)
    values, found = without_not_assessed(scale, version, stated[:, None])
    return values[:, 0], found[:, 0]


def carried_forward(scale: Instrument, version: str, values: np.ndarray) -> np.ndarray:
    """Forms that hold answers which the version's window cannot show, so that they are older ones.

    Sleep and appetite on the 24-hour MADRS (Johnson 2016 J Clin Psychiatry 77(12):1681).
    """
    items = scale.not_assessable.get(version, ())
    numbers = scale.item_numbers(version)
    places = [numbers.index(item) for item in items]
    return (~np.isnan(values[:, places])).any(axis=1)
