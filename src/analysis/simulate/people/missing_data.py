"""What is lost: people who leave, forms that nobody filled in, items left blank."""

from __future__ import annotations

import numpy as np

from analysis.simulate.people.together import Source, count_of
from analysis.simulate.scenarios.scenario import BASELINE, LATER, Arrays, World


def departures(
    world: World,
    people: Arrays,
    primary: np.ndarray,
    rng: Source,
    left: np.ndarray | None = None,
) -> Arrays:
    """Who is not there at each visit, from the complete items of the primary form.

    Leaving depends on the score before it, so a model of all seen scores can make up for it,
    and, where the world says so, on the score that nobody will see. Those who ``left`` before
    an infusion are at none of its visits.
    """
    totals = primary.sum(2)
    n = len(totals)
    change = totals - totals[:, :2].mean(1, keepdims=True)
    unseen = world.dropout_unseen + world.dropout_unseen_ketamine * people["ketamine"]
    gone: Arrays = {}
    if left is None:
        left = np.zeros(n, bool)
    else:
        gone = dict.fromkeys(world.visits, left)
    if world.lost_hours:
        left = left | _quota(world, unseen * change[:, 2], rng)
        gone |= dict.fromkeys(world.after, left)
    for column, visit in enumerate(world.after, start=2):
        share = world.dropout if visit in LATER else world.dropout_hours
        if visit not in LATER and not share:
            continue
        seen = change[:, column - 1] if column > 2 else np.zeros(n)
        odds = share / (1 - share) * np.exp(world.dropout_slope * seen)
        odds = odds * np.exp(unseen * change[:, column])
        left = left | (rng.random(n) < odds / (1 + odds))
        gone[visit] = left
    if world.one_rating:
        absent = rng.random(n) < world.one_rating
        gone[BASELINE[0]] = absent | gone.get(BASELINE[0], False)
    return gone


def _quota(world: World, log_odds: np.ndarray, rng: Source) -> np.ndarray:
    """Who is lost within hours: as many of each trial, the likelier the higher their odds."""
    luck = rng.random(len(log_odds))
    # The highest of odds with logistic noise: as many as a threshold would take, on average.
    order = (np.log(luck / (1 - luck)) + log_odds).reshape(count_of(rng), -1).argsort(axis=1)
    lost = np.zeros(order.shape, bool)
    count = int(world.lost_hours * lost.shape[1] + 1e-9)
    np.put_along_axis(lost, order[:, lost.shape[1] - count :], True, axis=1)
    return lost.ravel()


def unfilled(world: World, complete: Arrays, gone: Arrays, rng: Source) -> Arrays:
    """The items with what is lost as NaN; a form that nobody filled in is all NaN."""
    # A single visit within hours is lost to as many as the world says, and to nobody else.
    spared = world.hours_visits if world.lost_hours and len(world.hours_visits) == 1 else ()
    kept = {}
    for table, values in complete.items():
        values = values.copy()
        nobody = np.zeros(len(values), bool)
        missed = rng.random(values.shape[:2]) < world.missed
        for column, visit in enumerate(world.forms[table][2]):
            absent = gone.get(visit, nobody)
            if visit not in BASELINE and visit not in spared:
                absent = absent | missed[:, column]
            values[absent, column] = np.nan
        blank = rng.random(values.shape[:2]) < world.blank
        which = rng.integers(0, values.shape[2], values.shape[:2])
        who, when = np.nonzero(blank)
        values[who, when, which[who, when]] = np.nan
        kept[table] = values
    return kept
