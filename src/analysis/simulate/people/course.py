"""What simulated people feel over the hours after an infusion, and what they answer."""

from __future__ import annotations

import numpy as np

from analysis import instruments
from analysis.simulate.people.people import difficulty, items, recall
from analysis.simulate.people.together import Source
from analysis.simulate.people.visit_times import visit_hours
from analysis.simulate.scenarios.scenario import BASELINE, Arrays, World


def _course(world: World, people: Arrays, hours: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What the infusion adds at these hours: in both arms, and by the drug. Points."""
    after = np.maximum(hours, 0.0)
    # Half an hour into the infusion the waiting is over. Assumption.
    waiting = np.exp(np.minimum(hours, 0.0) / world.anticipation_rise - after / 0.5)
    begun = (1 - np.exp(-after / world.expectancy_rise)) * 2 ** (
        -after / world.expectancy_half_life
    )
    since = hours - people["minutes"][:, None] / 60
    ramp = np.clip((since - world.drug_onset) / (world.drug_full - world.drug_onset), 0.0, 1.0)
    fade = 2 ** (-np.maximum(since - world.drug_full, 0.0) / world.drug_half_life)
    common = world.anticipation * waiting + people["expectancy"][:, None] * begun
    if world.euphoria:
        common = common + world.euphoria * people["ketamine"][:, None] * _excess(people, hours)
    if world.dip:
        left = np.clip(world.dip_hours + 0.5 - since, 0.0, 1.0) * (since > 0)
        common = common + world.dip * people["ketamine"][:, None] * left
    if world.drift_calendar:
        common = common + world.drift_calendar * people["order"][:, None] * (hours > 0)
    return common, people["drug"][:, None] * ramp * fade


def _courses(
    world: World, people: Arrays, hours: np.ndarray, earlier: Arrays | None
) -> tuple[np.ndarray, np.ndarray]:
    """What the infusion adds, and what is left of an earlier one."""
    common, drug = _course(world, people, hours)
    if earlier is not None:
        before = _course(world, earlier, hours + world.washout)
        common, drug = common + before[0], drug + before[1]
    return common, drug


def _course_sums(
    world: World, people: Arrays, earlier: Arrays | None, last: int
) -> tuple[np.ndarray, np.ndarray]:
    """Running sums of what infusions add, hour by hour to the last, for look-back windows."""
    # Nothing that the infusion adds reaches further back than a day before it.
    every = world.hours[world.hours <= last]
    late = every >= -24
    # One row for everyone: the powers are taken once.
    hours = every[late].astype(float)[None, :]
    early = np.zeros((len(people["ketamine"]), int((~late).sum())))
    start = 0 if earlier is None else world.washout
    common, drug = _courses(world, people, hours - start, earlier)
    return (
        np.concatenate([early, np.cumsum(common, axis=1)], axis=1),
        np.concatenate([early, np.cumsum(drug, axis=1)], axis=1),
    )


def answers(
    world: World,
    people: Arrays,
    table: str,
    rng: Source,
    earlier: Arrays | None = None,
) -> np.ndarray:
    """Complete items of a table's forms (people, visits, items).

    ``earlier`` holds the same people around their first infusion if this is their second.
    """
    name, version, visits = world.forms[table][:3]
    hours = visit_hours(world, people, table)
    if name == "CADSS":
        return _dissociation(world, people, hours, rng)
    window, moment = int(instruments.get(name).versions[version]), world.recall_state
    clock = hours if earlier is None else hours + world.washout
    if world.frugal:
        level = people[f"level {table}"]
    else:
        level = recall(people["level"], clock, window, moment, world.first_hour)
    if window == 0:
        common, drug = _courses(world, people, hours, earlier)
    else:
        common, drug = (
            recall(sums, clock, window, moment, world.first_hour)
            for sums in _course_sums(world, people, earlier, int(clock.max()))
        )
    if world.drift_visit:
        schedule = [*BASELINE, *world.after]
        common = common + world.drift_visit * np.array([schedule.index(v) for v in visits])
    found = items(world, people, name, level + common, drug, rng)
    if table == world.primary and "entry items" in people:
        found[:, :1] = people["entry items"]
    return found


def _excess(people: Arrays, hours: np.ndarray) -> np.ndarray:
    """CADSS points above baseline at these hours."""
    end = people["minutes"][:, None] / 60
    decay = 2 ** (-np.maximum(hours - end, 0.0) / people["cadss_half_life"][:, None])
    return np.asarray(people["cadss_peak"][:, None] * np.clip(hours / end, 0.0, 1.0) * decay)


def _dissociation(world: World, people: Arrays, hours: np.ndarray, rng: Source) -> np.ndarray:
    """CADSS items: each the count of four thresholds crossed, so a total is right on average."""
    count = len(instruments.get("CADSS").numbers)
    total = people["cadss_baseline"][:, None] + _excess(people, hours)
    share = total[:, :, None] / (4 * count) * (1 + difficulty(count))
    share = np.round(np.minimum(share, 0.95), 6)
    if world.frugal:
        return _four_thresholds(share, rng.random(share.shape))
    return rng.binomial(4, share).astype(float)


def _four_thresholds(share: np.ndarray, luck: np.ndarray) -> np.ndarray:
    """A binomial count of four, by where one number between 0 and 1 falls."""
    rest = 1 - share
    odds = share / rest
    chance = (rest * rest) * (rest * rest)
    upto = chance.copy()
    count = (luck >= upto).astype(np.int8)
    # Each count is as much likelier than the one before; 4 takes what is left.
    for more in (4.0, 1.5, 2 / 3):
        chance *= odds
        chance *= more
        upto += chance
        count += luck >= upto
    return count.astype(float)
