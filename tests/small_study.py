"""Studies of a few made-up rows, for tests that need no files."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from analysis.study import (
    ASSESSMENT_COLUMNS,
    INFUSION_COLUMNS,
    SUBJECT_COLUMNS,
    Design,
    Study,
    with_columns,
)

# Declared in full, for any number of people.
DECLARED: dict[str, Any] = {
    "randomised": True,
    "concurrent": True,
    "blinded": "double",
    "planned_per_arm": {"ketamine": 30, "midazolam": 30},
    "enrolment_reason": "As many people as the test makes.",
    "looks": 1,
    "registration": "none",
}
DESIGN = Design("made-up", "made-up", "PTSD", True, "parallel", "active", "PCL-5-now", **DECLARED)


def forms(rows: list[dict[str, Any]]) -> pd.DataFrame:
    """Assessments: subject 0, PCL-5-now and an exact time unless a row says otherwise."""
    defaults = {
        "subject": 0,
        "instrument": "PCL-5-now",
        "version": "ad-hoc",
        "recall_hours": 0.0,
        "stated_total": np.nan,
        "status": "complete",
        "source": "scores.csv",
        "row": 2,
    }
    full = []
    for number, row in enumerate(rows):
        exact = {"hours_low": row["hours"], "hours_high": row["hours"]} if "hours" in row else {}
        given = {name: value for name, value in row.items() if name != "hours"}
        full.append({"form": number} | defaults | exact | given)
    return with_columns(pd.DataFrame(full), ASSESSMENT_COLUMNS)


def infusion(number: int, start: float, end: float, **changes: Any) -> dict[str, Any]:
    """One infusion with exact times; keyword arguments replace parts of it."""
    row = {"subject": 0, "infusion": number, "agent": "ketamine", "start_hours": start,
           "end_hours": end, "start_low": start, "start_high": start, "end_low": end,
           "end_high": end, "status": "given"}  # fmt: skip
    return row | changes


def study(
    assessments: pd.DataFrame,
    infusions: list[dict[str, Any]] | None = None,
    items: dict[tuple[str, str], pd.DataFrame] | None = None,
) -> Study:
    """A study of the people who have forms; one infusion from 0 h to 40 min unless given."""
    people = sorted(assessments["subject"].unique())
    given = (
        [infusion(1, 0.0, 40 / 60, subject=p) for p in people] if infusions is None else infusions
    )
    return Study(
        design=DESIGN,
        subjects=with_columns(pd.DataFrame({"subject": people}), SUBJECT_COLUMNS),
        infusions=with_columns(
            pd.DataFrame(given, columns=None if given else ["subject", "infusion"]),
            INFUSION_COLUMNS,
        ),
        assessments=assessments,
        items=items or {},
    )
