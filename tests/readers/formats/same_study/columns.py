"""The tables of a study by column, for writers of data files, and the study.toml beside them."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from tests.damage.made import Made
from tests.damage.written import FORM, PLAIN, STUDY

TABLES = ("subjects", "infusions", "scores")
EPOCH = datetime(1960, 1, 1)


def of(made: Made, name: str) -> dict[str, list[Any]]:
    """The columns of a table; a blank answer is None."""
    rows = getattr(made, name)
    return {key: [None if row[key] == "" else row[key] for row in rows] for key in rows[0]}


def declared(folder: Path, made: Made, ending: str) -> Path:
    """The study.toml of files of this ending."""
    files = {name: f"{name}.{ending}" for name in TABLES}
    more = {"dose": 'dose_mg_per_kg = "dose"', "declared": made.declared, "more": ""}
    path = folder / "study.toml"
    text = STUDY.format(zone=made.zone) + PLAIN.format(**files, form=FORM, **more)
    path.write_text(text, encoding="utf-8")
    return path


def since_1960(values: list[Any]) -> list[Any]:
    """Moments as SAS counts them, in seconds; other values as they are."""
    return [(v - EPOCH).total_seconds() if isinstance(v, datetime) else v for v in values]
