"""Run notebooks from a fresh kernel each and save them; unchanged results leave the file unchanged.

Usage: python scripts/run_notebooks.py [NOTEBOOK ...]   (default: all of notebooks/)

RELIEF_STUDY is left out: committed notebooks are on the study that they name. For a study of your
own: relief notebooks STUDY.
"""

from __future__ import annotations

import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nbformat
from nbclient.exceptions import CellExecutionError, DeadKernelError

from analysis.report.execution import execute, text_of
from analysis.writing import write_atomic

NOTEBOOKS = Path(__file__).resolve().parents[1] / "notebooks"


def run(path: Path) -> bool:
    """Run a notebook and save it if it changed; whether it failed, and then kept its content."""
    start = time.monotonic()
    try:
        after = text_of(execute(nbformat.read(path, as_version=4), path.parent))
    except (CellExecutionError, DeadKernelError, TimeoutError) as error:
        print(f"{path.name}: failed and left as it was\n{error}", file=sys.stderr)
        return True
    changed = after != path.read_text(encoding="utf-8")
    if changed:
        write_atomic(path, after)
    seconds = time.monotonic() - start
    print(f"{path.name}: {'saved' if changed else 'unchanged'} ({seconds:.0f} s)", flush=True)
    return False


def main(arguments: list[str]) -> int:
    """Run all named notebooks, two at a time; 1 if any of them failed."""
    os.environ.pop("RELIEF_STUDY", None)
    paths = [Path(name).resolve() for name in arguments] or sorted(NOTEBOOKS.glob("*.ipynb"))
    with ThreadPoolExecutor(min(2, os.cpu_count() or 1)) as pool:
        return int(any(list(pool.map(run, paths))))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
