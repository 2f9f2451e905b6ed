"""Several claims at once: P values adjusted so that a false "yes" to any stays rare.

All take one P value a claim, in declared order, and give a table: claim, p_value, adjusted_p (at
or below alpha means rejected, with the chance of any false rejection at most alpha), rejected,
procedure. A claim that could not be tested still counts as declared: give it 1.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from analysis.numbers import as_numbers, one_number

__all__ = ["fixed_sequence", "graphical", "hochberg", "holm"]


def holm(p_values: Mapping[str, float], *, alpha: float = 0.05) -> pd.DataFrame:
    """Holm's step-down procedure (1979, Scand J Stat 6:65-70): any dependence, no order needed.

    Parameters
    ----------
    p_values : mapping of str to float
        Claim to P value, all two-sided or all one-sided.
    alpha : float
        Chance of any false rejection; 0.025 for one-sided P values by custom.

    Returns
    -------
    DataFrame
        claim, p_value, adjusted_p, rejected, procedure. From statsmodels; checked against R.

    Raises
    ------
    ValueError
        When a P value is missing or not between 0 and 1.
    """
    return _statsmodels(p_values, alpha, "holm", "Holm")


def hochberg(p_values: Mapping[str, float], *, alpha: float = 0.05) -> pd.DataFrame:
    """Hochberg's step-up procedure (1988, doi:10.1093/biomet/75.4.800).

    Rejects at least what Holm's does, and is valid where Simes' inequality holds: independent
    P values and the usual positive dependence of one-sided tests. Not for claims whose tests
    pull in opposite directions. Parameters, returns and errors as :func:`holm`.
    """
    return _statsmodels(p_values, alpha, "simes-hochberg", "Hochberg")


def fixed_sequence(p_values: Mapping[str, float], *, alpha: float = 0.05) -> pd.DataFrame:
    """Claims in declared order, each at full alpha, until the first that fails.

    The adjusted P value is the largest so far (Maurer 1995; Westfall & Krishen 2001,
    doi:10.1016/S0378-3758(01)00077-5). The order is the mapping's and must have been declared
    before the data. Parameters, returns and errors as :func:`holm`.
    """
    values = _checked(p_values, alpha)
    return _result(p_values, np.maximum.accumulate(values), alpha, "fixed sequence")


def graphical(
    p_values: Mapping[str, float],
    *,
    weights: Mapping[str, float],
    transitions: Mapping[str, Mapping[str, float]],
    alpha: float = 0.05,
) -> pd.DataFrame:
    """The sequentially rejective graph of Bretz 2009 (doi:10.1002/sim.3495).

    Each claim holds a share of alpha; when it is rejected its share moves along the arrows.
    Bonferroni tests, valid under any dependence; Holm's procedure and the fixed sequence are
    graphs. No Python library keeps it. Checked against the example of the R package
    graphicalMCP 0.2.8 (vignette "shortcut testing"), Holm and the fixed sequence.

    Parameters
    ----------
    p_values : mapping of str to float
        Claim to P value.
    weights : mapping of str to float
        Claim to its first share of alpha, summing to at most 1; claims left out start with 0.
    transitions : mapping of str to mapping of str to float
        Claim to the shares that it passes on, summing to at most 1.
    alpha : float
        Chance of any false rejection.

    Returns
    -------
    DataFrame
        As :func:`holm`.

    Raises
    ------
    ValueError
        When a P value is missing, a name is not a claim, or shares are negative, sum to more
        than 1, or point from a claim to itself.
    """
    values = _checked(p_values, alpha)
    names = list(p_values)
    weight, passed = _graph(names, weights, transitions)
    adjusted, floor, left = np.ones(len(names)), 0.0, np.ones(len(names), dtype=bool)
    while (left & (weight > 0)).any():
        ratio = np.divide(
            values, weight, out=np.full(len(names), np.inf), where=left & (weight > 0)
        )
        j = int(ratio.argmin())
        floor = adjusted[j] = min(1.0, max(floor, ratio[j]))
        left[j] = False
        weight, passed = _without(weight, passed, j)
    return _result(p_values, adjusted, alpha, "graphical (Bonferroni)")


def _without(weight: np.ndarray, passed: np.ndarray, j: int) -> tuple[np.ndarray, np.ndarray]:
    """The graph once claim j is rejected and its share has moved on."""
    weight = weight + weight[j] * passed[j]
    loops = passed[:, j] * passed[j]  # from l to j and back to l
    through = passed + np.outer(passed[:, j], passed[j])
    keep = (1 - loops)[:, None]
    # A loop that keeps everything passes nothing on.
    passed = np.divide(through, keep, out=np.zeros_like(passed), where=keep > 1e-12)
    np.fill_diagonal(passed, 0.0)
    weight[j], passed[j], passed[:, j] = 0.0, 0.0, 0.0
    return weight, passed


def _graph(
    names: list[str], weights: Mapping[str, float], transitions: Mapping[str, Mapping[str, float]]
) -> tuple[np.ndarray, np.ndarray]:
    """Weights and transition matrix in the order of the claims, checked."""
    ends = {name for arrows in transitions.values() for name in arrows}
    unknown = sorted({*weights, *transitions, *ends} - set(names))
    if unknown:
        raise ValueError(f"The graph names claims without a P value: {', '.join(unknown)}.")
    weight = np.array([weights.get(name, 0.0) for name in names], float)
    passed = np.array([[transitions.get(a, {}).get(b, 0.0) for b in names] for a in names], float)
    sums = np.append(passed.sum(axis=1), weight.sum())
    if not ((weight >= 0).all() and (passed >= 0).all() and (sums <= 1 + 1e-9).all()):
        raise ValueError("Shares of alpha must not be negative nor sum to more than 1.")
    if np.diag(passed).any():
        raise ValueError("A claim cannot pass its share of alpha to itself.")
    return weight, passed


def _statsmodels(
    p_values: Mapping[str, float], alpha: float, method: str, name: str
) -> pd.DataFrame:
    from statsmodels.stats.multitest import multipletests  # slow to import

    values = _checked(p_values, alpha)
    adjusted = multipletests(values, alpha=alpha, method=method)[1]
    return _result(p_values, adjusted, alpha, name)


def _checked(p_values: Mapping[str, float], alpha: float) -> np.ndarray:
    if not isinstance(p_values, Mapping) or not len(p_values):
        raise ValueError("Give at least one claim with its P value, as {claim: P value}.")
    values = as_numbers(list(p_values.values()), "p_values")
    if not 0 < one_number(alpha, "alpha") < 1:
        raise ValueError("Alpha must lie between 0 and 1.")
    if not ((values >= 0) & (values <= 1)).all():
        raise ValueError(
            "Every claim needs a P value between 0 and 1; give 1 for a claim that could not be "
            "tested: it was declared and still counts."
        )
    return values


def _result(
    p_values: Mapping[str, float], adjusted: np.ndarray, alpha: float, procedure: str
) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "claim": list(p_values),
            "p_value": list(p_values.values()),
            "adjusted_p": adjusted,
            "rejected": adjusted <= alpha,
            "procedure": procedure,
        }
    )
