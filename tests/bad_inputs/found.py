"""What the tests of bad inputs say of a finding and of a refusal, and inputs they share."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from analysis.claims import judge
from analysis.claims.ledger import Ledger
from analysis.readers.assemble import read_study
from tests.factory import Outcome, checked, stamp, tables

ALL_ITEMS = tuple(range(1, 21))
ITEM = "item_03"
MONTH = {"instrument": "PCL-5", "version": "standard", "recall_hours": 720}
WEEK = {
    "instrument": "PCL-5",
    "version": "past-week",
    "recall_hours": 168,
    "values": 'total = "total"',
}
Content = dict[str, list[dict[str, Any]]]


def later(text: str, **shift: float) -> str:
    """A date-time of a file, moved."""
    return stamp(datetime.fromisoformat(text) + timedelta(**shift))


def placed(issue: dict[str, Any], file: str, row: int | None, column: str | None) -> None:
    """An issue says where it is and what to do."""
    assert (issue["file"], issue["row"], issue["column"]) == (file, row, column)
    assert issue["message"].startswith(f"{file}: ")
    assert len(issue["message"].split()) > 6


def graded(issue: dict[str, Any], severity: str, scope: str, count: int = 1) -> None:
    """An issue is as severe, reaches as far and is counted as it must be."""
    assert (issue["severity"], issue["scope"], issue["count"]) == (severity, scope, count)


def refused(outcome: Outcome, rule: str, *words: str) -> None:
    """An error says where it is and what to do."""
    assert outcome.error is not None, outcome.rules()
    assert outcome.error["rule"] == rule, outcome.error
    for word in words:
        assert word in outcome.error["message"], outcome.error["message"]


@cache
def plain() -> Outcome:
    """What the checks say of the made-up study as it is."""
    with TemporaryDirectory() as folder:
        return checked(Path(folder))


def judged(path: Path) -> Ledger:
    """Verdicts on a study."""
    return judge(read_study(path))


def totals(numbers: tuple[int, ...] = ALL_ITEMS) -> Content:
    """Stated totals in place of items."""
    content = tables(numbers=numbers)
    content["scores"] = [
        {"id": r["id"], "when": r["when"], "total": sum(r[f"item_{n:02d}"] for n in numbers)}
        for r in content["scores"]
    ]
    return content
