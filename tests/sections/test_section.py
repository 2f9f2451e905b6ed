"""A section shows what it has, and says in one sentence what the data do not hold."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from analysis.claims.ledger import SHARED
from analysis.figures.common.base import new_axes
from analysis.rules import refusal
from analysis.sections.section import NOT_HERE, UNFORESEEN, WITHHELD, Picture, section
from analysis.studies import opened


@section()
def two_parts(fault):
    yield "First."
    if fault is not None:
        raise fault
    yield pd.DataFrame({"n": [1]})
    yield pd.DataFrame()


def refused(message):
    """The refusal of a function of the project."""
    from analysis.describe.in_words import listed  # a frame of the project must raise it

    assert listed(["a"]) == "a"
    from analysis.estimates.change.paired import paired_change

    return lambda: paired_change(np.array([1.0, 2.0]), np.array([1.0]))


def test_all_parts_are_shown_but_empty_tables():
    blocks = two_parts(None).blocks
    assert blocks[0] == "First."
    assert len(blocks) == 2


def test_a_refusal_of_the_project_is_the_last_sentence():
    @section()
    def refuses():
        yield "First."
        refused("")()

    first, last = refuses().prose
    assert first == "First."
    assert last.startswith(NOT_HERE)
    assert "Traceback" not in last


def test_a_rule_is_told_by_its_sentence():
    last = two_parts(refusal("release.person-rows")).prose[-1]
    assert last.startswith(NOT_HERE)
    assert "is never shared" in last


@pytest.mark.parametrize("fault", [KeyError("Smith 41"), ValueError("Smith 41"), IndexError()])
def test_what_a_library_says_is_not_repeated(fault, monkeypatch):
    monkeypatch.delenv("RELIEF_DEBUG", raising=False)
    last = two_parts(fault).prose[-1]
    assert last.startswith(f"{UNFORESEEN} ({type(fault).__name__})")
    assert "Smith" not in last


def test_debugging_lets_a_fault_through(monkeypatch):
    monkeypatch.setenv("RELIEF_DEBUG", "1")
    with pytest.raises(KeyError):
        two_parts(KeyError("place"))


def test_what_passes_no_release_is_for_the_team_alone():
    @section(team_only=True)
    def exact(case):
        yield "41 of 60."

    case = opened("example")[0]
    assert exact(case).prose == ["41 of 60."]
    study = case.checked.study
    design = replace(study.design, synthetic=False)
    checked = replace(case.checked, study=replace(study, design=design))
    assert exact(replace(case, checked=checked)).prose == ["41 of 60."]
    assert exact(replace(case, checked=checked, view=SHARED)).prose == [WITHHELD]


def test_it_displays_prose_tables_and_pictures_with_their_words(monkeypatch):
    shown = []
    monkeypatch.setattr("IPython.display.display", lambda data, **how: shown.append((data, how)))

    @section()
    def three():
        yield "Prose **here**."
        yield pd.DataFrame({"p_value": [0.0123], "method": ["word " * 40]})
        ax = new_axes(None)
        ax.plot([0, 1], [0, 1])
        yield Picture(ax, "A line that rises.")

    three()._ipython_display_()
    assert shown[0][0]["text/markdown"] == "Prose **here**."
    # A table is shown in words and whole: pandas' own display would cut the cell.
    html = shown[1][0]._repr_html_()
    assert ("word " * 40).strip() in html
    assert "<th>p</th>" in html
    assert "<td>0.012</td>" in html
    assert shown[2][1]["metadata"]["image/png"]["alt"] == "A line that rises."
    assert three().alternatives == ["A line that rises."]
