"""Who the participants were before the infusion, and what they were given, by arm.

No p-value: arms that chance made differ by chance alone (CONSORT 2025,
doi:10.1136/bmj-2024-081123).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.claims.case import Case
from analysis.describe.common import policy, released
from analysis.describe.scores.by_window import mean_row, sd_row

__all__ = ["NOT_READ", "baselines_by_arm", "routes", "treatment_by_arm"]

NOT_READ = "age, sex, diagnoses besides PTSD and other treatment"
MINUTES = 60.0


def baselines_by_arm(case: Case) -> pd.DataFrame:
    """Mean and SD before the infusion of every scale, by arm: rows of the table of estimates.

    A pair of rows (``mean before``, ``SD of scores``) an arm and scale, the primary one first;
    ``instrument`` names the scale with its version. Arms with fewer than two scores are left out.
    """
    table = case.baselines.assign(arm=case.baselines["subject"].map(case.arms))
    kinds = table[["instrument", "version", "recall_hours"]].drop_duplicates()
    order = kinds["instrument"].ne(case.scale.name)
    kinds = kinds.assign(later=order).sort_values(["later", "instrument", "version"])
    rows = []
    for name, version, recall, _ in kinds.itertuples(index=False):
        own = table[(table["instrument"] == name) & (table["version"] == version)
                    & (table["recall_hours"] == recall)]  # fmt: skip
        for arm in _arms(case):
            scores = own.loc[own["arm"] == arm, "baseline"].dropna().to_numpy(float)
            if scores.size > 1:
                words = {"contrast": arm, "instrument": f"{name}, {version}", "window": "before"}
                rows += [mean_row("mean before", scores, words), sd_row(scores, words)]
    return released(case, rows)


def treatment_by_arm(case: Case) -> pd.DataFrame:
    """Dose and length of the first infusion, by arm: rows of the table of estimates.

    ``estimand`` is ``dose (mg/kg)`` or ``length (minutes)``; an arm without a value has no row.
    """
    first = case.checked.study.infusions.query("infusion == 1")
    arm = first["subject"].map(case.arms)
    length = MINUTES * (first["end_hours"].astype(float) - first["start_hours"].astype(float))
    given = {"dose (mg/kg)": first["dose_mg_per_kg"].astype(float), "length (minutes)": length}
    rows = []
    for name, values in given.items():
        for own in _arms(case):
            found = values[arm == own].to_numpy(float)
            found = found[np.isfinite(found)]
            if found.size > 1:
                words = {"contrast": own, "window": "first infusion"}
                rows += [mean_row(name, found, words), sd_row(found, words)]
    return released(case, rows)


def routes(case: Case) -> dict[str, str]:
    """How the first infusion was given, by arm: each route with the number of participants.

    An arm whose route is not recorded is left out. Counts are as the view shows them.
    """
    first, rules = case.checked.study.infusions.query("infusion == 1"), policy(case)
    arm, route = first["subject"].map(case.arms), first["route"].dropna().astype("str")
    told = {}
    for own in _arms(case):
        counts = route[arm.reindex(route.index) == own].value_counts().sort_index()
        shown = [f"{name} {n if rules is None else rules.count(n)}" for name, n in counts.items()]
        if shown:
            told[own] = ", ".join(shown)
    return told


def _arms(case: Case) -> list[str]:
    return [str(arm) for arm in (case.design.active_arm, case.design.comparator_arm) if arm]
