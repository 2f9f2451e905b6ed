"""Pictures, a module a topic: each draws a table, computes nothing, and returns the Axes.

In: a table of describe or estimates. Out: matplotlib Axes; `base` has the one theme. Not here:
which rows are shown (describe), and what may leave (disclosure).
"""

from analysis.errors import require

require("report", "matplotlib", "seaborn", what="A figure")

from analysis.figures.common.base import AGGREGATES, entitle, set_theme
from analysis.figures.common.output import png, save, show, svg
from analysis.figures.forest import forest
from analysis.figures.forms import recall_shares, visit_times
from analysis.figures.scores.change import ecdf_of_change, mean_change

__all__ = [
    "AGGREGATES",
    "ecdf_of_change",
    "entitle",
    "forest",
    "mean_change",
    "png",
    "recall_shares",
    "save",
    "set_theme",
    "show",
    "svg",
    "visit_times",
]
