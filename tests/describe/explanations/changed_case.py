"""What the tests of this room share."""

from __future__ import annotations

from dataclasses import replace

from analysis.claims.case import Case


def with_study(case: Case, **changes) -> Case:
    """The case with parts of its study replaced."""
    study = replace(case.checked.study, **changes)
    return replace(case, checked=replace(case.checked, study=study))
