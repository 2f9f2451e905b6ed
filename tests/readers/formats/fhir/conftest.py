"""Fixtures that the tests of this room share."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from analysis.readers.formats.fhir.read import read_fhir
from analysis.readers.table.text_table import TextTable
from tests.readers.formats.fhir.export import (
    write_ndjson,
)


@pytest.fixture
def read(tmp_path: Path):
    """Write resources as NDJSON and read one table of them."""

    def _read(resources: list[dict[str, Any]], role: str = "assessments", codes=None) -> TextTable:
        path = write_ndjson(tmp_path / "export.ndjson", resources)
        return read_fhir(path, role=role, codes=codes)

    return _read
