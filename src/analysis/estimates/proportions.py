"""Shares of people and their difference, with exact and score intervals."""

from __future__ import annotations

from typing import Any

from scipy import special

from analysis.estimates.table import row

__all__ = ["exact_share", "share_difference"]


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
    tail = (1 - level) / 2
    low = special.betaincinv(events, n - events + 1, tail) if events else 0.0
    high = special.betaincinv(events + 1, n - events, 1 - tail) if events < n else 1.0
    return row(
        n=n,
        estimate=events / n,
        ci_low=float(low),
        ci_high=float(high),
        method=f"{events} of {n}, exact (Clopper-Pearson) {100 * level:.3g} % interval",
        **words,
    )


def _refuse_non_share(events: int, n: int) -> None:
    if n <= 0 or not 0 <= events <= n:
        raise ValueError(f"{events} of {n} is not a share; count at least one person.")


def share_difference(events: tuple[int, int], n: tuple[int, int], **words: Any) -> dict[str, Any]:
    """Difference of two shares, first minus second, with Newcombe's 95 % interval.

    The score interval without continuity correction, method 10 of Newcombe 1998,
    doi:10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I.

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
    from statsmodels.stats.proportion import confint_proportions_2indep  # slow to import

    for count, size in zip(events, n, strict=True):
        _refuse_non_share(count, size)
    low, high = confint_proportions_2indep(events[0], n[0], events[1], n[1], method="newcomb")
    return row(
        n=sum(n),
        estimate=events[0] / n[0] - events[1] / n[1],
        ci_low=low,
        ci_high=high,
        method=f"{events[0]} of {n[0]} minus {events[1]} of {n[1]}, Newcombe 95 % interval",
        **words,
    )
