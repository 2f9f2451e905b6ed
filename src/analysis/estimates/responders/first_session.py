"""Whether the response to the first session goes with the response at the end of the course.

Both are changes from one baseline, and share its error: they correlate in people whose
sessions did nothing (Oldham 1962, doi:10.1016/0021-9681(62)90116-9; Blomqvist 1977,
doi:10.1080/01621459.1977.10479947). Here each change has a baseline of its own.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from analysis.estimates.intervals import t_quantile, two_sided_p
from analysis.estimates.table import row
from analysis.numbers import numbers

__all__ = ["first_and_last_response"]


def first_and_last_response(
    before: np.ndarray, first: np.ndarray, end: np.ndarray, **words: Any
) -> list[dict[str, Any]]:
    """Correlation of the first response with the last, coupling through baseline removed.

    Two ratings before the first session: the first response is measured from one, the last
    from the other, and the other way round; the two correlations are averaged (Fisher's z).
    What a person's level, and the error of either rating, have in common is then in one of
    the two changes alone. It supposes that the errors of the two ratings are independent, so
    days and not minutes apart, and that no bad spell before the course outlasts it. Skewed,
    bounded scores leave its level as it is (see the operating characteristics).

    Parameters
    ----------
    before : ndarray of float, shape (n, 2)
        Two ratings before the first session, points.
    first, end : ndarray of float, shape (n,)
        Score after the first session and after the last, points, the same people.
    **words
        Text columns of the table of estimates.

    Returns
    -------
    list of two rows
        ``correlation of first and last response, baseline split`` with jackknife limits on
        the scale of z and its p-value against 0 (t, n - 1 df); errors of measurement draw it
        towards 0. ``... one baseline for both`` is what is often published: no interval, since
        0 is not what it is without a relation.

    Raises
    ------
    ValueError
        When there are not two ratings before, lengths differ, a score is missing, fewer than
        six people are given, some change is the same in everybody, or both responses are one.
    """
    before, first, end = _checked(before, first, end)
    n = len(first)
    z = _split_z(before, first, end)
    if min(np.ptp(v - before[:, k]) for v in (first, end) for k in (0, 1)) == 0 or not (
        np.isfinite(z).all()
    ):
        raise ValueError("Some change is the same in everybody; there is nothing to correlate.")
    estimate = float(z[0])
    se = math.sqrt((n - 1) / n * ((z[1:] - z[1:].mean()) ** 2).sum())
    if se < 1e-9:
        raise ValueError("The two responses are one and the same; there is nothing to correlate.")
    reach = t_quantile(n - 1) * se
    mean = before.mean(axis=1)
    coupled = float(np.corrcoef(first - mean, end - mean)[0, 1])
    common = {"n": n, **words}
    return [
        row(
            estimand="correlation of first and last response, baseline split",
            estimate=math.tanh(estimate),
            df=n - 1,
            ci_low=math.tanh(estimate - reach),
            ci_high=math.tanh(estimate + reach),
            p_value=two_sided_p(estimate / se, n - 1),
            method="two ratings before, each change from another; jackknife of Fisher's z",
            **common,
        ),
        row(
            estimand="correlation of first and last response, one baseline for both",
            estimate=coupled,
            method="coupled through baseline: not 0 where nothing relates; not evidence",
            **common,
        ),
    ]


def _checked(
    before: np.ndarray, first: np.ndarray, end: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    before, first, end = numbers(before=before, first=first, end=end)
    if before.ndim != 2 or before.shape[1] != 2:
        raise ValueError(
            "Two ratings before the first session are needed; from one, both responses share "
            "its error."
        )
    if not first.shape == end.shape == (len(before),):
        raise ValueError("Scores before, after the first and after the last session belong to "
                         "the same people.")  # fmt: skip
    if not all(np.isfinite(values).all() for values in (before, first, end)):
        raise ValueError("Every score must be there; leave people out and count them.")
    if len(first) < 6:
        raise ValueError(f"A correlation of responses needs at least six people; got {len(first)}.")
    return before, first, end


def _split_z(before: np.ndarray, first: np.ndarray, end: np.ndarray) -> np.ndarray:
    """Fisher's z of both splits, averaged: of everybody, then without each person."""
    n = np.append(len(first), np.full(len(first), len(first) - 1.0))

    def sums(values: np.ndarray) -> np.ndarray:
        return np.append(values.sum(), values.sum() - values)

    halves = []
    for one, other in ((0, 1), (1, 0)):
        x, y = first - before[:, one], end - before[:, other]
        x, y = x - x.mean(), y - y.mean()
        cross = sums(x * y) - sums(x) * sums(y) / n
        squares = [sums(v * v) - sums(v) ** 2 / n for v in (x, y)]
        with np.errstate(divide="ignore", invalid="ignore"):
            r = cross / np.sqrt(squares[0] * squares[1])
            halves.append(np.arctanh(np.clip(r, -1 + 1e-12, 1 - 1e-12)))
    return np.mean(halves, axis=0)
