"""How a figure leaves: the same bytes again, sharp, with words for those who cannot see it."""

from __future__ import annotations

import io
import re

import pytest
from matplotlib.axes import Axes
from PIL import Image

from analysis import figures
from analysis.figures.common.base import WIDTH
from analysis.figures.common.output import COLOURS, DPI, SCREEN
from tests.figures.conftest import HOURS


def shown(monkeypatch: pytest.MonkeyPatch, ax: Axes, alt: str) -> tuple[dict, dict]:
    caught = []
    monkeypatch.setattr("IPython.display.display", lambda data, **more: caught.append((data, more)))
    figures.show(ax, alt=alt)
    return caught[0]


def test_show_gives_the_same_bytes_twice_with_alt_text_and_no_date(monkeypatch, changes):
    pictures = []
    for _ in range(2):
        ax = figures.mean_change(changes, hours=HOURS, synthetic=True)
        data, more = shown(monkeypatch, ax, "Mean change by window.")
        pictures.append(data["image/png"])
        image = Image.open(io.BytesIO(data["image/png"]))
        # Twice as sharp, and no wider on the page than what is drawn.
        width = round(image.width * SCREEN / DPI)
        told = {"alt": "Mean change by window.", "width": width}
        assert more["metadata"] == {"image/png": told}
        assert data["text/plain"] == "<figure: Mean change by window.>"
    assert pictures[0] == pictures[1]
    assert set(image.info) <= {"dpi"}
    assert image.width == pytest.approx(WIDTH * DPI, rel=0.03)
    assert len(image.getcolors()) <= COLOURS
    # Solid and white, whatever the page around it.
    assert image.convert("RGBA").getpixel((0, 0)) == (255, 255, 255, 255)


@pytest.mark.parametrize("alt", ["", "  "])
def test_a_figure_without_alt_text_is_refused(monkeypatch, changes, alt):
    with pytest.raises(ValueError, match="alternative text"):
        shown(monkeypatch, figures.mean_change(changes, hours=HOURS, synthetic=False), alt)


@pytest.mark.parametrize("kind", ["svg", "pdf", "png"])
def test_a_figure_is_saved_for_a_paper_as_wide_as_asked_and_the_same_again(tmp_path, changes, kind):
    files = []
    for name in "ab":
        ax = figures.mean_change(changes, hours=HOURS, synthetic=True)
        before = ax.get_figure(root=True).get_size_inches().tolist()
        files.append(figures.save(ax, tmp_path / f"{name}.{kind}", width=85))
    first, second = (file.read_bytes() for file in files)
    assert first == second
    assert ax.get_figure(root=True).get_size_inches().tolist() == before
    if kind == "svg":
        (points,) = re.findall(rb'<svg[^>]* width="([0-9.]+)pt"', first)
        assert float(points) == pytest.approx(85 / 25.4 * 72, abs=0.01)
    if kind == "png":
        image = Image.open(io.BytesIO(first))
        assert image.width == pytest.approx(85 / 25.4 * DPI, abs=1)


@pytest.mark.parametrize(
    ("name", "width", "message"),
    [
        ("a.jpg", None, "not as '.jpg'"),
        ("a.svg", 0, "positive number of mm"),
        ("a", 1, "not as ''"),
    ],
)
def test_what_no_paper_takes_is_refused(tmp_path, changes, name, width, message):
    ax = figures.mean_change(changes, hours=HOURS, synthetic=True)
    with pytest.raises(ValueError, match=re.escape(message)):
        figures.save(ax, tmp_path / name, width=width)
    assert list(tmp_path.iterdir()) == []


def test_svg_is_the_same_again_holds_letters_and_no_date(changes):
    first, second = (figures.svg(figures.mean_change(changes, hours=HOURS, synthetic=True))
                     for _ in range(2))  # fmt: skip
    assert first == second
    assert "synthetic data" in first
    assert "dc:date" not in first
