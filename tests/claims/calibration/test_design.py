"""The design that gate 7 keys a trial by, its name, and the trials it draws."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from analysis.claims.calibration.command import first_pass, other_designs
from analysis.claims.calibration.design import (
    BASE,
    LATER,
    Design,
    counted_designs,
    design_of,
    design_of_trial,
    scenario,
    sd_ratio,
)
from analysis.simulate import world


def found(n=60, *, lost=0, larger=30, ratio=1.0, window="hours"):
    treated = np.arange(n) < n - larger
    scores = SimpleNamespace(
        treated=treated, seen=np.arange(n) >= lost, visits=("a", "b"), same_symptoms=np.zeros(n)
    )
    covariance = np.stack([np.eye(2) + 0.5, ratio**2 * (np.eye(2) + 0.5)])
    primary = SimpleNamespace(covariance=covariance)
    return design_of_trial(scores, primary, level=0.025, window=window)


def test_the_name_of_a_design_says_what_differs_and_is_read_back():
    assert BASE.name == ""
    for group in counted_designs().values():
        for design in group:
            assert design != BASE
            assert design_of(design.name) == design
    assert design_of("loss-0.10+visits-1") == Design(loss=0.10, visits=1)


@pytest.mark.parametrize("asked", ["lost-0.10", "loss"])
def test_a_part_that_is_none_of_a_design_is_refused_in_words(asked):
    with pytest.raises(ValueError, match="its parts are loss, visits"):
        design_of(asked)


@pytest.mark.parametrize(("lost", "loss"), [(0, 0.02), (1, 0.02), (2, 0.05), (3, 0.05), (4, 0.10),
                                            (9, 0.15), (10, 0.30), (18, 0.30)])  # fmt: skip
def test_the_loss_is_rounded_up(lost, loss):
    assert found(lost=lost) == (30, Design(loss=loss))


def test_in_a_later_window_fewer_steps_of_loss_are_counted():
    assert found(window=LATER)[1].loss == 0.05
    assert found(lost=4, window=LATER)[1].loss == 0.15


def test_unequal_arms_and_unequal_spread_have_rows_of_their_own_up_to_twice():
    assert found(n=67, larger=37) == (30, BASE)
    assert found(n=90, larger=60)[1].allocation == 2
    assert found(ratio=1.25) == (30, BASE)
    assert found(ratio=1.26)[1].sd_ratio == 2
    assert "more than 2 times as large" in found(n=91, larger=61)
    assert "spread more than 2 times" in found(ratio=2.01)


def test_the_ratio_is_of_the_mean_over_the_visits_whichever_arm_is_wider():
    for ratio in (1.7, 1 / 1.7):
        covariance = np.stack([np.eye(2), ratio**2 * np.eye(2)])
        assert sd_ratio(SimpleNamespace(covariance=covariance)) == pytest.approx(1.7)


def test_a_scenario_at_another_design_is_drawn_so():
    truth, design = scenario("null@loss-0.10+visits-1+covariate-0")
    drawn = design.drawn(truth.world)
    assert (drawn.lost_hours, len(drawn.hours_visits), drawn.week_form) == (0.10, 1, False)
    assert scenario("null")[1].drawn(world("null")).lost_hours == 0.02
    later = scenario("effect-0.50@loss-0.15+visits-1+window-later")
    lasting = later[1].drawn(later[0].world)
    assert lasting.drug_half_life > 1e5
    assert lasting.dropout == 0


def test_every_design_that_is_counted_has_a_scenario_for_either_word():
    names = [name.partition("@") for name in other_designs()]
    for group in counted_designs().values():
        for design in group:
            own = {world for world, _, asked in names if asked == design.name}
            assert any(scenario(one)[0].no_effect for one in own)
            assert any(scenario(one)[0].effect_true for one in own)


def test_the_first_pass_leaves_out_what_is_biased_beyond_the_bound_there():
    names = first_pass()
    assert len(names) == len(set(names))
    assert not {"hidden-improvers@loss-0.10", "by-illness@covariate-0"} & set(names)
    assert {"null@loss-0.10", "hidden-improvers@visits-1", "by-illness@sd-2"} <= set(names)
