"""Cohorts with a known truth: a two-arm trial simulated item by item, from a seed.

Severity moves in continuous time; a form reads it now, or as its average over the recall
window, and items follow a graded response model. ``python -m analysis.simulate`` writes
the example study and its truth. Nothing here comes from a real person.
"""

from __future__ import annotations

import hashlib
import json
import sys
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.signal import lfilter

from analysis import instruments, paths

__all__ = ["EXAMPLE", "NULL", "SEED", "World", "main", "simulate", "truth", "write_example"]

SEED = 20261123  # fixed before the example was first drawn
N_PER_ARM = 30
TRUTH_N_PER_ARM = 20_000
NOW_ITEMS = len(instruments.get("PCL-5-now").numbers)
CLUSTERS = {"intrusion": 0, "avoidance": 1, "cognition_mood": 2, "arousal": 3, "hyperarousal": 3}
GRID = np.arange(-800, 181)  # hours since the start of the infusion, for recall averages
# Visit: clock, nominal minutes, earliest and latest deviation in minutes. Assumptions.
VISITS = {
    "other day": ("start", 0, 0, 0),  # drawn at recruitment: 21 to 75 h before
    "before": ("start", -40, -20, 15),
    "40 min": ("start", 40, -2, 2),
    "80 min": ("start", 80, -5, 5),
    "120 min": ("start", 120, -5, 10),
    "3 h": ("end", 180, -10, 20),
    "5 h": ("end", 300, -15, 25),
    "24 h": ("end", 1440, -90, 120),
    "72 h": ("end", 4320, -240, 360),
    "168 h": ("end", 10080, -360, 480),
}
BASELINE = ("other day", "before")
AFTER = ("3 h", "5 h", "24 h", "72 h", "168 h")
# Table: instrument, version, visits, minutes after the visit's first form.
FORMS = {
    "pcl5_now": ("PCL-5-now", "ad-hoc", (*BASELINE, *AFTER), 4),
    "pcl5_week": ("PCL-5", "past-week", (*BASELINE, *AFTER[1:]), 9),
    "iesr": ("IES-R", "standard", ("before", "24 h", "168 h"), 14),
    "cadss": ("CADSS", "23-item", ("before", "40 min", "80 min", "120 min", "3 h", "5 h"), 0),
}
GUESSES = np.array(["midazolam", "unsure", "ketamine"])
Arrays = dict[str, np.ndarray]


@dataclass(frozen=True)
class World:
    """Everything that decides how a cohort comes about.

    Severity is in points of PCL-5-now (14 items, 0-56); other forms get the same points an
    item. Falls are negative. Hours unless named otherwise. A number whose comment gives no
    source is an assumption.
    """

    # Who there is, and who is let in
    population_mean: float = 21.0  # people who ask for treatment, before selection
    trait_sd: float = 8.5  # lasting differences
    cluster_sd: float = 0.30  # item points, lasting; clusters then correlate near 0.8
    item_sd: float = 0.45  # item points: a person's lasting way with an item
    noise_sd: float = 0.70  # item points, anew in each form; alpha about .9 as in Blevins 2015
    slow_sd: float = 4.0  # good and bad spells
    slow_hours: float = 240.0  # after which a spell's correlation is 1/e
    momentary_sd: float = 6.5  # large over hours: Black 2016 doi:10.1016/j.jad.2015.10.039
    momentary_hours: float = 6.0
    entry_threshold: int = 33  # past-month PCL-5; cut 31-33: Forkus 2023 doi:10.1037/cps0000111
    screening_window: int = 720
    screening_state: float = 0.4  # weight of the moment: people volunteer on bad days
    recall_state: float = 0.08  # weight of the moment in later look-back forms
    # What happens in both arms; controls move too: Wilkinson 2019 doi:10.1038/s41386-019-0317-8
    anticipation: float = 2.0  # what waiting for the infusion adds
    anticipation_rise: float = 3.0  # e-folding
    expectancy: float = -2.0
    expectancy_sd: float = 1.5
    expectancy_rise: float = 1.0  # e-folding, from the start of the infusion
    expectancy_half_life: float = 168.0
    belief: float = -1.6  # more expectancy in those who guess ketamine, half of it if unsure
    guess_cuts: tuple[float, float] = (1.9, 2.6)  # log of felt CADSS points: midazolam | ketamine
    guess_sd: float = 0.6
    # What ketamine does; every number is an assumption
    drug: float = -8.4  # full effect, mean of those who have any
    drug_sd: float = 4.0  # between them: a few get worse
    drug_none: float = 0.15  # share without any effect
    drug_onset: float = 1.0  # after the end of the infusion
    drug_full: float = 4.0  # after the end of the infusion
    drug_half_life: float = 96.0  # from full effect on
    # By cluster; arousal did not move in Feder 2021 doi:10.1176/appi.ajp.2020.20050596
    drug_clusters: tuple[float, float, float, float] = (1.1, 1.1, 1.1, 0.8)
    # Peak near 40 min, gone near 120 min: Feder 2014 doi:10.1001/jamapsychiatry.2014.62
    cadss_baseline: float = 2.5  # medians, CADSS points
    cadss_ketamine: float = 16.0
    cadss_midazolam: float = 2.5
    cadss_log_sd: float = 0.6
    cadss_half_life: float = 0.30  # after the end
    stopped: float = 1 / 30  # share of ketamine infusions stopped early: the most dissociated
    # What is lost
    dropout: float = 0.045  # before each visit from 24 h on, if the last seen score had not moved
    dropout_slope: float = 0.04  # added log odds for each point that it had risen
    missed: float = 0.012  # share of forms after the start that nobody filled in
    blank: float = 0.012  # share of forms with one blank item


