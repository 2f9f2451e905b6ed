"""BIDS tables: tab-separated UTF-8 without quoting, ``n/a`` for missing, read as text."""

from __future__ import annotations

import codecs
import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from analysis.errors import Issue
from analysis.readers.table.text_table import TextTable
from analysis.rules import issue, refusal

__all__ = ["MISSING", "read_tsv"]

MISSING = "n/a"


def _decoded(path: Path) -> tuple[bytes, str]:
    try:
        raw = path.read_bytes()
    except OSError:
        raise refusal("published.missing", file=path.name) from None
    try:
        return raw, raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise refusal("published.encoding", file=path.name) from None


def _check_header(found: list[str], header: Sequence[str], file: str) -> None:
    if found == list(header):
        return
    # What stands there is not repeated: without its header a file begins with a patient.
    places = range(len(header))
    place = next((n for n in places if found[n : n + 1] != [header[n]]), len(header))
    wanted = f"column {header[place]!r}" if place < len(header) else "no further column"
    names = ", ".join(header)
    raise refusal(
        "published.header", file=file, row=1, wanted=wanted, place=place + 1, header=names
    )


def read_tsv(path: Path, header: Sequence[str]) -> TextTable:
    """Read a BIDS table whose header is known in advance.

    A byte-order mark (noted) and CRLF line ends are taken off; blank lines at the end are
    no rows.

    Parameters
    ----------
    path : Path
        The file. Its name, never its folder, appears in messages.
    header : sequence of str
        The column names, all and in order.

    Raises
    ------
    ReliefError
        ``published.missing``, ``published.encoding``, ``published.header``,
        ``published.ragged`` or ``published.no-rows``, with the 1-based row, never a value.

    References
    ----------
    Gorgolewski KJ et al. The brain imaging data structure. Sci Data 2016;3:160044.
    doi:10.1038/sdata.2016.44; the specification's section on tabular files.
    """
    file = path.name
    raw, text = _decoded(path)
    lines = text.replace("\r\n", "\n").rstrip("\n").split("\n")
    rows = [[cell.strip(" ") for cell in line.split("\t")] for line in lines]
    _check_header(rows[0], header, file)
    ragged = next((n for n, row in enumerate(rows, 1) if len(row) != len(header)), None)
    if ragged is not None:
        found = len(rows[ragged - 1])
        raise refusal("published.ragged", file=file, row=ragged, found=found, wanted=len(header))
    if len(rows) == 1:
        raise refusal("published.no-rows", file=file)
    cells = pd.DataFrame(rows[1:], columns=list(header), dtype="str")
    issues: tuple[Issue, ...] = ()
    if raw.startswith(codecs.BOM_UTF8):
        issues = (issue("published.bom", file=file),)
    return TextTable(
        file, cells, np.arange(2, len(rows) + 1), hashlib.sha256(raw).hexdigest(), issues
    )
