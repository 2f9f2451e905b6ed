"""Coverage and level in the short: control, crossing, mixture; 99.9 % Monte Carlo limits."""

from __future__ import annotations

from itertools import cycle

import numpy as np
import pytest

from benchmarks.estimates import control, crossing, mixture
from tests.estimates.who_reference import keeps
from tests.length import seed, trials

pytestmark = pytest.mark.simulates

COUNTS = {
    control: trials(short=(50, 20, 20, 200, 450), long=(100, 40, 40, 400, 900)),
    crossing: trials(short=(40, 40, 40, 40, 30), long=(120, 120, 120, 120, 60)),
    mixture: trials(short=(12, 15), long=(40, 50)),
}


@pytest.mark.parametrize(
    ("topic", "name", "replicates"),
    [
        pytest.param(topic, cell[0], replicates, id=cell[0])
        for topic, counts in COUNTS.items()
        for cell, replicates in zip(topic.CELLS, counts, strict=True)
    ],
)
def test_coverage_and_level_hold(topic, name, replicates):
    rows = topic.run(replicates, seed(3), names=(name,))
    assert {row["n_per_arm"] for row in rows} == {10, 15, 30}
    assert [(r["scores"], r["n_per_arm"], r["value"]) for r in rows if not keeps(r)] == []


def test_the_rank_tests_find_what_differs(monkeypatch):
    """A level that is kept by a test that never rejects would show nothing."""
    responders = cycle([0.9, 0.2])
    honest = crossing.observed

    def arms_that_differ(n, share, dropout, rng):
        arms = (honest(n // 2, next(responders), dropout, rng) for _ in range(2))
        return tuple(map(np.concatenate, zip(*arms, strict=True)))

    monkeypatch.setattr(crossing, "observed", arms_that_differ)
    for name in (cell[0] for cell in crossing.CELLS[:4]):
        rows = crossing.run(5, 3, names=(name,))
        assert rows[-1]["value"] == 1.0
