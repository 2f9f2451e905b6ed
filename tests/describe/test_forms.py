"""Forms and what they ask about; no table has a row a person."""

from __future__ import annotations

import pandas as pd
import pytest

from analysis import describe
from analysis.describe import forms


def test_forms_are_counted_once_each(case):
    table = describe.forms_by_phase(case)
    assert table.to_numpy().sum() == case.checked.forms["total"].notna().sum()
    assert table.loc["CADSS, 23-item", "during"] > 0


def test_recall_by_hours_leaves_dissociation_out():
    table = describe.recall_by_hours((24,))
    shares = table.set_index("form")["share_before"]
    assert shares["PCL-5, standard"] == pytest.approx(29 / 30)
    assert shares["IES-R, standard"] == pytest.approx(6 / 7)
    assert shares["PCL-5-now, ad-hoc"] == 0
    assert not any(name.startswith("CADSS") for name in shares.index)


def test_rules_table_takes_a_case_or_definitions_and_marks_assumptions(case):
    table = describe.rules_table(case)
    pd.testing.assert_frame_equal(table, describe.rules_table(case.definitions))
    assert table.loc["bias_bound_sd", ["value", "assumption"]].tolist() == ["0.3", "yes"]


def test_no_table_has_a_row_a_person(case):
    """A column of subjects, forms or file rows, or as many rows as people, would be one."""
    n = len(case.checked.study.subjects)
    tables = [
        describe.change_by_window(case),
        describe.difference_by_window(case),
        describe.three_ways(case, window="day_7", instrument="PCL-5", version="past-week"),
        describe.cumulative_change(case, window="hours"),
        describe.forms_by_phase(case),
    ]
    for table in tables:
        assert not {"subject", "form", "row", "id"} & {*table.columns, table.index.name} - {"form"}
        assert "subject" not in table.reset_index()
        assert len(table) < n / 2


def test_recall_table_is_in_percent_by_hours():
    shares = pd.DataFrame(
        {"form": ["a", "a", "b", "b"], "hours": [1.0, 24.0] * 2, "share_before": [1, 6 / 7, 0, 0]}
    )
    shown = forms.recall_table(shares)
    assert list(shown) == ["1 h", "24 h"]
    assert shown.loc["a"].tolist() == [100, 85.7]
