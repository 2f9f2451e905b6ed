"""Run a notebook from a fresh kernel, and give it back as it may be saved: no times, no machine."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from analysis.errors import require

__all__ = ["execute", "text_of"]

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


def execute(
    notebook: Any,
    folder: Path,
    *,
    environment: Mapping[str, str] | None = None,
    go_on: bool = False,
) -> Any:
    """Run every cell of a notebook in a kernel of its own, in a folder; the notebook itself.

    Parameters
    ----------
    notebook : NotebookNode
        As nbformat reads it; changed in place.
    folder : Path
        In which the kernel runs.
    environment : mapping, optional
        Variables besides those of this process.
    go_on : bool
        Whether the cells after one that fails are run.

    Raises
    ------
    CellExecutionError, DeadKernelError, TimeoutError
        As nbclient has them.
    """
    require("notebooks", "nbclient", "nbformat", "ipykernel", what="Running a notebook")
    import nbformat
    from nbclient import NotebookClient

    client = NotebookClient(
        notebook,
        kernel_name="python3",
        timeout=SECONDS_PER_CELL,
        allow_errors=go_on,
        record_timing=False,
        coalesce_streams=True,
        # Each kernel would warn of its local, unencrypted sockets.
        extra_arguments=["--log-level=ERROR"],
        resources={"metadata": {"path": str(folder)}},
    )
    # nbclient's own loop would stay open in every thread that runs a notebook.
    asyncio.run(client.async_execute(env={**os.environ, **(environment or {})}))
    notebook.metadata = nbformat.from_dict(METADATA)
    for cell in notebook.cells:
        for key in set(cell.metadata) - KEPT_CELL_METADATA:
            del cell.metadata[key]
    nbformat.validate(notebook)
    return notebook


def text_of(notebook: Any) -> str:
    """A notebook as it is written."""
    import nbformat

    text: str = nbformat.writes(notebook)
    return text if text.endswith("\n") else text + "\n"
