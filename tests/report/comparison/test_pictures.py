"""Both sides of the thresholds: redrawn figures agree, figures that show something else do not.

Measured at 110 dpi as the largest count of disagreeing pixels in a block, of which 24 are allowed.
Agree: a shift by two pixels or another dpi in the decimals, 0; text without antialiasing, 9; text
without hinting, 15; the previous minor release of matplotlib, 24. Its patch releases 3.11.0 to
3.11.2 draw the same bytes.
Disagree: one point of a scatter moved by 1 of 80 units, 33; an interval missing, 116; an arm
shifted by half a point of 20, 161; colours swapped, 365; arms swapped, 448; another column, 306.
Not seen, on purpose: light grid lines, and what moves by less than three pixels. Text decides.
"""

from __future__ import annotations

import base64
import io

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image

from analysis.report.comparison import pictures as compare_figures
from analysis.report.comparison.pictures import figures_agree

BLUE, ORANGE = "#0173b2", "#de8f05"
KETAMINE = np.array([0.0, -14.2, -13.8, -11.9, -9.4, -6.3])
MIDAZOLAM = np.array([0.0, -5.1, -5.6, -4.9, -4.2, -3.7])
VISITS = ["before", "3 h", "5 h", "24 h", "72 h", "7 d"]
RNG = np.random.default_rng(3)
BEFORE = RNG.normal(52, 9, 60)
AFTER = 0.6 * BEFORE + RNG.normal(8, 8, 60)


def means(one=KETAMINE, other=MIDAZOLAM, *, colours=(BLUE, ORANGE), without=None, half_width=2.9):
    figure = Figure(figsize=(6.4, 4.0), layout="constrained")
    ax = figure.subplots()
    for arm, values in enumerate((one, other)):
        x = np.arange(len(values)) + 0.1 * arm - 0.05
        ax.plot(
            x, values, color=colours[arm], marker="os"[arm], label=["ketamine", "midazolam"][arm]
        )
        keep = np.array([(arm, visit) != without for visit in range(len(values))])
        ax.errorbar(
            x[keep], values[keep], half_width, color=colours[arm], capsize=3, lw=1, ls="none"
        )
    ax.set_xticks(range(len(VISITS)), VISITS)
    ax.set(xlabel="Time since the infusion", ylabel="Change (points)")
    ax.set_title("Change in PCL-5-now since baseline (synthetic)")
    ax.legend(frameon=False)
    return figure


def scatter(x=BEFORE, y=AFTER):
    figure = Figure(figsize=(5, 4), layout="constrained")
    ax = figure.subplots()
    ax.scatter(x, y, s=14, color=BLUE, alpha=0.8)
    ax.plot([20, 80], [20, 80], color="0.5", lw=0.8)
    ax.set(xlim=(20, 80), ylim=(0, 80), xlabel="PCL-5 before", ylabel="PCL-5 at 24 h")
    return figure


def png(figure, dpi=110):
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=dpi)
    return file.getvalue()


def moved(image, right, down):
    image = Image.open(io.BytesIO(image)).convert("RGB")
    canvas = Image.new("RGB", image.size, "white")
    canvas.paste(image, (right, down))
    file = io.BytesIO()
    canvas.save(file, "png")
    return file.getvalue()


def cropped(image, pixels):
    image = Image.open(io.BytesIO(image))
    file = io.BytesIO()
    image.crop((pixels, pixels, image.width - pixels, image.height - pixels)).save(file, "png")
    return file.getvalue()


@pytest.fixture(scope="module", autouse=True)
def _no_style():
    """The thresholds were measured without one, and another module may have left one behind."""
    with mpl.rc_context():
        mpl.rcdefaults()
        yield


@pytest.fixture(scope="module")
def stored():
    return {draw: png(draw()) for draw in (means, scatter)}


both = pytest.mark.parametrize("draw", [means, scatter])


@both
def test_same_figure(stored, draw):
    assert figures_agree(stored[draw], png(draw()))[0]


@both
@pytest.mark.parametrize(
    "setting", [{"text.hinting": "none"}, {"text.antialiased": False}, {"path.snap": False}]
)
def test_other_text_rendering_agrees(stored, draw, setting):
    with mpl.rc_context(setting):
        redrawn = png(draw())
    assert figures_agree(stored[draw], redrawn)[0]


@both
@pytest.mark.parametrize("dpi", [109.8, 110.3])
def test_rounded_dpi_agrees(stored, draw, dpi):
    assert figures_agree(stored[draw], png(draw(), dpi))[0]


@both
@pytest.mark.parametrize("shift", [(1, 0), (0, 1), (2, 2)])
def test_shift_by_pixels_agrees(stored, draw, shift):
    assert figures_agree(stored[draw], moved(stored[draw], *shift))[0]


@both
def test_tighter_bounding_box_agrees(stored, draw):
    assert figures_agree(stored[draw], cropped(stored[draw], 1))[0]


def after_with_one_moved(by):
    values = AFTER.copy()
    values[5] += by
    return values


LATER = np.array([0, 1, 1, 1, 1, 1])
OTHER_FIGURES = {
    "effect shifted by half a point": (means, {"one": KETAMINE + 0.5 * LATER}),
    "one mean moved": (means, {"one": KETAMINE + np.array([0, 0, 0.5, 0, 0, 0])}),
    "arms swapped": (means, {"one": MIDAZOLAM, "other": KETAMINE}),
    "colours swapped": (means, {"colours": (ORANGE, BLUE)}),
    "interval missing": (means, {"without": (0, 3)}),
    "intervals wider": (means, {"half_width": 3.4}),
    "another column": (scatter, {"y": BEFORE}),
    "axes swapped": (scatter, {"x": AFTER, "y": BEFORE}),
    "one point moved": (scatter, {"y": after_with_one_moved(1)}),
    "one point missing": (scatter, {"x": np.delete(BEFORE, 5), "y": np.delete(AFTER, 5)}),
}


@pytest.mark.parametrize("change", OTHER_FIGURES)
def test_other_figure_disagrees(stored, change):
    draw, arguments = OTHER_FIGURES[change]
    agree, message = figures_agree(stored[draw], png(draw(**arguments)))
    assert not agree
    assert "pixels differ in the 24-pixel block" in message


def test_other_size_disagrees(stored):
    agree, message = figures_agree(stored[means], cropped(stored[means], 2))
    assert not agree
    assert "size changed" in message


def test_unreadable_image_disagrees(stored):
    assert not figures_agree(stored[means], b"")[0]


def output(image, alt="A scatter of scores."):
    text = base64.b64encode(image).decode()
    return {"data": {"image/png": text}, "metadata": {"image/png": {"alt": alt}}}


def test_images_of_a_cell(stored):
    cell = [{"output_type": "stream", "text": "n = 60"}, output(stored[scatter])]
    assert compare_figures.image_problems(cell, cell) == []


def test_images_are_compared_in_order(stored):
    one, two = output(stored[scatter]), output(stored[means])
    first, second = compare_figures.image_problems([one, two], [two, one])
    assert first.startswith("figure 1 of 2 differs")
    assert second.startswith("figure 2 of 2 differs")


@pytest.mark.parametrize("count", [0, 2])
def test_missing_or_additional_image(stored, count):
    (problem,) = compare_figures.image_problems(
        [output(stored[scatter])], [output(stored[scatter])] * count
    )
    assert problem == f"the notebook stores 1 figures, the run drew {count}"


def test_other_alternative_text(stored):
    (problem,) = compare_figures.image_problems(
        [output(stored[scatter])], [output(stored[scatter], "Another text.")]
    )
    assert "alternative text" in problem