EXAMPLE = World()
NULL = replace(  # selection and fluctuation, nothing else
    EXAMPLE, drug=0.0, drug_sd=0.0, expectancy=0.0, expectancy_sd=0.0, belief=0.0, anticipation=0.0
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
    people = _recruit(world, 2 * n_per_arm, rng)
    _treat(world, people, rng)
    items = {table: _answers(world, people, table, rng) for table in FORMS}
    return _export(world, people, _lose(world, items, rng))


def _wave(rng: np.random.Generator, n: int, sd: float, hours: float) -> np.ndarray:
    """Stationary fluctuation on GRID, one row a person: Ornstein-Uhlenbeck, seen hourly."""
    keep = np.exp(-1 / hours)
    shocks = rng.standard_normal((n, GRID.size)) * sd
    shocks[:, 1:] *= np.sqrt(1 - keep**2)
    return np.asarray(lfilter([1.0], [1.0, -keep], shocks, axis=1))


def _recruit(world: World, n: int, rng: np.random.Generator) -> Arrays:
    """The first n candidates whose screening total reaches the threshold."""
    found: list[Arrays] = []
    missing = n
    while missing > 0:
        batch = _candidates(world, max(20, 2 * missing), rng)
        enter = batch["screening"] >= world.entry_threshold
        found.append({key: values[enter] for key, values in batch.items()})
        missing -= int(enter.sum())
    return {key: np.concatenate([batch[key] for batch in found])[:n] for key in found[0]}


def _candidates(world: World, n: int, rng: np.random.Generator) -> Arrays:
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


def _treat(world: World, people: Arrays, rng: np.random.Generator) -> None:
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


def _hours(people: Arrays, table: str) -> np.ndarray:
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


def _answers(world: World, people: Arrays, table: str, rng: np.random.Generator) -> np.ndarray:
    """Complete items of a table's forms (people, visits, items)."""
    name, version = FORMS[table][:2]
    hours = _hours(people, table)
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


def _lose(world: World, items: Arrays, rng: np.random.Generator) -> Arrays:
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
        tables[table] = _long(table, label, _hours(people, table), values)
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


def truth(
    world: World, n_per_arm: int = TRUTH_N_PER_ARM, seed: int = SEED
) -> dict[str, dict[str, float]]:
    """What the generator would show without chance and without loss, by Monte Carlo.

    Each person is drawn three times with the same luck: as the world is, without the drug,
    and without belief in it as well. Arm minus arm, what changes between these draws
    separates the drug from the extra expectancy of those who guess ketamine.

    Parameters
    ----------
    world : World
        The generator's parameters.
    n_per_arm : int
        Simulated people in each arm.
    seed : int
        Source of randomness; the draws are not those of the example.

    Returns
    -------
    dict of dict
        Points of PCL-5-now against the mean of the two ratings before (negative = fewer
        symptoms), shares from 0 to 1, hours and minutes as named.
    """
    sizes = [500] * (n_per_arm // 500) + [n_per_arm % 500] * (n_per_arm % 500 > 0)
    seeds = np.random.SeedSequence([seed, n_per_arm]).spawn(len(sizes))
    blocks = [_drawn(world, *one) for one in zip(sizes, seeds, strict=True)]
    drawn = {name: pd.concat([block[name] for block in blocks]) for name in blocks[0]}
    arm = drawn["arm"]["ketamine"] == 1
    ketamine = {name: table[arm] for name, table in drawn.items()}
    midazolam = {name: table[~arm] for name, table in drawn.items()}
    # Luck that differs between the arms is in all draws of a person, and cancels in the parts.
    parts = {
        name: ketamine[name].mean() - midazolam[name].mean() for name in ("drug", "expectancy")
    }
    both = drawn["drug"] + drawn["expectancy"]
    error = both[arm].sem().pow(2).add(both[~arm].sem().pow(2)).pow(0.5)
    sections = {
        "mean_difference": parts["drug"] + parts["expectancy"],
        "mean_difference_standard_error": error,
        "mean_difference_by_drug": parts["drug"],
        "mean_difference_by_expectancy": parts["expectancy"],
        "mean_change_ketamine": ketamine["change"].mean(),
        "mean_change_midazolam": midazolam["change"].mean(),
        "share_ketamine": ketamine["share"].mean(),
        "share_midazolam": midazolam["share"].mean(),
        "baseline_mean": drawn["baseline"].mean(),
        "baseline_sd": drawn["baseline"].std(),
        "correlation_with_before_midazolam": midazolam["score"].corr()["before"].drop("before"),
        "hours_median_ketamine": ketamine["hours"].median(),
        "hours_p95_ketamine": ketamine["hours"].quantile(0.95),
        "drug_hours_after_end": pd.Series({"onset": world.drug_onset, "full": world.drug_full}),
    }
    return {
        section: {str(key): round(float(value), 3) + 0.0 for key, value in values.items()}
        for section, values in sections.items()
    }


def _drawn(world: World, n_per_arm: int, seed: np.random.SeedSequence) -> dict[str, pd.DataFrame]:
    """People in the world and, with the same luck, in its counterfactuals: one row each."""
    no_drug = replace(world, drug=0.0, drug_sd=0.0)
    first, second = seed.spawn(2)
    recruited = _recruit(world, 2 * n_per_arm, np.random.default_rng(first))
    changes = []
    for version in (replace(no_drug, belief=0.0), no_drug, world):
        people, rng = dict(recruited), np.random.default_rng(second)
        _treat(version, people, rng)
        items = _answers(version, people, "pcl5_now", rng)
        score = items.sum(2)
        change = score[:, 2:] - score[:, :2].mean(1, keepdims=True)
        changes.append(np.column_stack([change, change[:, :2].mean(1)]))
    names = [visit.replace(" ", "_") for visit in (*BASELINE, *AFTER, "hours phase")]
    tables = {
        "change": pd.DataFrame(changes[2], columns=names[2:]),
        "drug": pd.DataFrame(changes[2] - changes[1], columns=names[2:]),
        "expectancy": pd.DataFrame(changes[1] - changes[0], columns=names[2:]),
        "score": pd.DataFrame(score, columns=names[:-1]),
        "baseline": pd.DataFrame({"mean_of_two": score[:, :2].mean(1), "before": score[:, 1]}),
    }
    seen = _lose(world, {"pcl5_now": items}, rng)["pcl5_now"][:, -1]
    lost = np.asarray(np.isnan(seen).all(1))
    cadss = _answers(world, people, "cadss", rng).sum(2)
    return tables | _records(people, lost, cadss, tables["change"])


def _records(
    people: Arrays, lost: np.ndarray, cadss: np.ndarray, change: pd.DataFrame
) -> dict[str, pd.DataFrame]:
    end = people["minutes"] / 60
    excess = np.maximum(people["cadss_peak"] / 4, 1)
    # The visit 3 h after the end is over 4 h after the start for a few; then the one before.
    last = np.where(_hours(people, "cadss")[:, 4] <= 4, cadss[:, 4], cadss[:, 3])
    share = {
        "any_fall_hours_phase": change["hours_phase"] < 0,
        "any_fall_at_any_visit": (change.drop(columns="hours_phase") < 0).any(axis=1),
        "cadss_within_4_of_baseline_by_4_h": last <= cadss[:, 0] + 4,
        "guess_ketamine": people["guess"] == 2,
        "guess_midazolam": people["guess"] == 0,
        "no_score_at_168_h": lost,
        "infusion_38_to_43_minutes": people["minutes"] >= 38,
    }
    hours = {
        "infusion_end": end,
        "stay_end": people["stay_end"] / 60,
        "cadss_within_4_of_baseline": end + people["cadss_half_life"] * np.log2(excess),
    }
    return {
        "arm": pd.DataFrame({"ketamine": people["ketamine"].astype(int)}),
        "share": pd.DataFrame(share),
        "hours": pd.DataFrame(hours),
    }


def _plant_faults(tables: dict[str, pd.DataFrame], rng: np.random.Generator) -> None:
    """What a real export has and checks must find: a wrong stated total, a missing code."""
    now, week = tables["pcl5_now"], tables["pcl5_week"]
    row = rng.choice(now.index[now["total"].between(19, 46)])
    now.loc[row, "total"] += 9  # two digits swapped is always a multiple of nine
    whole = week.index[week.notna().all(axis=1)]
    week.loc[rng.choice(whole), f"pcl5_{rng.integers(1, 21):02d}"] = -9


def _csv(table: pd.DataFrame) -> bytes:
    """The table as CSV that says in its header and in each row that it is synthetic."""
    text = table.copy()
    for name in map(str, text.select_dtypes("float")):
        if name.endswith("hours"):
            text[name] = text[name].map("{:.3f}".format)
        elif name != "dose_mg_per_kg":
            text[name] = text[name].astype("Int64")
    text.insert(0, "synthetic", "yes")
    return text.to_csv(index=False, lineterminator="\n").encode()


def _toml(sections: dict[str, dict[str, Any]]) -> str:
    """The sections as TOML; a number, a text or a list is written as in JSON."""
    lines = ["# Synthetic: how analysis.simulate made the example study, and its truth."]
    for section, values in sections.items():
        lines += ["", f"[{section}]"]
        for key, value in values.items():
            lines.append(f"{json.dumps(key) if '.' in key else key} = {json.dumps(value)}")
    return "\n".join(lines) + "\n"


def write_example(folder: Path, seed: int = SEED) -> None:
    """Write the example study's files and truth.toml, the same bytes for the same seed.

    Parameters
    ----------
    folder : Path
        Where to write; made if it does not exist. Its study.toml and README.md are kept.
    seed : int
        Source of randomness.
    """
    rng = np.random.default_rng(seed)
    tables = simulate(EXAMPLE, N_PER_ARM, rng)
    _plant_faults(tables, rng)
    folder.mkdir(parents=True, exist_ok=True)
    hashes = {}
    for name, table in tables.items():
        content = _csv(table)
        (folder / f"{name}_synthetic.csv").write_bytes(content)
        hashes[f"{name}_synthetic.csv"] = hashlib.sha256(content).hexdigest()
    made = {
        "command": "make example",
        "seed": seed,
        "n_per_arm": N_PER_ARM,
        "truth_n_per_arm": TRUTH_N_PER_ARM,
    }
    sections: dict[str, dict[str, Any]] = {"made_by": made, "sha256": hashes}
    sections |= {"world": asdict(EXAMPLE)} | truth(EXAMPLE, seed=seed)
    (folder / "truth.toml").write_bytes(_toml(sections).encode())


def main() -> None:
    """Write the example study into its folder."""
    write_example(paths.EXAMPLE_STUDY)
    sys.stdout.write(f"Synthetic example study written with seed {SEED}.\n")


if __name__ == "__main__":
    main()
