"""What the tests of this room share."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import pytest

from analysis.errors import ReliefError
from tests.factory import TOKEN

PEOPLE = {
    "USUBJID": ["S1", "S2", "S3"],
    "ARM": ["Ketamine", "", "Midazolam, 0.045 mg/kg"],
    "AVAL": [3, 0.5, 36.7],
    "VISITNUM": [1, 2, 201],
}
DAY = (date(2025, 3, 4) - date(1960, 1, 1)).days
MOMENT = (datetime(2025, 3, 4, 10, 20, 5) - datetime(1960, 1, 1)).total_seconds()


def refused(reader, path: Path) -> ReliefError:
    with pytest.raises(ReliefError) as caught:
        reader(path)
    assert str(path.parent) not in caught.value.message
    assert TOKEN not in caught.value.message
    return caught.value


def read_bytes(reader, tmp_path: Path, raw: bytes):
    path = tmp_path / "made-up.data"
    path.write_bytes(raw)
    return reader(path)
