"""The numbers beside the answer are those of the ledger, in words."""

from __future__ import annotations

import math
from types import SimpleNamespace

import pytest

from analysis.claims.ledger import ClaimResult, Ledger
from analysis.describe.answer.in_numbers import answer_in_numbers
from analysis.estimates.table import row


def ledger(word: str, beside=(), **numbers) -> Ledger:
    words = {"contrast": "ketamine - midazolam", "window": "2 to 6 h", "instrument": "PCL-5-now"}
    estimate = row(estimand="difference", **words, **numbers) | {"unit": "points"}
    claim = ClaimResult("onset", "Title", word, estimate, (), "Wording", beside=beside)
    return Ledger("clinic", "Clinic", False, "c", "d", (claim,))


def test_a_fall_is_said_as_lower_with_its_interval():
    told = answer_in_numbers(ledger("supported", estimate=-7.76, ci_low=-11.6, ci_high=-3.93))
    assert told == (
        "2 to 6 h after the infusion, symptoms were 7.76 points lower on ketamine than on "
        "midazolam (95 % interval 3.93 to 11.6; PCL-5-now)."
    )


def test_an_interval_that_holds_zero_says_both_directions():
    told = answer_in_numbers(ledger("not decided", estimate=1.0, ci_low=-2.0, ci_high=4.0))
    assert "1 points higher" in told
    assert "from 2 lower to 4 higher" in told


@pytest.mark.parametrize("word", ["not decided", "contradicted"])
def test_a_number_that_is_withheld_is_not_told(word):
    assert answer_in_numbers(ledger(word, estimate=math.nan)) == ""


def test_where_hours_cannot_be_told_the_window_that_decides_is():
    windows = (SimpleNamespace(decides=False, sentence="Early."),
               SimpleNamespace(decides=True, sentence="Later."))  # fmt: skip
    own = ledger("not testable")
    found = SimpleNamespace(windows=windows, limits=())
    assert answer_in_numbers(own, found) == "What these data can say: Later."
    parallel = SimpleNamespace(design=SimpleNamespace(design="parallel"))
    nothing = SimpleNamespace(windows=(), limits=("Nobody was scored.", "More."), case=parallel)
    assert answer_in_numbers(own, nothing) == "Nobody was scored."


def test_of_published_results_the_earliest_comparison_is_told():
    first = row(estimand="published standardised difference (SD)", contrast="ketamine - comparator",
                instrument="PTSD-pooled", window="24 h", estimate=-0.35, ci_low=-0.64,
                ci_high=-0.06)  # fmt: skip
    told = answer_in_numbers(ledger("not testable", beside=(first,)))
    assert "at 24 h: ketamine minus comparator, −0.350 SD (−0.640 to −0.0600)" in told
    assert answer_in_numbers(ledger("not testable")) == ""
