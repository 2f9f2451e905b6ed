"""A figure of real people leaves as a picture of aggregates, or not at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.rules import refusal

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["shareable_figure"]


def shareable_figure(figure: Figure) -> bytes:
    """A figure as it may be shared: a PNG of aggregates, without a word about its making.

    Only what the functions of :mod:`analysis.figures` drew passes: they draw tables of
    aggregates and mark their axes so. A picture of vectors would hold every number behind it.

    Raises
    ------
    ReliefError
        ``release.figure`` where some axes are not marked, or hold points like one a person.
    """
    from matplotlib.collections import PathCollection

    from analysis.figures import AGGREGATES, png

    drawn = [ax for ax in figure.axes if ax.get_visible()]
    scattered = any(isinstance(a, PathCollection) for ax in drawn for a in ax.collections)
    if not drawn or scattered or any(ax.get_gid() != AGGREGATES for ax in drawn):
        raise refusal("release.figure")
    return png(drawn[0])
