"""What was shown of short and other forms: with its source, and never more than that."""

from __future__ import annotations

import re

import pytest

from analysis import instruments
from analysis.instruments.catalogue import read_scales

EVIDENCE = [
    (name, version, found)
    for name, scale in instruments.known().items()
    for version, found in scale.evidence.items()
] + [(name, None, form.evidence) for name, form in instruments.unseen().items()]


@pytest.mark.parametrize(("name", "version", "found"), EVIDENCE, ids=lambda part: str(part)[:20])
def test_what_was_shown_of_a_form_has_its_doi_and_what_was_not_seen(name, version, found):
    assert re.fullmatch(r"10\.\d{4,}/\S+", found.doi)
    assert min(len(found.shown), len(found.not_seen)) > 0
    assert found.people >= 0
    assert version is None or version in instruments.get(name).versions


def test_the_forms_of_a_day_look_back_one_day_and_have_the_items_of_the_month():
    scale = instruments.get("PCL-5")
    assert [scale.versions[name] for name in ("past-day", "daily")] == [24, 24]
    assert scale.item_numbers("past-day") == scale.item_numbers("standard")
    assert scale.evidence["past-day"].people == 222


def test_a_right_now_form_names_the_scale_whose_longer_form_is_its_covariate():
    assert instruments.get("PCL-5-now").same_symptoms_as == "PCL-5"
    told = {name: scale.same_symptoms_as for name, scale in instruments.known().items()}
    for name, other in told.items():
        if other is not None:
            assert other != name
            assert instruments.get(other).construct == instruments.get(name).construct
    assert {form.same_symptoms_as for form in instruments.unseen().values()} <= set(told)


def test_same_symptoms_as_is_read_from_a_scale_s_own_block():
    text = """
    [moods]
    title = "Moods"
    construct = "depression"
    kind = "self-report"
    role = "comorbidity"
    validated = true
    rule = "sum"
    totals = [0, 10]
    recall_hours = 0
    versions = { now = 0 }
    same_symptoms_as = "PHQ-9"
    source = "made up"
    """
    scale = read_scales(text, "made-up.toml")["moods"]
    assert scale.same_symptoms_as == "PHQ-9"
    assert scale.total_range("now") == (0, 10)
    assert scale.numbers == ()


def test_the_checklists_for_the_dsm_iv_are_scales_of_their_own():
    for name in ("PCL-C", "PCL-M"):
        scale = instruments.get(name)
        assert scale.total_range("standard") == (17, 85)
        assert [len(items) for items in scale.subscales.values()] == [5, 7, 5]


def test_depression_in_hours_leaves_sleep_and_appetite_out_and_names_no_duration():
    madrs, hamd = instruments.get("MADRS"), instruments.get("HAM-D6")
    assert set(madrs.numbers) - set(madrs.item_numbers("hours-8-item")) == {4, 5}
    assert madrs.versions["hours-8-item"] != madrs.versions["hours-8-item"]
    assert hamd.versions["hours"] != hamd.versions["hours"]


def test_a_screen_and_a_form_of_unseen_items_are_no_primary_measure():
    assert instruments.get("PC-PTSD-5").role == "screening"
    assert not instruments.get("PC-PTSD-5").differenced
    assert set(instruments.unseen()) == {"d-PCL", "RSDI"}
    assert not set(instruments.unseen()) & set(instruments.known())
