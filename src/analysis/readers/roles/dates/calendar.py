"""What only dates can tell, before they go: how the arms follow one another, and the register."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
from scipy.special import gammaln, ndtr

from analysis.readers.reading import Reading
from analysis.readers.roles.comparator import arms_of_people
from analysis.readers.table.identifiers import among
from analysis.rules import issue

__all__ = ["check_calendar", "first_of_the_minute", "is_registered_late"]

# Of all pairs of one person of each arm, so large a share with the same arm first is no overlap
# but for single people; by chance hardly any trial has it.
_NEARLY_ALL, _CHANCE = 0.95, 0.001
# Turns of an arm: fewer than this share of what chance gives, and most people with nobody of the
# other arm so many hours before or after them, is another time and not a cluster of days.
_FEW_TURNS, _MOST, _WEEK = 0.5, 0.5, 7 * 24.0
# People of an arm up to whom chances are counted exactly.
_EXACT = 8


def check_calendar(reading: Reading, people: pd.DataFrame, infusions: pd.DataFrame) -> None:
    """Say where the arms were not treated at the same time; only dates can tell.

    Parameters
    ----------
    people : DataFrame
        ``id`` and ``arm``.
    infusions : DataFrame
        As :func:`analysis.readers.roles.infusions.read_infusions` returns it.
    """
    if reading.config.infusions.start is None or reading.config.study.design != "parallel":
        return
    first = infusions[infusions["infusion"] == 1]
    when = (first["start_low"] + first["start_high"]) / 2
    one, other = (when[among(first["id"], ids)].to_numpy(float) for ids in arms_of_people(people))
    if not (len(one) and len(other)):
        return
    n = len(one) + len(other)
    share, chance_of_share = _pairs(one, other)
    drift = chance_of_share < _CHANCE
    if drift and share >= _NEARLY_ALL:
        reading.issues.append(issue("comparator.other-period", count=n, share=f"{share:.0%}"))
        return
    turns, expected, chance = _turns(one, other)
    alone = _alone(one, other)
    if chance < _CHANCE and turns < _FEW_TURNS * expected and alone > _MOST:
        told = issue("comparator.in-turns", count=n, share=f"{alone:.0%}", turns=turns,
                     expected=f"{expected:.0f}")  # fmt: skip
        reading.issues.append(told)
    elif chance < _CHANCE or drift:
        reading.issues.append(issue("comparator.order-not-random", count=n))


def _pairs(one: np.ndarray, other: np.ndarray) -> tuple[float, float]:
    """Share of all pairs with the same arm first, and its two-sided chance.

    Mann and Whitney's U, as SciPy's ``mannwhitneyu`` has it, whose import is slow: exact for eight
    people of an arm or fewer and no ties, and else the normal limit.
    """
    n, m = len(one), len(other)
    values, place, ties = np.unique(
        np.concatenate([one, other]), return_inverse=True, return_counts=True
    )
    ranks = (np.cumsum(ties) - (ties - 1) / 2)[place.ravel()]
    u = float(ranks[:n].sum()) - n * (n + 1) / 2
    u = max(u, n * m - u)
    if len(values) == n + m and min(n, m) <= _EXACT:
        ways = _ways(n, m)
        chance = 2 * sum(ways[int(u) :]) / sum(ways)
    else:
        size = n + m
        tied = float((ties.astype(float) ** 3 - ties).sum()) / (size * (size - 1))
        sd = (n * m / 12 * (size + 1 - tied)) ** 0.5
        chance = 2 * float(ndtr(-(u - n * m / 2 - 0.5) / sd)) if sd > 0 else 1.0
    return u / (n * m), min(chance, 1.0)


def _ways(n: int, m: int) -> list[int]:
    """How many orders of so many people without ties give each U, from 0 to all pairs."""
    few, many = sorted((n, m))
    ways = [1] + [0] * (n * m)
    for i in range(1, few + 1):
        # Times 1 - q^(many + i), divided by 1 - q^i: a Gaussian binomial coefficient.
        for u in range(n * m, many + i - 1, -1):
            ways[u] -= ways[u - many - i]
        for u in range(i, n * m + 1):
            ways[u] += ways[u - i]
    return ways


def _turns(one: np.ndarray, other: np.ndarray) -> tuple[int, float, float]:
    """Turns that an arm takes, those that chance gives, and the chance of so few.

    The number of runs of one kind is hypergeometric (Stevens 1939,
    doi:10.1111/j.1469-1809.1939.tb02193.x). People treated at the same time follow one another
    in turn, so that days without an hour make no turns longer.
    """
    table = pd.DataFrame({
        "when": np.concatenate([one, other]),
        "arm": np.repeat([0, 1], [len(one), len(other)]),
    })  # fmt: skip
    table["place"] = table.groupby(["when", "arm"]).cumcount()
    arm = table.sort_values(["when", "place", "arm"], kind="stable")["arm"].to_numpy()
    turns = int((arm[0] == 0) + ((arm[1:] == 0) & (arm[:-1] == 1)).sum())
    n = len(arm)
    fewer = np.arange(1, turns + 1)
    chance = float(
        np.exp(
            _log_choices(len(other) + 1, fewer)
            + _log_choices(len(one) - 1, fewer - 1)
            - _log_choices(n, len(one))
        ).sum()
    )
    return turns, len(one) * (len(other) + 1) / n, chance


def _log_choices(n: int, k: np.ndarray | int) -> np.ndarray:
    """Logarithm of the number of choices of k of n; -inf where there are none."""
    return np.asarray(gammaln(n + 1) - gammaln(np.add(k, 1)) - gammaln(np.subtract(n + 1, k)))


def _alone(one: np.ndarray, other: np.ndarray) -> float:
    """Share of people with nobody of the other arm within a week of them."""
    alone = 0
    for own, theirs in ((one, np.sort(other)), (other, np.sort(one))):
        begins = np.searchsorted(theirs, own - _WEEK, side="left")
        alone += int((begins == np.searchsorted(theirs, own + _WEEK, side="right")).sum())
    return alone / (len(one) + len(other))


def is_registered_late(reading: Reading, infusions: pd.DataFrame) -> bool:
    """Say where the declared date of the register lies after the first infusion of the study.

    By the latest hour that the first infusion may have had, in the study's zone: a registration
    of the same day is none that came late.
    """
    section = reading.config.study
    told = (section.registration or "none").split()
    first = infusions["start_high"].min()
    if reading.config.infusions.start is None or told == ["none"] or not np.isfinite(first):
        return False
    declared = section.timezone or "UTC"
    # Of several zones the one whose day is furthest on: no registration in time is called late.
    zones = map(ZoneInfo, declared.values() if isinstance(declared, dict) else [declared])
    zone = max(zones, key=lambda one: str(datetime.fromtimestamp(3600 * first, tz=one)))
    # A day ends where the next begins.
    begun = datetime.fromtimestamp(3600 * first - 1, tz=zone).date()
    registered = date.fromisoformat(told[1])
    if registered <= begun:
        return False
    midnight = datetime(registered.year, registered.month, registered.day, tzinfo=zone)
    early = infusions["start_high"] <= midnight.timestamp() / 3600
    count = int(infusions.loc[early, "id"].nunique())
    reading.issues.append(issue("registration.late", count=count, n=count))
    return True


def first_of_the_minute(infusions: pd.DataFrame, number: dict[str, int]) -> pd.Series:
    """The least number of those whose first infusion began in the same minute, by identifier.

    Whose did is all that it tells; when it was is nobody's business from here on. Nothing is told
    of a start that is known to the day.
    """
    first = infusions[infusions["infusion"] == 1]
    first = first[first["start_low"] == first["start_high"]]
    numbers = first["id"].map(number)
    least = numbers.groupby((60 * first["start_low"]).round()).transform("min")
    return least.set_axis(first["id"])
