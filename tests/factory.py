"""Small made-up studies, written as files, for tests of what a researcher could hand in."""

from __future__ import annotations

import csv
import json
import tomllib
from collections.abc import Collection
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

NOW_ITEMS = (1, 3, 4, 5, 6, 9, 10, 11, 13, 14, 15, 17, 18, 19)

TOML = """
[study]
name = "{name}"
population = "{population}"
synthetic = true
design = "{design}"
{zone}
{section}
{declared}
arms = {arms}
comparator = "{comparator}"
missing_codes = {missing_codes}
primary = "{instrument}"

[subjects]
path = "subjects.csv"
subject = "id"
{arm}
{files}

[infusions]
path = "infusions.csv"
subject = "id"
agent = "agent"
start = "start"
end = "end"
{infusions}
{files}

[[assessments]]
path = "scores.csv"
subject = "id"
time = "when"
instrument = "{instrument}"
version = "{version}"
recall_hours = {recall_hours}
{values}
{files}
"""


ARMS = '{ ket = "ketamine", mdz = "midazolam" }'
# What makes a study eligible: how it was done, every key of it.
DECLARED = """
randomised = true
concurrent = true
blinded = "double"
planned_per_arm = {planned}
looks = 1
registration = "NCT00000000 2024-12-01"
"""


def toml(**changes: Any) -> str:
    """A valid study.toml, declared in full; keyword arguments replace parts of it."""
    parts = {
        "name": "made-up",
        "population": "PTSD",
        "design": "parallel",
        "zone": 'timezone = "America/Detroit"',
        "arms": ARMS,
        "comparator": "active",
        "missing_codes": "[]",
        "instrument": "PCL-5-now",
        "version": "ad-hoc",
        "recall_hours": 0,
        "arm": 'arm = "arm"',
        "section": "",
        "declared": DECLARED.format(planned=6),
        "files": "",
        "infusions": "",
        "values": 'items = "item_{:02d}"',
    }
    return TOML.format(**(parts | changes))


