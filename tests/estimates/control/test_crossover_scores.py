"""Scores of a crossover: a row for every infusion given, refused where none can be tied to it."""

from __future__ import annotations

import math
from dataclasses import replace

import pandas as pd
import pytest

from analysis.estimates.control.crossover import crossover_contrast
from analysis.estimates.control.crossover_scores import crossover_scores
from analysis.readers.nimh.crossover import read_nimh
from analysis.study import Study


@pytest.fixture
def made_up(tmp_path) -> Study:
    """Two people, of whom the second lacks a score after the second infusion."""
    (tmp_path / "participants.tsv").write_text(
        "participant_id\tage\tsex\tBMI\tgroup\tinfusion_1\tinfusion_2\n"
        "a\tn/a\tn/a\tn/a\tMDD\td\tp\nb\tn/a\tn/a\tn/a\tMDD\tp\td\n",
        encoding="utf-8",
    )
    (tmp_path / "phenotype.tsv").write_text(
        "participant_id\tsession_id\tMADRS_Total\tHAMD_Bech\tHAM17_Total\n"
        "a\tses-b0\t30\tn/a\tn/a\na\tses-d2\t20\tn/a\tn/a\na\tses-p2\t28\tn/a\tn/a\n"
        "b\tses-b0\t31\tn/a\tn/a\nb\tses-p2\t29\tn/a\tn/a\nb\tses-d10\t21\tn/a\tn/a\n",
        encoding="utf-8",
    )
    return read_nimh(tmp_path)


def test_scores_have_a_row_for_every_infusion_given(made_up):
    scores = crossover_scores(made_up, instrument="MADRS", since=(24, 72))
    rows = scores.drop(columns="subject").sort_values(["sequence", "period"])
    assert rows.to_numpy()[:3].tolist() == [
        ["ketamine-placebo", 1, "ketamine", 20.0],
        ["ketamine-placebo", 2, "placebo", 28.0],
        ["placebo-ketamine", 1, "placebo", 29.0],
    ]
    assert math.isnan(rows["outcome"].iloc[3])
    with pytest.raises(ValueError, match="1 with ketamine first, 0 with placebo first"):
        crossover_contrast(scores)


def test_scores_refuse_what_cannot_be_tied_to_an_infusion(made_up):
    with pytest.raises(ValueError, match="no PCL-5 lies 24 to 72 h"):
        crossover_scores(made_up, instrument="PCL-5", since=(24, 72))
    forms = made_up.assessments
    twice = replace(made_up, assessments=pd.concat([forms, forms]))
    with pytest.raises(ValueError, match="narrower window"):
        crossover_scores(twice, instrument="MADRS", since=(24, 72))
    bare = replace(made_up, assessments=forms.drop(columns=["infusion", "since_low"]))
    with pytest.raises(ValueError, match="lack infusion, since_low"):
        crossover_scores(bare, instrument="MADRS", since=(24, 72))
