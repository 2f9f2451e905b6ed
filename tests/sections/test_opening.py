"""Which study a notebook opens, and what it says of it first."""

from __future__ import annotations

import pytest

from analysis.claims.ledger import FOR_THE_TEAM
from analysis.sections import open_study
from analysis.sections.opening import PASSED_ON, CannotOpen
from tests.designs import DESIGNS, write


@pytest.fixture
def shown(monkeypatch):
    texts = []
    monkeypatch.delenv("RELIEF_STUDY", raising=False)
    monkeypatch.setattr(
        "IPython.display.display", lambda data, **_: texts.append(data["text/plain"])
    )
    return texts


@pytest.fixture
def clinic(tmp_path):
    return str(write(tmp_path, DESIGNS["single arm"], "clinic", synthetic=False))


def test_the_example_says_that_it_is_synthetic(shown):
    assert open_study("example").design.name == "example"
    assert "**synthetic**" in shown[0]
    assert FOR_THE_TEAM not in shown[0]


def test_the_variable_goes_before_the_cell(shown, clinic, monkeypatch):
    monkeypatch.setenv("RELIEF_STUDY", clinic)
    assert open_study("example").design.name == "clinic"


def test_real_people_are_headed_by_whom_the_numbers_are_for(shown, clinic):
    assert open_study(clinic).view == "team"
    assert open_study(clinic, "shared").view == "shared"
    assert FOR_THE_TEAM in shown[0]
    assert PASSED_ON in shown[1]
    assert all("synthetic" not in text for text in shown)


@pytest.mark.parametrize(("study", "view"), [("nowhere", "team"), ("example", "everybody")])
def test_what_cannot_be_opened_is_one_sentence_without_a_traceback(shown, study, view):
    with pytest.raises(CannotOpen) as caught:
        open_study(study, view)
    (line,) = caught.value._render_traceback_()
    assert line.endswith("]")
    assert "\n" not in line
