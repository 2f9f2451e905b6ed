"""Guesses of the treatment: counts, indices, the difference by guess."""

from __future__ import annotations

import pytest

from analysis.describe.explanations import blinding, expectancy
from tests.describe.explanations.changed_case import with_study


def test_guesses_add_up_and_show_no_small_cell(case):
    table = blinding.guesses(case)
    assert table["all"].tolist() == [30, 30]
    assert table.drop(columns="all").sum(axis=1).tolist() == [30, 30]
    assert (table.to_numpy() >= 5).all()
    assert list(table) == ["right", "wrong or do not know", "all"]
    assert list(blinding.guesses(case, at_least=1)) == ["right", "wrong", "do not know", "all"]


def test_indices_are_of_the_two_arms_and_their_mean(case):
    table = blinding.blinding_indices(case).set_index(["estimand", "contrast"])["estimate"]
    known = blinding.guesses(case, at_least=1)
    for arm in ("ketamine", "midazolam"):
        expected = (known.loc[arm, "right"] - known.loc[arm, "wrong"]) / 30
        assert table["Bang index", arm] == pytest.approx(expected)
    gap = table["difference in belief of being treated", "ketamine - midazolam"]
    assert gap == pytest.approx(table.loc["Bang index"].mean())


def test_nobody_asked_is_said(case):
    subjects = case.checked.study.subjects.assign(blinding_guess=None)
    with pytest.raises(ValueError, match="Nobody was asked"):
        blinding.guesses(with_study(case, subjects=subjects))
    unasked = with_study(case, subjects=subjects)
    rows = expectancy.nullifying(unasked, expectancy.primary_difference(case, window="hours"))
    assert not rows["estimand"].str.contains("belief").any()


def test_by_guess_leaves_small_groups_out(case):
    table = blinding.change_by_guess(case, window="hours")
    assert (table["n"] >= 5).all()
    assert table["p_value"].isna().all()
    assert "midazolam, said ketamine" not in set(table["contrast"])
