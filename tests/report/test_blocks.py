"""Prose, tables and pictures of a section as parts of a page."""

from __future__ import annotations

import base64

import numpy as np
import pandas as pd
import pytest

from analysis.figures.common.base import entitle, new_axes
from analysis.report.blocks import blocks_of
from analysis.sections.section import NOT_HERE, Picture, Section, Table


def drawn() -> Picture:
    ax = new_axes(None)
    ax.plot(np.arange(3), [1, 4, 2])
    entitle(ax, "A course", synthetic=False)
    return Picture(ax, "A course: 1, 4, 2.")


def test_prose_is_cleaned_and_what_is_missing_is_marked():
    given = Section(("**Bold** <script>x</script>", NOT_HERE + "nothing."))
    first, last = blocks_of(given, "a", vector=False)
    assert "<strong>Bold</strong>" in first["html"]
    assert "<script" not in first["html"]
    assert (first["absent"], last["absent"]) == (False, True)


@pytest.mark.parametrize(
    ("vector", "start"), [(True, b"<?xml"), (False, b"\x89PNG")], ids=["vectors", "pixels"]
)
def test_a_picture_has_its_words_and_the_same_bytes_each_time(vector, start):
    blocks = [next(blocks_of(Section((drawn(),)), "a", vector=vector)) for _ in range(2)]
    assert blocks[0] == blocks[1]
    assert blocks[0]["alt"] == "A course: 1, 4, 2."
    assert base64.b64decode(blocks[0]["source"].partition(",")[2]).startswith(start)


def test_a_number_of_people_is_never_torn_over_two_lines():
    frame = pd.DataFrame({"mean": ["3.1 (0.5), n = 30"]}, index=pd.Index(["a"], name="arm"))
    (table,) = blocks_of(Section((Table(frame, "Means"),)), "a", vector=False)
    assert table["rows"][0][1]["text"] == "3.1 (0.5), n\xa0=\xa030"


def test_a_table_has_a_head_over_each_column_and_numbers_with_true_minus_signs():
    frame = pd.DataFrame({"change": ["-3.5", "–"], "why": ["2", "few"]},
                         index=pd.Index(["a", "b"], name="arm"))  # fmt: skip
    (table,) = blocks_of(Section((Table(frame, "Change"),)), "a", vector=False)
    assert table["caption"] == "Change"
    assert [(one["text"], one["number"]) for one in table["head"]] == [
        ("arm", False), ("change", True), ("why", False),
    ]  # fmt: skip
    assert [cell["text"] for cell in table["rows"][0]] == ["a", "−3.5", "2"]
    assert [cell["none"] for cell in table["rows"][1]] == [False, True, False]
