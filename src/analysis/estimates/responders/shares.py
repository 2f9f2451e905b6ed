"""Who improved: shares three ways and at every threshold, their difference, NNT, bounds."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from scipy import special

from analysis.estimates.proportions import exact_share, groups_cell, share_difference
from analysis.estimates.root import brentq
from analysis.estimates.table import row
from analysis.numbers import aligned, numbers, share_of_one

__all__ = [
    "WAYS",
    "compare_shares",
    "number_needed_to_treat",
    "score_difference",
    "share_who_benefit",
    "three_way_shares",
]

WAYS = ("reliably improved", "unchanged", "reliably worse")
BENEFIT, HARM = "number needed to treat, benefit (NNTB)", "number needed to treat, harm (NNTH)"
# The three intervals of a three-way split hold together: Bonferroni.
_EACH_OF_THREE = 1 - 0.05 / 3


def three_way_shares(counts: Sequence[int], **words: Any) -> list[dict[str, Any]]:
    """Improved, unchanged and worse in one arm, with intervals that hold together at 95 %.

    Exact intervals at 98.3 % each (Clopper-Pearson, Bonferroni): at 15 people some counts are
    near 0, where the multinomial intervals of Goodman 1965 (doi:10.1080/00401706.1965.10490252)
    and Sison & Glaz 1995 are not valid. Never below the level, by simulation about 98 %.

    Parameters
    ----------
    counts : sequence of three int
        People improved, unchanged and worse beyond measurement error.
    **words
        Text columns of the table of estimates; ``estimand`` is set here.

    Returns
    -------
    list of three rows
        Shares between 0 and 1; they add up to 1.

    Raises
    ------
    ValueError
        When there are not three counts, one is negative, or nobody is counted.
    """
    (told,) = numbers(counts=counts)
    if told.shape != (len(WAYS),) or not (told >= 0).all() or not told.any():
        raise ValueError(f"Three counts of people are expected, {', '.join(WAYS)}; count someone.")
    n = int(sum(counts))
    shares = (
        exact_share(int(count), n, level=_EACH_OF_THREE, estimand=way, **words)
        for way, count in zip(WAYS, counts, strict=True)
    )
    return [
        share | {"method": share["method"] + "; the three hold together at 95 %"}
        for share in shares
    ]


def score_difference(
    events: tuple[int, int], n: tuple[int, int], *, level: float = 0.95, **words: Any
) -> dict[str, Any]:
    """Difference of two shares, first minus second, with Miettinen & Nurminen's interval.

    The score interval with variance at the restricted maximum likelihood and the factor
    N / (N - 1): Miettinen & Nurminen 1985, doi:10.1002/sim.4780040211. Own code, since
    ``confint_proportions_2indep(method="score")`` of statsmodels 0.15 misses the published
    limits or fails (56 of 70 against 48 of 80 gives 0.344 for 0.338). Checked against method 6
    of Newcombe 1998 (doi:10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I).

    Parameters
    ----------
    events, n, **words
        As :func:`analysis.estimates.proportions.share_difference`, as are the results and errors.
    level : float
        Of the interval, between 0 and 1.
    """
    difference = share_difference(events, n)["estimate"]
    z = special.ndtri((1 + share_of_one(level, "level")) / 2)

    def beyond(delta: float) -> float:
        # Positive where the score test refuses delta.
        return (difference - delta) ** 2 - z**2 * _restricted_variance(events, n, delta)

    return row(
        n=sum(n),
        estimate=difference,
        ci_low=_limit(beyond, difference, -1.0),
        ci_high=_limit(beyond, difference, 1.0),
        method=f"{events[0]} of {n[0]} minus {events[1]} of {n[1]}, "
        f"Miettinen-Nurminen {100 * level:.3g} % interval",
        cell=groups_cell(events, n, "score difference", words.get("contrast", "")),
        **words,
    )


def _limit(beyond: Any, difference: float, end: float) -> float:
    """The delta nearest the estimate, towards one end, that the score test just refuses."""
    # At the estimate itself the variance may be 0 (nobody, or everybody), beside it never.
    near, far = difference + math.copysign(1e-10, end), end * (1 - 1e-10)
    if abs(difference - end) < 1e-9 or beyond(far) <= 0:
        return end
    return brentq(beyond, near, far, xtol=1e-12)


def _restricted_variance(events: tuple[int, int], n: tuple[int, int], delta: float) -> float:
    """Variance of the difference where it is delta: the cubic of Miettinen & Nurminen 1985."""
    # Symbols as there: l3 to l0 the coefficients, l3 the people of both groups.
    (x1, x2), (n1, n2) = events, n
    l3 = n1 + n2
    l2 = (n1 + 2 * n2) * delta - l3 - x1 - x2
    l1 = (n2 * delta - l3 - 2 * x2) * delta + x1 + x2
    l0 = x2 * delta * (1 - delta)
    q = (l2 / (3 * l3)) ** 3 - l2 * l1 / (6 * l3**2) + l0 / (2 * l3)
    p = math.copysign(math.sqrt(max(0.0, (l2 / (3 * l3)) ** 2 - l1 / (3 * l3))), q)
    a = (math.pi + math.acos(min(1.0, max(-1.0, q / p**3 if p else 0.0)))) / 3
    r2 = 2 * p * math.cos(a) - l2 / (3 * l3)
    r2 = min(max(r2, 0.0, -delta), 1.0, 1.0 - delta)
    r1 = r2 + delta
    spread = r1 * (1 - r1) / n1 + r2 * (1 - r2) / n2
    return spread * l3 / (l3 - 1)


def number_needed_to_treat(difference: Mapping[str, Any], **words: Any) -> list[dict[str, Any]]:
    """The number needed to treat from a difference of shares, as the set of two rows that it is.

    Where the difference spans 0, its reciprocal is two ranges that meet at infinity: benefit
    (NNTB) from its lower limit to infinity, harm (NNTH) from its own to infinity (Altman 1998,
    doi:10.1136/bmj.317.7168.1309). A single pair of limits would be read as what lies between
    them, the very numbers that are excluded. Checked against the example of that paper.

    Parameters
    ----------
    difference : mapping
        A row: difference of two shares, positive = more people improve on treatment.
    **words
        Text columns of the table of estimates; ``estimand`` is set here.

    Returns
    -------
    list of rows
        One row, of benefit or of harm, where the interval lies on one side of 0; otherwise
        both. The estimate stands in the row that it belongs to; no difference has none.

    Raises
    ------
    ValueError
        When the row has no interval, or one without the estimate.
    """
    estimate, low, high = (float(difference[name]) for name in ("estimate", "ci_low", "ci_high"))
    if not low <= estimate <= high:
        raise ValueError("A number needed to treat needs a difference of shares with its interval.")
    told = f"reciprocal of {difference['method']}: {_altman(low, high)}"
    common = {"n": difference["n"], "method": told, **words}
    if "cell" in difference:
        common["cell"] = replace(difference["cell"], made_of="number needed to treat")
    sides = []
    for name, value, least, most in (
        (BENEFIT, estimate, low, high),
        (HARM, -estimate, -high, -low),
    ):
        if most > 0:
            sides.append(
                row(
                    estimand=name,
                    estimate=1 / value if value > 0 else math.nan,
                    ci_low=1 / most,
                    ci_high=1 / least if least > 0 else math.inf,
                    **common,
                )
            )
    return sides


def _altman(low: float, high: float) -> str:
    """The interval as Altman writes it."""
    if low > 0:
        return f"NNTB {1 / high:.1f} to {1 / low:.1f}"
    if high < 0:
        return f"NNTH {-1 / low:.1f} to {-1 / high:.1f}"
    benefit = f"NNTB {1 / high:.1f} to ∞" if high > 0 else "NNTB ∞"
    return f"{benefit} to NNTH {-1 / low:.1f}" if low < 0 else benefit


def share_who_benefit(
    events: tuple[int, int], n: tuple[int, int], **words: Any
) -> list[dict[str, Any]]:
    """Between what bounds the share lies who improve because of the treatment.

    Nobody is seen under both treatments, so a trial of two groups does not tell who would
    have improved anyway. The share who improve on treatment and would not have on control
    lies between max(0, p1 - p0) and min(p1, 1 - p0), the sharp bounds of Fréchet
    (in trials: Gadbury, Iyer & Albert 2004, doi:10.1016/S0378-3758(03)00115-0).

    Parameters
    ----------
    events, n : tuple of int
        People improved and people counted, treated and control.
    **words
        Text columns of the table of estimates; ``estimand`` is set here.

    Returns
    -------
    list of two rows
        The bounds as estimated, and bounds that hold the share with 95 % confidence: the
        lower 97.5 % limit of p1 - p0 (Miettinen-Nurminen) below; above, the smaller of the
        exact upper limits of p1 and 1 - p0 at 98.75 % each. No estimate: there is none.

    Raises
    ------
    ValueError
        When a group is empty or its events do not fit in it.
    """
    contrast = score_difference(events, n)
    each = 1 - 2 * 0.0125
    treated = exact_share(events[0], n[0], level=each)
    spared = exact_share(n[1] - events[1], n[1], level=each)
    counts = f"from {events[0]} of {n[0]} and {events[1]} of {n[1]}"
    cell = groups_cell(events, n, "share who benefit", words.get("contrast", ""))
    common = {"n": sum(n), "cell": cell, **words}
    return [
        row(
            estimand="share who benefit, bounds",
            ci_low=max(0.0, contrast["estimate"]),
            ci_high=min(treated["estimate"], spared["estimate"]),
            method=f"max(0, p1 - p0) to min(p1, 1 - p0), {counts}, sampling error aside",
            **common,
        ),
        row(
            estimand="share who benefit, 95 % confidence bounds",
            ci_low=max(0.0, contrast["ci_low"]),
            ci_high=min(treated["ci_high"], spared["ci_high"]),
            method=f"limits of both bounds together, {counts}",
            **common,
        ),
    ]


def compare_shares(
    improved: np.ndarray,
    treated: np.ndarray,
    *,
    estimand: str,
    names: tuple[str, str],
    **words: Any,
) -> list[dict[str, Any]]:
    """One definition of improvement in two arms: both shares, difference, NNT, bounds.

    Parameters
    ----------
    improved, treated : ndarray of bool, shape (n,)
        Whether a person improved, and whether they were treated.
    estimand : str
        What counts as improved.
    names : (str, str)
        Treated and control arm.
    **words
        Text columns of the table of estimates.

    Returns
    -------
    list of rows
        Two exact shares; the difference by Miettinen-Nurminen and by Newcombe; the number
        needed to treat (from the former); the bounds on the share who benefit.

    Raises
    ------
    ValueError
        When the arrays are not boolean and of one length, or an arm is empty.
    """
    improved, treated = map(np.asarray, aligned(improved=improved, treated=treated).values())
    if improved.dtype != bool or treated.dtype != bool or improved.shape != treated.shape:
        raise ValueError("Improved and treated are true or false, one value a person each.")
    events = int(improved[treated].sum()), int(improved[~treated].sum())
    n = int(treated.sum()), int((~treated).sum())
    both = {"contrast": f"{names[0]} - {names[1]}", **words}
    difference = score_difference(events, n, estimand=f"difference in {estimand}", **both)
    return [
        *(
            exact_share(count, size, estimand=estimand, contrast=name, **words)
            for count, size, name in zip(events, n, names, strict=True)
        ),
        difference,
        share_difference(events, n, estimand=f"difference in {estimand}", **both),
        *number_needed_to_treat(difference, **both),
        *share_who_benefit(events, n, **both),
    ]
