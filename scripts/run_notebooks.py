"""Run notebooks from a fresh kernel each and save them; unchanged results leave the file unchanged.

Usage: python scripts/run_notebooks.py [NOTEBOOK ...]   (default: all of notebooks/)
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, DeadKernelError

from analysis.writing import write_atomic

NOTEBOOKS = Path(__file__).resolve().parents[1] / "notebooks"
SECONDS_PER_CELL = 600

# The kernel reports its exact Python version, which would differ from machine to machine.
METADATA = {
    "kernelspec": {
        "display_name": "Python 3 (ipykernel)",
        "language": "python",
        "name": "python3",
    },
    "language_info": {
        "file_extension": ".py",
        "mimetype": "text/x-python",
        "name": "python",
        "pygments_lexer": "ipython3",
    },
}
KEPT_CELL_METADATA = {"jupyter", "tags"}


def run(path: Path) -> str:
    """The text of the notebook at `path` after all its cells have run in its own folder."""
    notebook = nbformat.read(path, as_version=4)
    NotebookClient(
        notebook,
        kernel_name="python3",
        timeout=SECONDS_PER_CELL,
        record_timing=False,
        coalesce_streams=True,
        # Each kernel would warn of its local, unencrypted sockets.
        extra_arguments=["--log-level=ERROR"],
        resources={"metadata": {"path": str(path.parent)}},
    ).execute()
    notebook.metadata = nbformat.from_dict(METADATA)
    for cell in notebook.cells:
        for key in set(cell.metadata) - KEPT_CELL_METADATA:
            del cell.metadata[key]
    nbformat.validate(notebook)
    text: str = nbformat.writes(notebook)
    return text if text.endswith("\n") else text + "\n"


def main(arguments: list[str]) -> int:
    """Run all named notebooks; 1 if any of them failed, which then keeps its old content."""
    paths = [Path(name).resolve() for name in arguments] or sorted(NOTEBOOKS.glob("*.ipynb"))
    failed = 0
    for path in paths:
        start = time.monotonic()
        try:
            after = run(path)
        except (CellExecutionError, DeadKernelError, TimeoutError) as error:
            print(f"{path.name}: failed and left as it was\n{error}", file=sys.stderr)
            failed = 1
            continue
        changed = after != path.read_text(encoding="utf-8")
        if changed:
            write_atomic(path, after)
        seconds = time.monotonic() - start
        print(f"{path.name}: {'saved' if changed else 'unchanged'} ({seconds:.0f} s)", flush=True)
    return failed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
