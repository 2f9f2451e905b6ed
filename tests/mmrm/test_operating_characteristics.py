"""Short version of benchmarks/mmrm_operating_characteristics.py, known truth, small trials."""

from __future__ import annotations

import pytest

from benchmarks.mmrm_operating_characteristics import run
from tests.length import seed, trials

pytestmark = pytest.mark.simulates


def test_kenward_roger_keeps_its_level_and_coverage() -> None:
    count = trials(short=120, long=300)
    rates = run(10, count, 0.0, seed=seed(1))
    assert 0.15 < rates["dropout"] < 0.25
    assert rates["no_fit"] == 0
    # Four Monte Carlo standard errors of 5 %, beyond 6 %.
    reach = 4 * (0.05 * 0.95 / count) ** 0.5
    assert rates["reject kenward-roger"] < 0.06 + reach
    assert rates["cover kenward-roger"] > 0.94 - reach
