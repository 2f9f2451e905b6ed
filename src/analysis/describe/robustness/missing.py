"""What missing scores could change: strategies side by side, tipping points; none decides."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from analysis.claims.case import Case
from analysis.claims.ledger import SUPPORTED
from analysis.describe.common import policy, released, two_arms
from analysis.estimates.missing import (
    STRATEGIES,
    Imputations,
    Parameters,
    Trial,
    conditional_mean,
    multiple_imputation,
    posterior,
    resampled,
    tipping_point,
)
from analysis.estimates.missing.analysis_model import MEAN
from analysis.estimates.table import row
from analysis.quantity import Cell

__all__ = [
    "benefit",
    "by_strategy",
    "gate_5",
    "missing_by_window",
    "randomised_trial",
    "strategies_shown",
    "tipping_shifts",
    "visits_shown",
]

Conclusion = Callable[[float, float, float], bool]


def randomised_trial(case: Case, windows: Sequence[str] | None = None) -> Trial:
    """Everyone with a baseline on the primary form, their change at each visit or none.

    Raises
    ------
    ValueError
        When the study has no comparator, no visit, or an arm has nobody in a window.
    """
    two_arms(case)
    windows = case.visits if windows is None else windows
    if not windows:
        raise ValueError(
            f"No window after the infusion holds {case.scale.name} scores of enough participants "
            "of each arm."
        )
    people = case.people_scored
    change = [case.people(name).set_index("subject")["change"].reindex(people) for name in windows]
    labels = tuple(case.windows[name].label for name in windows)
    scores = case.scores
    return Trial(
        np.column_stack([column.to_numpy(float) for column in change]),
        scores.baseline,
        scores.treated,
        labels,
    )


def missing_by_window(case: Case, trial: Trial) -> pd.DataFrame:
    """How many of each arm lack a score in each window, in words where they are few.

    Returns
    -------
    DataFrame
        Arms as rows: participants, and a column a window with a count; for others rounded, and
        in words where it is below the study's smallest cell, an arm below that not at all.
    """
    rules = policy(case)
    arms = {str(case.design.active_arm): True, str(case.design.comparator_arm): False}
    rows = {}
    for arm, treated in arms.items():
        mine = trial.missing[trial.treated == treated]
        counts = mine.sum(axis=0)
        if rules is not None and len(mine) < rules.minimum:
            continue
        told = [f"{n if rules is None else rules.count(n)}" for n in counts]
        people = len(mine) if rules is None else rules.rounded(len(mine))
        rows[arm] = {"participants": people, **dict(zip(trial.visits, told, strict=True))}
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("arm")


def by_strategy(
    case: Case, trial: Trial, parameters: Parameters, *, visits: Sequence[str], seed: int = 1
) -> pd.DataFrame:
    """The difference at visits under every strategy, two ways: rows of the table of estimates.

    By conditional mean with jackknife, whose standard error is that of repeated trials, and by
    multiple imputation with Rubin's rules, whose standard error grows with what is missing.
    ``contrast`` and ``instrument`` are the case's; ``parameters`` are drawn by
    :func:`analysis.estimates.missing.posterior`. A strategy that the data do not allow has rows
    that say so.

    Raises
    ------
    ValueError
        When a visit is unknown, or the imputation model has no fit.
    """
    known = (*trial.visits, MEAN)
    unknown = [visit for visit in visits if visit not in known]
    if unknown:
        raise ValueError(f"'{unknown[0]}' is none of {', '.join(known)}.")
    words = _words(case)
    refits = resampled(trial)
    rows: list[dict[str, Any]] = []
    for strategy in STRATEGIES:
        if strategy == "LMCF" and (trial.event == 0).any():
            none = {
                "estimand": f"difference, {STRATEGIES[strategy]}",
                "n": trial.n,
                "method": "not given: somebody without any score has no mean to carry forward",
            }
            rows += [row(window=visit, **none, **words, cell=_cell(case, trial, visit, strategy))
                     for visit in visits]  # fmt: skip
            continue
        filled = multiple_imputation(trial, strategy, parameters=parameters, seed=seed)
        found = [*conditional_mean(trial, strategy, refits=refits).rows(**words),
                 *filled.rows(**words)]  # fmt: skip
        rows += [one | {"cell": _cell(case, trial, one["window"], strategy)}
                 for one in found if one["window"] in visits]  # fmt: skip
    return released(case, rows)


def _cell(case: Case, trial: Trial, visit: str, strategy: str) -> Cell:
    """Everyone randomised; all but missing at random treat those without a score otherwise."""
    missing = trial.missing
    lost = missing.any(axis=1) if visit == MEAN else missing[:, trial.visits.index(visit)]
    arms = {str(case.design.active_arm): trial.treated,
            str(case.design.comparator_arm): ~trial.treated}  # fmt: skip
    cell = Cell({arm: int(own.sum()) for arm, own in arms.items()}, parameters=3)
    if strategy == "MAR":
        return cell
    return cell.moving({arm: int((own & lost).sum()) for arm, own in arms.items()})


def tipping_shifts(
    case: Case, imputations: Imputations, conclusions: dict[str, Conclusion], *, visit: str
) -> pd.DataFrame:
    """The tipping shift of each conclusion: rows of the table of estimates, in points."""
    rows = []
    for name, holds in conclusions.items():
        found = tipping_point(imputations, holds, visit=visit)
        words = _words(case) | {"window": visit, "n": imputations.trial.n}
        one = found.row(**words)
        cell = _cell(case, imputations.trial, visit, "shifted")
        rows.append(one | {"estimand": f"{one['estimand']}: {name}", "cell": cell})
    return released(case, rows)


def benefit(estimate: float, low: float, high: float) -> bool:
    """Whether the interval lies below no difference."""
    return high < 0


def gate_5(case: Case) -> Conclusion:
    """Whether an estimate and its interval meet gate 5 in favour of ketamine.

    Raises
    ------
    ValueError
        When no minimal important difference is known for the form.
    """
    if case.bars is None:
        raise ValueError("No minimal important difference is known for this scale.")
    return case.bars.holds(SUPPORTED)


# Draws of the imputation model, and the seed of every imputation here.
DRAWS, SEED = 200, 1
IMPUTED = "multiple imputation"


def visits_shown(case: Case, trial: Trial) -> list[str]:
    """The first visit from about 24 h on and the last one, or whatever there is."""
    labels = [case.windows[name].label for name in case.visits if name in case.later_windows]
    return list(dict.fromkeys([labels[0], labels[-1]] if labels else [trial.visits[-1]]))


def strategies_shown(case: Case) -> pd.DataFrame:
    """Every strategy at two visits, two ways: rows with ``assumption`` and ``way``.

    Raises
    ------
    ValueError
        As :func:`randomised_trial`, or when the imputation model has no fit.
    """
    trial = randomised_trial(case)
    visits = visits_shown(case, trial)
    parameters = posterior(trial, draws=DRAWS, seed=SEED)
    found = by_strategy(case, trial, parameters, visits=visits)
    found["assumption"] = found["estimand"].str.removeprefix("difference, ")
    rubin = found["method"].str.contains("Rubin")
    found["way"] = np.where(rubin, IMPUTED, "conditional mean")
    order = {visit: place for place, visit in enumerate(visits)}
    return found.sort_values("window", key=lambda own: own.map(order), kind="stable")


def _words(case: Case) -> dict[str, Any]:
    return {"contrast": case.contrast, "instrument": case.scale.name}
