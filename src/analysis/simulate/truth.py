"""What a world would show without chance and without loss."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from analysis.simulate.cohort import answers, candidates, lose, recruit, treat, visit_hours
from analysis.simulate.world import AFTER, BASELINE, Arrays, World

SEED = 20261123  # fixed before the example was first drawn
TRUTH_N_PER_ARM = 20_000


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
    sections["screening_of_everyone"] = _screening(world, np.random.default_rng([seed, 1]))
    return {
        section: {str(key): round(float(value), 3) + 0.0 for key, value in values.items()}
        for section, values in sections.items()
    }


def _screening(world: World, rng: np.random.Generator) -> pd.Series:
    """Screening totals of the population before selection, from ten thousand people."""
    totals = np.concatenate([candidates(world, 1000, rng)["screening"] for _ in range(10)])
    entered = (totals >= world.entry_threshold).mean()
    return pd.Series({"mean": totals.mean(), "sd": totals.std(ddof=1), "share_taken_in": entered})


def _drawn(world: World, n_per_arm: int, seed: np.random.SeedSequence) -> dict[str, pd.DataFrame]:
    """People in the world and, with the same luck, in its counterfactuals: one row each."""
    no_drug = replace(world, drug=0.0, drug_sd=0.0)
    first, second = seed.spawn(2)
    recruited = recruit(world, 2 * n_per_arm, np.random.default_rng(first))
    changes = []
    for version in (replace(no_drug, belief=0.0), no_drug, world):
        people, rng = dict(recruited), np.random.default_rng(second)
        treat(version, people, rng)
        items = answers(version, people, "pcl5_now", rng)
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
    seen = lose(world, {"pcl5_now": items}, rng)["pcl5_now"][:, -1]
    lost = np.asarray(np.isnan(seen).all(1))
    cadss = answers(world, people, "cadss", rng).sum(2)
    return tables | _records(people, lost, cadss, tables["change"])


def _records(
    people: Arrays, lost: np.ndarray, cadss: np.ndarray, change: pd.DataFrame
) -> dict[str, pd.DataFrame]:
    end = people["minutes"] / 60
    excess = np.maximum(people["cadss_peak"] / 4, 1)
    # The visit 3 h after the end is over 4 h after the start for a few; then the one before.
    last = np.where(visit_hours(people, "cadss")[:, 4] <= 4, cadss[:, 4], cadss[:, 3])
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
