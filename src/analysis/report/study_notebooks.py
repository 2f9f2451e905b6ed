"""Every notebook on a study: executed copies beside one another, never in notebooks/ itself."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import Any

from analysis.claims.ledger import FOR_THE_TEAM, TEAM
from analysis.errors import ReliefError, require
from analysis.paths import NOTEBOOKS
from analysis.report.execution import execute, text_of
from analysis.report.notebook_section import notebook_page, slug
from analysis.report.page import template, write_page
from analysis.report.progress import progress
from analysis.sections.opening import PASSED_ON, VARIABLE, heading
from analysis.sections.section import UNFORESEEN
from analysis.studies import BUILT_IN, opened
from analysis.writing import make_folder, write_atomic

__all__ = ["run_study"]

# Those that take longest begin first, so that none ends alone.
LONGEST = ("00_", "08_", "06_", "05_", "03_")
# One thread a kernel: several kernels share the machine.
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


def run_study(
    source: str,
    out: Path | None = None,
    view: str = TEAM,
    *,
    html: bool = False,
    jobs: int | None = None,
    tell: Callable[[str], None] = lambda text: None,
) -> Path:
    """Run all notebooks on a study, several at a time, and write what they show.

    Parameters
    ----------
    source : str
        A study.toml, its folder, or a built-in study of people.
    out : Path, optional
        Folder of the copies; ``output/NAME`` unless given.
    view : {"team", "shared"}
        Every number for those who hold the data, or what may be passed on.
    html : bool
        Whether to write ``index.html`` too, one page that makes no request.
    jobs : int, optional
        Notebooks at a time; as many as there are processors unless given.
    tell : function of str
        Is told of a cell that could not be shown.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    ReliefError
        For a STOP of scope ``study``, or where the folder is that of the notebooks themselves.
    """
    require("notebooks", "nbclient", "nbformat", "ipykernel", what="Running the notebooks")
    # What cannot be read is one sentence here, not one in every notebook.
    case, private = opened(source, view)
    name = case.design.name
    folder = (out or Path("output") / slug(name)).resolve()
    if folder == NOTEBOOKS.resolve():
        here = "Copies are never written into notebooks/, which is on the example"
        raise ReliefError("usage.out", f"{here}; give another --out.")
    make_folder(folder)
    banner = (FOR_THE_TEAM if view == TEAM else PASSED_ON) if private else ""
    top = "\n\n".join([f"# {name}", heading(case, view, private)])
    where = source if source in BUILT_IN else str(Path(source).resolve())
    paths = sorted(NOTEBOOKS.glob("[0-9][0-9]_*.ipynb"))
    written = []
    with progress("notebooks") as told, ThreadPoolExecutor(jobs or os.cpu_count() or 1) as pool:
        shown = where if view == TEAM or not private else name
        runs = {
            pool.submit(_run, path, where, shown, view, top): path
            for path in sorted(paths, key=_longest_first)
        }
        for done, run in enumerate(as_completed(runs), start=1):
            path = runs[run]
            notebook, failed = run.result()
            written.append(folder / path.name)
            write_atomic(written[-1], text_of(notebook))
            if failed:
                tell(f"{path.name}: {failed} cells could not be shown.")
            if told is not None:
                told(done, len(paths), path.name)
    if html:
        anchors = {path.name: f"notebook-{slug(path.stem)}" for path in sorted(written)}
        pages = [notebook_page(path, anchors) for path in sorted(written)]
        text = template("notebooks.html.j2").render(
            name=name, synthetic=case.design.synthetic, banner=banner, notebooks=pages
        )
        write_page(text, folder / "index.html")
    return folder


def _longest_first(path: Path) -> tuple[int, str]:
    """Place in the order of running."""
    known = [place for place, start in enumerate(LONGEST) if path.name.startswith(start)]
    return (known[0] if known else len(LONGEST), path.name)


def _run(path: Path, where: str, shown: str, view: str, top: str) -> tuple[Any, int]:
    """An executed copy that names its study and view, and how many of its cells failed."""
    import nbformat

    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        if "parameters" in cell.metadata.get("tags", ()):
            cell.source = f"study = {shown!r}\nview = {view!r}"
    execute(notebook, NOTEBOOKS, environment={**ONE_THREAD, VARIABLE: where}, go_on=True)
    failed = sum(_without_traceback(cell) for cell in notebook.cells if cell.cell_type == "code")
    notebook.cells.insert(0, nbformat.v4.new_markdown_cell(top, id="study"))
    return notebook, failed


def _without_traceback(cell: Any) -> bool:
    """Whether a cell failed; a sentence takes the place of what a library said."""
    import nbformat

    kept, failed = [], False
    for output in cell.outputs:
        if output.output_type == "error":
            failed = True
            text = f"{UNFORESEEN} ({output.ename})."
            kept.append(nbformat.v4.new_output("display_data", {"text/markdown": text,
                                                                "text/plain": text}))  # fmt: skip
        elif not (output.output_type == "stream" and output.name == "stderr"):
            kept.append(output)
    cell.outputs = kept
    return failed
