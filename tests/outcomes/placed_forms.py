"""What the tests of this room share."""

from __future__ import annotations

import pandas as pd

from analysis.instruments.scoring import score
from analysis.outcomes.baseline import baseline
from analysis.outcomes.change import change
from analysis.timeline import place
from tests.small_study import forms, infusion, study

RULE = {"within_days": 28, "another_day_hours": 12}
WEEK = {"instrument": "PCL-5", "version": "past-week", "recall_hours": 168.0}


def placed(*rows: tuple[float, float], infusions=None, **common) -> pd.DataFrame:
    """Forms at (hours, total), placed; one infusion from 0 to 1 h unless given."""
    table = [{"hours": hours, "stated_total": total, **common} for hours, total in rows]
    made = study(forms(table), infusions=infusions or [infusion(1, 0.0, 1.0)])
    return place(made, score(made))


def changes(*rows: tuple[float, float], **common) -> pd.DataFrame:
    table = placed((-1, 30), *rows, **common)
    return change(table, baseline(table, **RULE))
