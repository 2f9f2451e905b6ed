"""A trial scored days or weeks after its infusions, of a true difference, judged from files."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from analysis.claims import judge
from analysis.claims.definitions import load_definitions
from analysis.claims.ledger import Ledger, Reason
from analysis.readers.assemble import read_study
from tests.factory import stamp, tables, write_study

WEEK = {"instrument": "PCL-5", "version": "past-week", "recall_hours": 168,
        "values": 'total = "total"'}  # fmt: skip
TRUE, N = -12.0, 40
RULES = load_definitions()
# Other claims take most of the time.
ONLY = RULES.model_copy(
    update={"claims": {name: RULES.claims[name] for name in
                       ("onset", "magnitude", "attribution")}}
)  # fmt: skip


def content(
    *hours: float,
    difference: float = TRUE,
    n: int = N,
    sd: float = 8.0,
    level: float = 50,
    seen: dict[float, int] | None = None,
) -> dict[str, list[dict[str, Any]]]:
    """A trial with a total the day before and so many hours after the infusion's end.

    Everyone is five points better at every visit, on ketamine by ``difference`` more; at an hour
    of ``seen`` only so many people have a score.
    """
    rng = np.random.default_rng(11)
    made = tables(n_per_arm=n, hours_after_end=())
    made["scores"] = []
    for number, (person, given) in enumerate(zip(made["subjects"], made["infusions"], strict=True)):
        end = datetime.fromisoformat(given["end"])
        own = rng.normal(0, 7)
        before = {"id": person["id"], "when": stamp(end - timedelta(hours=25))}
        made["scores"].append(before | {"total": max(0, round(level + own + rng.normal(0, 4)))})
        for hour in hours:
            total = level - 5 + own + rng.normal(0, sd) + difference * (person["arm"] == "ket")
            if number < (seen or {}).get(hour, 2 * n):
                when = {"id": person["id"], "when": stamp(end + timedelta(hours=hour))}
                made["scores"].append(when | {"total": max(0, round(total))})
    return made


def judged(folder: Path, made: dict[str, Any], more: str = "", **changes: Any) -> Ledger:
    path = write_study(folder, made, **(WEEK | changes))
    path.write_text(path.read_text("utf-8") + more, "utf-8")
    return judge(read_study(path), ONLY)


def gate(result: Ledger, name: str, claim: str = "attribution") -> Reason:
    return next(reason for reason in result[claim].reasons if reason.gate == name)
