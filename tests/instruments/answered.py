"""Forms of any scale with every question answered that the form asks."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analysis import instruments
from analysis.study import Study
from tests.small_study import forms, study

# Of a scale that comes as totals alone nothing is answered.
EVERY = [(name, version) for name, scale in instruments.known().items()
         for version in scale.versions if scale.numbers]  # fmt: skip
every_version = pytest.mark.parametrize(("name", "version"), EVERY)


def valid_form(name: str, version: str, rng: np.random.Generator) -> np.ndarray:
    """A form with every question answered that the form asks."""
    scale = instruments.get(name)
    numbers = scale.item_numbers(version)
    low, step = scale.item_low(version), scale.item_step or 1
    values = np.array(
        [rng.integers(0, (top - low) / step + 1) * step + low for top in scale.item_max(version)]
    )
    values = values.astype(float)
    for pair in scale.alternatives:
        values[numbers.index(pair[rng.integers(2)])] = np.nan
    if scale.branch and values[numbers.index(scale.gate)] == 0:
        values[[numbers.index(item) for item in scale.branch]] = np.nan
    return values


def valid_forms(name: str, version: str, seed: int, count: int = 20) -> np.ndarray:
    """So many such forms."""
    rng = np.random.default_rng(seed)
    return np.array([valid_form(name, version, rng) for _ in range(count)])


def study_of(name: str, version: str, values: np.ndarray) -> Study:
    """A study with one form of a scale for each row of items."""
    table = forms([{"hours": 3.0 + i, "instrument": name, "version": version}
                   for i in range(len(values))])  # fmt: skip
    numbers = instruments.get(name).item_numbers(version)
    items = pd.DataFrame(values, columns=numbers, index=table["form"])
    return study(table, items={(name, version): items})
