"""The main job: judge every source, then write the report."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from analysis.claims.definitions import load_definitions
from analysis.claims.ledger import Ledger
from analysis.disclosure.file_names import shown_path
from analysis.errors import DataUnavailable
from analysis.estimates.table import table
from analysis.paths import DATA_PROCESSED, INSTALLED, NOTEBOOKS
from analysis.report import Progress, build_report
from analysis.report.provenance import provenance
from analysis.studies import BUILT_IN, judge_source, shared
from analysis.writing import make_folder, write_atomic

__all__ = ["publish", "write_processed"]


def publish(source: str | None, out: Path) -> Path:
    """Write ``out/index.html`` for one study, or for all built-in ones with their notebooks.

    Raises
    ------
    ReliefError
        For a STOP of scope ``study`` in the study asked for. A built-in study whose data
        cannot be had is named in the report as skipped, with the reason.
    """
    definitions = load_definitions()
    ledgers: list[Ledger] = []
    skipped: list[dict[str, str]] = []
    files: list[dict[str, Any]] = provenance() if source is None else []
    for name in BUILT_IN if source is None else [source]:
        try:
            ledger, checked = judge_source(name, definitions)
        except DataUnavailable as absent:
            if source is not None:
                raise
            skipped.append({"name": name, "reason": absent.message})
            continue
        ledgers.append(shared(name, ledger, checked))
        # An installed package is not written to.
        if source is None and not INSTALLED:
            write_processed(ledger, DATA_PROCESSED)
        if checked is not None and name != "example":
            producer = BUILT_IN[name].producer if name in BUILT_IN else "the study's own files"
            files += [
                {
                    "file": shown_path(file) if name not in BUILT_IN else file,
                    "sha256": digest,
                    "producer": producer,
                    "licence": "",
                }
                for file, digest in checked.study.sources.items()
            ]
    notebooks = sorted(NOTEBOOKS.glob("[0-9][0-9]_*.ipynb")) if source is None else []
    with _progress() as progress:
        return build_report(
            ledgers,
            out=out,
            notebooks=notebooks,
            provenance=files,
            skipped=skipped,
            progress=progress,
        )


def write_processed(ledger: Ledger, folder: Path) -> list[Path]:
    """Write a ledger's verdicts and estimates as tables, the same bytes each time.

    Numbers have six significant digits, so that the last digits of a linear-algebra library
    do not change a file. Returns the paths of ``<study>_verdicts.csv`` and
    ``<study>_estimates.csv``.
    """
    make_folder(folder)
    rows = [row for result in ledger.claims for row in (result.estimate, *result.beside)]
    estimates = table(row for row in rows if row["estimand"])
    verdicts = ledger.verdicts().assign(
        synthetic=ledger.synthetic,
        claims_sha256=ledger.claims_sha256,
        decisions_sha256=ledger.decisions_sha256,
        data_sha256=ledger.data_sha256,
    )
    paths = []
    for name, content in (("verdicts", verdicts), ("estimates", estimates)):
        paths.append(folder / f"{ledger.study}_{name}.csv")
        text = content.to_csv(index=False, float_format="%.6g", lineterminator="\n")
        write_atomic(paths[-1], text)
    return paths


@contextmanager
def _progress() -> Iterator[Progress | None]:
    """A progress bar in a terminal, nothing in a log."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn
    from rich.progress import Progress as Bar

    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed}/{task.total}"),
    )
    with Bar(*columns, console=console, transient=True) as bar:
        task = bar.add_task("report", total=None)

        def update(done: int, steps: int, what: str) -> None:
            bar.update(task, completed=done, total=steps, description=what)

        yield update
