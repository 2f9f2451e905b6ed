"""What of one number may leave, by the people behind it."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from analysis.disclosure.policy import RULES, Policy
from analysis.estimates.intervals import median_interval
from analysis.estimates.proportions import exact_share, share_bounds, share_difference
from analysis.estimates.responders.shares import share_who_benefit
from analysis.estimates.table import NUMBERS, row
from analysis.quantity import Cell, Quantity, events, numbers

POLICY = Policy()
BOTH = Cell({"ketamine": 22, "midazolam": 23}, parameters=6)


@pytest.mark.parametrize(
    ("cell", "rule"),
    [
        (BOTH, None),
        (None, "not-recorded"),
        (Cell({}), "not-recorded"),
        (Cell({"ketamine": 30, "midazolam": 9}), "minimum-cell"),
        (Cell({"ketamine": 30, "midazolam": 0}), "minimum-cell"),
        (replace(BOTH, without={"ketamine": 1, "midazolam": 0}), "moved"),
        (replace(BOTH, without={"ketamine": 0}), "moved"),
        (replace(BOTH, without={"ketamine": 12, "midazolam": 3}), "moved"),
        (replace(BOTH, without={"ketamine": 12, "midazolam": 0}), None),
        (Cell({"ketamine": 30}, counts=((21, 30),)), "small-count"),
        (Cell({"ketamine": 30}, counts=((0, 30),)), "small-count"),
        (Cell({"ketamine": 30}, counts=((30, 30),)), "small-count"),
        (Cell({"ketamine": 30}, counts=((20, 30),)), None),
        (replace(BOTH, own_values=True), "own-values"),
        (Cell({"ketamine": 10, "midazolam": 10}, parameters=11), "degrees-of-freedom"),
        (Cell({"ketamine": 10, "midazolam": 10}, parameters=10), None),
        (replace(BOTH, dominated=True), "dominance"),
    ],
)  # fmt: skip
def test_each_arm_counts_and_so_do_the_people_who_are_moved(cell, rule) -> None:
    assert POLICY.why_not(cell) == rule


def test_statistics_keep_three_digits_degrees_of_freedom_tens_and_counts_steps_of_five() -> None:
    assert POLICY.number(BOTH.quantity(-9.0834)) == (-9.08, None)
    assert POLICY.number(BOTH.quantity(41.3, "df")) == (40.0, None)
    assert [POLICY.count(n) for n in (0, 1, 9, 10, 12, 13, 58)] == [
        "<10", "<10", "<10", 10, 10, 15, 60,
    ]  # fmt: skip


def test_counts_in_sentences_are_rounded_where_the_flow_is_exact_too() -> None:
    """Scored with a baseline beside scored, both exact, tells of those without one."""
    scored = Quantity(22, {"ketamine": 22}, kind="count")
    assert POLICY.number(scored) == (20, None)
    assert Policy(exact_arms={"ketamine"}).number(scored) == (20, None)


def test_plain_means_and_p_values_have_no_digits_that_fit_one_number_of_people() -> None:
    mean = row(estimand="mean change", estimate=-8.2857, se=1.3872, n=14, ci_low=-11.28,
               ci_high=-5.289, p_value=2.1e-6, df=13,
               cell=Cell({"ketamine": 14}, plain_mean=True))  # fmt: skip
    shown, _ = POLICY.row(mean)
    told = [shown[name] for name in ("estimate", "ci_low", "ci_high", "p_value", "df")]
    assert told == [-8.3, -11.3, -5.3, 0.0, 10.0]


@pytest.mark.parametrize("n", range(23, 28))
def test_degrees_of_freedom_tell_no_more_than_the_rounded_number_of_people(n) -> None:
    line = row(estimand="m", estimate=-9.0, n=n, df=n - 1, cell=Cell({"ketamine": n}))
    shown, _ = POLICY.row(line)
    assert (shown["n"], shown["df"]) == (25, 20)


def test_numbers_of_a_row_without_a_name_are_released_too() -> None:
    """As a difference of shares in a sentence alone."""
    share = share_difference((18, 12), (38, 41), contrast="a - b")
    assert POLICY.row(share)[0]["estimate"] == share_difference((20, 10), (40, 40))["estimate"]


def test_no_standard_error_stands_beside_limits_which_would_give_the_quantile_of_t() -> None:
    both = row(estimand="d", estimate=-9.08, se=1.86, ci_low=-12.8, ci_high=-5.35, cell=BOTH)
    assert math.isnan(POLICY.row(both)[0]["se"])
    alone = row(estimand="d", estimate=-9.08, se=1.86, cell=BOTH)
    assert POLICY.row(alone)[0]["se"] == 1.86


def test_no_number_of_a_withheld_row_is_told_in_a_sentence_either() -> None:
    few = row(estimand="d", estimate=-3.0, n=12, cell=Cell({"ketamine": 3, "midazolam": 9}))
    released, rule = POLICY.row(few)
    assert rule == "minimum-cell"
    assert all(math.isnan(released[name]) for name in NUMBERS)
    assert "fewer than 10 participants of an arm" in released["method"]
    assert [POLICY.number(q) for q in numbers(few, "estimate").values()] == [(None, rule)]


def test_a_row_without_a_cell_is_not_passed_on() -> None:
    assert POLICY.row(row(estimand="d", estimate=-3.0, n=60))[1] == "not-recorded"
    nothing = row()
    assert POLICY.row(nothing) == (nothing, None)


def test_an_exact_interval_does_not_give_its_count_away() -> None:
    """Every count that rounds to the same gives the same row."""
    released = [POLICY.row(exact_share(k, n, estimand="fell")) for k in (18, 20, 22)
                for n in (38, 41)]  # fmt: skip
    assert all(rule is None for _, rule in released)
    again = exact_share(20, 40)
    for shown, _ in released:
        assert [shown[name] for name in ("n", "estimate", "ci_low", "ci_high")] == [
            again[name] for name in ("n", "estimate", "ci_low", "ci_high")
        ]
        assert shown["method"].endswith("counts rounded to 5")
    assert POLICY.number(events(exact_share(18, 38))) == (20, None)


def test_differences_bounds_and_shares_who_benefit_are_made_of_rounded_counts() -> None:
    compared = share_difference((18, 12), (38, 41), estimand="d", contrast="a - b")
    shown, _ = POLICY.row(compared)
    assert shown["estimate"] == share_difference((20, 10), (40, 40))["estimate"]
    for line in share_who_benefit((18, 12), (38, 41), contrast="a - b"):
        shown, rule = POLICY.row(line)
        assert rule is None
        assert "from 20 of 40 and 10 of 40" in shown["method"]
    shown, _ = POLICY.row(share_bounds(18, 38, 52, estimand="s"))
    assert (shown["n"], shown["ci_low"]) == (50, 20 / 50)
    assert POLICY.row(share_bounds(18, 38, 41, estimand="s"))[1] == "small-count"


def test_order_statistics_are_single_peoples_own_values() -> None:
    assert POLICY.row(median_interval(range(40), estimand="length"))[1] == "own-values"
    own = Quantity(3.2, {"ketamine": 40}, kind="own value")
    assert POLICY.number(own) == (None, "own-values")


def test_a_method_that_tells_of_people_has_words_for_others() -> None:
    line = row(estimand="joint", n=45, p_value=0.0123456, method="F(4, 44) = 3.2",
               cell=replace(BOTH, method="MANCOVA"))  # fmt: skip
    shown, _ = POLICY.row(line)
    assert (shown["method"], shown["p_value"], shown["n"]) == ("MANCOVA", 0.012, 45)


def test_every_rule_has_words_that_name_the_minimum_where_it_has_one() -> None:
    assert "fewer than 12 participants" in Policy(minimum=12).words("minimum-cell")
    assert all(Policy().words(rule) for rule in RULES)
