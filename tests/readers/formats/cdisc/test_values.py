"""Numbers and dates of SAS become plain text."""

from __future__ import annotations

import math

import pandas as pd
import pyreadstat
import pytest

from analysis.readers.formats.cdisc.dataset_json import read_dataset_json
from analysis.readers.formats.cdisc.values import number_text, plain_number
from analysis.readers.formats.cdisc.xpt import read_xpt
from tests.readers.formats.cdisc.containers import DAY, MOMENT, read_bytes
from tests.readers.formats.cdisc.files import (
    described,
    json_bytes,
    write_xpt,
)  # fmt: skip

# Numbers and dates


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (3.0, "3"), (-3.0, "-3"), (0.0, "0"), (-0.0, "0"), (0.5, "0.5"), (0.1 + 0.2, "0.3"),
        (36.7, "36.7"), (1e-7, "0.0000001"), (1e15, "1000000000000000"),
        (123456.789, "123456.789"), (2.0**52, "4503599627370496"), (math.nan, ""),
    ],
)  # fmt: skip
def test_a_number_is_the_shortest_plain_decimal(value, text):
    assert list(number_text(pd.Series([value]).to_numpy())) == [text]


@pytest.mark.parametrize(
    ("written", "plain"),
    [("3.0", "3"), ("98.50", "98.5"), ("5e-1", "0.5"), ("1E2", "100"), ("-0.0", "0"),
     ("12345678901234567890.5", "12345678901234567890.5"), ("10 mg", "10 mg"), ("", "")],
)  # fmt: skip
def test_a_decimal_as_text_loses_no_digit_that_means_something(written, plain):
    assert plain_number(written) == plain


def test_a_number_of_absurd_size_is_left_as_written(tmp_path):
    assert plain_number("1e999999999") == "1e999999999"
    raw = json_bytes(described({"A": [1]}), "json").replace(b"[[1]]", b"[[1e999]]")
    assert list(read_bytes(read_dataset_json, tmp_path, raw).cells["A"]) == ["1e999"]


@pytest.mark.parametrize("form", ["DATE9.", "E8601DA10.", "YYMMDD10.", "MMDDYY10.", "B8601DA8."])
def test_sas_dates_become_iso_dates(tmp_path, form):
    path = write_xpt(
        tmp_path / "a.xpt", {"ADT": [float(DAY), math.nan]}, variable_format={"ADT": form}
    )
    table = read_xpt(path)
    assert list(table.cells["ADT"]) == ["2025-03-04"]


@pytest.mark.parametrize(
    ("form", "value", "text"),
    [
        ("DATETIME20.", MOMENT, "2025-03-04T10:20:05"),
        ("DATETIME20.", MOMENT + 0.25, "2025-03-04T10:20:05.25"),
        ("E8601DT19.", MOMENT, "2025-03-04T10:20:05"),
        ("E8601DZ20.", MOMENT, "2025-03-04T10:20:05Z"),
        ("DTDATE9.", MOMENT, "2025-03-04"),
        ("MONYY7.", DAY, "2025-03"),
        ("YEAR4.", DAY, "2025"),
        ("TIME8.", 37205.0, "10:20:05"),
        ("DATE9.", -25.0, "1959-12-07"),
        ("BEST12.", DAY, str(DAY)),
        ("DATE9.", 1e12, "1000000000000"),
        ("TIME8.", -5.0, "-5"),
    ],
)
def test_a_time_tells_as_much_as_its_format(tmp_path, form, value, text):
    path = write_xpt(tmp_path / "a.xpt", {"T": [float(value)]}, variable_format={"T": form})
    assert list(read_xpt(path).cells["T"]) == [text]


def test_dates_agree_with_the_conversion_of_pyreadstat(tmp_path):
    values = [float(DAY + step * 371) for step in range(-40, 40)]
    path = write_xpt(tmp_path / "a.xpt", {"ADT": values}, variable_format={"ADT": "DATE9."})
    frame, _ = pyreadstat.read_xport(path)
    assert list(read_xpt(path).cells["ADT"]) == [day.isoformat() for day in frame["ADT"]]
