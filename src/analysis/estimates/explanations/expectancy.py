"""How much expectancy would explain a difference away: the bias model of the verdict."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from analysis.estimates.explanations.blinding import bang_index, guesses_cell
from analysis.estimates.table import row

_KEPT = ("claim", "contrast", "instrument", "window", "n", "cell")

__all__ = ["belief_gap", "nullifying_belief", "nullifying_bias", "shifted"]


def shifted(estimate: dict[str, Any], points: Sequence[float]) -> list[dict[str, Any]]:
    """The same difference if expectancy had made it larger by so many points.

    Parameters
    ----------
    estimate : dict
        A row of the table of estimates: a difference in points, negative = benefit, with its
        interval.
    points : sequence of float
        Points of benefit, 0 or more, that expectancy or unblinding is taken to have added to
        the treated arm over the control. Assumed, never estimated: the interval keeps its
        width.

    Returns
    -------
    list of rows
        ``<estimand>, if bias were B points``, one for each value, without a p-value.

    Raises
    ------
    ValueError
        When the row has no interval or a bias is negative.
    """
    _refuse_open(estimate)
    if not np.isfinite(points).all() or min(points, default=0.0) < 0:
        raise ValueError("A bias is a number of points of benefit, 0 or more.")
    return [
        estimate
        | {
            "estimand": f"{estimate['estimand']}, if bias were {bias:.3g} points",
            "estimate": estimate["estimate"] + bias,
            "ci_low": estimate["ci_low"] + bias,
            "ci_high": estimate["ci_high"] + bias,
            "p_value": math.nan,
            "method": f"{estimate['method']}; shifted by an assumed bias",
        }
        for bias in points
    ]


def _refuse_open(estimate: dict[str, Any]) -> None:
    numbers = [estimate[name] for name in ("estimate", "ci_low", "ci_high")]
    if not np.isfinite(np.array(numbers, float)).all():
        raise ValueError("A bias model needs an estimate with both ends of its interval.")


def nullifying_bias(estimate: dict[str, Any], *, sd: float) -> list[dict[str, Any]]:
    """How large a bias would nullify a difference: to the estimate, and to its interval.

    The tipping point of the bias model: benefit as seen minus benefit by bias alone. Points of
    expectancy below the second row leave an interval on the side of benefit.

    Parameters
    ----------
    estimate : dict
        As in :func:`shifted`.
    sd : float
        SD of baseline, points, to show the bias on the scale of published contrasts (1.8 SD
        against saline, 0.7 SD against midazolam: Wilkinson 2019,
        doi:10.1038/s41386-019-0317-8).

    Returns
    -------
    list of rows
        ``bias that would bring the estimate to zero`` and ``... the interval to zero``, in
        points and, as rows of their own, in SD of baseline; 0 where there is no benefit to
        explain.

    Raises
    ------
    ValueError
        When the row has no interval or the SD is not positive.
    """
    _refuse_open(estimate)
    if not sd > 0:
        raise ValueError("The SD of baseline must be positive.")
    words = {name: estimate[name] for name in _KEPT if name in estimate}
    rows = []
    for end, what in (("estimate", "estimate"), ("ci_high", "interval")):
        points = max(-estimate[end], 0.0)
        for unit, size in (("points", points), ("SD of baseline", points / sd)):
            name = f"bias that would bring the {what} to zero ({unit})"
            rows.append(row(estimand=name, estimate=size, method="bias model, assumed", **words))
    return rows


def belief_gap(counts: pd.DataFrame | np.ndarray, **words: Any) -> dict[str, Any]:
    """How much more the treated arm believes to be treated: 0 blinded, 1 all know.

    Belief is 1 in those who guess the treatment, 0 in those who guess the control and 1/2 in
    those who do not know; its mean is ``(1 + Bang)/2`` in the treated arm and
    ``(1 - Bang)/2`` in the control arm, so the gap is the mean of the two indices.

    Parameters
    ----------
    counts : array of int, shape (2, 3)
        As :func:`analysis.estimates.explanations.blinding.guess_counts` gives them.
    **words
        Text columns of the table of estimates.

    Returns
    -------
    row
        Estimate between -1 and 1; the interval joins the two arms' score intervals by
        Zou & Donner 2008, doi:10.1002/sim.3095 (MOVER).

    Raises
    ------
    ValueError
        When the table is not 2 by 3 or an arm is empty.
    """
    table = np.asarray(counts)
    if table.shape != (2, 3):
        raise ValueError("Belief needs a 2 by 3 table of counts: two arms, three guesses.")
    treated = bang_index(int(table[0, 0]), int(table[0, 1]), int(table[0, 2]))[0]
    control = bang_index(int(table[1, 1]), int(table[1, 0]), int(table[1, 2]))[0]
    estimate = (treated["estimate"] + control["estimate"]) / 2
    reach = [
        math.hypot(*(arm[end] - arm["estimate"] for arm in (treated, control))) / 2
        for end in ("ci_low", "ci_high")
    ]
    return row(
        estimand="difference in belief of being treated",
        n=int(table.sum()),
        estimate=estimate,
        se=math.hypot(treated["se"], control["se"]) / 2,
        ci_low=estimate - reach[0],
        ci_high=estimate + reach[1],
        method="mean of the two Bang indices, MOVER 95 % interval",
        cell=guesses_cell(table, "belief gap"),
        **words,
    )


def nullifying_belief(estimate: dict[str, Any], gap: dict[str, Any]) -> list[dict[str, Any]]:
    """How much believing to be treated would have to do to make up a whole difference.

    If belief alone moves a score by so many points, arms whose mean belief differs by ``gap``
    differ by ``points * gap``. The better the blinding, the less belief can explain.

    Parameters
    ----------
    estimate : dict
        As in :func:`shifted`.
    gap : dict
        The row of :func:`belief_gap`.

    Returns
    -------
    list of rows
        Points by which those sure to be treated would have to fare better than those sure not
        to be, to make up the estimate and to bring its interval to zero. Infinite where the
        arms believe alike. The interval is over the gap alone, the difference taken as given.

    Raises
    ------
    ValueError
        When the row has no interval.
    """
    _refuse_open(estimate)
    words = {name: estimate[name] for name in _KEPT if name in estimate}
    rows = []
    for end, what in (("estimate", "estimate"), ("ci_high", "interval")):
        points = max(-estimate[end], 0.0)
        needed = [_over(points, gap[name]) for name in ("estimate", "ci_high", "ci_low")]
        rows.append(
            row(
                estimand=f"effect of belief that would bring the {what} to zero (points)",
                estimate=needed[0],
                ci_low=needed[1],
                ci_high=needed[2],
                method="difference over the difference in belief; interval over the latter alone",
                **words,
            )
        )
    return rows


def _over(points: float, gap: float) -> float:
    """Points for each unit of belief; arms that believe alike cannot differ by belief."""
    if points == 0:
        return 0.0
    return points / gap if gap > 0 else math.inf
