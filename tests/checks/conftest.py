"""Fixtures that the tests of this room share."""

from __future__ import annotations

import pytest

from analysis.readers.assemble import read_study
from analysis.study import Study
from tests.factory import write_study


@pytest.fixture
def study(tmp_path) -> Study:
    return read_study(write_study(tmp_path / "study"))
