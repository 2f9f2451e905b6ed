"""The main job: every source judged, derived tables byte for byte, absent data named."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import analysis.report.pdf
import analysis.report.publish
import analysis.report.source_page
from analysis.errors import DataUnavailable, ReliefError
from analysis.paths import DATA_PROCESSED, NOTEBOOKS
from analysis.report.pdf import NO_BROWSER
from analysis.report.publish import NOT_HERE, publish, write_processed
from analysis.studies import judge_source
from tests.factory import write_study


@pytest.fixture(autouse=True)
def _without_chapters(monkeypatch):
    """Which pages are written is asked here; what they hold, in the browser and in sections."""
    monkeypatch.setattr(analysis.report.source_page, "CHAPTERS", ())


@pytest.mark.parametrize("study", ["published", "example"])
@pytest.mark.bad_input("G17", "G19")
def test_derived_tables_are_rebuilt_byte_for_byte(tmp_path, study):
    for path in write_processed(judge_source(study)[0], tmp_path):
        committed = DATA_PROCESSED / path.name
        assert path.read_bytes() == committed.read_bytes(), (
            f"run make report and commit {path.name}"
        )


def test_absent_data_are_named_in_the_report_and_where_the_reason_is(tmp_path, monkeypatch):
    def absent(name, definitions=None):
        if name == "nimh":
            raise DataUnavailable("data.unavailable", "The data are on the moon.")
        return judge_source(name, definitions)

    monkeypatch.setattr(analysis.report.publish, "judge_source", absent)
    monkeypatch.setattr(analysis.report.publish, "DATA_PROCESSED", tmp_path / "processed")
    front = publish(None, tmp_path)
    assert front == tmp_path / "index.html"
    text = front.read_text(encoding="utf-8")
    assert f"nimh: {NOT_HERE}" in " ".join(re.sub("<[^<>]*>", "", text).split())
    for path in NOTEBOOKS.glob("*.ipynb"):
        page = tmp_path / "example" / "notebooks" / f"{path.name[:2]}.html"
        assert f'id="notebook-{path.stem}"' in page.read_text(encoding="utf-8")
    assert not (tmp_path / "nimh").exists()


def test_data_asked_for_by_name_must_be_there(tmp_path, monkeypatch):
    def absent(name, definitions=None):
        raise DataUnavailable("data.unavailable", "The data are on the moon.")

    monkeypatch.setattr(analysis.report.publish, "judge_source", absent)
    with pytest.raises(ReliefError, match="on the moon"):
        publish("nimh", tmp_path)


def test_the_report_of_one_study_holds_that_study_alone(tmp_path):
    path = write_study(tmp_path / "clinic")
    text = publish(str(path), tmp_path).read_text(encoding="utf-8")
    assert text.count('id="onset"') == 1
    assert "<title>made-up" in text
    assert "scores.csv" in text


def test_a_report_lies_in_a_folder_of_its_name_unless_another_is_given(tmp_path, monkeypatch):
    path = write_study(tmp_path / "clinic")
    monkeypatch.chdir(tmp_path)
    assert publish(str(path)) == Path("reports") / "made-up" / "index.html"


def test_where_there_is_no_browser_a_pdf_is_one_sentence(tmp_path, monkeypatch):
    monkeypatch.setattr(analysis.report.pdf, "chromium", lambda: None)
    told = []
    page = publish("published", tmp_path, pdf=True, tell=told.append)
    assert told == [NO_BROWSER]
    assert [path.name for path in page.parent.iterdir()] == ["index.html"]
