"""Figures of missing scores: what they draw, and that they compute nothing."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from analysis.describe.answer.over_time import SMALLEST
from analysis.figures import AGGREGATES, png
from analysis.figures.robustness.missing import tipping_line, tipping_map
from analysis.figures.robustness.multiverse import operating_characteristics


def curve() -> pd.DataFrame:
    shift = np.linspace(0, 10, 21)
    estimate = -5 + 0.5 * shift
    return pd.DataFrame(
        {
            "shift": shift,
            "estimate": estimate,
            "ci_low": estimate - 3,
            "ci_high": estimate + 3,
            "holds": estimate + 3 < 0,
        }
    )


def words(ax) -> str:
    legend = ax.get_legend().get_texts() if ax.get_legend() else []
    return " ".join(t.get_text() for t in [*ax.texts, *legend, ax.title])


def line(point: float, smallest: float | None = 3.0, synthetic: bool = True):
    return tipping_line(
        curve(), point=point, smallest=smallest, conclusion="benefit", of="PCL-5, at 2 h",
        bars={"bound": 2.0, SMALLEST: 3.5}, synthetic=synthetic,
    )  # fmt: skip


def test_the_line_marks_the_point_and_what_matters() -> None:
    ax = line(4.0)
    assert "tips at 4.0" in words(ax)
    assert "3.0" in words(ax)
    assert "benefit holds" in words(ax)
    assert "no longer" in words(ax)
    assert sorted(line.get_xdata()[0] for line in ax.lines if len(set(line.get_xdata())) == 1) == [
        3.0,
        4.0,
    ]
    assert ax.get_gid() == AGGREGATES
    assert "synthetic" in ax.get_title("left")
    assert png(ax).startswith(b"\x89PNG")


def test_a_conclusion_that_never_tips_has_no_point() -> None:
    ax = line(math.inf, smallest=None)
    assert "tips" not in words(ax)
    assert "no longer" not in words(ax)
    assert "synthetic" not in line(math.inf, synthetic=False).get_title("left")


def test_the_line_is_held_against_the_bound_on_bias_and_what_matters() -> None:
    across = {one.get_label(): one.get_ydata()[0] for one in line(4.0).lines
              if list(one.get_xdata()) == [0, 1]}  # fmt: skip
    assert across["bound"] == -2.0
    assert across[SMALLEST] == -3.5


def test_the_map_changes_where_the_interval_reaches_the_bound_and_zero() -> None:
    x = np.linspace(-10, 10, 5)
    treated, reference = (side.ravel() for side in np.meshgrid(x, x))
    grid = pd.DataFrame({"treated": treated, "reference": reference, "estimate": treated - 3,
                         "ci_high": treated})  # fmt: skip
    ax = tipping_map(grid, conclusion="benefit", bias=2.0, smallest=4.0, synthetic=False)
    steps = [c for c in ax.collections if type(c).__name__ == "QuadContourSet"]
    levels = [tuple(np.round(step.levels, 6)) for step in steps]
    # Beyond the bound, within it, not at all; the edge of the last; the estimate at -M.
    assert levels == [(-11, -2), (-2, 0), (0, 11), (0,), (-4,)]


@pytest.mark.parametrize("limit", [0.0, -50.0])
def test_the_map_hatches_where_the_conclusion_fails_if_it_does(limit: float) -> None:
    treated, reference = np.meshgrid(np.linspace(-5, 10, 6), np.linspace(-5, 10, 6))
    estimate = -4 + 0.5 * treated.ravel() - 0.4 * reference.ravel()
    grid = pd.DataFrame(
        {
            "treated": treated.ravel(),
            "reference": reference.ravel(),
            "estimate": estimate,
            "ci_high": estimate + 3,
        }
    )
    ax = tipping_map(grid, conclusion="benefit", of="PCL-5, at 2 h", synthetic=True, limit=limit,
                     bias=2.0, smallest=3.0)  # fmt: skip
    drawn = {text.get_text() for text in ax.get_legend().get_texts()}
    holds = {"benefit, beyond what bias alone could do (B)", "benefit, but bias alone could do it"}
    assert drawn >= {"benefit fails", "estimate at the minimal important difference"}
    assert (holds <= drawn) == (limit == 0.0)
    assert "as imputed" in words(ax)
    assert ax.get_gid() == AGGREGATES
    assert png(ax).startswith(b"\x89PNG")


def test_characteristics_have_a_row_an_estimator_and_the_nominal_line() -> None:
    rows = [
        {"estimator": name, "quantity": what, "scores": "normal", "n_per_arm": n, "value": 0.94,
         "mc_low": 0.93, "mc_high": 0.95, "nominal": 0.95}
        for name in ("one", "two") for n in (10, 30) for what in ("coverage", "level")
    ]  # fmt: skip
    ax = operating_characteristics(pd.DataFrame(rows), quantity="coverage", scores="normal")
    assert [label.get_text() for label in ax.get_yticklabels()] == ["two", "one"]
    assert any(list(line.get_xdata()) == [95.0, 95.0] for line in ax.lines)
    assert "10 per arm" in words(ax)
