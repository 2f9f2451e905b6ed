"""relief init --ask: each open point once, nothing taken unasked, and it goes on where it ended."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from analysis.cli import app
from analysis.draft import ask_open_points, write_study_toml
from analysis.readers.assemble import read_study
from tests.draft.dialogue import ask
from tests.draft.test_write import content, export
from tests.factory import Outcome, tables, write_rows, write_study
from tests.readers.formats.redcap.project import write_project


def repeated_measures(path: Path) -> Path:
    """A spreadsheet of one row a visit, which the visit's name alone dates."""
    rng = np.random.default_rng(5)
    rows = []
    for person in range(40):
        arm = ("Ket", "Mid")[person % 2]
        level = rng.normal(48, 9)
        for visit, fall in (("Baseline", 0), ("Day 1", 12), ("Week 1", 8)):
            score = int(np.clip(level - fall * (arm == "Ket") + rng.normal(0, 4), 0, 80))
            rows.append({"Participant": f"K{person:02d}", "Condition": arm, "Visit": visit,
                         "PCL-5 total": score})  # fmt: skip
    pd.DataFrame(rows).to_excel(path, index=False)
    return path


def test_a_spreadsheet_with_visit_names_is_a_study_without_an_editor(tmp_path):
    out = tmp_path / "study.toml"
    table = repeated_measures(tmp_path / "results.xlsx")
    end, _person = ask(table, out, primary="PCL-5", baseline="Baseline", planned_per_arm="20")
    assert "every point is decided" in end
    study = read_study(out)
    assert study.subjects["arm"].value_counts().to_dict() == {"ketamine": 20, "midazolam": 20}
    assert set(study.assessments["hours_low"]) == {-24.0, 24.0, 168.0}
    assert Outcome(out).rules("STOP") == {"time.nominal", "score.none-in-hours"}


def test_of_two_scales_in_one_table_the_one_asked_about_is_named(tmp_path):
    people, visits = {"S1": "Ket", "S2": "Mid"}, ("Baseline", "Week 1")
    rows = [{"id": person, "arm": people[person], "visit": visit, "PCL-5 total": 40, "MADRS": 20}
            for person in people for visit in visits]  # fmt: skip
    write_rows(tmp_path / "scores.csv", rows)
    _end, person = ask(tmp_path / "scores.csv", tmp_path / "study.toml")
    asked = [text.split("(")[1].split(";")[0] for text in person.said if "]] version" in text]
    assert asked == ["PCL-5", "MADRS"]


def test_a_redcap_export_with_its_dictionary_is_a_study_without_an_editor(tmp_path):
    folder = tmp_path / "export"
    write_project(folder).unlink()
    out = folder / "study.toml"
    end, _person = ask(folder, out)
    assert "every point is decided" in end
    text = out.read_text(encoding="utf-8")
    told = ['time = "pcl_when"', 'instrument = "PCL-5-now"', 'agent = "inf_agent"']
    told += ['start = "inf_start"', 'arms = { "1" = "ketamine", "2" = "midazolam" }']
    assert [line for line in told if line not in text] == []
    by_hand = read_study(write_study(tmp_path / "plain"))
    pd.testing.assert_frame_equal(read_study(out).infusions, by_hand.infusions)
    assert not Outcome(out).rules("STOP")


def test_enter_leaves_every_point_open_and_takes_no_suggestion(tmp_path):
    out = tmp_path / "study.toml"
    made = export(tmp_path / "export", content())
    runner = CliRunner()
    assert runner.invoke(app, ["init", str(made), "--out", str(out)]).exit_code == 0
    before = out.read_text(encoding="utf-8")
    found = runner.invoke(app, ["init", str(made), "--out", str(out), "--ask"], input="\n" * 60)
    assert found.exit_code == 0
    assert out.read_text(encoding="utf-8") == before
    left = before.count('= "TODO"')
    assert f"{left} point(s) are still open" in found.output


def test_it_goes_on_where_it_was_stopped(tmp_path):
    out = tmp_path / "study.toml"
    made = export(tmp_path / "export", content())
    end, first = ask(made, out, stop_at="comparator")
    assert "still open" in end
    told = out.read_text(encoding="utf-8")
    assert 'design = "parallel"' in told
    end, second = ask(made, out)
    assert "every point is decided" in end
    assert second.keys[0] == "study.comparator"
    assert set(first.keys[:-1]).isdisjoint(second.keys)


