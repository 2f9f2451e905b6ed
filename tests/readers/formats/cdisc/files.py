"""Made-up (synthetic) data sets written in the formats of CDISC, for tests that read them."""

from __future__ import annotations

import gzip
import json
import zlib
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyreadstat

from analysis.readers.table.text_table import TextTable

JSON_KINDS = ("json", "ndjson", "zlib.dsjc", "gzip.dsjc")


def table(columns: dict[str, list[str]], file: str = "made-up.xpt") -> TextTable:
    """Columns of text as a reader hands them on."""
    cells = pd.DataFrame(columns, dtype="str")
    return TextTable(file, cells, np.arange(2, len(cells) + 2), "0" * 64, ())


def write_xpt(path: Path, columns: dict[str, list[Any]], version: int = 5, **options: Any) -> Path:
    """A transport file of one data set."""
    frame = pd.DataFrame(columns)
    pyreadstat.write_xport(frame, path, file_format_version=version, table_name="MADEUP", **options)
    return path


def described(cells: dict[str, list[Any]], **changes: Any) -> dict[str, Any]:
    """A Dataset-JSON document; keyword arguments replace parts of it."""
    count = len(next(iter(cells.values())))
    parts = {
        "datasetJSONCreationDateTime": "2025-01-01T00:00:00",
        "datasetJSONVersion": "1.1.0",
        "itemGroupOID": "IG.MADEUP",
        "records": count,
        "name": "MADEUP",
        "label": "synthetic",
        "columns": [column(name, values) for name, values in cells.items()],
        "rows": [[values[row] for values in cells.values()] for row in range(count)],
    }
    return parts | changes


def column(name: str, values: list[Any], **changes: Any) -> dict[str, Any]:
    """The description of one column."""
    told = [value for value in values if value is not None]
    kind = "string"
    if told and not any(isinstance(value, str) for value in told):
        kind = "integer" if all(isinstance(value, int) for value in told) else "float"
    return {"itemOID": f"IT.{name}", "name": name, "label": name, "dataType": kind} | changes


def json_bytes(document: dict[str, Any], kind: str) -> bytes:
    """The document as one of ``JSON_KINDS``."""
    if kind == "json":
        return json.dumps(document).encode()
    about = {key: value for key, value in document.items() if key != "rows"}
    lines = "\n".join(json.dumps(line) for line in [about, *document["rows"]]).encode() + b"\n"
    pack = {
        "ndjson": bytes,
        "zlib.dsjc": zlib.compress,
        "gzip.dsjc": partial(gzip.compress, mtime=0),
    }
    return pack[kind](lines)


def write_json(path: Path, columns: dict[str, list[Any]], **changes: Any) -> Path:
    """A Dataset-JSON file of the kind that its name ends in."""
    kind = next(kind for kind in JSON_KINDS if path.name.endswith(kind))
    path.write_bytes(json_bytes(described(columns, **changes), kind))
    return path
