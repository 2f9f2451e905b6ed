"""The built-in example, checked once for all tests of this room, which read it alone."""

from __future__ import annotations

import pytest

from analysis.checks import Checked, check
from analysis.claims.case import Case
from analysis.claims.definitions import load_definitions
from analysis.claims.ledger import Ledger
from analysis.describe.explanations import expectancy
from analysis.studies import judge_source, load_study


@pytest.fixture(scope="session")
def case() -> Case:
    return Case(check(load_study("example")), load_definitions())


@pytest.fixture(scope="module")
def difference(case) -> dict:
    return expectancy.primary_difference(case, window="hours")


@pytest.fixture(scope="session")
def example() -> tuple[Ledger, Checked]:
    return judge_source("example")
