"""Tables of the multiverse."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analysis.describe.robustness import multiverse as robustness
from analysis.describe.robustness.multiverse import claims_together
from analysis.studies import judge_source


def test_each_analysis_is_shown_once_those_that_may_decide_first(case, found):
    shown = robustness.curve(case, found)
    assert len(shown) == (~found["repeats"] & found["estimate"].notna()).sum() - 1
    assert shown["primary"].sum() == 1
    assert shown["may_decide"].is_monotonic_decreasing
    for _, block in shown.groupby("may_decide"):
        assert block["estimate"].round(9).is_monotonic_increasing


def test_last_digits_do_not_move_an_analysis_past_one_that_comes_to_the_same(case, found):
    noise = np.random.default_rng(5).uniform(-1e-13, 1e-13, len(found))
    moved = robustness.curve(case, found.assign(estimate=found["estimate"] + noise))
    named = ["When", "Level before", "Missing scores", "Estimator", "People", "detail"]
    pd.testing.assert_frame_equal(moved[named], robustness.curve(case, found)[named])


def test_choices_are_in_the_order_of_the_grid(case, found):
    listed = robustness.choices(robustness.curve(case, found))
    assert listed["When"] == ["2 to 6 h, two visits", "2 to 6 h, one window", "about 3 h only",
                              "about 5 h only", "about 24 h"]  # fmt: skip
    # The example sets nobody aside but for blank items, which are filled instead.
    assert listed["People"] == ["nobody left out", "a flagged group left out"]


def made_up(words: list[str]) -> pd.DataFrame:
    return pd.DataFrame({"word": words, "may_decide": True, "repeats": False})


def test_agreement_counts_each_analysis_that_may_decide_once():
    table = made_up(["supported", "supported", "not decided", "supported", "contradicted"])
    table.loc[3, "repeats"] = True
    table.loc[4, "may_decide"] = False
    said = robustness.agreement(table, "not decided")
    assert said["specifications"].to_dict() == {
        "supported": 2,
        "contradicted": 0,
        "not decided": 1,
        "as the primary analysis (supported)": 2,
        "as the verdict (not decided)": 1,
    }
    assert said["share"].loc["supported"] == pytest.approx(2 / 3)


def test_no_estimate_agrees_with_not_testable_and_no_share_is_made_of_none():
    said = robustness.agreement(made_up(["supported"]), "not testable")
    assert np.isnan(said["share"].loc["as the verdict (not testable)"])
    none = made_up(["supported"]).assign(may_decide=False)
    assert robustness.agreement(none, "not decided")["share"].isna().all()
    with pytest.raises(ValueError, match="no verdict"):
        robustness.agreement(none, "proved")


def test_medians_by_choice_are_those_of_the_rows(case, found):
    table = robustness.by_choice(case, found)
    row = table[table["choice"] == "completers alone"].iloc[0]
    own = found[found["may_decide"] & ~found["repeats"] & (found["missing"] == "completers alone")]
    assert row["specifications"] == len(own)
    assert row["estimate"] == own["estimate"].median()


def test_other_forms_say_why_they_cannot_speak(case, found):
    table = robustness.other_forms(case, found)
    assert table["instrument"].tolist() == ["PCL-5"]
    assert "168 h" in table["why"][0]


def test_of_real_people_no_two_analyses_are_a_few_people_apart(real, found):
    shown = robustness.curve(real, found)
    counts = np.sort(shown["n"].dropna().unique())
    assert 60 in counts
    assert (np.diff(counts) >= real.design.minimum_cell).all()
    assert len(shown) < len(found)
    digits = shown["estimate"].map(lambda value: float(f"{value:.3g}"))
    assert (digits == shown["estimate"]).all()
    assert robustness.by_choice(real, found)["estimate"].notna().any()


@pytest.fixture(scope="module")
def ledger(example):
    return example[0]


def test_claims_on_one_estimate_are_one_test(ledger):
    table = claims_together(ledger)
    assert list(table["claim"].unique()) == ["onset", "clusters"]
    assert table.groupby("claim")["p_value"].nunique().eq(1).all()
    assert table["procedure"].nunique() == 3


def test_holm_gives_the_smaller_p_both_tries(ledger):
    table = claims_together(ledger)
    holm = table[table["procedure"] == table["procedure"].iloc[0]].set_index("claim")
    onset = ledger["onset"].estimate["p_value"]
    assert holm.loc["onset", "adjusted_p"] == pytest.approx(2 * onset)
    assert holm.loc["onset", "rejected"]
    assert not holm.loc["clusters", "rejected"]


def test_without_a_test_there_is_nothing_to_adjust():
    assert claims_together(judge_source("published")[0]).empty
