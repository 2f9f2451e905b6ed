"""Tables for readers keep apart what must not be mixed."""

from __future__ import annotations

from analysis import evidence

# --- tables for readers and for the claims ------------------------------------------------------


def test_tables_carry_row_ids(table):
    known = set(table["row"])
    for make in (
        evidence.controlled_contrasts, evidence.response_shares, evidence.within_arm_changes,
        evidence.missing_numbers, evidence.timeline_of_evidence, evidence.responders,
    ):  # fmt: skip
        found = make(table)
        assert len(found)
        for rows in found["rows"]:
            assert rows
            assert set(rows) <= known


def test_reader_tables_keep_apart_what_must_not_be_mixed(table):
    contrasts = evidence.controlled_contrasts(table)
    within = evidence.within_arm_changes(table)
    one = {row for rows in contrasts["rows"] for row in rows}
    other = {row for rows in within["rows"] for row in rows}
    assert not one & other
    assert within["treatment_effect"].str.startswith("not a treatment effect").all()
    assert not table[table["row"].isin(other)]["contrast"].any()
    assert table[table["row"].isin(one)]["contrast"].all()
    feder = contrasts[contrasts["study_id"] == "Feder2021"].iloc[0]
    assert "assumed" in feder["interval_from"]
    assert len(evidence.timeline_of_evidence(table)) == sum(
        map(len, (contrasts, within, evidence.response_shares(table),
                  evidence.missing_numbers(table)))
    )  # fmt: skip
