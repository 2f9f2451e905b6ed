"""Shares of people and their difference, with exact and score intervals."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from scipy import special

from analysis.estimates.table import row
from analysis.numbers import one_number, share_of_one
from analysis.quantity import Cell

__all__ = ["difference_between", "exact_share", "groups_cell", "share_between", "share_bounds",
           "share_difference"]  # fmt: skip


def exact_share(events: int, n: int, *, level: float = 0.95, **words: Any) -> dict[str, Any]:
    """A share with its exact interval (Clopper & Pearson 1934, doi:10.1093/biomet/26.4.404).

    Parameters
    ----------
    events, n : int
        People with the event, people counted.
    level : float
        Of the interval, between 0 and 1.
    **words
        Text columns of the table of estimates.

    Returns
    -------
    row
        Estimate and limits between 0 and 1.

    Raises
    ------
    ValueError
        When n is 0 or events do not fit in it.
    """
    _refuse_non_share(events, n)
    tail = (1 - share_of_one(level, "level")) / 2
    low = special.betaincinv(events, n - events + 1, tail) if events else 0.0
    high = special.betaincinv(events + 1, n - events, 1 - tail) if events < n else 1.0
    return row(
        n=n,
        estimate=events / n,
        ci_low=float(low),
        ci_high=float(high),
        method=f"{events} of {n}, exact (Clopper-Pearson) {100 * level:.3g} % interval",
        cell=Cell(
            {words.get("contrast") or "people": n},
            counts=((events, n),),
            made_of="share",
            level=level,
        ),
        **words,
    )


def share_bounds(events: int, n: int, given: int, **words: Any) -> dict[str, Any]:
    """Between what bounds a share lies, whatever those of ``given`` people who were not seen did.

    Parameters
    ----------
    events, n : int
        People with the event, people seen.
    given : int
        People whose share is asked for, seen or not.
    **words
        Text columns of the table of estimates.

    Returns
    -------
    row
        Limits between 0 and 1, no estimate (Manski 1990, doi:10.2307/2006592).

    Raises
    ------
    ValueError
        When n is 0, events do not fit in it, or more people were seen than there are.
    """
    _refuse_non_share(events, n)
    _refuse_non_share(n, given)
    return row(
        n=given,
        ci_low=events / given,
        ci_high=(events + given - n) / given,
        method=f"bounds: {given - n} of {given} participants have no score",
        cell=Cell(
            {words.get("contrast") or "people": given},
            counts=((events, n), (n, given)),
            made_of="share bounds",
        ),
        **words,
    )


def share_between(least: int, most: int, n: int, **words: Any) -> dict[str, Any]:
    """A share of which only bounds are known, with the exact limits of either end.

    Parameters
    ----------
    least, most : int
        People with the event: as few, and as many, as what was seen allows.
    n : int
        People counted.
    **words
        Text columns of the table of estimates.

    Returns
    -------
    row
        Limits between 0 and 1, and an estimate where least and most are one.

    Raises
    ------
    ValueError
        When n is 0 or either does not fit in it.
    """
    low, high = exact_share(least, n), exact_share(most, n)
    told = f"{least}" if least == most else f"{least} to {most}"
    return row(
        n=n,
        estimate=low["estimate"] if least == most else math.nan,
        ci_low=low["ci_low"],
        ci_high=high["ci_high"],
        method=f"{told} of {n}, exact (Clopper-Pearson) 95 % limits",
        cell=Cell.of(
            words.get("contrast", ""), n, counts=((least, n), (most, n)), made_of="share between"
        ),
        **words,
    )


def _refuse_non_share(events: int, n: int) -> None:
    if not one_number(n, "n") > 0 or not 0 <= one_number(events, "events") <= n:
        raise ValueError(f"{events} of {n} is not a share; count at least one person.")


def share_difference(events: tuple[int, int], n: tuple[int, int], **words: Any) -> dict[str, Any]:
    """Difference of two shares, first minus second, with Newcombe's 95 % interval.

    The score interval without continuity correction, method 10 of Newcombe 1998,
    doi:10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I, in his symbols. Equal
    to statsmodels' ``confint_proportions_2indep``, whose import takes longer than the verdict.

    Parameters
    ----------
    events, n : tuple of int
        People with the event and people counted, first and second group.
    **words
        Text columns of the table of estimates.

    Returns
    -------
    row
        Estimate and limits between -1 and 1.

    Raises
    ------
    ValueError
        When a group is empty or its events do not fit in it.
    """
    for count, size in zip(events, n, strict=True):
        _refuse_non_share(count, size)
    (p1, l1, u1), (p2, l2, u2) = (_wilson(*group) for group in zip(events, n, strict=True))
    return row(
        n=sum(n),
        estimate=p1 - p2,
        ci_low=p1 - p2 - math.sqrt((p1 - l1) ** 2 + (u2 - p2) ** 2),
        ci_high=p1 - p2 + math.sqrt((p2 - l2) ** 2 + (u1 - p1) ** 2),
        method=f"{events[0]} of {n[0]} minus {events[1]} of {n[1]}, Newcombe 95 % interval",
        cell=groups_cell(events, n, "share difference", words.get("contrast", "")),
        **words,
    )


def difference_between(
    first: Sequence[tuple[int, int]], second: Sequence[tuple[int, int]], **words: Any
) -> dict[str, Any]:
    """Difference of two shares of which bounds are known, with Newcombe's limits of either end.

    Parameters
    ----------
    first, second : sequence of two (int, int)
        As few and as many people with the event as what was seen allows, each with the people
        counted.
    **words
        Text columns of the table of estimates.

    Returns
    -------
    row
        Limits between -1 and 1, and an estimate where the bounds of each group are one.

    Raises
    ------
    ValueError
        As :func:`share_difference`.
    """
    n = first[0][1], second[0][1]
    least = share_difference((first[0][0], second[1][0]), n)
    most = share_difference((first[1][0], second[0][0]), n)
    known = least["estimate"] == most["estimate"]
    return row(
        n=sum(n),
        estimate=least["estimate"] if known else math.nan,
        ci_low=least["ci_low"],
        ci_high=most["ci_high"],
        method="Newcombe 95 % limits of the least and the largest difference",
        **words,
    )


def groups_cell(events: tuple[int, int], n: tuple[int, int], made_of: str, contrast: str) -> Cell:
    """The cell of two groups' counts; they are named by the contrast, ``a - b``."""
    counts = tuple(zip(events, n, strict=True))
    return Cell.of(contrast, *n, counts=counts, made_of=made_of)


def _wilson(events: int, n: int) -> tuple[float, float, float]:
    """A share with the limits of its score interval, 95 % (Wilson 1927)."""
    p, z = events / n, -float(special.ndtri(0.025))
    denominator = 1 + z**2 / n
    centre = (p + z**2 / (2 * n)) / denominator
    reach = z * math.sqrt(p * (1 - p) / n + z**2 / (4 * n**2)) / denominator
    return p, centre - reach, centre + reach
