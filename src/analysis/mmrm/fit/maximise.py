"""Maximisation of the likelihood: safeguarded Newton steps, a convergence check, a ladder.

A fit has converged when the gradient, in standard errors of the covariance parameters, vanishes
and the observed information is positive definite; anything else is an error or the next
structure of the ladder, never a result. Checked: no other software's log-likelihood is higher
on the reference data (`tests/reference/mmrm`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import chain

import numpy as np

from analysis.mmrm.arrays import Array
from analysis.mmrm.fit.covariance import Covariance
from analysis.mmrm.fit.likelihood import Derivatives, Likelihood, State
from analysis.mmrm.fit.starts import drawn_starts, starts
from analysis.mmrm.moments.cross_products import Moments

LADDER = ("us", "toeph", "ar1h", "cs")
MAX_STEPS = 100
# The Newton decrement sqrt(g' I^-1 g) is free of units: the distance to the maximum in
# standard errors of the parameters. A thousandth of a billionth of a log-likelihood unit.
CONVERGED = 1e-6
POLISHED = 1e-9
LAST_STEP = 3e-4
# A climb longer than this, or with fewer subjects a visit, may have ended on the lower of two
# hills: another start is tried.
EASY = 8
# A climb from a value drawn at random that takes more steps than this leads nowhere as a rule.
SHORT = 30
FEW = 10


class ConvergenceError(ValueError):
    """No maximum with a positive definite information was found."""


@dataclass(frozen=True)
class Optimum:
    """A maximum of the log-likelihood.

    Attributes
    ----------
    theta_cov : array of shape (t, t)
        Inverse of the observed information.
    decrement : float
        Newton decrement at the end: the gradient's norm in standard errors.
    steps : int
        Newton steps taken.
    failed : tuple of str
        Structures that were tried first and did not converge.
    """

    likelihood: Likelihood
    state: State
    derivatives: Derivatives
    theta_cov: Array
    decrement: float
    steps: int
    failed: tuple[str, ...] = ()

    @property
    def n_parameters(self) -> int:
        """Parameters that an information criterion counts: under ML the fixed effects too."""
        fixed = 0 if self.likelihood.reml else self.likelihood.moments.rank
        return len(self.state.theta) + fixed

    @property
    def aic(self) -> float:
        """-2 loglik + 2 d, d the number of parameters (as SAS)."""
        return -2 * self.state.loglik + 2 * self.n_parameters

    @property
    def bic(self) -> float:
        """-2 loglik + d log n, n the number of subjects with a row used."""
        n = self.likelihood.moments.n_subjects
        return float(-2 * self.state.loglik + self.n_parameters * np.log(n))


def ladder(kind: str) -> tuple[str, ...]:
    """What a structure falls back on, in order: below us stand toeph, ar1h, cs; else nothing."""
    return LADDER[LADDER.index(kind) + 1 :] if kind in LADDER else ()


def fit_with_fallback(
    moments: Moments, covariance: Covariance, *, reml: bool, fallback: Sequence[str]
) -> Optimum:
    """Fit, and where that does not converge fit the next of the structures that may replace it.

    Raises
    ------
    ConvergenceError
        When neither the structure nor any that may replace it converges.
    """
    failed: list[str] = []
    for kind in (covariance.kind, *fallback):
        likelihood = Likelihood(moments, replace(covariance, kind=kind), reml)
        try:
            return replace(maximise(likelihood), failed=tuple(failed))
        except ConvergenceError:
            failed.append(kind)
    raise ConvergenceError(
        f"No maximum was found with covariance {', '.join(failed)}: choose a covariance with "
        "fewer parameters, or a model with fewer terms."
    )


def maximise(likelihood: Likelihood) -> Optimum:
    """Maximise the log-likelihood from moment estimates.

    Where it may have two hills, other starting values are tried and the highest is taken; with few
    subjects a visit many more (:mod:`analysis.mmrm.fit.starts`).
    Steps use the observed information where it is safely positive definite, else the
    average or the expected information, and are halved until the likelihood rises.

    Raises
    ------
    ConvergenceError
        When the gradient does not vanish or the information is not positive definite.
    """
    problem = ConvergenceError("No starting value is positive definite.")
    best: Optimum | None = None
    few = likelihood.moments.n_subjects < FEW * likelihood.covariance.n_visits
    drawn = drawn_starts(likelihood) if few else []
    tried = chain(((start, MAX_STEPS) for start in starts(likelihood)),
                  ((start, SHORT) for start in drawn))  # fmt: skip
    for start, most in tried:
        try:
            found = _climb(likelihood, start, most)
        except ConvergenceError as error:
            problem = error
            continue
        except np.linalg.LinAlgError:
            continue
        if best is None or found.state.loglik > best.state.loglik:
            best = found
        if found.steps <= EASY and not few:
            break
    if best is None:
        raise problem
    return best


def refit(likelihood: Likelihood, theta: Array) -> State:
    """The state at the maximum, started from a maximum of much the same data.

    Convergence is quadratic there, so that the step that follows a decrement of
    `LAST_STEP` is not checked: its error is the square of that, in standard errors.

    Raises
    ------
    ConvergenceError
        As `maximise`.
    """
    try:
        state = likelihood.at(theta)
        for _ in range(MAX_STEPS):
            direction, decrement, curvature = _direction(likelihood.derivatives(state))
            if decrement < LAST_STEP and curvature == "observed":
                return likelihood.at(state.theta + direction)
            found = _line_search(likelihood, state, direction, decrement)
            if found is None:
                break
            state = found
    except (ConvergenceError, np.linalg.LinAlgError):
        pass
    return maximise(likelihood).state


def climb_on(likelihood: Likelihood, theta: Array, *, fixed: int) -> State:
    """The maximum over all parameters but one, which stays as it is in the starting value.

    Raises
    ------
    ConvergenceError
        When the gradient in the other parameters does not vanish.
    numpy.linalg.LinAlgError
        When the starting value is not positive definite.
    """
    free = np.delete(np.arange(len(theta)), fixed)
    state = likelihood.at(theta)
    if not len(free):
        return state
    last = np.inf
    for _ in range(MAX_STEPS):
        whole = likelihood.derivatives(state)
        part = {
            name: getattr(whole, name)[np.ix_(free, free)]
            for name in ("observed", "expected", "average")
        }
        some, decrement, _ = _direction(replace(whole, gradient=whole.gradient[free], **part))
        if decrement < POLISHED or (decrement < CONVERGED and decrement > last / 4):
            return state
        last = decrement
        direction = np.zeros_like(theta)
        direction[free] = some
        found = _line_search(likelihood, state, direction, decrement)
        if found is None:
            break
        state = found
    raise ConvergenceError("No maximum was found with one covariance parameter fixed.")


def _climb(likelihood: Likelihood, theta: Array, most: int = MAX_STEPS) -> Optimum:
    state = likelihood.at(theta)
    last = np.inf
    for steps in range(most):
        derivatives = likelihood.derivatives(state)
        direction, decrement, curvature = _direction(derivatives)
        # Rounding ends the quadratic convergence: no step makes it smaller.
        if decrement < POLISHED or (decrement < CONVERGED and decrement > last / 4):
            if curvature != "observed":
                break
            theta_cov = np.asarray(np.linalg.inv(derivatives.observed), dtype=float)
            return Optimum(likelihood, state, derivatives, theta_cov, decrement, steps)
        last = decrement
        found = _line_search(likelihood, state, direction, decrement)
        if found is None:
            break
        state = found
    raise ConvergenceError(
        f"Covariance {likelihood.covariance.kind}: no maximum after {steps + 1} steps, the "
        f"gradient is {last:.2g} standard errors."
    )


def _direction(derivatives: Derivatives) -> tuple[Array, float, str]:
    """Newton direction, decrement, and the information used: the best safely definite one."""
    try:
        root = np.linalg.cholesky(derivatives.expected)
    except np.linalg.LinAlgError as error:
        raise ConvergenceError("The expected information is singular.") from error
    white = np.linalg.inv(root)
    slope = white @ derivatives.gradient
    for name in ("observed", "average"):
        values, vectors = np.linalg.eigh(white @ getattr(derivatives, name) @ white.T)
        if values[0] > 1e-3:
            turned = vectors.T @ slope
            size = float(np.sqrt(turned @ (turned / values)))
            return white.T @ (vectors @ (turned / values)), size, name
    return white.T @ slope, float(np.sqrt(slope @ slope)), "expected"


def _line_search(
    likelihood: Likelihood, state: State, direction: Array, decrement: float
) -> State | None:
    step = 1.0
    # Near the maximum the gain is below the rounding of the likelihood itself.
    noise = 1e-12 * max(1.0, abs(state.loglik))
    while step > 1e-10:
        try:
            found = likelihood.at(state.theta + step * direction)
        except np.linalg.LinAlgError:
            step /= 2
            continue
        if found.loglik >= state.loglik + 1e-4 * step * decrement**2 - noise:
            return found
        step /= 2
    return None
