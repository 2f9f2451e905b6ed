"""What is said of a picture is what is drawn: each number of its alternative text is in it."""

from __future__ import annotations

import inspect
import re
from collections import Counter
from types import ModuleType

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.collections import Collection
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle
from matplotlib.text import Text

from analysis.figures.common.base import new_axes
from analysis.sections import calibration, data, evidence, explanations, forms, onset, verdict
from analysis.sections.robustness import missing, multiverse
from analysis.sections.scores import change, control, responders
from analysis.sections.section import Picture
from analysis.studies import opened
from tests import length

ROOMS = (verdict, data, forms, change, control, onset, responders, explanations, missing,
         multiverse, evidence, calibration)  # fmt: skip
# Not part of a name, such as PCL-5 or Feder2014.
NUMBER = re.compile(r"(?<![\w.-])[-\u2212]?\d+(?:\.\d+)?")
# Said of the intervals, and drawn as their length.
LEVEL = re.compile(r"\b95 %")
DAY, WEEK = 24, 168
# A window of hours stands at its middle.
WINDOW = re.compile(r"([\d.]+) to ([\d.]+) h\b")


def drawing(room: ModuleType) -> list[str]:
    """The sections of a room that hold a picture."""
    return [name for name in room.__all__
            if "Picture(" in inspect.getsource(inspect.unwrap(getattr(room, name)))]  # fmt: skip


# Every defensible analysis takes as long as all others together: drawn in the long form alone.
LONGEST = () if length.LONG else ("specifications",)
SECTIONS = [(room, name) for room in ROOMS for name in drawing(room) if name not in LONGEST]


@pytest.fixture(scope="module")
def case():
    return opened("example")[0]


def numbers_in(text: str) -> list[str]:
    return [found.replace("\u2212", "-") for found in NUMBER.findall(LEVEL.sub("", text))]


def drawn(ax: Axes) -> np.ndarray:
    """Every number of a figure: of its marks, bars and words, and how many there are of a kind."""
    figure = ax.get_figure(root=True)
    found: list[float] = []
    for panel in figure.axes:
        lines = panel.get_lines()
        kinds = Counter((line.get_color(), line.get_alpha()) for line in lines)
        found += [*kinds.values(), *(len(line.get_xdata()) for line in lines)]
        for artist in panel.get_children():
            found += _places(artist)
    for text in figure.findobj(Text):
        found += map(float, numbers_in(text.get_text().replace("\n", " ")))
    return np.array(found, dtype=float)


def _places(artist: object) -> list[float]:
    if isinstance(artist, Line2D):
        return np.ravel(artist.get_xydata()).tolist()
    if isinstance(artist, Rectangle):
        x, y, wide, tall = artist.get_x(), artist.get_y(), artist.get_width(), artist.get_height()
        return [x, y, wide, tall, x + wide, y + tall]
    if isinstance(artist, Patch):
        return np.ravel(artist.get_path().vertices).tolist()
    if isinstance(artist, Collection):
        paths = [path.vertices for path in artist.get_paths()]
        return np.concatenate([*map(np.ravel, paths), np.ravel(artist.get_offsets())]).tolist()
    return []


def not_drawn(picture: Picture) -> list[str]:
    """Numbers of the alternative text that are not in the figure, to the digits that are said."""
    there = drawn(picture.ax)
    # Hours of the axis are said in days or weeks, a day that is written at it in hours.
    there = np.concatenate([there, there / DAY, there / WEEK, there * DAY])
    there = there[np.isfinite(there)]
    words = WINDOW.sub(lambda found: _middle(found, there), picture.alt)
    return [said for said in numbers_in(words) if not _is_in(said, there)]


def _middle(found: re.Match[str], there: np.ndarray) -> str:
    """A window that stands at its middle needs no more; another has to be in words."""
    middle = (float(found[1]) + float(found[2])) / 2
    return "" if np.isclose(there, middle, rtol=0.05).any() else found[0]


def _is_in(said: str, there: np.ndarray) -> bool:
    places = len(said.partition(".")[2])
    # Half of the last digit that is said.
    within = 0.5 * 10.0**-places * (1 + 1e-6)
    return bool((np.abs(there - float(said)) <= within).any())


@pytest.mark.parametrize(("room", "name"), SECTIONS, ids=[name for _, name in SECTIONS])
def test_every_number_said_of_a_picture_is_drawn_in_it(room, name, case):
    make = getattr(room, name)
    made = make(case) if inspect.signature(make).parameters else make()
    pictures = [block for block in made.blocks if isinstance(block, Picture)]
    assert pictures, made.missing
    for picture in pictures:
        assert not_drawn(picture) == [], picture.alt


def test_a_number_that_is_not_drawn_is_found():
    ax = new_axes(None)
    ax.plot([1.0, 2.0], [-7.756, 3.0])
    ax.set_title("PCL-5, 60 people")
    assert not_drawn(Picture(ax, "PCL-5: \u22127.76 at 1 h of 60 people, 95 % interval")) == []
    assert not_drawn(Picture(ax, "PCL-5: 7.76 at 5 h of 61 people")) == ["7.76", "5", "61"]
