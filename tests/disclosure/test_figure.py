"""A figure of aggregates is a picture; one that may show people is refused."""

from __future__ import annotations

import struct

import pytest
from matplotlib.figure import Figure

from analysis import figures
from analysis.disclosure.figure import shareable_figure
from analysis.errors import ReliefError
from analysis.estimates.table import row, table

# --- figures --------------------------------------------------------------------------------


def aggregate_axes() -> figures.Axes:
    shown = table(
        [row(contrast="ketamine", window="2 to 6 h", n=30, estimate=-7.0, ci_low=-9, ci_high=-5)]
    )
    return figures.mean_change(shown, hours={"2 to 6 h": 4.0}, synthetic=False)


def chunks(png: bytes) -> list[bytes]:
    kinds, at = [], 8
    while at < len(png):
        (length,) = struct.unpack_from(">I", png, at)
        kinds.append(png[at + 4 : at + 8])
        at += 12 + length
    return kinds


def test_a_figure_of_aggregates_is_a_picture_of_pixels_without_a_word() -> None:
    ax = aggregate_axes()
    png = shareable_figure(ax.get_figure(root=True))
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    assert set(chunks(png)) <= {b"IHDR", b"PLTE", b"pHYs", b"IDAT", b"IEND"}
    assert b"atplotlib" not in png


def test_a_figure_that_may_show_people_is_refused() -> None:
    drawn = Figure().subplots()
    drawn.plot([30, 40, 50], [20, 10, 30], "o")
    with_points = aggregate_axes()
    with_points.scatter([0, 0, 0], [-7, -3, 2])
    beside = aggregate_axes()
    beside.get_figure(root=True).add_axes((0.1, 0.1, 0.2, 0.2))
    for ax in (drawn, with_points, beside):
        with pytest.raises(ReliefError) as caught:
            shareable_figure(ax.get_figure(root=True))
        assert caught.value.rule == "release.figure"
