"""Published trials together, as readers see them."""

from __future__ import annotations

import re

import pandas as pd
import pytest

from analysis import evidence
from analysis.describe.evidence import pooled as shown
from analysis.evidence.pooling import WINDOWS


@pytest.mark.parametrize(
    "table",
    ["certainty_table", "differences_table", "hours_table", "look_back_table", "pools_table",
     "refused_table", "sources_table", "speeds_table"],
)  # fmt: skip
def test_each_table_has_rows_and_no_hyphen_for_a_minus_in_a_number(table):
    found = getattr(shown, table)()
    assert len(found)
    for column in list(found):
        assert not found[column].astype(str).str.fullmatch(r"-\d.*").any()


def test_every_row_that_a_table_names_is_in_the_published_table():
    known = set(evidence.load()["row"])
    named = {row for table in (shown.differences_table(), shown.look_back_table())
             for cell in table["rows"] for row in cell.split(", ")}  # fmt: skip
    assert named
    assert named <= known


def test_every_doi_is_a_link_and_text_stays_text():
    table = pd.DataFrame({"doi": ["10.1001/jamapsychiatry.2014.62"], "what": ["<b>"]})
    html = shown.linked(table)._repr_html_()
    assert 'href="https://doi.org/10.1001/jamapsychiatry.2014.62"' in html
    assert "<b>" not in html
    assert "jamapsychiatry" in repr(shown.linked(table))
    made = shown.linked(shown.differences_table())._repr_html_()
    assert len(re.findall(r'href="https://doi.org/10', made)) == 4


def test_pools_name_the_trials_that_are_not_in_them():
    found = shown.pools_table()
    assert list(dict.fromkeys(found.index)) == list(WINDOWS)
    assert found.loc["24 h", "not in it"] == "Feder2014"


def test_sentences_are_computed():
    assert shown.beyond_literal().startswith("4 of 16 published falls")
    assert shown.look_back_arms().startswith("The falls are of 14 arms of 10 sources, 12 of them")
    assert "75 enrolled" in shown.nobody_compared()
    assert "one, against" not in shown.speeds_alt()
    assert "ketamine, meta-analysis: " in shown.speeds_alt()


def test_a_study_without_a_comparator_or_a_pool_says_so(case):
    found = shown.beside_study(case)
    assert len(found) == 5
    assert found["within what the pool predicts?"].str.startswith("No pool").all()
    assert "meta_Borgogna2024" in found.loc["about 24 h", "pooled by others"]
