"""Figures of who improves: each draws what the table holds, and says synthetic where it is."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analysis.figures import AGGREGATES, png, responders

ARMS = ["ketamine", "midazolam"]


def ways() -> pd.DataFrame:
    rows = [
        (way, arm, share, 20)
        for arm, split in zip(ARMS, ([0.5, 0.4, 0.1], [0.2, 0.65, 0.15]), strict=True)
        for way, share in zip(("improved", "unchanged", "worse"), split, strict=True)
    ]
    return pd.DataFrame(rows, columns=["estimand", "contrast", "estimate", "n"])


def falls() -> pd.DataFrame:
    rows = [(name, arm, 0.5, 0.3, 0.7) for name in ("any fall", "10 points") for arm in ARMS]
    return pd.DataFrame(rows, columns=["estimand", "contrast", "estimate", "ci_low", "ci_high"])


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


def test_bars_of_an_arm_end_at_its_shares():
    ax = responders.three_ways(ways(), synthetic=True)
    ends = [[bar.get_x() + bar.get_width() for bar in bars] for bars in ax.containers]
    np.testing.assert_allclose(ends, [[50, 20], [90, 85], [100, 100]])
    assert len({bars[0].get_hatch() for bars in ax.containers}) == 3
    assert {text.get_text() for text in ax.texts} >= {"50 %", "40 %", "10 %"}


def test_a_withheld_share_leaves_no_bar():
    table = ways()
    table.loc[table["contrast"] == "midazolam", ["estimate", "n"]] = np.nan
    ax = responders.three_ways(table, synthetic=False)
    assert [bars[1].get_width() for bars in ax.containers] == [0, 0, 0]
    assert "withheld" in ax.get_yticklabels()[1].get_text()


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
