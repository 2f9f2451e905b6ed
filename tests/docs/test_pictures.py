"""Every picture of a page is what the code draws today, and says where people are made up."""

from __future__ import annotations

import re

import pytest

from analysis.report.comparison.pictures import figures_agree
from tests.docs.pages import PAGES, prose
from tests.docs.pictures import FOLDER, PICTURES, drawn
from tests.length import trials

SHOWN = {
    name: alt
    for page in PAGES
    for alt, name in re.findall(r"!\[([^\]]+)\]\((?:docs/)?pictures/(\w+)\.png\)", prose(page))
}


def test_every_picture_is_shown_in_a_page():
    assert set(SHOWN) == set(PICTURES) == {path.stem for path in FOLDER.glob("*.png")}


@pytest.mark.long
@pytest.mark.parametrize("name", [*PICTURES][: trials(short=1, long=len(PICTURES))])
def test_a_picture_is_what_is_drawn_today(name):
    """Where this fails after a change of what is drawn: run ``make pages``."""
    agree, said = figures_agree((FOLDER / f"{name}.png").read_bytes(), drawn(name))
    assert agree, said


@pytest.mark.parametrize("name", sorted(set(PICTURES) - {"published"}))
def test_people_who_are_made_up_are_called_so(name):
    assert re.match("Made-up|Synthetic", SHOWN[name])
