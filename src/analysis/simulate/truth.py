"""What a world would show without chance and without loss."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pandas as pd

from analysis.simulate.people.course import answers
from analysis.simulate.people.infusions import treat
from analysis.simulate.people.missing_data import departures, unfilled
from analysis.simulate.people.people import candidates, enters, recruit
from analysis.simulate.people.visit_times import visit_hours
from analysis.simulate.scenarios.scenario import BASELINE, Arrays, World

SEED = 20261123  # fixed before the example was first drawn
TRUTH_N_PER_ARM = 20_000


def truth(
    world: World, n_per_arm: int = TRUTH_N_PER_ARM, seed: int = SEED
) -> dict[str, dict[str, float]]:
    """What the generator would show without chance and without loss, by Monte Carlo.

    Each person is drawn again with the same luck: as the world is, without the drug, and
    without more expectancy on ketamine as well. Arm minus arm, what changes between these draws
    separates the drug from the extra expectancy of those who guess ketamine. A world with
    euphoria is drawn without it too, and ``mean_difference_by_intoxication`` tells of it.

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
        Points of the primary form against the mean of the two ratings before (negative =
        fewer symptoms), shares from 0 to 1, hours and minutes as named.
    """
    world = replace(world, cadss_form=True)  # what is true does not hang on what is measured
    sizes = [500] * (n_per_arm // 500) + [n_per_arm % 500] * (n_per_arm % 500 > 0)
    seeds = np.random.SeedSequence([seed, n_per_arm]).spawn(len(sizes))
    blocks = [_drawn(world, *one) for one in zip(sizes, seeds, strict=True)]
    drawn = {name: pd.concat([block[name] for block in blocks]) for name in blocks[0]}
    arm = drawn["arm"]["ketamine"] == 1
    ketamine = {name: table[arm] for name, table in drawn.items()}
    midazolam = {name: table[~arm] for name, table in drawn.items()}
    # Luck that differs between the arms is in all draws of a person, and cancels in the parts.
    causes = [name for name in ("drug", "expectancy", "intoxication") if name in drawn]
    parts = {name: ketamine[name].mean() - midazolam[name].mean() for name in causes}
    both = sum((drawn[name] for name in causes), start=0.0 * drawn["drug"])
    error = both[arm].sem().pow(2).add(both[~arm].sem().pow(2)).pow(0.5)
    sections = {
        "mean_difference": sum(parts.values(), start=0.0 * parts["drug"]),
        "mean_difference_standard_error": error,
        **{f"mean_difference_by_{name}": part for name, part in parts.items()},
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
    sections["screening_of_everyone"] = _screening(world, np.random.default_rng([seed, 1]))
    return {
        section: {str(key): round(float(value), 3) + 0.0 for key, value in values.items()}
        for section, values in sections.items()
    }


def _screening(world: World, rng: np.random.Generator) -> pd.Series:
    """Screening totals of the population before selection, from ten thousand people."""
    totals = np.concatenate([candidates(world, 1000, rng)["screening"] for _ in range(10)])
    entered = enters(world, totals).mean()
    return pd.Series({"mean": totals.mean(), "sd": totals.std(ddof=1), "share_taken_in": entered})


def _without(world: World) -> dict[str, World]:
    """Worlds with one cause less each; the name is that of the cause added last."""
    bare = replace(world, drug=0.0, drug_sd=0.0, drug_worse=0.0, euphoria=0.0, dip=0.0)
    worlds = {"": replace(bare, belief=0.0, expectancy_ketamine=0.0), "expectancy": bare}
    if world.euphoria or world.dip:
        worlds["intoxication"] = replace(bare, euphoria=world.euphoria, dip=world.dip)
    return worlds | {"drug": world}


def _drawn(world: World, n_per_arm: int, seed: np.random.SeedSequence) -> dict[str, pd.DataFrame]:
    """People in the world and, with the same luck, in its counterfactuals: one row each."""
    first, second = seed.spawn(2)
    recruited = recruit(world, 2 * n_per_arm, np.random.default_rng(first))
    changes = {}
    for cause, version in _without(world).items():
        people, rng = dict(recruited), np.random.default_rng(second)
        treat(version, people, rng)
        items = answers(version, people, world.primary, rng)
        score = items.sum(2)
        change = score[:, 2:] - score[:, :2].mean(1, keepdims=True)
        within = change[:, : len(world.hours_visits)].mean(1)
        changes[cause] = np.column_stack([change, within])
    names = [visit.replace(" ", "_") for visit in (*BASELINE, *world.after, "hours phase")]
    tables = {
        cause: pd.DataFrame(changes[cause] - changes[before], columns=names[2:])
        for before, cause in pairwise(changes)
    }
    tables |= {
        "change": pd.DataFrame(changes["drug"], columns=names[2:]),
        "score": pd.DataFrame(score, columns=names[:-1]),
        "baseline": pd.DataFrame({"mean_of_two": score[:, :2].mean(1), "before": score[:, 1]}),
    }
    gone = departures(world, people, items, rng)
    seen = unfilled(world, {world.primary: items}, gone, rng)[world.primary][:, -1]
    lost = np.asarray(np.isnan(seen).all(1))
    cadss = answers(world, people, "cadss", rng).sum(2)
    return tables | _records(world, people, lost, cadss, tables["change"])


def _records(
    world: World, people: Arrays, lost: np.ndarray, cadss: np.ndarray, change: pd.DataFrame
) -> dict[str, pd.DataFrame]:
    end = people["minutes"] / 60
    excess = np.maximum(people["cadss_peak"] / 4, 1)
    # The visit 3 h after the end is over 4 h after the start for a few; then the one before.
    last = np.where(visit_hours(world, people, "cadss")[:, 4] <= 4, cadss[:, 4], cadss[:, 3])
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
