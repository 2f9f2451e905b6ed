"""Several claims at once: each test once, in the order of claims.toml."""

from __future__ import annotations

import pytest

from analysis.describe.robustness import claims_together
from analysis.studies import judge_source


@pytest.fixture(scope="module")
def ledger():
    return judge_source("example")[0]


def test_claims_on_one_estimate_are_one_test(ledger):
    table = claims_together(ledger)
    assert list(table["claim"].unique()) == ["onset", "clusters"]
    assert table.groupby("claim")["p_value"].nunique().eq(1).all()
    assert table["procedure"].nunique() == 3


def test_holm_gives_the_smaller_p_both_tries(ledger):
    table = claims_together(ledger)
    holm = table[table["procedure"] == table["procedure"].iloc[0]].set_index("claim")
    onset = ledger["onset"].estimate["p_value"]
    assert holm.loc["onset", "adjusted_p"] == pytest.approx(2 * onset)
    assert holm.loc["onset", "rejected"]
    assert not holm.loc["clusters", "rejected"]


def test_without_a_test_there_is_nothing_to_adjust():
    assert claims_together(judge_source("published")[0]).empty
