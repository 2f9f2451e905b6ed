"""The example study: written from a seed, with the faults of a real export and its truth."""

from __future__ import annotations

import hashlib
import json
import sys
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from analysis import paths
from analysis.simulate.cohort import simulate
from analysis.simulate.scenarios.scenario import EXAMPLE, in_use
from analysis.simulate.study_files import synthetic_csv
from analysis.simulate.truth import SEED, TRUTH_N_PER_ARM, truth
from analysis.writing import write_atomic

N_PER_ARM = 30


def _plant_faults(tables: dict[str, pd.DataFrame], rng: np.random.Generator) -> None:
    """What a real export has and checks must find: a wrong stated total, a missing code."""
    now, week = tables["pcl5_now"], tables["pcl5_week"]
    row = rng.choice(now.index[now["total"].between(19, 46)])
    now.loc[row, "total"] += 9  # two digits swapped is always a multiple of nine
    whole = week.index[week.notna().all(axis=1)]
    week.loc[rng.choice(whole), f"pcl5_{rng.integers(1, 21):02d}"] = -9


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
        content = synthetic_csv(table)
        write_atomic(folder / f"{name}_synthetic.csv", content)
        hashes[f"{name}_synthetic.csv"] = hashlib.sha256(content).hexdigest()
    made = {
        "command": "make example",
        "seed": seed,
        "n_per_arm": N_PER_ARM,
        "truth_n_per_arm": TRUTH_N_PER_ARM,
    }
    sections: dict[str, dict[str, Any]] = {"made_by": made, "sha256": hashes}
    sections |= {"world": in_use(EXAMPLE)} | truth(EXAMPLE, seed=seed)
    write_atomic(folder / "truth.toml", _toml(sections))


def example_truth() -> dict[str, Any]:
    """What truth.toml states of the example study: parameters, seed and true values."""
    return tomllib.loads((paths.EXAMPLE_STUDY / "truth.toml").read_text(encoding="utf-8"))


def main() -> None:
    """Write the example study into its folder."""
    write_example(paths.EXAMPLE_STUDY)
    sys.stdout.write(f"Synthetic example study written with seed {SEED}.\n")
