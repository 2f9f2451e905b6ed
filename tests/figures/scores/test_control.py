"""Least squares means over the visits, as they are drawn."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analysis.figures import png
from analysis.figures.scores.control import lsmeans_by_visit


def means() -> pd.DataFrame:
    rows = [("a", "day 1", -1.0), ("a", "day 7", -2.0), ("b", "day 1", 0.5), ("b", "day 7", np.nan)]
    table = pd.DataFrame(rows, columns=["arm", "visit", "estimate"])
    return table.assign(ci_low=table["estimate"] - 1, ci_high=table["estimate"] + 2)


def draw(table: pd.DataFrame, synthetic: bool = True):
    return lsmeans_by_visit(
        table, arm="arm", visit="visit", ylabel="change, points", synthetic=synthetic,
        hours={"day 1": 24.0, "day 7": 168.0}, form="CAPS-5",
    )  # fmt: skip


def test_each_mean_stands_at_its_visit_with_its_interval() -> None:
    ax = draw(means())
    first, second = ax.containers
    np.testing.assert_allclose(first.lines[0].get_ydata(), [-1, -2])
    assert np.isnan(second.lines[0].get_ydata()[1])
    low, high = first.lines[2][0].get_segments()[0][:, 1]
    assert (low, high) == (-2.0, 1.0)
    np.testing.assert_allclose(first.lines[0].get_xdata(), [24, 168], rtol=0.04)
    assert ax.get_title(loc="left").endswith("\nCAPS-5")
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["a", "b"]


def test_arms_differ_in_more_than_colour() -> None:
    lines = [container.lines[0] for container in draw(means()).containers]
    assert len({line.get_marker() for line in lines}) == 2
    assert len({line.get_linestyle() for line in lines}) == 2


def test_the_title_says_synthetic_where_people_are_made_up() -> None:
    assert "(synthetic data)" in draw(means()).get_title(loc="left")
    assert "synthetic" not in draw(means(), synthetic=False).get_title(loc="left")


def test_the_same_figure_gives_the_same_bytes() -> None:
    assert png(draw(means())) == png(draw(means()))


def test_what_is_no_table_of_means_is_refused() -> None:
    with pytest.raises(ValueError, match="has no column 'ci_low'"):
        draw(means().drop(columns="ci_low"))
    with pytest.raises(ValueError, match="Some arm has two means for a visit"):
        draw(pd.concat([means(), means()]))
