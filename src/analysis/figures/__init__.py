"""What people look at. Each function draws a table, computes nothing, and returns the Axes."""

from analysis.figures.base import AGGREGATES, entitle, png, set_theme, show
from analysis.figures.study import (
    ecdf_of_change,
    forest,
    mean_change,
    recall_shares,
    visit_times,
)

__all__ = [
    "AGGREGATES",
    "ecdf_of_change",
    "entitle",
    "forest",
    "mean_change",
    "png",
    "recall_shares",
    "set_theme",
    "show",
    "visit_times",
]
