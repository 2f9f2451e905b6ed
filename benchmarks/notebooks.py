"""How long all notebooks of a study take, and how much of it is kernels that start and import.

The example, 60 people: every topic is fed, so that nothing is skipped. Wall time is that of
``relief notebooks``, as many at a time as there are processors; on a busy machine the processor
time, shared out over the processors, is what to read. Then the same notebooks with nothing but
their imports. Exit code 1 where a study takes longer than a minute and a half.

Run: ``make benchmark-notebooks`` (two minutes; ``ARGS=path/to/study`` for another one).
"""

from __future__ import annotations

import argparse
import ast
import os
import platform
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import nbformat

from analysis.paths import NOTEBOOKS
from analysis.report import study_notebooks

TARGET = 90.0


def timed(run: Callable[[], object]) -> tuple[float, float]:
    """Seconds of wall time, and of the processor: this process and those that it started."""
    before, start = os.times(), time.perf_counter()
    run()
    wall, after = time.perf_counter() - start, os.times()
    return wall, sum(after[:4]) - sum(before[:4])


def only_imports(folder: Path) -> None:
    """The notebooks without anything but what they import."""
    for path in NOTEBOOKS.glob("*.ipynb"):
        notebook = nbformat.read(path, as_version=4)
        for cell in notebook.cells:
            if cell.cell_type == "code":
                kept = [ast.unparse(one) for one in ast.parse(cell.source).body
                        if isinstance(one, ast.Import | ast.ImportFrom)]  # fmt: skip
                cell.source, cell.outputs = "\n".join(kept), []
        nbformat.write(notebook, folder / path.name)


def main() -> int:
    """Print times and the share; 1 where the target is missed."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("study", nargs="?", default="example")
    study = parser.parse_args().study
    with tempfile.TemporaryDirectory() as made:
        out, bare = Path(made) / "out", Path(made) / "bare"
        wall, cpu = timed(lambda: study_notebooks.run_study(study, out))
        count = len(list(out.glob("*.ipynb")))
        bare.mkdir()
        only_imports(bare)
        study_notebooks.NOTEBOOKS = bare
        _, started = timed(lambda: study_notebooks.run_study(study, out))
    cores = os.cpu_count() or 1
    print(f"Python {platform.python_version()}, {cores} processors, load {os.getloadavg()[0]:.1f}")
    print(f"{count} notebooks of {study}: {wall:.0f} s of wall time (target {TARGET:g}), "
          f"{cpu:.0f} s of the processor, {cpu / cores:.0f} s for each")  # fmt: skip
    print(f"kernels and imports: {started:.0f} s of the processor, {started / cpu:.0%}")
    return int(wall > TARGET)


if __name__ == "__main__":
    sys.exit(main())
