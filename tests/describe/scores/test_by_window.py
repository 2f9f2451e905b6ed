"""What a study says in every window, whatever its clock."""

from __future__ import annotations

import json
from random import Random

import pandas as pd
import pytest
from typer.testing import CliRunner

from analysis.claims.gates.later_window import deciding_window
from analysis.cli import app
from analysis.describe.in_words import interval
from analysis.describe.scores.by_window import MIXED, PRIMARY, described
from analysis.describe.scores.described_text import described_text
from analysis.describe.scores.mixed_model import mixed_model
from analysis.estimates.control.ancova import ancova
from analysis.studies import opened
from tests.designs import DESIGNS, write_design
from tests.factory import tables, write_study


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """The path of a named design, written once."""
    folder = tmp_path_factory.mktemp("designs")

    def path(name):
        own = folder / name.replace(" ", "-").replace(",", "")
        return own / "study.toml" if own.is_dir() else write_design(own, name)

    return path


@pytest.fixture(scope="module")
def found(study):
    known = {}

    def of(name):
        if name not in known:
            known[name] = described(opened(str(study(name)))[0])
        return known[name]

    return of


def windows(of):
    return {one.window: one for one in of.windows}


def test_a_window_in_which_everybody_answers_as_before_is_described_by_its_means(tmp_path):
    content = tables(n_per_arm=6)
    for form in content["scores"]:
        draw = Random(form["id"])
        form.update({item: draw.randint(0, 4) for item in form if item.startswith("item_")})
    alike = described(opened(str(write_study(tmp_path, content)))[0])
    assert alike.windows
    for window in alike.windows:
        said = set(window.arms["estimand"])
        assert "mean score" in said
        assert not any("change" in estimand for estimand in said)


DECIDES = {
    "crossover in days": "day",
    "single arm": "hours",
    "three arms": "hours",
    "week forms only": "day",
    "hours without dissociation or guess": "hours",
    "many sites": "hours",
    "two infusions a person": "hours",
    "visits by name, without times": "day_7",
}


@pytest.mark.parametrize("name", DESIGNS)
def test_every_design_has_the_window_that_decides_and_numbers_in_each(found, name):
    of = found(name)
    assert of.decides == DECIDES[name]
    assert [one.window for one in of.windows if one.decides] == [DECIDES[name]]
    for one in of.windows:
        assert one.arms["estimate"].notna().all()
        assert one.sentence


def test_of_a_crossover_participants_are_compared_with_themselves(found):
    """The text named this contrast and printed it nowhere."""
    of = found("crossover in days")
    text = described_text(of)
    assert text.count("after each infusion: n = ") == len(of.within_person) > 0
    assert len(of.as_dict()["within_person"]) == len(of.within_person)
    assert any("in no later one" in limit for limit in of.limits)
    assert not found("many sites").within_person


def test_others_see_no_contrast_of_participants_with_themselves(tmp_path):
    path = write_design(tmp_path, "crossover in days")
    path.write_text(path.read_text().replace("synthetic = true", "synthetic = false"))
    of = described(opened(str(path), "shared")[0])
    assert not of.within_person
    assert any("for the study team alone" in limit for limit in of.limits)


def test_a_window_beyond_hours_is_not_called_the_one_that_decides(found):
    """A form of the past week cannot speak to hours; its window decides what lies beyond them."""
    of = found("week forms only")
    text = described_text(of)
    assert "about 24 h after (decides beyond hours alone; the 168 h that the scale asks" in text
    assert any("beyond hours alone" in limit for limit in of.limits)
    assert "the window that decides" not in text
    assert "the window that decides)" in described_text(found("many sites"))
    alone = described_text(found("single arm"))
    assert "the window that decides" not in alone
    assert "without a comparator none decides" in alone


@pytest.mark.parametrize("name", DESIGNS)
def test_p_stands_in_the_window_that_decides_alone(found, name):
    for one in found(name).windows:
        rows = pd.concat([one.arms, one.differences, one.responders])
        assert rows["p_value"].notna().any() == one.decides
        tested = one.differences.loc[one.differences["p_value"].notna(), "estimand"]
        assert set(tested) <= {PRIMARY}


def test_days_and_months_are_told_with_what_their_interval_holds(found):
    of = found("visits by name, without times")
    assert list(windows(of)) == ["day_7", "day_30", "day_90"]
    told = windows(of)["day_7"].sentence
    assert told.startswith("At about 7 days the arms differed by −")
    assert "points (" in told
    assert any("cannot speak to hours" in limit for limit in of.limits)


def test_the_difference_is_that_of_covariance_and_of_one_model_over_all_windows(study, found):
    of = found("week forms only")
    case = opened(str(study("week forms only")))[0]
    day = windows(of)["day"].differences.set_index("estimand")["estimate"]
    people = case.people("day")
    own = ancova(people, treated="ketamine", control="midazolam")[0]["estimate"]
    assert day["adjusted difference"] == pytest.approx(own)
    assert day[PRIMARY] == pytest.approx(case.at("day").primary.estimate)
    assert abs(day[MIXED] - own) < 2


def test_two_windows_have_a_difference_each_in_the_mixed_model(tmp_path):
    content = tables(n_per_arm=12, hours_after_end=(3, 24))
    model = mixed_model(opened(str(write_study(tmp_path, content)))[0])
    assert len(model.sizes) == 2
    assert model.joint()["df1"] == 2
    assert model.differences()["estimate"].nunique() == 2


def test_the_later_window_that_the_verdict_reads_tells_the_difference_of_the_verdict(study, found):
    of, case = found("many sites"), opened(str(study("many sites")))[0]
    assert of.decides == "hours"
    name = deciding_window(case)[0]
    later = windows(of)[name]
    told = later.differences.set_index("estimand").loc[PRIMARY]
    assert told["estimate"] == pytest.approx(case.at(name).primary.estimate)
    assert interval(told, unit="points") in later.sentence


def test_a_past_week_form_within_hours_is_described_and_does_not_decide(found):
    of = found("week forms only")
    assert "hours_late" in windows(of)
    assert any("do not decide" in limit and "asks about time" in limit for limit in of.limits)


def test_without_a_comparator_there_is_no_difference_and_a_sentence_says_so(found):
    of = found("single arm")
    assert of.differences.empty
    assert all("no comparator" in one.sentence for one in of.windows)


def test_json_and_text_say_the_same(study):
    path = str(study("visits by name, without times"))
    result = CliRunner().invoke(app, ["describe", path, "--json"])
    assert result.exit_code == 0
    document = json.loads(result.stdout)
    assert document["view"] == "team"
    assert document["decides"] == "day_7"
    assert document["windows"][0]["hours"] == [144, 216]
    text = CliRunner().invoke(app, ["describe", path]).stdout
    assert all(one["sentence"] in text for one in document["windows"])
    assert "SYNTHETIC" in text


def test_what_cannot_be_read_is_one_sentence_and_exit_2(tmp_path):
    result = CliRunner().invoke(app, ["describe", str(tmp_path / "no"), "--json"])
    assert result.exit_code == 2
    assert json.loads(result.stdout)["error"]["rule"] == "study.unknown"


def test_others_see_no_number_of_a_small_arm(tmp_path):
    path = write_design(tmp_path, "visits by name, without times", per_arm=8)
    path.write_text(path.read_text().replace("synthetic = true", "synthetic = false"))
    case, private = opened(str(path), "shared")
    of = described(case)
    assert private
    assert of.windows
    for rows in (of.arms, of.differences, of.responders):
        assert rows["estimate"].isna().all()
    assert "withheld" in described_text(of)
    assert "n = 8" not in described_text(of)
