"""The multiverse: what other defensible choices would have found; it decides nothing.

``multiverse.toml`` declares the choices. Those of one row are put together into scores that the
primary analysis and its neighbours take; how far the primary answer hangs on one choice is then
a matter of counting rows (Steegen et al. 2016, doi:10.1177/1745691616658637).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.claims.case import Case
from analysis.claims.decision_rule import decide_by_interval
from analysis.claims.primary_analysis import Scores
from analysis.claims.sensitivity.estimators import estimate, redealt, same_analysis
from analysis.claims.sensitivity.specifications import (
    Grid,
    Specification,
    load_grid,
    specifications,
)
from analysis.estimates.robustness.rerandomised import Curve, deals
from analysis.quantity import Cell

__all__ = ["multiverse", "rerandomised"]

NUMBERS = ("n", "estimate", "ci_low", "ci_high", "p_value")


def multiverse(case: Case, grid: Grid | None = None) -> pd.DataFrame:
    """One row a specification: its choices, its estimate and what gate 5 would say of it.

    Parameters
    ----------
    case : Case
    grid : Grid, optional
        That of multiverse.toml unless given.

    Returns
    -------
    DataFrame
        Labels of the choices by dimension, ``detail`` (which form or group), n, estimate,
        ci_low, ci_high (points, treated minus comparator), p_value, ``word`` of gate 5 with M
        and B of the study (empty for another form, whose points are others), ``may_decide``,
        ``repeats`` (the same numbers by the same estimator as an earlier row: not counted
        again), ``why`` (it may not decide or was not estimated), method, and the ``cell`` of the
        numbers. The first row is the primary analysis.

    Raises
    ------
    ValueError
        When the study has no comparator.
    """
    grid = grid or load_grid()
    known: dict[Any, dict[str, Any]] = {}
    first: dict[tuple[str, ...], Specification] = {}
    rows = []
    for one in specifications(case, grid):
        labels = {name: grid.of(name)[key].label for name, key in one.choices.items()}
        identity = _identity(one)
        repeats = identity in known
        found = known[identity] if repeats else _found(one)
        if one.scores is not None:
            known[identity] = found
        word = _word(case, found) if one.choices["instrument"] == "primary" else ""
        row = {
            **labels,
            "detail": one.detail,
            **{name: found[name] for name in NUMBERS},
            "word": word,
            "may_decide": one.may_decide and bool(np.isfinite(found["estimate"])),
            "repeats": repeats,
            "why": one.why or found["why"],
            "method": found["method"],
            "cell": _cell(case, one, first.setdefault(_question(one), one)),
        }
        rows.append(row)
    return pd.DataFrame(rows)


def _identity(one: Specification) -> Any:
    if one.scores is None:
        return None
    return same_analysis(one.scores, one.people, one.choices)


def _question(one: Specification) -> tuple[str, ...]:
    """What a specification asks, whatever it makes of missing scores and of groups."""
    own = one.detail if one.choices["instrument"] != "primary" else ""
    return (*(one.choices[name] for name in ("instrument", "window", "baseline")), own)


def _cell(case: Case, one: Specification, usual: Specification) -> Cell | None:
    """Who is behind an analysis, and whom it treats otherwise than the usual one does."""
    if one.scores is None or usual.scores is None:
        return None
    arms = str(case.design.active_arm), str(case.design.comparator_arm)
    seen, treated = one.scores.seen, one.scores.treated
    cell = Cell({arm: int((seen & own).sum())
                 for arm, own in zip(arms, (treated, ~treated), strict=True)},
                parameters=3 * len(one.scores.visits))  # fmt: skip
    if all(one.choices[name] == usual.choices[name] for name in ("missing", "exclusion")):
        return cell
    here, there = (
        pd.DataFrame(np.column_stack([spec.baseline, spec.score]), index=people)
        for spec, people in ((one.scores, one.people), (usual.scores, usual.people))
    )
    everyone = here.index.union(there.index)
    same = here.reindex(everyone).fillna(np.inf).eq(there.reindex(everyone).fillna(np.inf))
    moved = case.arms.reindex(everyone[~same.all(axis=1)]).value_counts()
    return cell.moving({arm: int(moved.get(arm, 0)) for arm in arms})


def _found(one: Specification) -> dict[str, Any]:
    """The estimate of a specification, or why there is none."""
    nothing = dict.fromkeys(NUMBERS, np.nan) | {"method": "", "why": ""}
    if one.scores is None:
        return nothing
    try:
        return nothing | estimate(one.scores, one.choices)
    except ValueError as refusal:
        return nothing | {"why": str(refusal)}


def _word(case: Case, found: dict[str, Any]) -> str:
    if case.bars is None or not np.isfinite(found["estimate"]):
        return ""
    return decide_by_interval(found["ci_low"], found["ci_high"], found["estimate"],
                 smallest=case.bars.smallest, bias=case.bars.bias)  # fmt: skip


def rerandomised(
    case: Case, grid: Grid | None = None, *, number: int = 499, seed: int = 1
) -> Curve:
    """The curve of the specifications that may decide, with the arms re-randomised.

    Arms are dealt within sites, where sites are recorded. Scores, what is missing, and who is
    flagged or re-included stay with the person; the order and numbers of people do not matter.

    Raises
    ------
    ValueError
        When the study has no comparator, no specification may decide, or the arms cannot be
        re-randomised.
    """
    chosen: dict[Any, tuple[Scores, Specification]] = {}
    for one in specifications(case, grid):
        # A visit at which nobody was scored has no estimate in any deal.
        if one.may_decide and one.scores is not None and one.scores.seen.any():
            chosen.setdefault(_identity(one), (one.scores, one))
    kept = list(chosen.values())
    if not kept:
        raise ValueError("No specification may decide; there is no curve to test.")
    sites = case.checked.read.subjects.set_index("subject")["site"]
    people, treated, strata = _by_content(kept, sites)
    arms = deals(treated, strata, number, np.random.default_rng(seed))
    found = [
        redealt(scores, arms[:, people.get_indexer(pd.Index(one.people))], one.choices)
        for scores, one in kept
    ]
    estimates, p_values = (np.column_stack(part) for part in zip(*found, strict=True))
    # All stay, also what the real arms do not allow to estimate: a statistic of those alone
    # would hang on the real deal, and not be the same function of every one.
    if not np.isfinite(estimates[0]).any():
        raise ValueError("No specification could be estimated; there is no curve to test.")
    return Curve(estimates, p_values)


def _by_content(
    kept: list[tuple[Scores, Specification]], sites: pd.Series
) -> tuple[pd.Index, NDArray[np.bool_], NDArray[np.int_]]:
    """Everyone in any specification, their arm and stratum, ordered by what they scored."""
    arms = [pd.Series(scores.treated, index=one.people) for scores, one in kept]
    numbers = [
        pd.DataFrame(np.column_stack([scores.baseline, scores.score]), index=one.people)
        for scores, one in kept
    ]
    # A group re-included adds people whom the first specifications do not know.
    arm = pd.concat(arms)
    arm = arm[~arm.index.duplicated()]
    content = pd.concat(numbers, axis=1).reindex(arm.index).to_numpy(float)
    own = sites.reindex(arm.index).astype("str").fillna("")
    strata, treated = pd.factorize(own, sort=True)[0], arm.to_numpy(bool)
    order = np.lexsort([*content.T, treated, strata])
    return arm.index[order], treated[order], strata[order]
