"""What the tests of this room share."""

from __future__ import annotations

from analysis.checks import check
from analysis.study import Study


def rules(study: Study, severity: str) -> set[str]:
    return {issue.rule for issue in check(study).issues if issue.severity == severity}
