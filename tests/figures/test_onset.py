"""Figures of onset: what the tables hold is drawn, and made-up people are labelled."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.text import Text

from analysis.figures import AGGREGATES, png
from analysis.figures.onset import backward_stepping, crossing_curves, crossing_dots

REGIONS = pd.DataFrame(
    [
        ("ketamine", 0.0, 3.0, 0.0, 0.5),
        ("ketamine", 3.0, 72.0, 0.5, 0.7),
        ("midazolam", 0.0, 72.0, 0.0, 0.2),
    ],
    columns=["arm", "hours_low", "hours_high", "share_low", "share_high"],
)
DOTS = pd.DataFrame(
    [
        (name, arm, held, 0.4, 0.2, 0.6)
        for name in ("30 %", "50 %")
        for arm in ("ketamine", "midazolam")
        for held in (True, False)
    ],
    columns=["threshold", "contrast", "sustained", "estimate", "ci_low", "ci_high"],
)


def steps(counts: list[bool]) -> pd.DataFrame:
    n = len(counts)
    return pd.DataFrame({"window": [f"window {j}" for j in range(n)], "estimate": -4.0,
                         "ci_low": -7.0, "ci_high": -1.0, "shows_benefit": counts,
                         "counts": counts})  # fmt: skip


def curves(**words) -> Axes:
    return crossing_curves(REGIONS, visits=[3.0, 24.0, 72.0], title="Share crossed", **words)


DRAWN = {
    "curves": curves,
    "dots": lambda **words: crossing_dots(DOTS, **words),
    "steps": lambda **words: backward_stepping(steps([False, True, True]), **words),
}


def said(ax: Axes) -> list[str]:
    return [text.get_text() for text in ax.findobj(Text) if text.get_text()]


@pytest.mark.parametrize("name", DRAWN)
@pytest.mark.parametrize("synthetic", [True, False])
def test_made_up_people_are_labelled_and_the_figure_may_be_shared(name, synthetic):
    ax = DRAWN[name](synthetic=synthetic)
    assert ax.get_gid() == AGGREGATES
    assert ("SYNTHETIC" in said(ax)) is synthetic
    assert png(ax) == png(DRAWN[name](synthetic=synthetic))


def test_each_region_is_a_box_from_share_to_share():
    ax = curves(synthetic=False)
    boxes = np.array([area.get_datalim(ax.transData).bounds for area in ax.collections])
    assert boxes == pytest.approx(np.array([(0, 0, 1, 50), (1, 50, 2, 20), (0, 0, 3, 20)]))


def test_every_visit_has_its_tick():
    ticks = [text.get_text() for text in curves(synthetic=False).get_xticklabels()]
    assert ticks == ["0 h", "3 h", "24 h", "72 h"]


@pytest.mark.parametrize(
    ("counts", "arrows", "word"),
    [
        ([True, True, True], 3, "reaches the first"),
        ([False, True, True], 3, "stops here"),
        ([False, False, False], 1, "stops here"),
    ],
)
def test_there_is_an_arrow_for_each_step_taken(counts, arrows, word):
    ax = backward_stepping(steps(counts), synthetic=False)
    assert (
        sum(text.arrow_patch is not None for text in ax.texts if hasattr(text, "arrow_patch"))
        == arrows
    )
    assert word in said(ax)
