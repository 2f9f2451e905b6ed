"""Figures of who improves: each draws what the table holds, and says synthetic where it is."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analysis.figures import AGGREGATES, png
from analysis.figures.scores import responders

ARMS = ["ketamine", "midazolam"]


def ways() -> pd.DataFrame:
    rows = [
        (way, arm, share, 20)
        for arm, split in zip(ARMS, ([0.5, 0.4, 0.1], [0.2, 0.65, 0.15]), strict=True)
        for way, share in zip(("improved", "unchanged", "worse"), split, strict=True)
    ]
    table = pd.DataFrame(rows, columns=["estimand", "contrast", "estimate", "n"])
    return table.assign(ci_low=table["estimate"] - 0.05, ci_high=table["estimate"] + 0.05)


def falls() -> pd.DataFrame:
    rows = [(name, arm, 0.5, 0.3, 0.7) for name in ("any fall", "10 points") for arm in ARMS]
    names = ["estimand", "contrast", "estimate", "ci_low", "ci_high"]
    return pd.DataFrame(rows, columns=names).assign(n=20)


def bands() -> pd.DataFrame:
    rows = [(arm, x, (x + 12) / 20, 0.1, 0.9) for arm in ARMS for x in (-10.0, -4.0, 2.0)]
    return pd.DataFrame(rows, columns=["arm", "change", "share", "low", "high"])


def curve() -> pd.DataFrame:
    rows = [(name, t, top - t) for name, top in (("a", 0.5), ("b", 0.3)) for t in (0.1, 0.4)]
    return pd.DataFrame(rows, columns=["strategy", "threshold", "net_benefit"])


DRAWN = {
    "three ways": lambda **words: responders.three_ways(ways(), **words),
    "thresholds": lambda **words: responders.shares_by_threshold(falls(), title="Falls", **words),
    "bands": lambda **words: responders.change_bands(bands(), title="Spread", **words),
    "intervals": lambda **words: responders.intervals(
        falls(), label="contrast", xlabel="x", title="Next", **words
    ),
    "curve": lambda **words: responders.decision_curve(curve(), **words),
}


@pytest.mark.parametrize("name", DRAWN)
def test_each_is_marked_titled_and_the_same_again(name):
    ax = DRAWN[name](synthetic=True)
    assert "(synthetic data)" in ax.get_title(loc="left").replace("\n", " ")
    assert ax.get_gid() == AGGREGATES
    assert "synthetic" not in DRAWN[name](synthetic=False).get_title(loc="left")
    assert png(ax) == png(DRAWN[name](synthetic=True))


def test_three_ways_are_shares_with_their_numbers_beside_and_n_in_the_legend():
    ax = responders.three_ways(ways(), synthetic=True)
    shares = [container.lines[0].get_xdata().tolist() for container in ax.containers]
    assert shares == [pytest.approx([50, 40, 10]), pytest.approx([20, 65, 15])]
    assert {text.get_text() for text in ax.texts} >= {"50 % (45 to 55)", "15 % (10 to 20)"}
    legend = [text.get_text() for text in ax.get_legend().get_texts()]
    assert legend == ["ketamine (n = 20)", "midazolam (n = 20)"]


def test_a_withheld_share_leaves_no_mark_and_no_number():
    table = ways()
    table.loc[table["contrast"] == "midazolam", ["estimate", "ci_low", "ci_high", "n"]] = np.nan
    ax = responders.three_ways(table, synthetic=False)
    assert np.isnan(ax.containers[1].lines[0].get_xdata()).all()
    assert sum("%" in text.get_text() for text in ax.texts) == 3
    assert "withheld" in ax.get_legend().get_texts()[1].get_text()


def test_each_cluster_has_a_small_panel_on_the_same_axes_of_hours():
    rows = [(name, window, -1.0 * k, -3.0, 1.0)
            for k, name in enumerate(("arousal", "mood", "avoidance"), 1)
            for window in ("about 24 h", "about 7 days")]  # fmt: skip
    table = pd.DataFrame(rows, columns=["cluster", "window", "estimate", "ci_low", "ci_high"])
    hours = {"about 24 h": 24.0, "about 7 days": 168.0}
    first = responders.cluster_courses(table, hours=hours, title="PCL-5", synthetic=True)
    figure = first.get_figure(root=True)
    panels = [panel for panel in figure.axes if panel.axison]
    assert [panel.get_title(loc="left") for panel in panels] == ["arousal", "mood", "avoidance"]
    assert [panel.containers[0].lines[0].get_xydata().tolist() for panel in panels] == [
        [[24.0, -k], [168.0, -k]] for k in (1.0, 2.0, 3.0)
    ]
    assert {panel.get_gid() for panel in panels} == {AGGREGATES}
    assert figure.get_suptitle() == "PCL-5 (synthetic data)"
    assert figure.get_figheight() < 8


def test_the_band_holds_between_its_points():
    ax = responders.change_bands(bands(), synthetic=True, title="Spread")
    corners = ax.collections[0].get_paths()[0].vertices
    # From one point to the next it reaches from the lower limit of the one before to the upper
    # limit of the one after.
    assert corners[:, 1].min() == pytest.approx(10)
    assert corners[:, 1].max() == pytest.approx(90)
    assert {line.get_marker() for line in ax.lines[:2]} == {"o", "s"}


def test_no_arm_with_enough_people_says_so():
    ax = responders.change_bands(bands().iloc[:0], synthetic=True, title="Spread")
    assert "too few participants to show" in [text.get_text() for text in ax.texts]


def test_a_strategy_far_below_zero_does_not_flatten_the_others():
    table = pd.concat([curve(), pd.DataFrame([("c", 0.4, -30.0)], columns=curve().columns)])
    low, high = responders.decision_curve(table, synthetic=True).get_ylim()
    assert high == pytest.approx(1.08 * 40)
    assert low == pytest.approx(-10)
