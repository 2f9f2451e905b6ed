"""The pictures of the pages, drawn anew from what they are of."""

from __future__ import annotations

import tempfile
from pathlib import Path

from analysis.describe.answer.over_time import OverTime, over_time, published_over_time
from analysis.describe.scores.by_window import described
from analysis.figures.common.output import png
from analysis.figures.over_time import picture_over_time
from analysis.paths import EXAMPLE_STUDY, ROOT
from analysis.studies import opened
from tests.docs.walks import WALKS, Walk, walked

__all__ = ["FOLDER", "PICTURES", "drawn"]

FOLDER = ROOT / "docs" / "pictures"


def _study(path: Path) -> OverTime:
    return over_time(described(opened(str(path))[0]))


def _walk(walk: Walk) -> OverTime:
    with tempfile.TemporaryDirectory() as folder:
        walked(walk, Path(folder))
        return _study(Path(folder) / "study.toml")


# By name of file; all but the first are of made-up people.
PICTURES = {
    "published": published_over_time,
    "example": lambda: _study(EXAMPLE_STUDY),
    "walk_redcap": lambda: _walk(WALKS[0]),
    "walk_spreadsheet": lambda: _walk(WALKS[1]),
}


def drawn(name: str) -> bytes:
    """A picture as PNG."""
    return png(picture_over_time(PICTURES[name]()))
