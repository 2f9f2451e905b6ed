"""At which bound on bias the word changes, and what is said of power."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from analysis.claims.decision_rule import decide_by_interval
from analysis.describe.answer.rests_on import bounds_by_word, power_cited

WITHIN = {"estimate": -7.76, "ci_low": -11.59, "ci_high": -3.93}


def test_the_word_changes_where_the_bound_reaches_the_upper_limit(case):
    table = bounds_by_word(case, WITHIN)
    assert list(table["word"]) == ["supported", "not decided"]
    assert table["to_points"].iloc[0] == pytest.approx(3.93)
    assert table["to_sd"].iloc[0] == pytest.approx(3.93 / case.bar_sd)
    assert list(table["declared"]) == [True, False]


@pytest.mark.parametrize("shift", [-4.0, 0.0, 3.0, 6.0, 9.0])
def test_every_bound_has_the_word_that_gate_5_gives_it(case, shift):
    estimate = {name: value + shift for name, value in WITHIN.items()}
    table = bounds_by_word(case, estimate)
    smallest = case.smallest_difference[0]
    for bound in np.arange(0.015, 2.5, 0.05):
        own = table[(table["from_sd"] <= bound) & (bound < table["to_sd"])]
        assert len(own) == 1
        said = decide_by_interval(estimate["ci_low"], estimate["ci_high"], estimate["estimate"],
                                  smallest=smallest, bias=bound * case.bar_sd)  # fmt: skip
        assert own["word"].iloc[0] == said
    assert table["declared"].sum() == 1


def test_without_a_number_nothing_is_said(case):
    assert bounds_by_word(case, dict.fromkeys(WITHIN, float("nan"))).empty
    assert bounds_by_word(case, dict.fromkeys(WITHIN)).empty


def test_others_read_points_of_a_released_sd(real):
    points = bounds_by_word(real, WITHIN)["to_points"].iloc[0]
    sd = points / bounds_by_word(real, WITHIN)["to_sd"].iloc[0]
    assert sd == pytest.approx(float(f"{sd:.3g}"))


def test_power_is_of_a_committed_row_or_said_to_be_none(case):
    assert power_cited(case).startswith("Power: ")
    study = case.checked.study
    passive = replace(study, design=replace(study.design, comparator="passive"))
    other = replace(case, checked=replace(case.checked, study=passive))
    assert power_cited(other) == "Power: no committed row has such a comparator."
