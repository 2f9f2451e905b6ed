"""Fixtures that the tests of this room share."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture
def examples(open_data) -> Path:
    return open_data("redcap-examples")
