"""The primary analysis of many trials at once, as calibration asks for it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
import pandas as pd

from analysis.claims.primary_analysis import (
    NUMBERS,
    ONE_ARM,
    AtVisit,
    Primary,
    Scores,
    average,
    last_visit_of,
    model_of,
    primary_analysis,
)
from analysis.estimates.missing.imputation_model import by_visit
from analysis.mmrm import many_arrays

__all__ = ["primary_analyses"]


def primary_analyses(several: Sequence[Scores]) -> list[Primary | str]:
    """The primary estimate of each of many trials, fitted at once; or why there is none.

    The numbers of :func:`primary_analysis` to eight digits, whose errors are the reasons.
    """
    found: list[Primary | str] = [ONE_ARM] * len(several)
    alike: dict[tuple[tuple[str, ...], ...], list[int]] = defaultdict(list)
    for place, scores in enumerate(several):
        arm = scores.treated[scores.seen]
        if arm.any() and not arm.all():
            alike[scores.visits, tuple(scores.covariates)].append(place)
    for (visits, names), places in alike.items():
        fitted = _fitted_at_once([several[place] for place in places], visits, names)
        for place, primary in zip(places, fitted, strict=True):
            found[place] = _alone(several[place]) if isinstance(primary, str) else primary
    return found


def _alone(scores: Scores) -> Primary | str:
    try:
        return primary_analysis(scores)
    except ValueError as refusal:
        return str(refusal)


def _fitted_at_once(
    several: Sequence[Scores], visits: tuple[str, ...], names: tuple[str, ...]
) -> list[Primary | str]:
    """Trials with the same visits and covariates; whoever a smaller one lacks has no score."""
    most = max(len(scores.baseline) for scores in several)
    change = np.full((len(several), most, len(visits)), np.nan)
    columns = {name: np.zeros((len(several), most)) for name in (*names, "treated")}
    for row, scores in enumerate(several):
        n = len(scores.baseline)
        change[row, :n] = scores.score - scores.baseline[:, None]
        for name, values in scores.covariates.items():
            columns[name][row, :n] = values
        columns["treated"][row, :n] = scores.treated
    fits = many_arrays(
        model_of(visits, names), change, arm=columns["treated"].astype(int), **columns
    )
    tests = fits.contrast(average(visits))[list(NUMBERS)].to_dict("records")
    last = fits.contrast(last_visit_of(visits))[["estimate", "se", "df"]].to_numpy(float)
    units = (pd.Series(unit, fits.terms) for unit in np.eye(len(fits.terms)))
    each = np.stack([by_visit(one, visits, terms=(*names, "treated")) for one in units])
    coefficients = np.tensordot(fits.params.fillna(0.0).to_numpy(), each, 1)
    by_arm = fits.covariance
    if not isinstance(by_arm, dict):
        raise TypeError("each arm has a covariance of its own")
    covariance = np.stack(list(by_arm.values()), axis=1)
    n_people = fits.counts["n_subjects"].tolist()
    refusals, structures, fallbacks = fits.refusals.to_dict(), fits.structures, fits.fallbacks
    return [
        refusals[row]
        if row in refusals
        else Primary(
            n=n_people[row],
            coefficients=coefficients[row],
            covariance=covariance[row],
            structure=structures[row],
            fallbacks=fallbacks[row],
            last_visit=AtVisit(*last[row].tolist()),
            covariates=names,
            **{str(name): float(value) for name, value in test.items()},
        )
        for row, test in enumerate(tests)
    ]
