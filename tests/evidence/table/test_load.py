"""The table of published results: signs, windows, rules of each row."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from analysis import evidence
from analysis.errors import EvidenceError
from analysis.evidence import build as builder
from analysis.evidence.table import schema
from analysis.evidence.table.schema import COLUMNS, NAMES
from tests.evidence.published_table import put

# --- signs ----------------------------------------------------------------------------------


def test_which_rows_change_sign(table):
    changed = table[table["sign_changed"]]
    assert changed.groupby("study_id").size().to_dict() == {
        "Feder2014": 3,
        "Feder2021": 1,
        "Feder2025WET": 3,
        "KA-EMDR": 2,
        "meta_Borgogna2024": 21,
    }
    assert (changed["direction"] == "negative_is_fewer_symptoms").all()
    never = {*schema.SHARES, *schema.ODDS, "median_days", "mean", "sd", "se", "p"}
    assert not set(changed["statistic"]) & never
    assert not table.loc[table["printed_sign"] == "harm", "sign_changed"].any()


def test_negating_twice_gives_the_printed_value(table):
    numbers = table[table["value"].notna()]
    back = numbers["value"].where(~numbers["sign_changed"], -numbers["value"])
    assert (back == numbers["printed_value"].astype(float)).all()
    assert not ((table["value"] == 0) & np.signbit(table["value"])).any()
    swapped = table[table["sign_changed"] & table["statistic"].str.contains("ci_")]
    assert (swapped["statistic"] != swapped["statistic_printed"]).all()
    assert all(builder._swapped(builder._swapped(s)) == s for s in ("ci_low", "g_ci_high", "diff"))
    assert builder._negated(builder._negated("12.70", "x"), "x") == "12.70"
    assert builder._negated("0.0", "x") == "0.0"


def test_limits_are_swapped_with_the_sign():
    figure = evidence.rows_at(24).iloc[0]
    assert (figure["estimate"], figure["ci_low"], figure["ci_high"]) == (-12.7, -22.8, -2.5)


def test_every_estimate_lies_between_its_limits(table):
    found = evidence.estimates(table).dropna(subset=["ci_low"])
    assert len(found) == table["statistic"].str.endswith("ci_low").sum() == 30
    assert (found["ci_low"] <= found["estimate"]).all()
    assert (found["estimate"] <= found["ci_high"]).all()


def test_recall_windows_and_doses(table):
    by_row = table.set_index("row")
    assert by_row.loc["Feder2014-001", "recall_hours"] == 168
    caps = by_row.loc["Feder2021-001", ["recall_hours", "recall_hours_low", "recall_hours_high"]]
    assert np.isnan(caps.iloc[0])
    assert list(caps.iloc[1:]) == [168, 720]
    assert by_row.loc["Feder2021-008", "instrument"] == "CAPS-5|IES-R|MADRS"
    assert np.isnan(by_row.loc["Feder2021-008", "recall_hours"])
    assert list(by_row.loc["Abdallah2022-013", ["dose_low", "dose_high"]]) == [0.2, 0.5]
    assert list(by_row.loc["Quigley2024-001", ["dose_low", "dose_high"]]) == [0.5, 3.0]
    assert not table.loc[table["ptsd"], "recall_known"].any()
    assert evidence.recall_share(168, 24) == pytest.approx(144 / 168)
    assert evidence.recall_share(0, 4) == 0
    assert evidence.recall_share(24, 24) == 0
    assert math.isnan(evidence.recall_share(math.nan, 24))


# --- rules, each able to fail ------------------------------------------------------------------

FAULTS = [
    ("row_id", "Feder2014-002", {"row": "Feder2014-001"}),
    ("row_id", "Feder2014-002", {"row": "Feder2014-2"}),
    ("required", "Feder2014-002", {"read_from": ""}),
    ("unknown_statistic", "Feder2014-001", {"statistic": "difference"}),
    ("allowed_value", "Feder2014-001", {"period": "third"}),
    ("type", "Feder2014-001", {"randomised": "yes"}),
    ("type", "Feder2014-001", {"value": "1E5"}),
    ("n_not_whole", "Feder2021-003", {"n": "14.5"}),
    ("no_identifier", "Feder2014-001", {"doi": "", "registry_id": "", "citation": ""}),
    ("value", "Feder2014-001", {"text_value": "better"}),
    ("value", "Feder2014-001", {"value": ""}),
    ("value", "Feder2014-004", {"text_value": ""}),
    ("count_not_whole", "Feder2021-009", {"value": "14.5", "printed_value": "14.5"}),
    ("events_over_n", "Feder2021-004", {"value": "16", "printed_value": "16"}),
    ("unit", "Feder2014-001", {"unit": "SD"}),
    ("range", "Duek2023-024", {"value": "1.2", "printed_value": "1.2"}),
    ("range", "Feder2021-002", {"value": "0", "printed_value": "0"}),
    ("sign", "Feder2014-001", {"sign_changed": "false", "value": "12.7"}),
    ("sign", "Feder2014-001", {"value": "12.7"}),
    ("sign", "Feder2014-001", {"direction": "none"}),
    ("sign", "meta_haemodynamics-001", {"direction": "negative_is_fewer_symptoms"}),
    ("comparator", "Feder2014-001", {"comparator_type": "none"}),
    ("hours", "Feder2014-001", {"hours_since_first_infusion": "-1"}),
    ("hours", "Feder2014-001", {"hours_since_last_infusion": "25"}),
    ("recall", "Feder2014-001", {"recall_hours": "24"}),
    ("limits", "Feder2014-002", {"statistic": "ci_low"}),
    ("limits", "Duek2023-022", {"value": "0", "printed_value": "0"}),
    ("share", "Feder2021-004", {"value": "11", "printed_value": "11"}),
]


@pytest.mark.parametrize(("rule", "row", "cells"), FAULTS)
def test_rule_names_the_row_and_the_column(text, rule, row, cells):
    with pytest.raises(EvidenceError) as error:
        evidence.validate(put(text, row, **cells))
    assert error.value.rule == rule
    assert error.value.message.startswith("Row ")
    assert ", column " in error.value.message
    assert row[:-3] in error.value.message
    assert error.value.message.endswith(".")


def test_a_count_beside_a_percentage_needs_its_denominator(text):
    without = put(put(text, "Feder2021-003", n=""), "Feder2021-004", n="")
    with pytest.raises(EvidenceError, match="Feder2021-004") as error:
        evidence.validate(without)
    assert error.value.rule == "share"


def test_columns_rule_and_missing_table(text, tmp_path):
    with pytest.raises(EvidenceError, match="note"):
        evidence.validate(text.drop(columns="note"))
    with pytest.raises(EvidenceError, match="order"):
        evidence.validate(text[list(reversed(NAMES))])
    with pytest.raises(EvidenceError, match="make published"):
        evidence.load(tmp_path)


def test_types_are_the_declared_ones(table):
    for column in COLUMNS:
        dtype = table[column.name].dtype
        kind = {"number": "f", "integer": "i", "boolean": "b"}.get(column.type)
        assert dtype.kind == kind if kind else pd.api.types.is_string_dtype(dtype)


def test_loading_leaves_the_table_as_it_was(table):
    before = table.copy(deep=True)
    evidence.timeline_of_evidence(table)
    evidence.derive("Feder2021", "d", table=table)
    pd.testing.assert_frame_equal(table, before)
