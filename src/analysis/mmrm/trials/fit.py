"""Which trials are fitted together, and which one by one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from analysis.mmrm.arrays import Index, Mask
from analysis.mmrm.batch.inference import Fitted, fitted
from analysis.mmrm.batch.likelihood import Likelihoods
from analysis.mmrm.batch.maximise import highest_of_all, maximise_all
from analysis.mmrm.batch.stack import Stack
from analysis.mmrm.batch.sums import Batch, batches
from analysis.mmrm.fit.covariance import LINEAR, Covariance
from analysis.mmrm.fit.maximise import FEW
from analysis.mmrm.results import MMRM
from analysis.mmrm.spec import IN_ORDER, ModelSpec
from analysis.mmrm.threads import single_threaded
from analysis.mmrm.trials.results import ManyMMRM, Origin
from analysis.mmrm.warned import warn

# Degrees of freedom that need no second look at the rows.
FROM_SUMS = ("kenward-roger", "kenward-roger-original", "satterthwaite", "residual")
# Patterns are numbered by their visits.
MOST_VISITS = 30


@single_threaded
def fit_stack(spec: ModelSpec, stack: Stack, labels: pd.Index, n_excluded: Index) -> ManyMMRM:
    """Fit every trial of a stack.

    Parameters
    ----------
    labels : Index of length T
        Names of the trials.
    n_excluded : array of int, shape (T,)
        Rows of each that were left out.
    """
    parts = list(_together(spec, stack))
    done = np.zeros(stack.n_trials, bool)
    for part in parts:
        done[part.trials] = True
    singles: dict[int, MMRM] = {}
    refusals: dict[int, str] = {}
    quiet = _without_warnings(spec)
    for trial in np.flatnonzero(~done):
        try:
            singles[int(trial)] = fit_one(quiet, stack, int(trial), int(n_excluded[trial]))
        except ValueError as refusal:
            refusals[int(trial)] = str(refusal)
    _warn_once(spec, stack.n_trials, list(singles.values()))
    return ManyMMRM(Origin(spec, stack, labels, n_excluded), parts, singles, refusals)


def fit_one(spec: ModelSpec, stack: Stack, trial: int, n_excluded: int) -> MMRM:
    """Fit one trial by the single engine."""
    table = stack.table.take(np.flatnonzero(stack.trial_of_row == trial))
    return spec.fit_table(replace(table, n_excluded=n_excluded))


def _without_warnings(spec: ModelSpec) -> ModelSpec:
    """The same model with its ladder written out and its order of visits taken as declared."""
    levels = replace(spec.template.levels, order_declared=True)
    options = replace(spec.options, fallback=spec.options.ladder)
    return replace(spec, template=replace(spec.template, levels=levels), options=options)


def _warn_once(spec: ModelSpec, n_trials: int, singles: list[MMRM]) -> None:
    """Say for all trials together what a single fit would say."""
    levels, said = spec.template.levels, []
    fell = sum(bool(fit.fallbacks) for fit in singles)
    if fell and spec.options.fallback is True:
        said.append(
            f"Covariance {spec.options.covariance} did not converge in {fell} of {n_trials} "
            "trials: another was used instead, which `fallbacks` names."
        )
    used = {spec.options.covariance, *(fit.covariance_type for fit in singles)}
    rests = sorted(used & set(IN_ORDER))
    if rests and len(levels.visits) > 2 and not levels.order_declared:
        visits = ", ".join(str(label) for label in levels.visits)
        said.append(
            f"Covariance {', '.join(rests)} rests on the order of the visits, which "
            f"'{spec.template.roles.visit}' does not declare; taken: {visits}."
        )
    if said:
        warn(" ".join(said))


def _together(spec: ModelSpec, stack: Stack) -> list[Fitted]:
    options, n_visits = spec.options, len(stack.template.levels.visits)
    kind = "us" if n_visits == 1 else options.covariance
    if (
        kind not in LINEAR
        or options.vcov != "model"
        or options.df not in FROM_SUMS
        or n_visits > MOST_VISITS
    ):
        return []
    basis = Covariance(kind, n_visits, [str(v) for v in stack.template.levels.visits]).basis
    parts = []
    for batch in batches(stack):
        climbs = ((maximise_all, _one_hill(batch, kind)), (highest_of_all, _few(batch, kind)))
        for climb, which in climbs:
            if not which.any():
                continue
            likelihoods = Likelihoods(batch.take(which), basis, options.method == "reml")
            optima = climb(likelihoods)
            if optima is not None:
                adjust = options.df.startswith("kenward-roger")
                parts.append(fitted(likelihoods, optima, kenward_roger=adjust))
    return parts


def _one_hill(batch: Batch, kind: str) -> Mask:
    """Trials for which the single engine would try no second start after a short climb."""
    enough = batch.n_subjects >= FEW * batch.seen.shape[-1]
    return np.asarray(enough | (batch.closed & (kind == "us")))


def _few(batch: Batch, kind: str) -> Mask:
    """Trials for which the single engine tries its three starts and no others."""
    return np.asarray(~_one_hill(batch, kind) & (kind != "toep"))
