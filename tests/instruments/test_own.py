"""A scale that a study declares: read in words, scored as declared, known by its study alone."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analysis import instruments
from analysis.config import load_config
from analysis.errors import ReliefError
from analysis.instruments.own import own_scales
from analysis.readers.assemble import read_study
from tests.factory import Outcome, tables, write_study

SCALE = """
[instruments.here-and-now]
title = "Trauma symptoms here and now"
construct = "ptsd"
items = 6
item_min = 0
item_max = 4
higher_is = "worse"
recall_hours = 0
reverse = [3, 5]
subscales = { fear = [1, 2, 3], avoidance = [4, 5, 6] }
options = { "Not at all" = 0, "A little" = 1, "Some" = 2, "Quite" = 3, "Very" = 4 }
minimal_important_difference = 3
same_symptoms_as = "PCL-5"
source = "clinic's own questionnaire, 2025"
reliable_change = { reliability = 0.85, sd = 5 }
"""


@pytest.fixture(autouse=True)
def _no_scale_of_another_test(monkeypatch):
    monkeypatch.setattr("analysis.instruments.catalogue._declared", {})


def scale(text: str = SCALE, name: str = "here-and-now") -> instruments.Instrument:
    return own_scales(tomllib.loads(text)["instruments"])[name]


def study(folder: Path, text: str = SCALE, **changes: Any) -> Path:
    """A study whose primary form is the own scale, with its items in six columns."""
    content = changes.pop("content", None) or tables(numbers=(1, 2, 3, 4, 5, 6))
    own = {"instrument": "here-and-now", "version": "own"} | changes
    path = write_study(folder, content, **own)
    path.write_text(path.read_text() + text)
    return path


def test_a_whole_scale_takes_at_most_25_lines():
    assert len(SCALE.strip().splitlines()) <= 25
    found = scale()
    assert found.total_range("own") == (0, 24)
    assert found.own
    assert found.same_symptoms_as == "PCL-5"
    assert found.subscales == {"fear": (1, 2, 3), "avoidance": (4, 5, 6)}


def test_it_is_ad_hoc_unless_it_names_a_validation():
    assert not scale().validated
    named = scale(SCALE + 'validation = "doi:10.1000/182"\n')
    assert named.validated
    assert named.evidence["own"].doi == "doi:10.1000/182"


def test_a_reliable_change_is_worked_out_from_reliability_and_sd():
    assert scale().reliable_change.value == pytest.approx(1.96 * 5 * np.sqrt(2 * 0.15))
    given = SCALE.replace("{ reliability = 0.85, sd = 5 }", "7")
    assert scale(given).reliable_change.value == 7


def test_items_asked_the_other_way_are_turned_and_it_is_said(tmp_path):
    path = study(tmp_path)
    found = read_study(path)
    other = SCALE.replace("reverse = [3, 5]\n", "").replace("here-and-now", "plain")
    plain = read_study(study(tmp_path / "plain", other, instrument="plain"))
    turned, kept = found.items["here-and-now", "own"], plain.items["plain", "own"]
    for item in (1, 2, 4, 6):
        assert sorted(turned[item]) == sorted(kept[item])
    for item in (3, 5):
        assert sorted(turned[item]) == sorted(4 - kept[item])
    assert "item.turned" in {issue.rule for issue in found.issues}


def test_totals_where_higher_is_better_are_turned_within_their_range(tmp_path):
    text = """
    [instruments.wellbeing]
    construct = "ptsd"
    totals = [0, 100]
    higher_is = "better"
    recall_hours = 336
    source = "made up"
    """
    content = tables()
    for n, row in enumerate(content["scores"]):
        for name in [name for name in row if name.startswith("item_")]:
            del row[name]
        row["total"] = n % 101
    path = study(tmp_path, text, content=content, instrument="wellbeing",
                 values='total = "total"', recall_hours=336)  # fmt: skip
    found = read_study(path)
    told = found.assessments["stated_total"]
    assert sorted(told) == sorted(100 - n % 101 for n in range(len(told)))
    assert "score.turned" in {issue.rule for issue in found.issues}


def test_answers_in_words_are_read_by_the_scale_s_options(tmp_path):
    content = tables(numbers=(1, 2, 3, 4, 5, 6))
    words = ["Not at all", "A little", "Some", "Quite", "very"]
    for row in content["scores"]:
        row |= {k: words[v] for k, v in row.items() if k.startswith("item_")}
    values = 'items = "item_{:02d}"\ncoding = "options"'
    one = read_study(study(tmp_path / "words", content=content, values=values))
    other = read_study(study(tmp_path / "codes"))
    key = ("here-and-now", "own")
    assert np.array_equal(one.items[key], other.items[key])


def test_words_of_the_options_without_the_coding_get_the_line_that_reads_them(tmp_path):
    content = tables(numbers=(1, 2, 3, 4, 5, 6))
    words = ["Not at all", "A little", "Some", "Quite", "Very"]
    for row in content["scores"]:
        row |= {k: words[v] for k, v in row.items() if k.startswith("item_")}
    with pytest.raises(ReliefError) as caught:
        read_study(study(tmp_path, content=content, values='items = "item_{:02d}"'))
    assert "they are written as its options in study.toml" in caught.value.message
    assert 'coding = "options"' in caught.value.message


def test_version_and_window_need_not_be_told_again(tmp_path):
    path = study(tmp_path)
    text = path.read_text().replace('version = "own"\n', "").replace("recall_hours = 0\nitems =",
                                                                      "items =")  # fmt: skip
    path.write_text(text)
    table = load_config(path).assessments[0]
    assert (table.version, table.recall_hours) == ("own", 0)


def test_the_study_is_judged_and_says_that_the_scale_is_ad_hoc(tmp_path):
    found = Outcome(study(tmp_path))
    assert found.exit_code == 0
    assert "question.ad-hoc" in found.rules("FLAG")


def test_a_scale_may_stand_in_a_file_that_study_toml_names(tmp_path):
    path = study(tmp_path, '[instruments]\nfile = "scales.toml"\n')
    (tmp_path / "scales.toml").write_text(SCALE.replace("[instruments.", "["))
    assert load_config(path).study.primary == "here-and-now"


WRONG = [
    ('construct = "ptsd"\n', "", "construct is missing"),
    ('construct = "ptsd"', 'construct = "mood"', "construct is 'mood'; expected is one of ptsd"),
    ("items = 6", "items = 0", "items must be how many there are"),
    ("item_max = 4", "item_max = 0", "item_max must lie whole steps above item_min"),
    ('higher_is = "worse"', 'higher_is = "up"', "expected is one of worse, better"),
    ('higher_is = "worse"\n', "", "higher_is is missing"),
    ("recall_hours = 0\n", "", "recall_hours is missing"),
    ("[3, 5]", "[3, 9]", "reverse must list items of this scale"),
    ("[4, 5, 6]", "[4, 5]", "subscales must list every item of the scale once"),
    ('"Very" = 4', '"Very" = 5', "options must give the points"),
    ("reliability = 0.85", "reliability = 1", "reliability must be above 0 and below 1"),
    ("sd = 5", 'sd = 5, method = "best"', "expected is one of jacobson-truax"),
    ("sd = 5", "sd = -5", "sd must be a number"),
    ('"PCL-5"', '"PCL-6"', "same_symptoms_as must name another scale"),
    ('title = "Trauma symptoms here and now"', 'tittle = "x"', "tittle is no key here"),
    ("[instruments.here-and-now]", "[instruments.IES-R]", "IES-R is a published scale"),
]


@pytest.mark.parametrize(("old", "new", "words"), WRONG)
def test_what_is_wrong_is_one_sentence_that_names_the_key(tmp_path, old, new, words):
    assert old in SCALE
    path = study(tmp_path, SCALE.replace(old, new))
    with pytest.raises(ReliefError, match=r"^study\.toml, ") as caught:
        load_config(path)
    assert words in caught.value.message
    assert len(caught.value.message) < 320


def test_a_published_form_of_unseen_items_is_declared_under_its_own_name(tmp_path):
    with pytest.raises(ReliefError, match=r"10.1037/tra0001939.*\[instruments.d-PCL\]"):
        load_config(write_study(tmp_path, instrument="d-PCL"))
    text = "[instruments.d-PCL]\nitems = 8\nitem_min = 0\nitem_max = 4\nrecall_hours = 5\n"
    found = scale(text + 'higher_is = "worse"\n', "d-PCL")
    assert found.validated
    assert (found.construct, found.same_symptoms_as) == ("ptsd", "PCL-5")
    assert found.evidence["own"].doi == "10.1037/tra0001939"


def test_two_studies_of_one_process_cannot_mean_two_scales_by_one_name(tmp_path):
    load_config(study(tmp_path / "one"))
    # The same study may mend its own, and another may declare the same.
    load_config(study(tmp_path / "one", SCALE.replace("item_max = 4", "item_max = 4.0")))
    load_config(study(tmp_path / "two"))
    with pytest.raises(ReliefError, match="another study declares another scale"):
        load_config(study(tmp_path / "three", SCALE.replace("reverse = [3, 5]\n", "")))
