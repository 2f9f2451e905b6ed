"""Importing the mixed model brings NumPy, linear algebra and pandas, and nothing heavy beside."""

from __future__ import annotations

import subprocess
import sys

# pandas itself imports pyarrow where that is installed.
FLOOR = "import numpy, scipy.linalg, pandas"
WHEN_NEEDED = {
    *("scipy.stats", "scipy.optimize", "scipy.special", "formulaic", "pyarrow", "joblib", "dask"),
    *("matplotlib", "statsmodels"),
}


def modules_after(code: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys\nprint(*sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    )
    return set(done.stdout.split())


def test_what_a_fit_may_need_is_not_imported_with_the_model() -> None:
    loaded = modules_after("import analysis.mmrm") - modules_after(FLOOR)
    assert "analysis.mmrm.model" in loaded
    assert not loaded & WHEN_NEEDED


def test_a_formula_brings_its_reader() -> None:
    loaded = modules_after("from analysis.mmrm.design.formula import parse\nparse('y ~ arm')")
    assert "formulaic" in loaded
