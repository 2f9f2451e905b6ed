"""Shares of responders, their difference and their ratio."""

from __future__ import annotations

import pytest

from analysis import evidence
from analysis.errors import EvidenceError
from tests.evidence.published_table import check


def test_shares_and_their_difference():
    share = evidence.derive("Feder2021", "response_share")
    assert share["value"] == pytest.approx(10 / 15)
    assert "denominator 15" in share["method"]
    check("feder2021_share_low", share["ci_low"])
    check("feder2021_share_high", share["ci_high"])
    difference = evidence.derive("Feder2021", "response_difference")
    assert difference["value"] == pytest.approx(7 / 15)
    check("feder2021_difference_low", difference["ci_low"])
    check("feder2021_difference_high", difference["ci_high"])
    assert evidence.derive("Quigley2024", "response_share", analysis="post_treatment")[
        "events"
    ] == 16  # fmt: skip


def test_a_count_from_individual_data_is_withheld():
    with pytest.raises(EvidenceError, match="fewer than 10 people, computed from individual data"):
        evidence.derive("Duek2023", "share_any_fall")


def test_odds_ratio_is_taken_on_the_log_scale():
    p = evidence.derive("meta_Whittaker2021", "p")
    check("whittaker_p", p["value"])
    assert "log odds" in p["method"]
