"""Each scale is scored as published: worked examples, and what must hold for any answers."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis import instruments
from analysis.instruments import totals
from analysis.instruments.scoring import score
from tests.instruments.answered import every_version, study_of, valid_forms


def total(name: str, answers: dict[int, float] | list[float], version: str | None = None) -> float:
    """Score of one form; items that are not given are blank."""
    scale = instruments.get(name)
    version = version or next(iter(scale.versions))
    numbers = scale.item_numbers(version)
    given = answers if isinstance(answers, dict) else dict(zip(numbers, answers, strict=True))
    values = np.array([[given.get(number, np.nan) for number in numbers]], dtype=float)
    return float(totals.total(scale, version, values)[0])


def test_qids_sleep_counts_once_as_its_authors_give_the_example():
    """Instructions of Rush 2003: insomnia 0, 1 and 3 and hypersomnia 0 make a domain of 3."""
    rest = dict.fromkeys([5, 6, 8, 10, 11, 12, 13, 14, 15, 16], 0)
    assert total("QIDS-SR16", {1: 0, 2: 1, 3: 3, 4: 0, **rest}) == 3


def test_qids_adds_nine_domains_not_sixteen_items():
    """Bad input B9: all items at their most severe would add up to 42 or more, not to 27."""
    every = dict.fromkeys(range(1, 17), 3)
    assert total("QIDS-SR16", every) == 27
    one_of_each_pair = {number: 3 for number in range(1, 17) if number not in (6, 9)}
    assert total("QIDS-SR16", one_of_each_pair) == 27
    neither = {number: 3 for number in range(1, 17) if number not in (6, 7)}
    assert np.isnan(total("QIDS-SR16", neither))


@given(st.lists(st.integers(0, 3), min_size=16, max_size=16))
def test_qids_is_the_sum_of_the_highest_of_each_domain(answers):
    """The formula of the R package cliot, qids_depression_score, in plain Python."""
    q = dict(enumerate(answers, 1))
    by_hand = max(q[1], q[2], q[3], q[4]) + q[5] + max(q[6], q[7], q[8], q[9])
    by_hand += q[10] + q[11] + q[12] + q[13] + q[14] + max(q[15], q[16])
    assert total("QIDS-SR16", q) == by_hand


def test_des_is_a_mean_in_percent():
    """Carlson & Putnam 1993: the mean of 28 items. Bad input B25: their sum is 840."""
    assert total("DES-II", [30] * 28) == 30
    assert total("DES-II", [0] * 14 + [100] * 14) == 50


def test_bdi_ii_report_adds_up():
    """Item ratings of a sample report of scoring software (slideshare, deeps0081), total 51."""
    ratings = [2, 3, 2, 3, 2, 3, 2, 3, 2, 3, 2, 3, 2, 1, 2, 3, 3, 2, 3, 2, 3]
    assert total("BDI-II", ratings) == 51


def test_gad7_example_of_hl7():
    """QuestionnaireResponse-ScoredAssessment-GAD7 of HL7/personal-health-record-format-ig."""
    given = {"69725-0": "LA6568-5", "68509-9": "LA6568-5", "69733-4": "LA6569-3",
             "69734-2": "LA6569-3", "69735-9": "LA6568-5", "69689-8": "LA6569-3",
             "69736-7": "LA6568-5"}  # fmt: skip
    loinc = instruments.get("GAD-7").codes["loinc"]
    assert total("GAD-7", [loinc["answers"][given[code]] for code in loinc["items"]]) == 3


def test_phq9_totals_of_the_cdisc_example(open_data):
    """Items add up to the stated totals but for CDISC004 at baseline: 26, stated as 27."""
    path = open_data("cdisc-phq9") / "qsph.json"
    document = json.loads(path.read_text(encoding="utf-8"))
    names = [column["name"] for column in document["columns"]]
    rows = pd.DataFrame(document["rows"], columns=names)
    wide = rows.pivot_table(index=["USUBJID", "VISITNUM"], columns="QSTESTCD", values="QSSTRESN")
    codes = instruments.get("PHQ-9").codes["cdisc"]
    values = wide[codes["items"]].to_numpy(float)
    added = totals.total(instruments.get("PHQ-9"), "standard", values)
    differs = wide[codes["total"]].notna() & (wide[codes["total"]] != added) & ~np.isnan(added)
    assert wide.index[differs].get_level_values("USUBJID").tolist() == ["CDISC004"]
    assert added[differs.to_numpy()].item() == 26
    assert (~np.isnan(added)).sum() > 5


def test_hamd_of_seventeen_items_reaches_52():
    """CamCOPS hamd.py: 9 items of 4 points and 8 of 2."""
    scale = instruments.get("HAM-D17")
    assert total("HAM-D17", list(scale.item_max("standard"))) == 52
    # The answer with every item halfway, as CamCOPS adds it.
    assert total("HAM-D17", [top / 2 for top in scale.item_max("standard")]) == 26


def test_bprs_versions_are_four_points_apart():
    from_zero = [2, 0, 5, 1]
    assert total("BPRS+", from_zero, "0-6") == 8
    assert total("BPRS+", [answer + 1 for answer in from_zero], "1-7") == 12


@pytest.mark.parametrize(
    ("answers", "level"),
    [
        # Branch not taken: items 3 to 5 are blank by right.
        ({1: 0, 2: 0, 6: 0}, 0),
        ({1: 1, 2: 0, 6: 0}, 1),
        ({1: 1, 2: 1, 3: 0, 4: 0, 5: 0, 6: 0}, 2),
        ({1: 1, 2: 1, 3: 1, 4: 1, 5: 0, 6: 0}, 4),
        ({1: 0, 2: 1, 3: 0, 4: 0, 5: 1, 6: 1}, 5),
        # Open whether it was higher.
        ({1: 1, 2: 1, 3: 1, 6: 0}, np.nan),
        ({1: 1, 6: 0}, np.nan),
        ({2: 0, 6: 0}, np.nan),
        # Nothing is higher than 5; a blank below the highest changes nothing.
        ({2: 1, 5: 1, 6: 0}, 5),
        ({}, np.nan),
    ],
)
def test_suicidal_ideation_is_the_highest_level(answers, level):
    """Levels and branching as the scoring guide of the C-SSRS has them."""
    np.testing.assert_equal(total("C-SSRS", answers, "screener"), level)


@every_version
@settings(max_examples=3, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_a_score_lies_within_its_range(name, version, seed):
    scale = instruments.get(name)
    low, high = scale.total_range(version)
    made = totals.total(scale, version, valid_forms(name, version, seed))
    assert ((low <= made) & (made <= high)).all()


@every_version
def test_the_ends_of_the_range_are_reached(name, version):
    scale = instruments.get(name)
    tops = np.array(scale.item_max(version), dtype=float)
    ends = np.vstack([np.full(len(tops), scale.item_low(version)), tops])
    assert tuple(totals.total(scale, version, ends)) == scale.total_range(version)


@every_version
@pytest.mark.parametrize("missing", ["complete", "person-mean"])
@settings(max_examples=3, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
@pytest.mark.bad_input("G9")
def test_deleting_an_item_never_lowers_a_score_in_silence(name, version, missing, seed):
    """Property 9 of the list of bad inputs, for every item of every scale."""
    whole = valid_forms(name, version, seed)
    count = whole.shape[1]
    fewer = np.repeat(whole, count, axis=0)
    deleted = np.tile(np.arange(count), len(whole))
    given = ~np.isnan(fewer[np.arange(len(fewer)), deleted])
    fewer[np.arange(len(fewer)), deleted] = np.nan
    before = score(study_of(name, version, whole))["total"].to_numpy().repeat(count)
    made = score(study_of(name, version, fewer), missing=missing)
    after, marked = made["total"].to_numpy(), made["prorated"].to_numpy()
    assert (np.isnan(after) | (after == before) | marked).all()
    # Only where the highest answer decides can a score outlast an answer.
    outlasts = ~np.isnan(after) & ~marked & given
    assert instruments.get(name).rule == "highest" or not outlasts.any()
    assert instruments.get(name).rule == "highest" or (made["n_missing"][given] > 0).all()


@every_version
@pytest.mark.parametrize("missing", ["complete", "person-mean"])
def test_a_blank_form_is_never_scored(name, version, missing):
    count = len(instruments.get(name).item_numbers(version))
    made = score(study_of(name, version, np.full((1, count), np.nan)), missing=missing)
    assert np.isnan(made["total"].item())
    assert made["n_missing"].item() == made["n_items"].item() == count
    assert not made["prorated"].item()


def test_blanks_that_a_form_asks_for_are_not_missing():
    for name, version in [("QIDS-SR16", "standard"), ("C-SSRS", "screener")]:
        values = valid_forms(name, version, seed=0)
        assert np.isnan(values).any()
        assert (score(study_of(name, version, values))["n_missing"] == 0).all()
