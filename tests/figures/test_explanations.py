"""Figures of what else explains a difference draw their table and nothing more."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analysis.estimates.table import row, table
from analysis.figures import AGGREGATES, explanations, png


def guesses() -> pd.DataFrame:
    index = pd.Index(["ketamine", "midazolam"], name="arm")
    return pd.DataFrame(
        {"right": [15, 24], "wrong or do not know": [15, 6], "all": [30, 30]}, index
    )


def curve() -> pd.DataFrame:
    bound = np.array([0.0, 0.3, 1.0])
    frame = pd.DataFrame(
        {"bound_sd": bound, "estimate": -6 + 8 * bound, "decides": ["", "yes", ""]}
    )
    return frame.assign(ci_low=frame["estimate"] - 4, ci_high=frame["estimate"] + 4)


def harms() -> pd.DataFrame:
    share = {"estimand": "stopped", "n": 30, "estimate": 0.1, "ci_low": 0.02, "ci_high": 0.27}
    return table(
        [
            row(**share, contrast="ketamine"),
            row(**share | {"estimate": 0.0, "ci_low": 0.0}, contrast="midazolam"),
            row(**share, contrast="ketamine - midazolam"),
            row(estimand="suicidal", n=0, method="not recorded", instrument="C-SSRS"),
            row(**share | {"estimand": "peak, median"}, contrast="ketamine"),
        ]
    )


def course() -> pd.DataFrame:
    parts = {"estimand": "mean score", "ci_low": 1.0, "ci_high": 9.0}
    return table(
        row(**parts, contrast=arm, window=window, n=28, estimate=value)
        for arm, values in (("ketamine", (3.0, 8.0)), ("midazolam", (3.0, 4.0)))
        for window, value in zip(("before", "0 to 1 h"), values, strict=True)
    )


def back() -> pd.DataFrame:
    lower = [0.4, 1.0]
    return pd.DataFrame({"arm": "ketamine", "hours": [1, 2], "lower": lower, "upper": [0.6, 1.0]})


def sensitivity() -> pd.DataFrame:
    rho = np.array([-0.5, 0.0, 0.5])
    return pd.DataFrame({"rho": rho, "estimate": -8 * rho, "ci_low": -8 * rho - 3,
                         "ci_high": -8 * rho + 3})  # fmt: skip


def by_baseline() -> pd.DataFrame:
    parts = {"estimate": -5.0, "ci_low": -9.0, "ci_high": -1.0}
    names = ("at the mean baseline", "at baseline 20", "at baseline 40")
    return table(row(estimand=f"adjusted difference {name}", **parts) for name in names)


DRAWN = {
    "guesses": lambda **to: explanations.guesses_by_arm(guesses(), **to),
    "course": lambda **to: explanations.course_of_dissociation(course(), **to),
    "back": lambda **to: explanations.share_back(back(), **to),
    "bias": lambda **to: explanations.bias_tipping(curve(), bars={"M": 3.75}, **to),
    "mediation": lambda **to: explanations.mediation_sensitivity(sensitivity(), rho_null=0.0, **to),
    "baseline": lambda **to: explanations.difference_over_baseline(by_baseline(), **to),
    "harms": lambda **to: explanations.harms_by_arm(harms(), **to),
}


@pytest.mark.parametrize("name", DRAWN)
def test_every_figure_is_marked_and_says_when_people_are_made_up(name):
    ax = DRAWN[name](synthetic=True)
    assert ax.get_gid() == AGGREGATES
    assert "synthetic data" in ax.get_title(loc="left").replace("\n", " ")
    assert "synthetic" not in DRAWN[name](synthetic=False).get_title(loc="left")
    assert png(ax) == png(DRAWN[name](synthetic=True))


def test_bars_are_per_cent_of_the_arm():
    ax = explanations.guesses_by_arm(guesses(), synthetic=True)
    assert [round(bar.get_width()) for bar in ax.patches] == [50, 80, 50, 20]


def test_a_withheld_cell_is_left_blank():
    withheld = guesses().astype(object)
    withheld.loc["midazolam", ["right", "wrong or do not know"]] = "withheld"
    ax = explanations.guesses_by_arm(withheld, synthetic=True)
    assert [round(bar.get_width()) for bar in ax.patches] == [50, 0, 50, 0]


def test_the_tipping_point_is_where_the_interval_reaches_zero():
    ax = explanations.bias_tipping(curve(), synthetic=True)
    marks = [line for line in ax.lines if line.get_marker() == "X"]
    (point,) = marks[0].get_xydata()
    assert point == pytest.approx((0.25, 0))
    assert any("0.25 SD" in text.get_text() for text in ax.texts)


@pytest.mark.parametrize("draw", [lambda **to: explanations.bias_tipping(curve(), **to),
                                  lambda **to: explanations.difference_over_baseline(
                                      by_baseline(), **to)])  # fmt: skip
def test_a_benefit_that_counts_is_a_line_at_minus_it(draw):
    ax = draw(synthetic=False, bars={"difference that matters": 3.75})
    found = {line.get_label(): set(line.get_ydata()) for line in ax.lines}
    assert found["difference that matters"] == {-3.75}


def test_the_title_names_the_form_under_what_is_asked():
    of = "PCL-5-now (asks about now), 2 to 6 h after"
    title = explanations.bias_tipping(curve(), synthetic=True, of=of).get_title(loc="left")
    assert title.split("\n")[-1] == of


def test_no_tipping_point_where_the_interval_never_reaches_zero():
    ax = explanations.bias_tipping(curve().assign(ci_high=-1.0), synthetic=True)
    assert all(line.get_marker() != "X" for line in ax.lines)


def test_harms_are_shares_by_arm_and_name_what_was_not_recorded():
    ax = explanations.harms_by_arm(harms(), synthetic=True)
    assert [text.get_text() for text in ax.get_yticklabels()] == ["stopped", "suicidal (C-SSRS)"]
    points = [container.lines[0].get_xdata()[0] for container in ax.containers]
    assert points == pytest.approx([10, 0])
    assert "not recorded" in [text.get_text() for text in ax.texts]


def test_arms_stand_side_by_side_at_their_windows():
    ax = explanations.course_of_dissociation(course(), synthetic=True)
    first, second = (container.lines[0] for container in ax.containers)
    assert first.get_ydata().tolist() == [3, 8]
    assert (first.get_xdata() < second.get_xdata()).all()
    # The middle of its hour, on an axis of hours; what was before has a place of its own.
    assert (first.get_xdata() + second.get_xdata()) / 2 == pytest.approx([-0.8, 0.5])
    ticks = dict(zip([text.get_text() for text in ax.get_xticklabels()], ax.get_xticks(),
                     strict=True))  # fmt: skip
    assert (ticks["before"], ticks["1 h"]) == (-0.8, 1.0)
    assert [text.get_text() for text in ax.texts].count("28") == 4
    assert first.get_marker() != second.get_marker()


def test_baselines_are_read_from_their_rows():
    ax = explanations.difference_over_baseline(by_baseline(), synthetic=True)
    assert ax.get_xticks().tolist() == [20, 40]
