"""A cohort simulated item by item: recruitment, course, answers, loss."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.signal import lfilter

from analysis import instruments
from analysis.simulate.world import (
    AFTER,
    BASELINE,
    CLUSTERS,
    FORMS,
    GRID,
    GUESSES,
    NOW_ITEMS,
    VISITS,
    Arrays,
    World,
)


def simulate(
    world: World, n_per_arm: int, rng: np.random.Generator | int
) -> dict[str, pd.DataFrame]:
    """One trial as its site would export it.

    Parameters
    ----------
    world : World
        How the cohort comes about.
    n_per_arm : int
        People in each of the two arms.
    rng : Generator or int
        Source of randomness, or a seed.

    Returns
    -------
    dict of DataFrame
        ``subjects``, ``infusions``, ``pcl5_now``, ``pcl5_week``, ``iesr``, ``cadss`` with
        the columns of the example study's files: hours since the start of the infusion, to
        the minute; items in points, NaN where blank.
    """
    rng = np.random.default_rng(rng)
    people = recruit(world, 2 * n_per_arm, rng)
    treat(world, people, rng)
    items = {table: answers(world, people, table, rng) for table in FORMS}
    return _export(world, people, lose(world, items, rng))


def _wave(rng: np.random.Generator, n: int, sd: float, hours: float) -> np.ndarray:
    """Stationary fluctuation on GRID, one row a person: Ornstein-Uhlenbeck, seen hourly."""
    keep = np.exp(-1 / hours)
    shocks = rng.standard_normal((n, GRID.size)) * sd
    shocks[:, 1:] *= np.sqrt(1 - keep**2)
    return np.asarray(lfilter([1.0], [1.0, -keep], shocks, axis=1))


def recruit(world: World, n: int, rng: np.random.Generator) -> Arrays:
    """The first n candidates whose screening total reaches the threshold."""
    found: list[Arrays] = []
    missing = n
    while missing > 0:
        batch = candidates(world, max(20, 2 * missing), rng)
        enter = batch["screening"] >= world.entry_threshold
        found.append({key: values[enter] for key, values in batch.items()})
        missing -= int(enter.sum())
    return {key: np.concatenate([batch[key] for batch in found])[:n] for key in found[0]}


def candidates(world: World, n: int, rng: np.random.Generator) -> Arrays:
    """People of the unselected population with their screening totals."""
    trait = world.population_mean + world.trait_sd * rng.standard_normal(n)
    people = {
        "cluster": world.cluster_sd * rng.standard_normal((n, 4)),
        "item": world.item_sd * rng.standard_normal((n, 42)),  # PCL-5's 20, then IES-R's 22
        "level": np.cumsum(
            trait[:, None]
            + _wave(rng, n, world.slow_sd, world.slow_hours)
            + _wave(rng, n, world.momentary_sd, world.momentary_hours),
            axis=1,
        ),
        "other_day": -1440 * rng.integers(1, 4, n) + rng.integers(-180, 181, n),
    }
    hours = people["other_day"][:, None] / 60
    state = _recall(people["level"], hours, world.screening_window, world.screening_state)
    people["screening"] = _items(world, people, "PCL-5", state, 0 * state, rng).sum((1, 2))
    return people


def _recall(sums: np.ndarray, hours: np.ndarray, window: int, moment: float) -> np.ndarray:
    """What a form reads from a running sum on GRID: the moment, and the window's average."""
    at = (np.floor(hours) if window else np.rint(hours)).astype(int) - GRID[0]
    upto = np.take_along_axis(sums, at, 1)
    now = upto - np.take_along_axis(sums, at - 1, 1)
    if window == 0:
        return now
    return moment * now + (1 - moment) * (upto - np.take_along_axis(sums, at - window, 1)) / window


def _difficulty(count: int) -> np.ndarray:
    """Item offsets from -0.5 to 0.5 points, in scattered order. Assumption."""
    return (7 * np.arange(count) % count) / (count - 1) - 0.5


