"""Newton steps of many trials at once, by the rules of :mod:`analysis.mmrm.fit.maximise`.

Each trial goes its own way: with the observed information where that is safely positive
definite, else with the average or the expected one, each step halved until the likelihood rises.
What has not converged soon is left to the single engine, which then tries other starts.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TypeVar

import numpy as np

from analysis.mmrm.arrays import Array, Index, Mask
from analysis.mmrm.batch.likelihood import Likelihoods, Slopes, States
from analysis.mmrm.batch.linalg import definite_root, symmetric, transposed
from analysis.mmrm.fit.maximise import CONVERGED, EASY, LAST_STEP, POLISHED

Some = TypeVar("Some", States, Slopes)

# Share of the expected information that a safely definite one exceeds.
SAFE = 1e-3
HALVINGS = 30
# Smallest eigenvalue of a correlation matrix that is left to the single engine.
SINGULAR = 1e-2
# Newton steps from a poor start.
MOST_STEPS = 30
# EM steps before the first Newton step, each at half its cost.
FIRST = 2


@dataclass(frozen=True)
class Optima:
    """Maxima of the log-likelihood.

    Attributes
    ----------
    places : array of int, shape (M,)
        Trials of the batch that have one.
    states, slopes
        There.
    theta_cov : array of shape (M, t, t)
        Inverse of the observed information.
    """

    places: Index
    states: States
    slopes: Slopes
    theta_cov: Array


def maximise_all(likelihoods: Likelihoods) -> Optima | None:
    """The maxima that are found in a few steps from moment estimates; None where none is."""
    states = likelihoods.at(start(likelihoods))
    k = likelihoods.basis.shape[1]
    if len(likelihoods.basis) == k * (k + 1) // 2 and not likelihoods.batch.closed.all():
        for _ in range(FIRST):
            states = likelihoods.at(likelihoods.expected_step(states))
    return _climb(likelihoods, states, EASY)


def highest_of_all(likelihoods: Likelihoods) -> Optima | None:
    """The highest of the maxima that the single engine's starts lead to, where all lead to one.

    For trials with few subjects a visit, whose likelihood may have two hills.
    """
    moments = likelihoods.covariances(start(likelihoods))
    diagonal = moments * np.eye(moments.shape[-1])
    scale = np.sqrt(np.maximum(np.diagonal(moments, axis1=-2, axis2=-1), 0.0))
    alike = (diagonal + scale[..., :, None] * scale[..., None, :]) / 2
    climbed = [
        _climb(likelihoods, likelihoods.at(likelihoods.parameters(matrices)), MOST_STEPS)
        for matrices in (moments, diagonal, alike)
    ]
    found = [optima for optima in climbed if optima is not None]
    if len(found) < len(climbed):
        return None
    every = _together(found)
    order = np.lexsort([-every.states.loglik, every.places])
    _, first, count = np.unique(every.places[order], return_index=True, return_counts=True)
    best = order[first[count == len(climbed)]]
    if not len(best):
        return None
    return Optima(
        every.places[best],
        _take(every.states, best),
        _take(every.slopes, best),
        every.theta_cov[best],
    )


def _climb(likelihoods: Likelihoods, states: States, most: int) -> Optima | None:
    """Maxima that are found in so many steps."""
    places = np.flatnonzero(np.isfinite(states.loglik))
    likelihoods, states = likelihoods.take(places), _take(states, places)
    last = np.full(len(places), np.inf)
    found: list[Optima] = []
    for steps in range(most + 1):
        if not len(places):
            break
        slopes = likelihoods.derivatives(states)
        direction, decrement, observed = _directions(slopes)
        ended = (decrement < POLISHED) | ((decrement < CONVERGED) & (decrement > last / 4))
        done = ended & observed & well_conditioned(likelihoods.covariances(states.theta))
        if done.any():
            some = _take(slopes, done)
            inverse = symmetric(np.linalg.inv(some.observed))
            found.append(Optima(places[done], _take(states, done), some, inverse))
        go = ~ended & np.isfinite(decrement)
        places, last, likelihoods = places[go], decrement[go], likelihoods.take(go)
        if steps == most or not len(places):
            break
        states, risen = _line_search(likelihoods, _take(states, go), direction[go], last)
        if not risen.all():
            places, last, likelihoods = places[risen], last[risen], likelihoods.take(risen)
            states = _take(states, risen)
    return _together(found) if found else None


def climb_on_all(likelihoods: Likelihoods, theta: Array) -> tuple[States, Mask]:
    """The states at maxima near a value of the parameters, and where one was found.

    As :func:`analysis.mmrm.fit.maximise.refit`: the step after a decrement of `LAST_STEP` is not
    checked.
    """
    states = likelihoods.at(np.broadcast_to(theta, (len(likelihoods.batch), len(theta))))
    found = _take(states, np.arange(len(likelihoods.batch)))
    done = np.zeros(len(states.theta), bool)
    places = np.flatnonzero(np.isfinite(states.loglik))
    likelihoods, states = likelihoods.take(places), _take(states, places)
    for _ in range(EASY + 1):
        if not len(places):
            break
        slopes = likelihoods.derivatives(states)
        direction, decrement, observed = _directions(slopes)
        last = observed & (decrement < LAST_STEP)
        if last.any():
            ends = likelihoods.take(last).at(states.theta[last] + direction[last])
            _put(found, places[last], ends)
            done[places[last]] = np.isfinite(ends.loglik)
        go = ~last & np.isfinite(decrement)
        places, likelihoods = places[go], likelihoods.take(go)
        if not len(places):
            break
        states, risen = _line_search(likelihoods, _take(states, go), direction[go], decrement[go])
        places, likelihoods, states = places[risen], likelihoods.take(risen), _take(states, risen)
    return found, done


def start(likelihoods: Likelihoods) -> Array:
    """Parameters nearest to the covariance of what least squares leave, group by group.

    Of complete outcomes with a free mean at every visit it is the maximum.
    """
    b = likelihoods.batch
    seen = b.seen.astype(float)
    pairs = transposed(seen * b.count[..., None]) @ seen
    free = np.maximum(pairs - b.w.shape[-1] / b.w.shape[1], 1.0) if likelihoods.reml else pairs
    matrix = _definite(b.yy.sum(axis=2) / np.maximum(free, 1.0))
    return likelihoods.parameters(matrix)


def _definite(matrix: Array) -> Array:
    """Covariances drawn to their diagonal until positive definite."""
    variances = np.diagonal(matrix, axis1=-2, axis2=-1)
    mean = np.maximum(variances.mean(axis=-1, keepdims=True), np.finfo(float).tiny)
    variances = np.where(variances > 0, variances, mean)
    scale = np.sqrt(variances)
    eye = np.eye(matrix.shape[-1])
    correlation = matrix / (scale[..., :, None] * scale[..., None, :])
    correlation = np.where(eye > 0, 1.0, correlation)
    smallest = np.linalg.eigvalsh(correlation)[..., 0]
    shrink = np.where(smallest < SAFE, (0.05 - smallest) / np.maximum(1 - smallest, SAFE), 0.0)
    shrink = shrink[..., None, None]
    correlation = (1 - shrink) * correlation + shrink * eye
    return np.asarray(correlation * scale[..., :, None] * scale[..., None, :])


def well_conditioned(matrices: Array) -> Mask:
    """Whether no visit of any group, (T, G, K, K), is nearly determined by the others.

    Near the border of what is positive definite digits depend on the way there.
    """
    scale = np.sqrt(np.maximum(np.diagonal(matrices, axis1=-2, axis2=-1), np.finfo(float).tiny))
    correlation = matrices / (scale[..., :, None] * scale[..., None, :])
    return np.asarray((np.linalg.eigvalsh(correlation)[..., 0] > SINGULAR).all(axis=1))


def _directions(slopes: Slopes) -> tuple[Array, Array, Mask]:
    """Newton directions, decrements, and where the observed information made them.

    A decrement is not a number where even the expected information is singular.
    """
    _, regular = definite_root(slopes.expected)
    floor = SAFE * slopes.expected
    _, observed = definite_root(slopes.observed - floor)
    information = slopes.observed
    if not observed.all():
        _, average = definite_root(slopes.average - floor)
        kinds = np.where(average[:, None, None], slopes.average, slopes.expected)
        information = np.where(observed[:, None, None], information, kinds)
        eye = np.eye(information.shape[-1])
        information = np.where(regular[:, None, None], information, eye)
    direction = np.linalg.solve(information, slopes.gradient[..., None])[..., 0]
    decrement = np.sqrt(np.maximum((slopes.gradient * direction).sum(axis=1), 0.0))
    done = np.where(regular, decrement, np.nan)
    return np.asarray(direction), np.asarray(done), np.asarray(observed & regular)


def _line_search(
    likelihoods: Likelihoods, states: States, direction: Array, decrement: Array
) -> tuple[States, Mask]:
    """The states after a step, and where one was found that raises the likelihood."""
    size = np.ones(len(decrement))
    noise = 1e-12 * np.maximum(1.0, np.abs(states.loglik))
    new = likelihoods.at(states.theta + direction)
    risen = new.loglik >= states.loglik + 1e-4 * decrement**2 - noise
    for _ in range(HALVINGS):
        left = np.flatnonzero(~risen)
        if not len(left):
            break
        size[left] /= 2
        tried = likelihoods.take(left).at(states.theta[left] + size[left, None] * direction[left])
        enough = states.loglik[left] + 1e-4 * size[left] * decrement[left] ** 2 - noise[left]
        better = tried.loglik >= enough
        risen[left] = better
        _put(new, left[better], _take(tried, better))
    return new, risen


def _take(of: Some, places: Index | Mask) -> Some:
    return replace(of, **{field.name: getattr(of, field.name)[places] for field in fields(of)})


def _put(of: States, places: Index, values: States) -> None:
    for field in fields(of):
        getattr(of, field.name)[places] = getattr(values, field.name)


def _together(found: list[Optima]) -> Optima:
    return Optima(
        np.concatenate([one.places for one in found]),
        _joined([one.states for one in found]),
        _joined([one.slopes for one in found]),
        np.concatenate([one.theta_cov for one in found]),
    )


def _joined(parts: list[Some]) -> Some:
    names = [field.name for field in fields(parts[0])]
    whole = {name: np.concatenate([getattr(part, name) for part in parts]) for name in names}
    return replace(parts[0], **whole)
