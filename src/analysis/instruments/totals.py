"""Scores from items, one function a rule, over all forms at once.

Each takes an array of forms by items (NaN blank, columns in the order of the version's item
numbers); only :func:`person_means` fills a blank in. A form that cannot be scored is NaN, never 0.
"""

from __future__ import annotations

import numpy as np

from analysis.instruments.scale import Instrument

__all__ = ["blanks", "event", "person_means", "total"]


def total(scale: Instrument, version: str, values: np.ndarray) -> np.ndarray:
    """Score of every form, by the scale's rule.

    - ``sum``: of all items.
    - ``mean``: of all items (DES-II, Carlson & Putnam 1993).
    - ``domains``: the highest item of each domain, added up (QIDS-SR16, Rush 2003
      doi:10.1016/S0006-3223(02)01866-8); of two alternatives one may be blank.
    - ``highest``: the highest level answered with yes (C-SSRS, Posner 2011 PMC3893686);
      NaN where a blank leaves it open whether it was higher.

    Parameters
    ----------
    values : array of float, forms by items
        Points, NaN blank.

    Returns
    -------
    array of float
        Points, one a form; NaN where it cannot be scored.
    """
    return _RULES[scale.rule](scale, version, values)


def _sum(scale: Instrument, version: str, values: np.ndarray) -> np.ndarray:
    # One blank makes the sum NaN, as it must.
    return values.sum(axis=1)


def _mean(scale: Instrument, version: str, values: np.ndarray) -> np.ndarray:
    return values.mean(axis=1)


def _domains(scale: Instrument, version: str, values: np.ndarray) -> np.ndarray:
    answered = np.where(_excused(scale, version, values), -np.inf, values)
    parts = [answered[:, _places(scale, version, items)].max(axis=1) for items in scale.domains]
    return np.sum(parts, axis=0)


def _highest(scale: Instrument, version: str, values: np.ndarray) -> np.ndarray:
    levels = np.arange(1, len(scale.levels) + 1)
    places = _places(scale, version, scale.levels)
    highest = np.where(values[:, places] == 1, levels, 0).max(axis=1)
    open_to = np.where(blanks(scale, version, values)[:, places], levels, 0).max(axis=1)
    return np.where(open_to > highest, np.nan, highest.astype(float))


_RULES = {"sum": _sum, "mean": _mean, "domains": _domains, "highest": _highest}


def _places(scale: Instrument, version: str, items: tuple[int, ...]) -> list[int]:
    numbers = scale.item_numbers(version)
    return [numbers.index(item) for item in items]


def _excused(scale: Instrument, version: str, values: np.ndarray) -> np.ndarray:
    """Blanks that the form itself asks for: the other of two alternatives, a branch not taken."""
    blank = np.isnan(values)
    if not scale.alternatives and not scale.branch:
        return np.zeros_like(blank)
    excused = np.zeros_like(blank)
    for pair in scale.alternatives:
        places = _places(scale, version, pair)
        excused[:, places] = blank[:, places] & ~blank[:, places].all(axis=1)[:, None]
    if scale.branch:
        skipped = values[:, _places(scale, version, (scale.gate,))] == 0
        places = _places(scale, version, scale.branch)
        excused[:, places] = blank[:, places] & skipped
    return excused


def blanks(scale: Instrument, version: str, values: np.ndarray) -> np.ndarray:
    """Where an item is missing: blank, and not as the form itself asks for."""
    return np.isnan(values) & ~_excused(scale, version, values)


def event(scale: Instrument, version: str, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Highest level seen, and behaviour (1 any, 0 none, NaN left open), whatever is blank.

    Only for rule ``highest``. Unlike the score, the level counts what was answered even
    where a blank leaves a higher one open: a safety signal is not lost to a blank.
    """
    levels = np.arange(1, len(scale.levels) + 1)
    seen = values[:, _places(scale, version, scale.levels)] == 1
    behaviour = values[:, _places(scale, version, scale.behaviour[version])]
    # A yes decides; without one, a blank leaves it open.
    none = np.where(np.isnan(behaviour).any(axis=1), np.nan, 0.0)
    return (seen * levels).max(axis=1), np.where((behaviour == 1).any(axis=1), 1.0, none)


def person_means(scale: Instrument, version: str, values: np.ndarray) -> np.ndarray:
    """The items with blanks filled by the person's mean, where the scale's rule allows it.

    A blank takes the place in its own item's range that the person's other answers have in
    theirs on average; where all items have one range this is the person's mean. Never more
    blanks than :meth:`Instrument.blanks_allowed` says.

    Returns
    -------
    array of float, forms by items
        As given where nothing may be filled.
    """
    blank = blanks(scale, version, values)
    count = blank.sum(axis=1)
    fill = (count > 0) & (count <= scale.blanks_allowed(values.shape[1]))
    low = scale.item_low(version)
    span = np.array(scale.item_max(version), dtype=float) - low
    rows = values[fill]
    own, possible = np.nansum(rows - low, axis=1), (~np.isnan(rows) * span).sum(axis=1)
    guess = low + (own / possible)[:, None] * span
    filled = values.copy()
    filled[fill] = np.where(np.isnan(rows), guess, rows)
    return filled
