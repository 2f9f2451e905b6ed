"""Rows that speak to a claim."""

from __future__ import annotations

import pytest

from analysis import evidence
from tests.evidence.published_table import put


def test_hours_rows_for_the_claims(table):
    assert evidence.controlled_before(24, table).empty
    assert "Feder2014-001" in set(evidence.controlled_before(24.5, table)["row"])
    at = evidence.rows_at(24, table)
    assert list(at["level"]) == ["trial", "pooled", "pooled", "pooled"]
    assert at["study_id"].iloc[0] == "Feder2014"
    assert set(at["analysis"].iloc[1:]) == {"all_controls", "passive_controls", "active_controls"}
    assert at["share_before_low"].iloc[0] == pytest.approx(0.857, abs=0.001)
    assert evidence.rows_at(6, table).empty


def test_a_planted_early_score_is_found(text):
    cells = {"hours_since_first_infusion": "4", "hours_since_last_infusion": "4"}
    planted = evidence.validate(
        put(put(put(text, "Feder2014-001", **cells), "Feder2014-002", **cells),
            "Feder2014-003", **cells)
    )  # fmt: skip
    assert len(evidence.controlled_before(6, planted)) == 3


def test_other_rows_for_the_claims(table):
    early = evidence.possibly_earlier(table)
    assert set(early["study_id"]) == {"Beaglehole2025"}
    assert early["value"].isna().all()
    assert set(early["route"]) == {"intramuscular"}
    people = evidence.responders(table)
    first = people.iloc[0]
    assert (first["study_id"], first["events"], first["n"]) == ("Feder2021", 10, 15)
    assert first["use"] == "may decide"
    assert not first["comparator_arm"]
    assert "Duek2023" not in set(people["study_id"])
    assert set(evidence.infusion_minutes(table)["value"]) == {40, 60}
    assert list(evidence.monitoring(table)["value"]) == [4]
    assert evidence.dissociation(table)["value"].isna().all()
