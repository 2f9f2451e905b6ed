"""What the tests of this room share."""

from __future__ import annotations

from pathlib import Path

import pytest

from analysis.errors import ReliefError
from analysis.readers.formats.fhir.read import read_fhir
from analysis.readers.table.text_table import TextTable
from tests.factory import TOKEN


def rules(table: TextTable) -> dict[str, int]:
    return {issue.rule: issue.count for issue in table.issues}


def refused(path: Path, role: str = "subjects") -> ReliefError:
    with pytest.raises(ReliefError) as caught:
        read_fhir(path, role=role)
    assert TOKEN not in caught.value.message
    assert str(path.parent) not in caught.value.message
    return caught.value
