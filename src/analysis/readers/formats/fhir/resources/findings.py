"""What was found while an export is read, counted."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from analysis.errors import Issue
from analysis.rules import catalogue, issue

__all__ = ["Findings"]


@dataclass
class Findings:
    """Findings while a file is read: for each rule and its words, how often and where first."""

    _found: dict[tuple[str, tuple[tuple[str, object], ...]], list[int]] = field(
        default_factory=dict
    )

    def add(self, rule: str, row: int, count: int = 1, **fields: object) -> None:
        """Count a finding; ``fields`` fill the places of the rule's words."""
        if count:
            entry = self._found.setdefault((rule, tuple(fields.items())), [0, row])
            entry[0] += count

    def issues(self, file: str) -> tuple[Issue, ...]:
        """The findings, the gravest first."""
        order = ["STOP", "DROP", "FLAG", "NOTE"]
        found = [
            issue(rule, file=file, row=row, count=count, **dict[str, Any](fields))
            for (rule, fields), (count, row) in self._found.items()
        ]
        return tuple(sorted(found, key=lambda one: order.index(catalogue()[one.rule].severity)))
