"""Rows and cells of delimited text: separators, quotation marks, ends of lines."""

from __future__ import annotations

import csv
import io
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.errors import ReliefError
from analysis.readers.formats.delimited.read import read_text
from analysis.rules import catalogue
from tests.readers.formats.delimited.written_text import NOTES, PLAIN, read, refused


def test_another_separator_than_the_declared_one_is_hinted_at(tmp_path):
    error = refused(tmp_path, PLAIN.replace(",", ";"), separator=",")
    assert (error.rule, "semicolons" in error.message) == ("file.one-column", True)


@pytest.mark.parametrize(("mark", "word"), [(";", "semicolons"), ("\t", "tabs"), ("|", "bars")])
def test_a_separator_that_is_not_a_comma_is_found_and_said(tmp_path, mark, word):
    content = PLAIN.replace(",", mark) + f"S3{mark}a, b\n"
    table = read(tmp_path, content)
    assert list(table.cells["arm"]) == ["ket", "mdz", "a, b"]
    (note,) = table.issues
    assert (note.rule, word in note.message) == ("file.separator-detected", True)


def test_a_mark_inside_quotation_marks_separates_nothing(tmp_path):
    table = read(tmp_path, 'id;"fear, now"\nS1;"1, or 2; or 3"\nS2;3\n')
    assert list(table.cells) == ["id", "fear, now"]


def test_a_literal_quotation_mark_in_a_cell_is_text(tmp_path):
    table = read(tmp_path, "id,height\nS1,5'10\" tall\nS2,x\n")
    assert len(table.cells) == 2


CELLS = st.text(st.characters(codec="utf-8", exclude_characters="\x00\r\ufeff"), max_size=8)


@settings(deadline=None)
@given(
    st.lists(st.lists(CELLS, min_size=3, max_size=3), min_size=1, max_size=12),
    st.sampled_from([",", ";", "\t", "|"]),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
def test_what_a_program_wrote_is_read_back_row_by_row(rows, mark, end, encoding):
    rows = [["id", "one", "two"], *rows, ["last", "", ""]]
    written = io.StringIO()
    csv.writer(written, delimiter=mark, lineterminator=end, quoting=csv.QUOTE_ALL).writerows(rows)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "cells.csv")
        path.write_bytes(written.getvalue().encode(encoding))
        table = read_text(path, separator=mark)
    # Line breaks within cells come back as one kind.
    filled = [n for n, row in enumerate(rows) if n and any(map(str.strip, row))]
    assert list(table.rows) == [n + 1 for n in filled]
    assert table.cells.astype("str").to_numpy().tolist() == [rows[n] for n in filled]


@settings(deadline=None)
@given(
    st.one_of(
        st.binary(max_size=200),
        st.text('a,;\t|"\n\r \u00e9\x001', max_size=60).map(str.encode),
        st.tuples(st.integers(0, 60), st.binary(min_size=1, max_size=3)).map(
            lambda change: NOTES.encode()[: change[0]] + change[1] + NOTES.encode()[change[0] :]
        ),
    ),
    st.sampled_from([None, "utf-8", "utf-16", "cp1252", "shift_jis", "hz"]),
    st.sampled_from([None, ["id"]]),
)
def test_bytes_of_any_kind_are_read_or_refused(raw, encoding, columns):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "bytes.csv")
        path.write_bytes(raw)
        refusal, table = None, None
        try:
            table = read_text(path, encoding=encoding, columns=columns)
        except ReliefError as error:
            refusal = error
    if refusal is not None:
        assert refusal.rule in catalogue()
        assert folder not in refusal.message
        return
    assert len(table.rows) == len(table.cells) > 0
    assert (np.diff(table.rows) > 0).all()
