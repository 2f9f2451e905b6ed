"""A single arm beside published controls: a declared external comparison, never attribution."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from analysis.estimates.control.stratified import pool
from analysis.estimates.intervals import t_interval
from analysis.estimates.table import row
from analysis.numbers import numbers
from analysis.quantity import Cell

__all__ = ["CAVEAT", "expected_control_change", "external_comparison", "external_sentence"]

CAVEAT = (
    "This compares participants of one study with those of others. Nobody was randomised "
    "between them, and they differ in selection, scale, time and expectancy; it is no evidence "
    "that the infusion caused the difference."
)
EXPECTED = "expected change of a control, published elsewhere"
COMPARISON = "external comparison, not attribution"


def expected_control_change(changes: np.ndarray, ses: np.ndarray, **words: Any) -> dict[str, Any]:
    """What a control arm of a further study may be expected to show.

    Parameters
    ----------
    changes, ses : ndarray of float, shape (k,)
        Mean changes of published control arms on the same scale at the same time, points, and
        their standard errors.
    **words
        Text columns of the table of estimates.

    Returns
    -------
    row
        Mean over the arms. For three or more the interval is a prediction interval for the true
        mean change of one more control arm: ``se`` is ``sqrt(tau2 + se2)`` of
        :func:`analysis.estimates.control.stratified.pool`, t with k - 2 df (Higgins, Thompson &
        Spiegelhalter 2009, doi:10.1111/j.1467-985X.2008.00552.x). Of one arm alone, its own
        interval (normal), which leaves out how studies differ: ``method`` says so.

    Raises
    ------
    ValueError
        When a number is missing, a standard error is not positive, no change is given, or two
        are: two cannot tell how much studies differ.
    """
    changes, ses = numbers(changes=changes, ses=ses)
    known = changes.shape == ses.shape and np.isfinite(changes).all() and np.isfinite(ses).all()
    if not known or not changes.size or not (ses > 0).all():
        raise ValueError("Every published change needs its standard error, and one is needed.")
    if len(changes) == 2:
        raise ValueError("Two arms cannot tell how much studies differ; give one, or three.")
    if len(changes) == 1:
        mean, se, df = float(changes[0]), float(ses[0]), math.inf
        method = "one published control arm; how studies differ is not in the interval"
    else:
        random, spread = pool(changes, ses)[1:3]
        mean, df = random["estimate"], len(changes) - 2
        se = math.hypot(random["se"], spread["estimate"])
        method = f"{len(changes)} published control arms, prediction interval for one more"
    return row(
        estimand=EXPECTED, n=len(changes), **t_interval(mean, se, df), method=method, **words
    )


def external_comparison(
    *, mean: float, sd: float, n: int, expected: dict[str, Any], **words: Any
) -> dict[str, Any]:
    """Mean change of a single arm minus the change expected of a control.

    Parameters
    ----------
    mean, sd : float
        Mean and SD of change of the single arm, points.
    n : int
        Its people, three or more.
    expected : dict
        The row of :func:`expected_control_change`.
    **words
        Text columns of the table of estimates, except estimand.

    Returns
    -------
    row
        ``external comparison, not attribution``: Welch's interval with Satterthwaite's df. No
        p-value, since a test would read as one of an effect of treatment.

    Raises
    ------
    ValueError
        When n is below 3, the SD is not positive, or ``expected`` is of another kind.
    """
    if n < 3 or not sd > 0 or not math.isfinite(mean):
        raise ValueError("A single arm needs three people at least, and the SD of their change.")
    if expected["estimand"] != EXPECTED:
        raise ValueError("Give the row of expected_control_change; nothing else stands for it.")
    own, other = sd**2 / n, expected["se"] ** 2
    df = (own + other) ** 2 / (own**2 / (n - 1) + other**2 / expected["df"])
    return row(
        estimand=COMPARISON,
        n=n,
        **t_interval(mean - expected["estimate"], math.sqrt(own + other), df),
        method=f"Welch, against {expected['method'].split(',')[0].split(';')[0]}",
        cell=Cell.of(words.get("contrast", ""), n, parameters=1),
        **words,
    )


def external_sentence(comparison: dict[str, Any], expected: dict[str, Any]) -> str:
    """The only words such a comparison allows, with its numbers.

    Raises
    ------
    ValueError
        When the row is not one of :func:`external_comparison`.
    """
    if comparison["estimand"] != COMPARISON:
        raise ValueError("Only an external comparison has this wording.")
    change = comparison["estimate"] + expected["estimate"]
    return (
        f"The {comparison['n']} participants changed by {change:.1f} points on average; "
        f"published controls predict {expected['estimate']:.1f} (95 % interval "
        f"{expected['ci_low']:.1f} to {expected['ci_high']:.1f}) without the infusion. The "
        f"difference is {comparison['estimate']:.1f} ({comparison['ci_low']:.1f} to "
        f"{comparison['ci_high']:.1f}). {CAVEAT}"
    )
