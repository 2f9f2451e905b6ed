"""A person's change beyond measurement error, worked out from how exactly a scale measures.

The index of Jacobson & Truax 1991 (doi:10.1037/0022-006X.59.1.12) and five of its variants, by
the names of their authors, as Hsu 1999 compares them and the R package clinicalsignificance 2.1.0
works them out. Each is an array expression over all people at once.
"""

from __future__ import annotations

import numpy as np

from analysis.instruments.facts import Measurement

__all__ = ["METHODS", "index_of_change", "jacobson_truax", "ways"]

# Standard normal quantile of 95 % for each method; Hageman & Arrindell take one side.
METHODS = {
    "jacobson-truax": 1.96,
    "gulliksen-lord-novick": 1.96,
    "hsu-linn-lord": 1.96,
    "edwards-nunnally": 1.96,
    "nunnally-kotsch": 1.96,
    "hageman-arrindell": 1.65,
}


def jacobson_truax(reliability: float, sd: float) -> float:
    """Points of change that are reliable: 1.96 sd sqrt(2 (1 - reliability))."""
    return METHODS["jacobson-truax"] * sd * float(np.sqrt(2 * (1 - reliability)))


def index_of_change(measured: Measurement, before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """Change in standard errors, negative where symptoms fell.

    With r the reliability, s and m SD and mean before (those declared, else of ``before``), and
    S = s sqrt(1 - r) the standard error of measurement:

    - jacobson-truax: (after - before) / (S sqrt 2)
    - gulliksen-lord-novick: (after - m - r (before - m)) / (s sqrt(1 - r^2))
    - hsu-linn-lord: (after - mean(after) - r (before - m)) / (s sqrt(1 - r^2))
    - edwards-nunnally: (after - m - r (before - m)) / S
    - nunnally-kotsch: the same over sqrt(r^2 s^2 (1 - r) + s^2 (1 - reliability_after))
    - hageman-arrindell: ((after - before) R + (mean(after) - m)(1 - R)) / (sqrt(R) S sqrt 2), with
      R the reliability of the differences of these people

    Parameters
    ----------
    before, after : array of float, shape (n,)
        Points, NaN where missing; people with both count.

    Returns
    -------
    array of float, shape (n,)
    """
    both = ~np.isnan(before) & ~np.isnan(after)
    r = measured.reliability
    s = float(np.std(before[both], ddof=1)) if measured.sd is None else measured.sd
    m = float(np.mean(before[both])) if measured.mean is None else measured.mean
    error = s * np.sqrt(1 - r)
    if measured.method == "jacobson-truax":
        return (after - before) / (error * np.sqrt(2))
    regressed = after - m - r * (before - m)
    if measured.method == "gulliksen-lord-novick":
        return regressed / (s * np.sqrt(1 - r**2))
    if measured.method == "hsu-linn-lord":
        return (regressed + m - np.mean(after[both])) / (s * np.sqrt(1 - r**2))
    if measured.method == "edwards-nunnally":
        return regressed / error
    if measured.method == "nunnally-kotsch":
        later = 1 - float(measured.reliability_after or 0)
        return regressed / (s * np.sqrt(r**2 * (1 - r) + later))
    differences = _reliability_of_differences(error, before[both], after[both])
    moved = (after - before) * differences
    drift = (np.mean(after[both]) - m) * (1 - differences)
    return (moved + drift) / (np.sqrt(differences) * error * np.sqrt(2))


def _reliability_of_differences(error: float, before: np.ndarray, after: np.ndarray) -> float:
    """Of the differences of these people, given the standard error of measurement."""
    first, second = np.var(before, ddof=1), np.var(after, ddof=1)
    shared = 2 * np.cov(before, after)[0, 1]
    return float((first + second - 2 * error**2 - shared) / (first + second - shared))


def ways(measured: Measurement, before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """Improved, unchanged or worse, a word a person; blank where a score is missing."""
    index = index_of_change(measured, np.asarray(before, float), np.asarray(after, float))
    # A change that is exactly the critical one counts, whatever the last digit.
    critical = METHODS[measured.method] * (1 - 1e-12)
    words = np.select([index <= -critical, index >= critical], ["improved", "worse"], "unchanged")
    return np.where(np.isnan(index), "", words)
