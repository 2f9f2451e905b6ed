"""Tables of published results."""

from __future__ import annotations

from analysis import evidence
from analysis.describe.evidence import rows as shown


def test_published_tables_are_rounded_and_have_no_hyphen_for_a_minus():
    published = [
        shown.contrasts_table(evidence.controlled_contrasts()),
        shown.shares_table(evidence.response_shares()),
        shown.within_arm_table(),
        shown.missing_table(),
        shown.derived_table(),
    ]
    for frame in published:
        assert not frame.empty
        for column in {"estimate", "low", "high", "hours", "share", "value"} & set(frame):
            assert not frame[column].str.startswith("-").any()


def test_evidence_counts_are_counts_of_rows():
    published = evidence.load()
    counts = shown.evidence_counts(published)["rows"]
    assert counts["rows in all"] == len(published)
    assert counts.iloc[1:].max() <= counts.iloc[0]
    assert counts["a number on PTSD, contrast with a comparator"] <= counts["a number on PTSD"]
