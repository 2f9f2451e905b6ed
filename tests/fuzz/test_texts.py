"""Whatever text stands in a cell, a header or a study.toml: a value, or a refusal in words."""

from __future__ import annotations

import math
import string
import tomllib
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from analysis.config import AssessmentTable, load_config
from analysis.config.precision import format_precision
from analysis.config.source import VISIT
from analysis.disclosure.file_names import looks_personal, shown_name, shown_sheet
from analysis.draft import item_columns
from analysis.draft.toml_text import quoted
from analysis.errors import ReliefError, is_printable, printable
from analysis.readers.formats.cdisc.sdtm import recall_hours_of
from analysis.readers.formats.cdisc.values import date_kind, plain_number
from analysis.readers.formats.redcap.dictionary import parse_dictionary
from analysis.readers.table.identifiers import alike
from analysis.readers.table.numbers import decimal_commas, numbers
from analysis.readers.table.text_table import TextTable
from analysis.readers.table.times import instants
from tests.factory import toml
from tests.fuzz.cells import CELLS
from tests.readers.formats.redcap.project import API_HEADER

# No text of a file holds half of a pair: every reader refuses it before.
ODD = st.sampled_from([cell for cell in CELLS if "\ud800" not in cell])
TEXTS = st.one_of(ODD, st.text(max_size=12), st.text("0123456789-+.,:TZP/ ", max_size=20))
CALM = settings(deadline=None, derandomize=True, database=None)


def tried(call: Callable[..., Any], *given: Any, **more: Any) -> tuple[Any, ReliefError | None]:
    """What a call gives, or what it refuses in one line."""
    try:
        return call(*given, **more), None
    except ReliefError as error:
        refusal = error
    assert "\n" not in refusal.message
    return None, refusal


@CALM
@given(st.lists(TEXTS, min_size=1), st.sampled_from([".", ","]), st.booleans())
def test_a_cell_is_a_number_or_missing_or_said_to_be_wrong(texts, decimal, as_category):
    column = pd.Series(texts, dtype="str")
    column = column.astype("category") if as_category else column
    values, wrong = numbers(column, decimal=decimal, missing_codes=("-9",))
    assert len(values) == len(wrong) == len(texts)
    assert not np.isinf(values).any()
    assert np.isnan(values[wrong]).all()
    left_out = np.isnan(values) & ~wrong
    assert all(
        text.strip() in ("", "-9") or float(text.strip().replace(",", ".")) == -9
        for text, out in zip(texts, left_out, strict=True)
        if out
    )
    assert decimal_commas(column).shape == values.shape


@CALM
@given(
    st.lists(TEXTS, min_size=1, max_size=6),
    st.sampled_from([None, "America/Detroit", "Pacific/Apia", "UTC"]),
    st.sampled_from([None, "%d/%m/%Y %H:%M", "%Y-%m-%dT%H:%M%z", "%d %b %y", "%Y%m%d"]),
)
def test_a_cell_is_a_time_within_bounds_or_said_to_be_none(texts, zone, form):
    column = pd.Series(texts, dtype="str")
    rules = {"timezone": zone, "datetime_format": form}
    read, refusal = tried(instants, column, file="a.csv", name="when", **rules)
    if refusal:
        return
    known = ~np.isnan(read.low)
    assert (read.low[known] <= read.high[known]).all()
    assert not np.isinf(read.low).any()
    assert not (known & read.wrong).any()
    blank = np.array([not text.strip() for text in texts])
    assert (known | read.wrong | read.implausible | read.nonexistent | blank).all()


PARTS = st.integers(0, 999_999)


@CALM
@given(st.sampled_from(["", "-", "+"]), PARTS, PARTS, PARTS)
def test_a_duration_is_the_sum_of_its_parts(sign, weeks, days, hours):
    text = f"{sign}P{weeks}W{days}DT{hours}H"
    assert recall_hours_of(text) == 168 * weeks + 24 * days + hours


@CALM
@given(TEXTS)
@example("P")
@example("PT")
@example("P1Y2M3W4DT5H6M7,5S")
@example("P" + "9" * 5000 + "D")
def test_any_text_is_a_duration_of_finite_hours_or_none(text):
    hours = recall_hours_of(text)
    assert hours is None or (math.isfinite(hours) and hours >= 0)


@CALM
@given(TEXTS)
def test_a_number_of_a_standard_keeps_its_value(text):
    plain = plain_number(text)
    if plain != text:
        assert Decimal(plain) == Decimal(text)
        assert "e" not in plain.lower()


@CALM
@given(TEXTS)
def test_any_name_of_a_format_is_known_or_unknown(text):
    assert date_kind(text) is None or len(date_kind(text)) == 2


@CALM
@given(st.text(string.ascii_letters + "%-/: ", max_size=12) | TEXTS)
def test_any_declared_format_is_usable_or_not(form):
    assert format_precision(form) in (None, 0, 1, 2)


@CALM
@given(TEXTS)
def test_names_are_shown_or_withheld(name):
    assert looks_personal(name) in (True, False)
    assert "/" not in shown_name(name)
    assert shown_sheet(name, 2) in (f"sheet '{printable(name)}'", "sheet number 3")
    assert is_printable(shown_name(name))
    assert is_printable(shown_sheet(name, 2))


