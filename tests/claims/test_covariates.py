"""Covariates of the primary analysis: when a form or the sites count, and how gaps are filled."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from analysis.checks import check
from analysis.claims.case import Case
from analysis.claims.covariates import measured, pooled_sites
from analysis.claims.definitions import load_definitions
from analysis.claims.primary_analysis import primary_analysis
from analysis.readers.assemble import read_study
from analysis.simulate import NO_EFFECT, write_study

RULES = load_definitions()
WORLD = replace(NO_EFFECT, sites=3, site_sd=3.0)


@pytest.fixture(scope="module")
def case(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sites")
    return Case(check(read_study(write_study(WORLD, 30, 5, folder))), RULES)


def without_weekly_forms(case: Case, people: np.ndarray) -> Case:
    """The case in which these people (by number) have no past-week form before."""
    forms = case.checked.forms
    gone = (forms["instrument"] == "PCL-5") & forms["subject"].isin(people)
    return replace(case, checked=replace(case.checked, forms=forms[~gone]))


def test_the_past_week_form_before_and_the_site_are_in_the_model(case):
    assert tuple(case.scores.covariates) == ("baseline", "same_symptoms", "site_1", "site_2")
    assert "a scale of the same symptoms and site" in case.primary.method
    plain = primary_analysis(case.scores.unadjusted)
    assert plain.covariates == ("baseline",)
    assert plain.estimate != case.primary.estimate


def test_fewer_than_four_of_five_of_an_arm_leave_the_form_out(case):
    """At 24 of 30 the form counts; at 23 it does not, however many the other arm has."""
    own = case.people_scored[case.scores.treated]
    assert without_weekly_forms(case, own[:6]).scores.same_symptoms is not None
    assert without_weekly_forms(case, own[:7]).scores.same_symptoms is None


def test_who_lacks_the_form_gets_the_mean_over_both_arms(case):
    other = without_weekly_forms(case, case.people_scored[:4])
    known = other.scores.same_symptoms
    filled = other.scores.covariates["same_symptoms"]
    assert np.isnan(known[:4]).all()
    np.testing.assert_allclose(filled[:4], np.nanmean(known))
    np.testing.assert_array_equal(filled[4:], known[4:])
    # Nobody is lost for want of a covariate.
    assert other.primary.n == case.primary.n


def test_a_form_of_other_symptoms_is_no_covariate(case, monkeypatch):
    forms = case.checked.forms
    renamed = forms["instrument"].replace("PCL-5", "BDI-II")
    other = replace(case, checked=replace(case.checked, forms=forms.assign(instrument=renamed)))
    assert other.scores.same_symptoms is None


def test_an_arm_with_few_known_is_not_measured():
    known, treated = np.ones(20, bool), np.arange(20) < 10
    known[:2] = False
    assert measured(known, treated, 0.8)
    known[2] = False
    assert not measured(known, treated, 0.8)


def test_small_sites_are_taken_together_and_names_do_not_matter():
    labels = np.array(["a"] * 10 + ["b"] * 7 + ["c"] * 4 + ["d"] * 2)
    codes = pooled_sites(labels, 5)
    assert codes.tolist() == [0] * 10 + [1] * 7 + [2] * 6
    swapped = pd.Series(labels).map({"a": "z", "b": "y", "c": "x", "d": "w"}).to_numpy(str)
    assert pooled_sites(swapped, 5).tolist() == codes.tolist()
    assert pooled_sites(np.array(["a"] * 12), 5) is None
    assert pooled_sites(np.array(["a", "b", "c", "d"]), 5) is None