def _items(
    world: World,
    people: Arrays,
    name: str,
    common: np.ndarray,
    drug: np.ndarray,
    rng: np.random.Generator,
) -> np.ndarray:
    """Item scores 0-4 (people, visits, items) from severity in points of PCL-5-now.

    A graded response model (Samejima 1969 doi:10.1007/BF03372160) with normal ogives and
    thresholds at 0.5, 1.5, 2.5 and 3.5 of a latent response; items share clusters.
    """
    scale = instruments.get(name)
    at = {number: CLUSTERS[key] for key, members in scale.subscales.items() for number in members}
    cluster = np.array([at[number] for number in scale.numbers])
    number = np.array(scale.numbers) - 1
    first, count = (20, 22) if name == "IES-R" else (0, 20)
    lasting = people["item"][:, first + number] + people["cluster"][:, cluster]
    weighted = drug[:, :, None] * np.array(world.drug_clusters)[cluster]
    latent = (common[:, :, None] + weighted) / NOW_ITEMS
    latent = latent + _difficulty(count)[number] + lasting[:, None, :]
    latent += world.noise_sd * rng.standard_normal(latent.shape)
    # Rounded, so that the last bit of a platform's arithmetic cannot move a score.
    return np.clip(np.floor(np.round(latent, 6) + 0.5), 0, 4)


def treat(world: World, people: Arrays, rng: np.random.Generator) -> None:
    """Add arm, infusion, dissociation, guess, effects and visit times to the cohort."""
    n = len(people["screening"])
    ketamine = rng.permutation(np.arange(n) % 2 == 0)
    minutes = rng.integers(38, 44, n)
    median = np.where(ketamine, world.cadss_ketamine, world.cadss_midazolam)
    peak = median * np.exp(world.cadss_log_sd * rng.standard_normal(n))
    most = np.argsort(-peak * ketamine, kind="stable")[: round(world.stopped * ketamine.sum())]
    stopped = np.isin(np.arange(n), most)
    minutes = np.where(stopped, rng.integers(20, 31, n), minutes)
    felt = np.log1p(peak) + world.guess_sd * rng.standard_normal(n)
    guess = np.digitize(felt, world.guess_cuts)
    expectancy = world.expectancy + world.expectancy_sd * rng.standard_normal(n)
    responds = rng.random(n) >= world.drug_none
    drug = responds * (world.drug + world.drug_sd * rng.standard_normal(n))
    # Minutes until stopping, dose in proportion, and log spreads of 0.7 and 0.35: assumptions.
    people |= {
        "ketamine": ketamine,
        "minutes": minutes,
        "stopped": stopped,
        "guess": guess,
        "expectancy": expectancy + world.belief * guess / 2,
        "drug": ketamine * drug * np.where(stopped, minutes / 40, 1.0),
        "cadss_peak": peak,
        "cadss_baseline": world.cadss_baseline * np.exp(0.7 * rng.standard_normal(n)),
        "cadss_half_life": world.cadss_half_life * np.exp(0.35 * rng.standard_normal(n)),
    }
    for visit, (clock, nominal, low, high) in VISITS.items():
        people[visit] = nominal + rng.integers(low, high + 1, n) + (clock == "end") * minutes
    people["other day"] = people["other_day"]
    people["stay_end"] = people["5 h"] + rng.integers(30, 76, n)
    # Nothing that the infusion adds reaches further back than a day before it.
    early = np.zeros((n, int((GRID < -24).sum())))
    late = np.broadcast_to(GRID[GRID >= -24].astype(float), (n, int((GRID >= -24).sum())))
    for key, part in zip(("common_sums", "drug_sums"), _course(world, people, late), strict=True):
        people[key] = np.concatenate([early, np.cumsum(part, axis=1)], axis=1)


def visit_hours(people: Arrays, table: str) -> np.ndarray:
    """Hours since the start of the infusion (people, visits), to the minute."""
    visits, offset = FORMS[table][2:]
    return np.round((np.column_stack([people[visit] for visit in visits]) + offset) / 60, 3)


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
    return common, people["drug"][:, None] * ramp * fade


def answers(world: World, people: Arrays, table: str, rng: np.random.Generator) -> np.ndarray:
    """Complete items of a table's forms (people, visits, items)."""
    name, version = FORMS[table][:2]
    hours = visit_hours(people, table)
    if name == "CADSS":
        return _dissociation(people, hours, rng)
    window = int(instruments.get(name).versions[version])
    level = _recall(people["level"], hours, window, world.recall_state)
    if window == 0:
        common, drug = _course(world, people, hours)
    else:
        common = _recall(people["common_sums"], hours, window, world.recall_state)
        drug = _recall(people["drug_sums"], hours, window, world.recall_state)
    return _items(world, people, name, level + common, drug, rng)


