"""Have nbval compare figures too, and start its kernels without the user's own settings.

nbval compares text exactly and skips images. Each cell keeps nbval's comparison and adds one of its
images, by the tolerance of ``analysis.report.comparison.pictures``, and says first what moved from
the stored output to the new one, by row and column. The notebooks know nothing of this, so another
runner can take over.
"""

import functools
import tempfile
from pathlib import Path

import pytest
from nbval.plugin import IPyNbCell, IPyNbFile

MOST_LINES = 5
PAGE = "make review shows all that moved on one page: output/review/index.html"
OPEN_DATA = {"20_a_real_ketamine_trial.ipynb": "nimh-ketamine-ds005917"}


def pytest_collectstart(collector):
    """Wrap the start of a notebook's kernel."""
    if isinstance(collector, IPyNbFile):
        collector.setup = functools.partial(_start_without_user_settings, collector.setup)


def pytest_itemcollected(item):
    """Wrap the comparison of a cell's outputs; skip by name what needs data that are not here."""
    if isinstance(item, IPyNbCell):
        item.compare_outputs = functools.partial(_compare, item, item.compare_outputs)
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
    from analysis.report.comparison.changes import blocks_moved
    from analysis.report.comparison.documents import of_outputs
    from analysis.report.comparison.told import line

    blocks = (of_outputs(outputs, place=cell.name) for outputs in (stored, new))
    lines = [line(change) for change in blocks_moved(cell.path.name, *blocks)]
    more = [f"and {len(lines) - MOST_LINES} more"] if len(lines) > MOST_LINES else []
    return ["Stored → new:", *lines[:MOST_LINES], *more, PAGE]
