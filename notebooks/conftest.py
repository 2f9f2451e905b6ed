"""Have nbval compare figures too, and start its kernels without the user's own settings.

nbval compares text exactly and skips images. Each cell keeps nbval's comparison and adds one of its
images, by the tolerance of ``tests/notebooks/compare_figures.py``. The notebooks know nothing of
this, so another runner can take over.
"""

import functools
import sys
import tempfile
from pathlib import Path

import pytest
from nbval.plugin import IPyNbCell, IPyNbFile

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "notebooks"))

from compare_figures import image_problems

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
    same = compare_text(new, stored)
    problems = image_problems(stored, new)
    cell.comparison_traceback.extend(problems)
    return same and not problems
