"""How a figure leaves: shown in a notebook, as PNG or SVG, or saved for a paper."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.errors import require
from analysis.writing import write_atomic

__all__ = ["COLOURS", "DPI", "SCREEN", "png", "save", "show", "svg"]

# Of a PNG: sharp on a screen of two pixels a dot; it is shown as wide as at SCREEN.
DPI, SCREEN = 200, 110
# A PNG of so many colours is a third of the size, and nobody sees the difference.
COLOURS = 256
MM_PER_INCH = 25.4
# As large as what is drawn: words beside or under the axes may reach past the figure's edge.
WHOLE: dict[str, Any] = {"bbox_inches": "tight", "pad_inches": 0.08}


def png(ax: Axes) -> bytes:
    """The figure of an Axes as a PNG without date or version: equal figures, equal bytes.

    Raises
    ------
    ValueError
        When the axes belong to no figure.
    """
    from PIL import Image

    buffer, small = io.BytesIO(), io.BytesIO()
    _figure(ax).savefig(buffer, format="png", dpi=DPI, metadata={"Software": None}, **WHOLE)
    image = Image.open(buffer).convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
    image.save(small, format="png", optimize=True, dpi=(DPI, DPI))
    return small.getvalue()


def svg(ax: Axes, *, letters: bool = True) -> str:
    """The figure of an Axes as SVG without date: equal figures, equal text.

    It holds what is drawn to the last digit, so of real people it is for those who hold the data.

    Parameters
    ----------
    ax : Axes
    letters : bool
        Letters as letters: smaller, searched and read aloud. Else as outlines, which look the
        same whatever fonts there are.

    Raises
    ------
    ValueError
        When the axes belong to no figure.
    """
    buffer = io.StringIO()
    kind = "none" if letters else "path"
    with mpl.rc_context({"svg.hashsalt": "relief", "svg.fonttype": kind}):
        dates = {"Date": None, "Creator": None}
        _figure(ax).savefig(buffer, format="svg", metadata=dates, **WHOLE)
    return buffer.getvalue()


def save(ax: Axes, path: str | Path, *, width: float | None = None) -> Path:
    """Write the figure of an Axes for a paper, in the format that the file's ending names.

    Parameters
    ----------
    ax : Axes
    path : str or Path
        Ends in .svg, .pdf or .png.
    width : float, optional
        Of the picture in mm, as journals ask for it; letters keep their size in points.

    Raises
    ------
    ValueError
        When the ending is another one, the width no positive number, or there is no figure.
    ReliefError
        ``file.not-written`` where the place cannot be written to.
    """
    path, figure = Path(path), _figure(ax)
    kind = path.suffix.lower().removeprefix(".")
    if kind not in ("svg", "pdf", "png"):
        raise ValueError(f"A figure is saved as .svg, .pdf or .png, not as '{path.suffix}'.")
    if width is not None and not 0 < width < np.inf:
        raise ValueError("The width of a figure is a positive number of mm.")
    across, tall = map(float, figure.get_size_inches())
    wanted = across if width is None else width / MM_PER_INCH
    dates = {"svg": {"Date": None}, "pdf": {"CreationDate": None}, "png": {"Software": None}}
    buffer = io.BytesIO()
    try:
        figure.set_size_inches(wanted, tall * wanted / across)
        with mpl.rc_context({"svg.hashsalt": "relief", "svg.fonttype": "none", "pdf.fonttype": 42}):
            figure.savefig(buffer, format=kind, dpi=DPI, metadata=dates[kind])
    finally:
        figure.set_size_inches(across, tall)
    return write_atomic(path, buffer.getvalue())


def _figure(ax: Axes) -> Figure:
    figure = ax.get_figure(root=True)
    if figure is None:
        raise ValueError("The axes belong to no figure, so there is nothing to show.")
    return figure


def show(ax: Axes, *, alt: str) -> None:
    """Display a figure in a notebook as a PNG with its alternative text.

    The same figure gives the same bytes: the file holds no date and no version.

    Parameters
    ----------
    ax : Axes
    alt : str
        What the figure shows, for someone who cannot see it.

    Raises
    ------
    ValueError
        When the alternative text is empty.
    """
    require("notebooks", "IPython", what="Showing a figure")
    from IPython.display import display
    from PIL import Image

    if not alt.strip():
        raise ValueError("A figure needs an alternative text that says what it shows.")
    picture = png(ax)
    with Image.open(io.BytesIO(picture)) as image:
        # As wide as what is drawn, not as its pixels.
        width = round(image.width * SCREEN / DPI)
    display(
        {"image/png": picture, "text/plain": f"<figure: {alt}>"},
        raw=True,
        metadata={"image/png": {"alt": alt, "width": width}},
    )
