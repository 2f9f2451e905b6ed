"""Figures of the calibration: what they draw, also of what is not counted."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.figures import AGGREGATES, png
from analysis.figures.calibration import against_size, by_world, over_worlds


def words(ax) -> str:
    return " ".join(text.get_text() for text in ax.texts)


def world_table() -> pd.DataFrame:
    values = {"nothing": (0.01, 0.02), "hope": (np.nan, np.nan), "bias": (0.03, np.nan)}
    return pd.DataFrame([
        {"title": title, "n_per_arm": n, "value": value, "mc_low": value / 2, "mc_high": 2 * value}
        for title, pair in values.items() for n, value in zip((15, 30), pair, strict=True)
    ])  # fmt: skip


def dots(table: pd.DataFrame, line: float = 0.06):
    return by_world(
        table, series="n_per_arm", labels={15: "15 per arm", 30: "30 per arm"}, title="wrong",
        xlabel="%", line=line, line_label="limit", most=0.07,
    )  # fmt: skip


def test_worlds_stand_in_order_and_one_without_counts_says_so():
    ax = dots(world_table())
    assert [label.get_text() for label in ax.get_yticklabels()] == ["nothing", "hope", "bias"]
    assert words(ax).count("not counted yet") == 1
    drawn = [line.get_xdata() for line in ax.lines if line.get_marker() in ("o", "s")]
    np.testing.assert_allclose(np.concatenate(drawn), [1, 3, 2])
    assert any(list(line.get_xdata()) == [6, 6] for line in ax.lines)
    assert ax.get_gid() == AGGREGATES
    assert png(ax).startswith(b"\x89PNG")


def test_a_table_of_nothing_but_gaps_is_drawn():
    ax = dots(world_table().assign(value=np.nan, mc_low=np.nan, mc_high=np.nan))
    assert words(ax).count("not counted yet") == 3
    assert png(ax).startswith(b"\x89PNG")


def test_the_axis_reaches_every_limit():
    table = world_table().assign(mc_high=0.5)
    assert dots(table).get_xlim()[1] > 50


def curve() -> pd.DataFrame:
    rows = [(n, size, value) for n, top in ((15, 0.2), (30, 0.4))
            for size, value in ((0.0, 0.0), (0.3, 0.02), (0.8, top))]  # fmt: skip
    table = pd.DataFrame(rows, columns=["n_per_arm", "size", "value"])
    return table.assign(mc_low=table["value"] * 0.9, mc_high=table["value"] * 1.1)


def test_a_row_an_analysis_has_a_mark_a_scenario_and_says_how_far_they_reach():
    table = pd.DataFrame({"analysis": ["this", "this", "t", "t", "new"],
                          "value": [0.01, 0.02, 0.9, 0.3, None]})  # fmt: skip
    ax = over_worlds(table, series="analysis", title="Relief", xlabel="%", line=0.06,
                     line_label="6 %")  # fmt: skip
    marks = {line.get_label(): list(line.get_xdata()) for line in ax.lines}
    assert (marks["this"], marks["t"], marks["new"]) == ([1, 2], [30, 90], [])
    assert [label.get_text() for label in ax.get_yticklabels()] == ["this", "t", "new"]
    told = [text.get_text() for text in ax.texts]
    assert {"1.0 to 2.0 %", "30.0 to 90.0 %", "not counted yet"} <= set(told)


def drawn(table: pd.DataFrame, bound: float | None = 0.3):
    return against_size(
        table, line=0.05, bound=bound, title="bias", xlabel="SD", ylabel="%", most=0.1
    )


def test_each_size_of_trial_has_its_curve_in_per_cent():
    ax = drawn(curve())
    lines = [line for line in ax.lines if line.get_marker() in ("o", "s")]
    assert [list(line.get_ydata()) for line in lines] == [[0, 2, 20], [0, 2, 40]]
    labels = [text.get_text() for text in ax.get_legend().get_texts()]
    assert labels == ["15 per arm", "30 per arm"]
    assert "within" in words(ax)
    assert "within" not in words(drawn(curve(), bound=None))
    assert ax.get_gid() == AGGREGATES
    assert png(ax).startswith(b"\x89PNG")


def test_an_empty_curve_says_that_nothing_is_counted():
    ax = drawn(curve().iloc[:0])
    assert "not counted yet" in words(ax)
    assert png(ax).startswith(b"\x89PNG")