def test_what_was_seen_is_told_in_the_terminal_and_stands_in_no_file(tmp_path):
    made = content()
    for row in made["scores"]:
        row["pcl5now_03"] = 9 if row["pcl5now_03"] == 2 else row["pcl5now_03"]
    out = tmp_path / "study.toml"
    _, person = ask(export(tmp_path / "export", made), out, stop_at="primary")
    said = "\n".join(person.said)
    assert "labels: ket, mdz" in said
    assert 'suggestion: { "ket" = "ketamine", "mdz" = "midazolam" }' in said
    assert "answers beyond the scale: 9" in said
    write_study_toml(tmp_path / "export", tmp_path / "untouched.toml")
    assert "mdz" not in (tmp_path / "untouched.toml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("key", "given", "words"),
    [
        ("design", "both", "one of parallel, crossover, single-arm"),
        ("randomised", "perhaps", "yes or no"),
        ("looks", "often", "a number"),
        ("primary", "PCL-9", "primary must be one of"),
        ("arms", "ket", "A = ketamine, B = midazolam"),
    ],
)
def test_an_answer_that_cannot_be_is_asked_again(tmp_path, key, given, words):
    made = export(tmp_path / "export", content())
    _, person = ask(made, tmp_path / "study.toml", **{key: given})
    again = [text for text in person.said if words in text]
    assert len(again) == 2
    assert person.keys[-1].endswith(key)


def test_a_column_that_is_not_there_is_refused_with_those_that_are(tmp_path):
    made = content()
    for row in made["subjects"]:
        row["x1"] = row.pop("arm")
    for row in made["subjects"]:
        row["x1"] = {"ket": "a", "mdz": "b"}[row["x1"]]
    for row in made["infusions"]:
        row["agent"] = {"ketamine": "a", "midazolam": "b"}[row["agent"]]
    folder = export(tmp_path / "export", made)
    arms = "a = ketamine, b = midazolam"
    _, person = ask(folder, tmp_path / "study.toml", subjects__arm="x2", arms=arms)
    assert any("There is no column 'x2'; there are id, x1" in text for text in person.said)


def test_a_table_of_forms_may_be_dropped_and_a_line_may_be_another_key(tmp_path):
    table = repeated_measures(tmp_path / "results.xlsx")
    frame = pd.read_excel(table, engine="openpyxl").assign(MADRS=20)
    frame.to_excel(table, index=False)
    out = tmp_path / "study.toml"
    ask(table, out, primary="PCL-5", stop_at="version")
    assert out.read_text(encoding="utf-8").count("[[assessments]]") == 2
    _end, _person = ask(table, out, primary="PCL-5", version="--", planned_per_arm="20")
    assert out.read_text(encoding="utf-8").count("[[assessments]]") == 0


def test_what_does_not_fit_together_is_mended_line_by_line(tmp_path):
    """After the last point the study is read; what keeps it from that is asked for again."""
    made = export(tmp_path / "export", content())
    out = tmp_path / "study.toml"
    end, _ = ask(made, out, timezone="Detroit", stop_at="item_base")
    answers = iter(["0", "", "America/Detroit"])
    said: list[str] = []
    end = ask_open_points(made, out, answer=lambda _: next(answers), say=said.append)
    assert "IANA" in "\n".join(said)
    assert "Enter for study.timezone" in "\n".join(said)
    assert "every point is decided" in end
    assert 'timezone = "America/Detroit"' in out.read_text(encoding="utf-8")


def test_a_control_c_ends_the_dialogue_and_keeps_what_was_said(tmp_path):
    made = export(tmp_path / "export", content())
    out = tmp_path / "study.toml"

    def interrupted(prompt: str) -> str:
        raise KeyboardInterrupt

    end = ask_open_points(made, out, answer=interrupted, say=lambda text: None)
    assert re.search(r"\d+ point\(s\) are still open", end)


def test_tables_of_a_study_are_those_of_the_factory(tmp_path):
    out = tmp_path / "study.toml"
    _end, _ = ask(export(tmp_path / "export", content()), out)
    by_hand = read_study(write_study(tmp_path / "by-hand", tables()))
    pd.testing.assert_frame_equal(read_study(out).subjects, by_hand.subjects)
