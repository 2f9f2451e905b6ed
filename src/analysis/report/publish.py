"""The main job: judge every source, then write the report."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from analysis.claims.definitions import load_definitions
from analysis.claims.ledger import SHARED, Ledger
from analysis.describe.verdicts import withheld_lines
from analysis.disclosure.file_names import shown_path
from analysis.errors import DataUnavailable
from analysis.estimates.table import table
from analysis.paths import DATA_PROCESSED, INSTALLED, NOTEBOOKS
from analysis.report import build_report
from analysis.report.progress import progress
from analysis.report.provenance import provenance
from analysis.studies import BUILT_IN, for_view, judge_source
from analysis.writing import make_folder, write_atomic

__all__ = ["publish", "write_processed"]


def publish(
    source: str | None,
    out: Path,
    view: str = SHARED,
    *,
    tell: Callable[[str], None] = lambda text: None,
) -> Path:
    """Write ``out/index.html`` for one study, or for all built-in ones with their notebooks.

    Parameters
    ----------
    source : str, optional
        A study.toml, its folder, or the name of a built-in study.
    out : Path
        Folder of the page.
    view : {"shared", "team"}
        A page to pass on, or one with every number for those who hold the data.
    tell : function of str
        Is told what is in a page that is passed on, and what was withheld.

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
        shown = for_view(view, name, ledger, checked)
        ledgers.append(shown)
        # An installed package is not written to.
        if source is None and not INSTALLED:
            write_processed(ledger, DATA_PROCESSED)
        if checked is not None and name != "example":
            files += _own_files(name, shown, checked.study.sources)
    notebooks = sorted(NOTEBOOKS.glob("[0-9][0-9]_*.ipynb")) if source is None else []
    with progress("report") as told:
        page = build_report(
            ledgers,
            out=out,
            notebooks=notebooks,
            provenance=files,
            skipped=skipped,
            progress=told,
        )
    for ledger in ledgers:
        if ledger.private and view == SHARED:
            tell(sent_text(ledger))
    return page


def _own_files(name: str, ledger: Ledger, sources: dict[str, str]) -> list[dict[str, Any]]:
    """Files of a study; those of people are neither named nor hashed for others."""
    if ledger.private and ledger.view == SHARED:
        return [{"file": "the study's own files, not named here", "sha256": "",
                 "producer": "those who hold the data", "licence": ""}]  # fmt: skip
    producer = BUILT_IN[name].producer if name in BUILT_IN else "the study's own files"
    return [
        {
            "file": shown_path(file) if ledger.private else file,
            "sha256": digest,
            "producer": producer,
            "licence": "",
        }
        for file, digest in sources.items()
    ]


def sent_text(ledger: Ledger) -> str:
    """What is in a page that is passed on, and what is not, for the one who sends it."""
    rows = [row for result in ledger.claims for row in (result.estimate, *result.beside)]
    shown = sum(row.get("estimate") == row.get("estimate") for row in rows if row["estimand"])
    lines = [
        f"In the page: verdicts on {len(ledger.claims)} claims with the reasons of their gates, "
        f"{shown} estimates, {len(ledger.flags)} flags; your name for the study and its title; no "
        "file name, no path, no row of a file, no unkeyed hash of one.",
        *(line for line in withheld_lines(ledger) if line),
        "Pass on one report of a study, not two that differ by a few participants.",
    ]
    return "\n".join(lines)


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
