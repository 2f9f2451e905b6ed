"""Rows that stand beside the difference and decide nothing: other analyses, and each arm alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from analysis.claims.case import Case
from analysis.claims.decision_rule import at_level
from analysis.claims.gates.robustness import people_moved
from analysis.claims.primary_analysis import primary_analysis
from analysis.estimates.change.paired import paired_change
from analysis.estimates.change.regression_to_the_mean import (
    largest_change_from_selection,
    retest_correlations,
)
from analysis.estimates.control.ancova import ancova
from analysis.estimates.table import row
from analysis.quantity import Cell

__all__ = ["beside_rows", "within_rows", "words_of"]


def words_of(case: Case, claim_id: str) -> dict[str, Any]:
    """Text columns of rows about the difference in the window of the case."""
    return {
        "claim": claim_id,
        "contrast": case.contrast,
        "instrument": case.scale.name,
        "window": case.label,
    }


def beside_rows(case: Case, claim_id: str) -> list[dict[str, Any]]:
    """The same difference without covariates, by ANCOVA of the window's mean, by other forms."""
    return _once(case, "beside the difference", claim_id, _rows_beside)


def _once(
    case: Case, name: str, claim_id: str, make: Callable[[Case], list[dict[str, Any]]]
) -> list[dict[str, Any]]:
    """Rows that several claims show, made once in each window."""
    key = f"{name} {case.window}"
    if key not in case.found:
        case.found[key] = make(case)
    return [one | {"claim": claim_id} for one in case.found[key]]


def _rows_beside(case: Case) -> list[dict[str, Any]]:
    try:
        return [*_unadjusted(case), *_adjusted(case), *_by_other_forms(case)]
    except ValueError:
        return []


def _unadjusted(case: Case) -> list[dict[str, Any]]:
    """The primary analysis without covariates but the baseline, where it has others."""
    if len(case.scores.covariates) == 1:
        return []
    plain = at_level(primary_analysis(case.scores.unadjusted), case.level)
    numbers_of = plain.row(**words_of(case, ""), estimand="adjusted difference")
    method = f"{plain.method}; without the other covariates{case.at_this_level}"
    return [row(**(numbers_of | {"method": method}), cell=case.primary_cell)]


def _adjusted(case: Case) -> list[dict[str, Any]]:
    """Rows of the baseline-adjusted difference in the window."""
    people = case.people(case.window)
    return ancova(
        people,
        treated=str(case.design.active_arm),
        control=str(case.design.comparator_arm),
        claim="",
        contrast=case.contrast,
        instrument=case.scale.name,
        window=case.label,
    )


def _by_other_forms(case: Case) -> list[dict[str, Any]]:
    """The same difference by complete questionnaires alone, where few blank items were filled."""
    other = case.by_other_forms
    if other is None:
        return []
    try:
        row = _adjusted(other)[0]
    except ValueError:
        return []
    added = f"; {case.checked.other_forms} (sensitivity analysis)"
    cell = row["cell"].moving(people_moved(case, other))
    return [row | {"method": row["method"] + added, "cell": cell}]


def within_rows(case: Case, claim_id: str) -> list[dict[str, Any]]:
    """Change within each arm, which decides nothing, and what selection alone may bring of it."""
    return _once(case, "within the arms", claim_id, _rows_within)


def _rows_within(case: Case) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    ceilings: list[dict[str, Any]] = []
    lowest = case.scale.total_range(case.primary_form[0])[0] if case.primary_form else 0.0
    for arm, people in case.people(case.window).groupby("arm", sort=True):
        cell = Cell({str(arm): len(people)}, parameters=1, plain_mean=True)
        if len(people) >= 3 and people["change"].std() > 0:
            rows.append(
                paired_change(
                    people["baseline"].to_numpy(float),
                    people["score"].to_numpy(float),
                    cell=cell,
                    claim="",
                    contrast=f"after - before, {arm}",
                    instrument=case.scale.name,
                    window=case.label,
                )[0]
            )
            ceilings += largest_change_from_selection(
                float(people["baseline"].mean()),
                correlations=retest_correlations(case.scale.name),
                lowest=lowest,
                n=len(people),
                cell=cell,
                claim="",
                contrast=f"after - before, {arm}",
                instrument=case.scale.name,
                window=case.label,
            )
    return rows + ceilings
