"""Numbers about people carry their cell; sentences keep them apart until it is known who reads."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.estimates.proportions import exact_share
from analysis.quantity import (
    Cell,
    Known,
    Private,
    Quantity,
    dominates,
    events,
    joined,
    numbers,
    said,
)

TWO_ARMS = {"ketamine": 22, "midazolam": 23}


def nothing(quantity: Quantity) -> None:
    return None


def test_the_team_reads_every_number_and_others_what_is_released() -> None:
    told = said("d is {d:.1f} on {n}.", d=Quantity(-9.08, TWO_ARMS), n=Quantity(45, TWO_ARMS))
    assert str(told) == "d is -9.1 on 45."
    assert told.shown(lambda q: round(q.value, -1)) == "d is -10.0 on 40."
    assert told.shown(lambda q: "<10") == "d is <10 on <10."


def test_where_a_number_is_withheld_the_brief_sentence_stands_in_for_it() -> None:
    number = Quantity(3, {"ketamine": 3})
    assert said("It is {n}.", n=number).shown(nothing) == "It is (withheld)."
    assert said("It is {n}.", n=number, brief="It is withheld.").shown(nothing) == "It is withheld."


def test_a_part_that_is_withheld_leaves_the_others_as_they_are() -> None:
    few = said("few {n}", n=Quantity(3, {"ketamine": 3}), brief="few")
    assert joined(["Many.", few, ""]).shown(nothing) == "Many. few"


def test_words_that_tell_of_a_number_go_with_it() -> None:
    number = Quantity(3, {"ketamine": 3})
    hint = said("It would say no.", brief="", needs=[number])
    assert str(hint) == "It would say no."
    assert hint.shown(nothing) == ""
    assert said("It would say no.", needs=[number]).shown(nothing) == "(withheld)"


def test_private_words_are_read_by_the_team_alone() -> None:
    told = said("It turns {what}.", what=Private("without x", "without a group"))
    assert str(told) == "It turns without x."
    assert told.shown(nothing) == "It turns without a group."


def test_a_bare_number_has_no_place_in_a_sentence() -> None:
    with pytest.raises(TypeError, match="Whose number is n"):
        said("{n}", n=3)
    assert str(said("{n:.0%}", n=Known(0.95))) == "95%"


def test_a_number_about_people_is_no_text_by_accident() -> None:
    number = Quantity(3, {"ketamine": 3})
    with pytest.raises(TypeError, match="`said`"):
        f"{number}"
    with pytest.raises(TypeError):
        str(number)


def test_numbers_of_a_row_know_their_row_and_cell() -> None:
    share = exact_share(20, 30, contrast="ketamine")
    found = numbers(share, "estimate", "n", prefix="its_")
    assert found["its_estimate"].row is share
    assert found["its_n"].kind == "count"
    assert found["its_n"].behind == share["cell"] == Cell(
        {"ketamine": 30}, counts=((20, 30),), made_of="share"
    )  # fmt: skip
    assert events(share).value == 20


def test_a_sum_is_dominated_where_two_make_up_most_of_it() -> None:
    assert dominates([50, 45, 1, 1, 1])
    assert not dominates([10] * 12)
    assert not dominates([])
    assert not dominates([0, 0])


def test_what_the_p_percent_rule_withholds_is_dominated_too() -> None:
    """All but the largest two adding up to less than 10 % of the largest (p % rule, p = 10)."""
    rng = np.random.default_rng(5)
    amounts = [np.sort(rng.pareto(a, size))[::-1] for a in (0.2, 0.5, 1.0) for size in range(3, 90)]
    broken = [own for own in amounts if own[2:].sum() < 0.10 * own[0]]
    assert len(broken) > 20
    assert all(dominates(own) for own in broken)
