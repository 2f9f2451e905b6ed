"""Short version of benchmarks/mmrm_operating_characteristics.py, known truth, small trials."""

from __future__ import annotations

import pytest

from benchmarks.mmrm_operating_characteristics import run

pytestmark = pytest.mark.simulates


def test_kenward_roger_keeps_its_level_and_coverage() -> None:
    trials = 300
    rates = run(10, trials, 0.0, seed=1)
    assert 0.15 < rates["dropout"] < 0.25
    assert rates["no_fit"] == 0
    # Four Monte Carlo standard errors of 5 % in 300 trials, beyond 6 %.
    assert rates["reject kenward-roger"] < 0.06 + 4 * 0.0126
    assert rates["cover kenward-roger"] > 0.94 - 4 * 0.0126