@CALM
@given(st.lists(TEXTS, min_size=1, max_size=8), st.lists(TEXTS, min_size=1, max_size=8))
def test_identifiers_are_compared_whatever_they_are(some, others):
    one, two = pd.Series(some, dtype="str"), pd.Series(others, dtype="str")
    assert alike(one).shape == (len(some),)
    assert alike(one, two).shape == (len(some),)


NAMES = st.one_of(
    TEXTS,
    st.builds(
        "{}{}{}".format,
        st.sampled_from(["pcl5_", "item", "{", "v1_", "q_", "", "m\u00fcde_"]),
        st.integers(0, 24).map(lambda n: f"{n:02d}") | st.integers(0, 24).map(str),
        st.sampled_from(["", "_v1", "_v2", "_baseline", "}", "_1", "\n"]),
    ),
)


@CALM
@given(st.lists(NAMES, max_size=60, unique=True))
@example([f"pcl5_{number:02d}" for number in range(1, 21)])
@example([f"v{visit}_item_{number}" for number in range(1, 10) for visit in (1, 2)])
def test_blocks_of_items_share_no_column_and_their_pattern_gives_their_names_back(header):
    found = item_columns.find_blocks(header)
    columns = [column for block in found for column in block.columns]
    assert len(columns) == len(set(columns))
    assert set(columns) <= set(header)
    for block in found:
        patterns = [block.pattern.replace(VISIT, visit) for visit in block.visits or [""]]
        names = {pattern.format(number) for pattern in patterns for number in block.numbers}
        assert names == set(block.columns)
        assert tomllib.loads(f"items = {quoted(block.pattern)}")["items"] == block.pattern


PATTERNS = st.one_of(
    TEXTS, st.text("{}:02d_abc!.[]0", max_size=12), st.sampled_from(["{:02d}", "a{}b", "{:9d}"])
)


@CALM
@given(PATTERNS)
@example("{0.__class__}")
@example("{visit}{:02d}")
@example("{:999999999d}")
def test_a_pattern_of_items_names_every_item_or_is_refused(pattern):
    table = {"path": "a.csv", "subject": "id", "time": "when", "instrument": "PCL-5",
             "version": "standard", "recall_hours": 0, "items": pattern}  # fmt: skip
    try:
        declared = AssessmentTable.model_validate(table)
    except ValidationError:
        return
    columns = declared.item_columns()
    assert len(set(columns)) == 20
    assert all(len(column) < len(pattern) + 10 for column in columns)


LINES = toml().splitlines()
VALUES = st.one_of(
    TEXTS,
    st.sampled_from(['"{}{}"', "9" * 5000, "[" * 3000, "inf", "nan", '"\\u0000"', "2025-03-04",
                     "{}", "[[]]", '{ v1 = 1 }', '"omop"', '["a", "a"]', "true", '"rot13"']),
)  # fmt: skip


@CALM
@given(st.data())
def test_any_study_toml_is_declared_or_refused_in_one_line(tmp_path_factory, data):
    lines = list(LINES)
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(lines) - 1))
        key = lines[at].partition("=")[0]
        lines[at] = data.draw(st.sampled_from([f"{key} =", key, "", "x =", "[a]"]))
        lines[at] += f" {data.draw(VALUES)}"
    path = tmp_path_factory.getbasetemp() / "study.toml"
    path.write_bytes("\n".join(lines).encode("utf-8", "replace"))
    declared, refusal = tried(load_config, path)
    assert declared or refusal.rule.startswith("config.")


@CALM
@given(st.lists(st.lists(TEXTS, min_size=9, max_size=9), min_size=1, max_size=4))
def test_any_text_of_a_dictionary_is_fields_or_a_refusal(rows):
    names = ["field_name", "form_name", "field_type", "select_choices_or_calculations",
             "text_validation_type_or_show_slider_number", "text_validation_min",
             "text_validation_max", "identifier", "branching_logic"]  # fmt: skip
    assert set(names) <= set(API_HEADER)
    kinds = ["radio", "checkbox", "calc", "text", "yesno"]
    cells = pd.DataFrame(rows, columns=names, dtype="str")
    cells["field_type"] = [kinds[n % len(kinds)] for n in range(len(rows))]
    table = TextTable("d.csv", cells, np.arange(2, len(rows) + 2), "0" * 64, ())
    found, refusal = tried(parse_dictionary, table)
    if refusal:
        assert refusal.rule in ("redcap.choices", "redcap.not-a-dictionary")
        return
    assert len(found.columns) >= sum(f.type != "checkbox" for f in found.fields.values())
    assert all(isinstance(field.identifies, bool) for field in found.fields.values())


@pytest.mark.parametrize("name", ["a\x7fb", "a\u2028b", 'a"b', "a\\b", "a\x1bb", "\u202ea"])
def test_any_name_of_a_column_is_toml(name):
    assert tomllib.loads(f"x = {quoted(name)}")["x"] == name
