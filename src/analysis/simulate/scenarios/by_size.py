"""Worlds of a size: an effect, or a bias, of so many SD of baseline.

All are worlds of one population, that of the example study but for two numbers. Sizes are in
SD of baseline as it is used, benefit and bias towards benefit positive.
"""

from __future__ import annotations

from dataclasses import replace

from analysis.simulate.scenarios.scenario import EXAMPLE, World

# The drug does nothing; expectancy, waiting, selection, dissociation, loss are as in the example.
# How items move is that of 20 people with PTSD who rated them on a line four times a day for a
# month: SD within a person 0.72 item points, intraclass correlation .56, the medians (Reeves &
# Fisher 2020 doi:10.1002/jts.22491, openESM dataset 0034). Here they are 0.72 and .56, of an item
# that is not yet rounded; the sum of 14 items then moves by an SD of 7.0 points. The two that are
# left are such that, in controls, a score within hours correlates 0.5 with baseline, as the power
# cell has it. SD of baseline: 7.12 points.
NO_EFFECT = replace(
    EXAMPLE,
    drug=0.0,
    drug_sd=0.0,
    drug_none=0.0,
    belief=0.0,
    trait_sd=8.2,
    item_sd=0.72,
    noise_sd=0.55,
    momentary_sd=6.9,
    momentary_hours=1.5,
    frugal=True,
)
# Points that bring an arm difference of x SD within hours: cubic in x, since scores end at 0.
# Fitted to 40,000 participants per arm, the same luck with and without; good to 1 %.
_BELIEF = (12.9790, -0.2763, 0.7994)
_HOPE = (8.0408, 0.0621, 0.1165)
_DRUG = (9.0918, 0.1099, 0.1531)
_EUPHORIA = (2.3185, 0.0019, 0.2519)


def _points(curve: tuple[float, float, float], size: float, most: float) -> float:
    if not 0 <= size <= most:
        raise ValueError(f"The size must be from 0 to {most} SD of baseline; got {size}.")
    # Written out: from Python 3.12 on sum() rounds otherwise, and the world would be another.
    linear, square, cubic = curve
    return -float(linear * size + square * size**2 + cubic * size**3)


def unblinded(bias: float) -> World:
    """No drug effect; those who guess ketamine expect more, which moves the arms apart.

    Parameters
    ----------
    bias : float
        Mean difference within hours, SD of baseline, from 0 to 1.5.
    """
    return replace(NO_EFFECT, belief=_points(_BELIEF, bias, 1.5))


def hopeful(bias: float, both: float = 0.0) -> World:
    """No drug effect; everyone on ketamine expects more, whatever they guess.

    Parameters
    ----------
    bias : float
        Mean difference within hours, SD of baseline, from 0 to 1.5.
    both : float
        What expectancy lowers both arms by on top of the example's, SD of baseline.
    """
    hope = NO_EFFECT.expectancy + _points(_HOPE, both, 1.5)
    return replace(NO_EFFECT, expectancy=hope, expectancy_ketamine=_points(_HOPE, bias, 1.5))


def discouraged(bias: float, world: World = NO_EFFECT) -> World:
    """Those on ketamine expect less than the others, in a scenario with or without an effect.

    Parameters
    ----------
    bias : float
        Mean difference within hours in favour of the comparator, SD of baseline, from 0 to 1.5.
    world : World
    """
    return replace(world, expectancy_ketamine=-_points(_HOPE, bias, 1.5))


def intoxicated(bias: float) -> World:
    """No drug effect; dissociation lingers for hours and lowers scores while it does.

    Parameters
    ----------
    bias : float
        Mean difference within hours, SD of baseline, from 0 to 0.8. It is gone at 24 h.
    """
    return replace(NO_EFFECT, cadss_half_life=1.5, euphoria=_points(_EUPHORIA, bias, 0.8))


def effect(difference: float) -> World:
    """The drug lowers everyone alike, fully by 4 h after the end; nothing is biased.

    Alike, because variances in trials of antidepressants show no sign of distinct responders
    (Munkholm 2020, PMC7451660); other worlds have them.

    Parameters
    ----------
    difference : float
        Mean difference within hours, SD of baseline, from 0 to 1.5.
    """
    return replace(NO_EFFECT, drug=_points(_DRUG, difference, 1.5))


def power_cell() -> World:
    """The world in which power is promised.

    A true difference of 1.0 SD of baseline as it is used (7.12 points of the right-now form,
    mean of two ratings), bias 0, active comparator; in controls the score at 3 and at 5 h
    correlates 0.50 with that baseline (their mean 0.56; one rating before with one after
    0.47). The mean within hours has 1.15 times the SD of baseline, since selection narrows
    baseline more. Of 100 people 12 have no score at 7 days.
    """
    return effect(1.0)