def write_rows(path: Path, rows: list[dict[str, Any]], separator: str = ",") -> None:
    """Rows as delimited text, columns as in the first row."""
    with path.open("w", newline="", encoding="utf-8") as out:
        writer = csv.DictWriter(out, rows[0].keys(), delimiter=separator, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def tables(
    *,
    n_per_arm: int = 6,
    arms: tuple[str, ...] = ("ket", "mdz"),
    effect: float = 1.0,
    hours_after_end: tuple[float, ...] = (3, 24),
    numbers: tuple[int, ...] = NOW_ITEMS,
    start: datetime = datetime(2025, 3, 4, 10, 20),
) -> dict[str, list[dict[str, Any]]]:
    """People with two ratings before and some after; ``effect`` is the fall per item on ket."""
    rng = np.random.default_rng(7)
    subjects, infusions, scores = [], [], []
    for index in range(n_per_arm * len(arms)):
        arm = arms[index % len(arms)]
        person = f"S{index:03d}"
        begin = start + timedelta(days=index)
        end = begin + timedelta(minutes=40)
        subjects.append({"id": person, "arm": arm})
        agent = {"ket": "ketamine", "mdz": "midazolam"}[arm]
        infusions.append({"id": person, "agent": agent, "start": stamp(begin), "end": stamp(end)})
        moments = [begin - timedelta(hours=26), begin - timedelta(hours=1)]
        moments += [
            end + timedelta(hours=hours, minutes=int(rng.integers(1, 20)))
            for hours in hours_after_end
        ]
        for number, moment in enumerate(moments):
            fall = effect if number > 1 and arm == "ket" else 0.0
            items = np.clip(np.round(rng.normal(2.5 - fall, 0.8, len(numbers))), 0, 4).astype(int)
            items[0] = min(items[0], 2) if number % 2 else 0
            row = {"id": person, "when": stamp(moment)}
            row |= {
                f"item_{item:02d}": int(value) for item, value in zip(numbers, items, strict=True)
            }
            scores.append(row)
    return {"subjects": subjects, "infusions": infusions, "scores": scores}


# Declared where a study has a table of CADSS totals.
CADSS = """
[[assessments]]
path = "cadss.csv"
subject = "id"
time = "when"
instrument = "CADSS"
version = "23-item"
recall_hours = 0
total = "total"
"""


def with_cadss(
    content: dict[str, list[dict[str, Any]]],
    *,
    hours_after_end: tuple[float, ...] = (2.4, 4.9),
    still: Collection[str] = (),
) -> dict[str, list[dict[str, Any]]]:
    """The same with a CADSS before and within hours, back for everyone but those named.

    Within hours a study without one leaves gate 6 open.
    """
    rows = []
    for row in content["infusions"]:
        begin, end = (datetime.fromisoformat(row[name]) for name in ("start", "end"))
        rows.append({"id": row["id"], "when": stamp(begin - timedelta(minutes=30)), "total": 1})
        total = 30 if row["id"] in still else 2
        for hours in hours_after_end:
            when = stamp(end + timedelta(hours=hours))
            rows.append({"id": row["id"], "when": when, "total": total})
    return content | {"cadss": rows}


def stamp(moment: datetime) -> str:
    """A local date-time as an export writes it."""
    return moment.strftime("%Y-%m-%dT%H:%M")


def write_study(
    folder: Path, content: dict[str, list[dict[str, Any]]] | None = None, **changes: Any
) -> Path:
    """Write a study folder, as many people planned as there are, and return its study.toml."""
    folder.mkdir(parents=True, exist_ok=True)
    content = content or tables()
    for name, rows in content.items():
        write_rows(folder / f"{name}.csv", rows)
    path = folder / "study.toml"
    treatments = len(set(tomllib.loads(f"arms = {changes.get('arms', ARMS)}")["arms"].values()))
    planned = max(1, round(len(content["subjects"]) / treatments))
    declared = {"declared": DECLARED.format(planned=planned)}
    text = toml(**(declared | changes)) + (CADSS if "cadss" in content else "")
    path.write_text(text, encoding="utf-8")
    return path


# Planted in a cell, it must come out nowhere.
TOKEN = "Zebra4711Quartz"


class Outcome:
    """What ``relief check STUDY --json`` makes of a study, and everything it said on the way."""

    def __init__(self, path: Path) -> None:
        from typer.testing import CliRunner

        from analysis.cli import app

        result = CliRunner().invoke(app, ["check", str(path), "--json"])
        document = json.loads(result.stdout)
        self.exit_code = result.exit_code
        self.said = result.stdout + result.stderr
        self.error = document.get("error")
        self.issues = document.get("issues", [])
        self.flow = document.get("flow", [])

    def find(self, rule: str) -> dict[str, Any]:
        """The one issue of a rule."""
        found = [issue for issue in self.issues if issue["rule"] == rule]
        assert len(found) == 1, f"{rule}: {[i['rule'] for i in self.issues]} {self.error}"
        return found[0]

    def rules(self, *severities: str) -> set[str]:
        """Rules of some severities, all unless given."""
        wanted = severities or ("STOP", "DROP", "FLAG", "NOTE")
        return {issue["rule"] for issue in self.issues if issue["severity"] in wanted}

    def people(self, stage: str) -> int:
        """People or forms of a stage of the flow, all arms."""
        return sum(row["n"] for row in self.flow if row["stage"] == stage)


def promised(outcome: Outcome) -> Outcome:
    """Hold the promises that every outcome must keep: no value told, everybody counted."""
    assert TOKEN not in outcome.said
    assert "Traceback" not in outcome.said
    if outcome.error is None:
        assert outcome.exit_code == 0
        parts = outcome.people("people set aside") + outcome.people("people analysed")
        assert outcome.people("people read") == parts
        told = {row["rule"] for row in outcome.flow}
        assert outcome.rules("DROP") <= told
    else:
        assert outcome.exit_code == 2
        assert outcome.error["rule"] not in ("internal", "memory")
    return outcome


def checked(
    folder: Path, content: dict[str, list[dict[str, Any]]] | None = None, **changes: Any
) -> Outcome:
    """Write a study, check it, and hold the promises."""
    return promised(Outcome(write_study(folder, content, **changes)))
