"""The built-in example, checked once for all tests of this room, which read it alone."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from analysis.checks import Checked, check
from analysis.claims.case import Case
from analysis.claims.definitions import load_definitions
from analysis.claims.ledger import SHARED, TEAM, Ledger
from analysis.claims.sensitivity.multiverse import multiverse
from analysis.describe.explanations import expectancy
from analysis.studies import judge_source, load_study


@pytest.fixture(scope="session")
def case() -> Case:
    return Case(check(load_study("example")), load_definitions())


def real_people(case: Case, view: str) -> Case:
    """The example, were its people real, as a view shows it."""
    study = case.checked.study
    design = replace(study.design, synthetic=False)
    checked = replace(case.checked, study=replace(study, design=design))
    return replace(case, checked=checked, view=view)


@pytest.fixture(scope="session")
def real(case) -> Case:
    """The example as others read it, were its people real."""
    return real_people(case, SHARED)


@pytest.fixture(scope="session")
def team(case) -> Case:
    """The example as the study team reads it, were its people real."""
    return real_people(case, TEAM)


@pytest.fixture(scope="session")
def found(case) -> pd.DataFrame:
    return multiverse(case)


@pytest.fixture(scope="module")
def difference(case) -> dict:
    return expectancy.primary_difference(case, window="hours")


@pytest.fixture(scope="session")
def example() -> tuple[Ledger, Checked]:
    return judge_source("example")
