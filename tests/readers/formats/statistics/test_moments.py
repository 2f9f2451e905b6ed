"""Dates and times of SPSS, Stata and SAS in ISO 8601, by their formats."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import pytest

from analysis.readers.formats.statistics.moments import moment_text

MOMENT = datetime(2025, 3, 4, 10, 20, 30)
SPSS = (MOMENT - datetime(1582, 10, 14)).total_seconds()
DAYS = (MOMENT - datetime(1960, 1, 1)).days


@pytest.mark.parametrize(
    ("value", "form", "package", "text"),
    [
        (SPSS, "DATETIME20", "SPSS", "2025-03-04T10:20:30"),
        (SPSS, "YMDHMS16", "SPSS", "2025-03-04T10:20:30"),
        (SPSS, "EDATE10", "SPSS", "2025-03-04"),
        (SPSS, "ADATE8", "SPSS", "2025-03-04"),
        (SPSS, "MOYR8", "SPSS", "2025-03"),
        (3661.0, "TIME8", "SPSS", "01:01:01"),
        ((MOMENT - datetime(1960, 1, 1)).total_seconds() * 1000, "%tc", "Stata",
         "2025-03-04T10:20:30"),
        ((MOMENT - datetime(1960, 1, 1)).total_seconds() * 1000, "%tcCCYY-NN-DD", "Stata",
         "2025-03-04T10:20:30"),
        (DAYS, "%td", "Stata", "2025-03-04"),
        (DAYS, "%tdDD/NN/CCYY", "Stata", "2025-03-04"),
        (DAYS, "%d", "Stata", "2025-03-04"),
        ((2025 - 1960) * 12 + 2, "%tm", "Stata", "2025-03"),
        (-1, "%tm", "Stata", "1959-12"),
        ((2025 - 1960) * 4, "%tq", "Stata", "2025"),
        (2025, "%ty", "Stata", "2025"),
        (DAYS, "DATE9.", "SAS", "2025-03-04"),
        ((MOMENT - datetime(1960, 1, 1)).total_seconds(), "DATETIME20.", "SAS",
         "2025-03-04T10:20:30"),
    ],
)  # fmt: skip
def test_a_moment_is_written_as_precisely_as_its_format_shows_it(value, form, package, text):
    assert moment_text(np.array([value, np.nan]), form, package).tolist() == [text, ""]


@pytest.mark.parametrize(
    ("form", "package"),
    [("F8.2", "SPSS"), ("A20", "SPSS"), ("%10.0g", "Stata"), ("%9.2f", "Stata"), ("BEST12.", "SAS"),
     (None, "SPSS"), ("", "Stata")],
)  # fmt: skip
def test_a_format_of_numbers_is_no_moment(form, package):
    assert moment_text(np.array([1.0]), form, package) is None
