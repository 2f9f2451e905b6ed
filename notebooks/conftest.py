"""Have nbval compare figures too, and start its kernels without the user's own settings.

nbval compares text exactly and skips images. Each cell keeps nbval's comparison and adds one of its
images, by the tolerance of ``analysis.report.comparison.pictures``. The report of a failure begins
with one line: what moved from the stored output to the new one, by heading, cell, table, row and
column, as the page of ``make review`` names them; or the error of the cell. The notebooks know
nothing of this, so another runner can take over.
"""

import functools
import re
import tempfile
from pathlib import Path

import pytest
from nbval.plugin import IPyNbCell, IPyNbFile

MOST_LINES = 5
PAGE = "make review shows all that moved on one page: output/review/index.html"
_PAINT = re.compile(r"\x1b\[[0-9;]*m")
OPEN_DATA = {"20_a_real_ketamine_trial.ipynb": "nimh-ketamine-ds005917"}


def pytest_collectstart(collector):
    """Wrap the start of a notebook's kernel."""
    if isinstance(collector, IPyNbFile):
        collector.setup = functools.partial(_start_without_user_settings, collector.setup)


def pytest_itemcollected(item):
    """Wrap the comparison of a cell's outputs; skip by name what needs data that are not here."""
    if isinstance(item, IPyNbCell):
        item.compare_outputs = functools.partial(_compare, item, item.compare_outputs)
        item.repr_failure = functools.partial(_headed, item, item.repr_failure)
        if reason := _absent(item.path.name):
            item.add_marker(pytest.mark.skip(reason=reason))


@functools.cache
def _absent(notebook):
    """Why a notebook's open data cannot be had, or nothing; each is looked for once."""
    if notebook not in OPEN_DATA:
        return None
    from analysis.errors import DataUnavailable
    from analysis.readers.open_data.fetch import fetch

    try:
        fetch(OPEN_DATA[notebook])
    except DataUnavailable as absent:
        return f"open data for {notebook}: {absent.message}"
    return None


def _start_without_user_settings(start):
    import matplotlib
    import matplotlib.font_manager  # builds the font cache, which a kernel would report on stderr

    with pytest.MonkeyPatch.context() as patch, tempfile.TemporaryDirectory() as empty:
        patch.setenv("IPYTHONDIR", empty)
        patch.delenv("PYTHONSTARTUP", raising=False)
        # Committed notebooks are compared on the study that they name.
        patch.delenv("RELIEF_STUDY", raising=False)
        patch.delenv("MPLBACKEND", raising=False)
        patch.setenv("MATPLOTLIBRC", str(Path(matplotlib.get_data_path()) / "matplotlibrc"))
        start()


def _compare(cell, compare_text, new, stored):
    from analysis.report.comparison.pictures import image_problems

    same = compare_text(new, stored)
    problems = image_problems(stored, new)
    if not same or problems:
        cell.comparison_traceback[:0] = _moved(cell, stored, new)
    cell.comparison_traceback.extend(problems)
    return same and not problems


def _moved(cell, stored, new):
    """What moved, old → new, a line each, and where the whole of it can be seen."""
    from analysis.report.comparison.changes import KINDS, blocks_moved
    from analysis.report.comparison.documents import of_outputs
    from analysis.report.comparison.told import line

    heading, place = _place(cell)
    blocks = (of_outputs(outputs, heading, place) for outputs in (stored, new))
    changes = sorted(blocks_moved(cell.path.name, *blocks), key=lambda one: KINDS.index(one.kind))
    lines = [line(change) for change in changes]
    # nbval compares fields of an output that nobody reads, such as its plain text beside HTML.
    cell.moved = lines[0] if lines else f"{_named(cell)}: nothing that a reader sees, see below"
    more = [f"and {len(lines) - MOST_LINES} more"] if len(lines) > MOST_LINES else []
    return ["Stored → new:", *lines[:MOST_LINES], *more, PAGE]


def _headed(cell, represent, excinfo):
    """What nbval says of a failure, below one line on what failed where."""
    moved = getattr(cell, "moved", None)
    if moved is None:
        trace = str(getattr(excinfo.value, "inner_traceback", None) or excinfo.value)
        last = (text for text in reversed(trace.splitlines()) if text.strip())
        moved = f"{_named(cell)}: {_PAINT.sub('', next(last, 'failed')).strip()}"
    return f"{moved}\n{represent(excinfo)}"


def _named(cell):
    from analysis.report.comparison.changes import Change
    from analysis.report.comparison.told import where

    return where(Change("text", cell.path.name, *_place(cell)))


def _place(cell):
    """The heading above a cell, and its number among all cells, which nbval does not count."""
    from analysis.report.comparison.documents import heading_above

    cells = cell.parent.nb.cells
    number = next(number for number, one in enumerate(cells) if one is cell.cell)
    return heading_above(cells[:number]), f"cell {number + 1}"
