"""Both treatments in the same person: the contrast of a crossover in each window with scores."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from analysis.claims.case import Case
from analysis.estimates.control.crossover import crossover_contrast
from analysis.estimates.control.crossover_scores import crossover_scores

__all__ = ["WithinPerson", "within_person"]

OUTCOME = "outcome"


@dataclass(frozen=True)
class WithinPerson:
    """The contrast in one window.

    Attributes
    ----------
    instrument, label : str
    rows : DataFrame
        Of :func:`analysis.estimates.control.crossover.crossover_contrast`.
    """

    instrument: str
    label: str
    rows: pd.DataFrame


def within_person(case: Case) -> list[WithinPerson]:
    """Ketamine minus comparator within people, on the primary form, in every window that has it.

    Raises
    ------
    ValueError
        When the study is no crossover of two infusions, or no window holds both scores of
        enough people.
    """
    if case.design.design != "crossover":
        raise ValueError("The study is no crossover: nobody was given both treatments.")
    found, refused = [], "no window after both infusions holds scores."
    for label, scores in _scores(case):
        words: dict[str, Any] = {"instrument": case.scale.name, "window": label}
        try:
            rows = crossover_contrast(
                scores,
                active=str(case.design.active_arm),
                comparator=str(case.design.comparator_arm),
                **words,
            )
        except ValueError as refusal:
            refused = f"{label} after each infusion: {refusal}"
            continue
        found.append(WithinPerson(case.scale.name, label, rows))
    if not found:
        raise ValueError(f"No contrast within a participant: {refused}")
    return found


def _scores(case: Case) -> list[tuple[str, pd.DataFrame]]:
    """One row a person and infusion, by window."""
    forms = case.checked.study.assessments
    own = forms[forms["instrument"] == case.scale.name]
    if "since_low" in forms and own["since_low"].notna().any():
        # The file tells the time since an infusion, and no closer than to the day.
        spans = own[["since_low", "since_high", "version"]].dropna().drop_duplicates()
        return [
            (
                f"{low:g} to {high:g} h",
                crossover_scores(
                    case.checked.study, instrument=case.scale.name, since=(low, high), version=form
                ),
            )
            for low, high, form in spans.sort_values("since_low").itertuples(index=False)
        ]
    return [
        (case.windows[name].label, table)
        for name in case.visit_windows
        if not (table := _in_window(case, name)).empty
    ]


def _in_window(case: Case, name: str) -> pd.DataFrame:
    """The score after each of the first two infusions, NaN where there is none."""
    window = case.windows[name]
    forms = case.on_primary_form(case.checked.forms)
    inside = (forms["since_end_low"] >= window.low) & (forms["since_end_high"] < window.high)
    inside &= forms["total"].notna()
    if not inside.any():
        return pd.DataFrame()
    scores = forms[inside].groupby(["subject", "latest_infusion"])["total"].mean()
    given = case.checked.study.infusions.query("infusion <= 2")
    order = given.sort_values("infusion").groupby("subject")["agent"].agg("-".join)
    keys = pd.MultiIndex.from_arrays([given["subject"], given["infusion"].astype(float)])
    return pd.DataFrame(
        {
            "subject": given["subject"].to_numpy(),
            "sequence": given["subject"].map(order).to_numpy(),
            "period": given["infusion"].astype(int).to_numpy(),
            "treatment": given["agent"].to_numpy(),
            OUTCOME: scores.reindex(keys).to_numpy(float),
        }
    )