def _dissociation(people: Arrays, hours: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """CADSS items: each the count of four thresholds crossed, so a total is right on average."""
    count = len(instruments.get("CADSS").numbers)
    end = people["minutes"][:, None] / 60
    decay = 2 ** (-np.maximum(hours - end, 0.0) / people["cadss_half_life"][:, None])
    excess = people["cadss_peak"][:, None] * np.clip(hours / end, 0.0, 1.0) * decay
    total = people["cadss_baseline"][:, None] + excess
    share = total[:, :, None] / (4 * count) * (1 + _difficulty(count))
    return rng.binomial(4, np.round(np.minimum(share, 0.95), 6)).astype(float)


def lose(world: World, items: Arrays, rng: np.random.Generator) -> Arrays:
    """Take away what dropout, missed forms and blank items cost; a lost form is all NaN."""
    totals = items["pcl5_now"].sum(2)
    n = len(totals)
    change = totals - totals[:, :2].mean(1, keepdims=True)
    gone: Arrays = {}
    left = nobody = np.zeros(n, bool)
    for column, visit in enumerate(AFTER[2:], start=4):
        # Depends on the score before it, so a model of all seen scores can make up for it.
        odds = world.dropout / (1 - world.dropout)
        odds = odds * np.exp(world.dropout_slope * change[:, column - 1])
        left = left | (rng.random(n) < odds / (1 + odds))
        gone[visit] = left
    kept = {}
    for table, values in items.items():
        values = values.copy()
        visits = FORMS[table][2]
        missed = rng.random(values.shape[:2]) < world.missed
        for column, visit in enumerate(visits):
            if visit not in BASELINE:
                values[missed[:, column] | gone.get(visit, nobody), column] = np.nan
        blank = rng.random(values.shape[:2]) < world.blank
        which = rng.integers(0, values.shape[2], values.shape[:2])
        who, when = np.nonzero(blank)
        values[who, when, which[who, when]] = np.nan
        kept[table] = values
    return kept


def _export(world: World, people: Arrays, items: Arrays) -> dict[str, pd.DataFrame]:
    ketamine, minutes, stopped = people["ketamine"], people["minutes"], people["stopped"]
    label = np.array([f"EX{number:03d}" for number in range(1, len(ketamine) + 1)])
    planned = np.where(ketamine, 0.5, 0.045)
    subjects = {
        "id": label,
        "arm": np.where(ketamine, "ket", "mdz"),
        "entry_threshold": world.entry_threshold,
        "screening_total": people["screening"].astype(int),
        "guess": GUESSES[people["guess"]],
    }
    infusions = {
        "id": label,
        "agent": np.where(ketamine, "ketamine", "midazolam"),
        "dose_mg_per_kg": np.where(stopped, np.round(planned * minutes / 40, 3), planned),
        "route": "intravenous",
        "status": np.where(stopped, "stopped", "completed"),
        "start_hours": 0.0,
        "end_hours": np.round(minutes / 60, 3),
        "stay_end_hours": np.round(people["stay_end"] / 60, 3),
    }
    tables = {"subjects": pd.DataFrame(subjects), "infusions": pd.DataFrame(infusions)}
    for table, values in items.items():
        tables[table] = _long(table, label, visit_hours(people, table), values)
    return tables


def _long(table: str, label: np.ndarray, hours: np.ndarray, values: np.ndarray) -> pd.DataFrame:
    """One row a form that was filled in."""
    scale, visits = instruments.get(FORMS[table][0]), np.array(FORMS[table][2])
    who, when = np.nonzero(~np.isnan(values).all(axis=2))
    names = [scale.item_ids.format(number) for number in scale.numbers]
    table_of_items = pd.DataFrame(values[who, when], columns=names)
    if table == "pcl5_now":
        table_of_items["total"] = values[who, when].sum(axis=1)
    for place, (name, column) in enumerate(
        {"id": label[who], "visit": visits[when], "hours": hours[who, when]}.items()
    ):
        table_of_items.insert(place, name, column)
    return table_of_items
