"""The simulation scenarios on which the judge is tried: what is true in each, and why.

Sizes are in SD of baseline as it is used, benefit and bias towards benefit positive.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

import pandas as pd

from analysis.simulate.scenarios.by_size import (
    NO_EFFECT,
    discouraged,
    effect,
    hopeful,
    intoxicated,
    power_cell,
    unblinded,
)
from analysis.simulate.scenarios.entries import BOUND, MATTERS, Entry
from analysis.simulate.scenarios.flawed_designs import FLAWED
from analysis.simulate.scenarios.scenario import World, in_use

_FEDER_2014 = "doi:10.1001/jamapsychiatry.2014.62"
_ABDALLAH = "doi:10.1038/s41386-022-01266-9"
_WILKINSON = "doi:10.1038/s41386-019-0317-8"


_NOTHING = "nothing"
# People ask when they feel worst, and the less ill are turned away.
_BAD_DAY: dict[str, Any] = {"screening_state": 0.8, "entry_threshold": 40}
_LEAVING: dict[str, Any] = {"dropout_hours": 0.025, "dropout": 0.03, "dropout_unseen": 0.05}
_INFORMATIVE: dict[str, Any] = {**_LEAVING, "dropout_unseen_ketamine": 0.10}
_LATE: dict[str, Any] = {"drug_onset": 6.5, "drug_full": 20.0}
_REAL = effect(1.0)


def _scaled(times: float, **changed: Any) -> World:
    """The effect of 1 SD times a factor, with other changes. Factors: truth of 20,000 an arm."""
    return replace(_REAL, drug=times * _REAL.drug, **changed)


_HOPE = f"assumption; 1.8 SD against saline, 0.7 SD against midazolam: {_WILKINSON}"
# Scenarios of a size: how it is made, what its bias is, title, truth, source.
_FAMILIES: dict[str, tuple[Callable[[float], World], str, str, str, str]] = {
    "unblinding": (unblinded, "unblinding", "Unblinding, {:.2f} SD", _NOTHING, _HOPE),
    "expectancy": (hopeful, "expectancy", "Expectancy on ketamine, {:.2f} SD", _NOTHING, _HOPE),
    "euphoria": (
        intoxicated, "intoxication", "Residual euphoria, {:.2f} SD",
        "nothing; intoxication lowers scores for hours", "assumption",
    ),
    "effect": (effect, "", "True effect, {:.2f} SD", "a fall in everyone alike", "assumption"),
    "against": (
        discouraged, "expectancy against ketamine", "Expectancy on the comparator, {:.2f} SD",
        _NOTHING, _HOPE,
    ),
}  # fmt: skip
_AGAINST = "-against-"
# One thing each that could pass for an effect within hours.
_WITHOUT_EFFECT: dict[str, Entry] = {
    "null": Entry("The drug does nothing", _NOTHING, NO_EFFECT),
    "regression": Entry(
        "Regression to the mean alone",
        _NOTHING,
        replace(NO_EFFECT, expectancy=0.0, expectancy_sd=0.0, anticipation=0.0, **_BAD_DAY),
        source="selection on a noisy score: doi:10.1177/096228029700600204",
    ),
    "hope": Entry(
        "Expectancy alone, both arms fall by 1 SD more",
        _NOTHING,
        hopeful(0.0, both=1.0),
        source=f"assumption; controls move: {_WILKINSON}",
    ),
    "anticipation": Entry(
        "Waiting raises the rating just before",
        _NOTHING,
        replace(NO_EFFECT, anticipation=8.0),
    ),
    "leavers": Entry(
        "Drop-out because nothing happened",
        _NOTHING,
        replace(NO_EFFECT, **_LEAVING),
        source=f"assumption; 4 of 19 on midazolam left in a week, 0 of 22 on ketamine: "
        f"{_FEDER_2014}",
    ),
    "informative-dropout": Entry(
        "Drop-out because nothing happened, more on ketamine",
        _NOTHING,
        replace(NO_EFFECT, **_INFORMATIVE),
        source=f"assumption; 13 to 19 of about 54 an arm did not complete: {_ABDALLAH}",
    ),
    "drift": Entry(
        "Reporting drifts by visit and by calendar in both arms",
        _NOTHING,
        replace(NO_EFFECT, drift_visit=-0.7, drift_calendar=-3.0),
    ),
    "sites": Entry(
        "Three sites that differ in level and in response",
        _NOTHING,
        replace(NO_EFFECT, sites=3, site_sd=3.0, site_response_sd=2.0),
    ),
    "jitter": Entry("Visits at varying times", _NOTHING, replace(NO_EFFECT, visit_jitter=3.0)),
    "one-rating": Entry(
        "Half the participants lack the rating on another day",
        _NOTHING,
        replace(NO_EFFECT, one_rating=0.5, anticipation=6.0),
    ),
    "real-24h": Entry(
        "True effect at 24 h only",
        "nothing; it starts 6.5 h after the end",
        replace(_REAL, **_LATE),
        source=f"assumption; trials of PTSD first look at 24 h: {_FEDER_2014}",
    ),
}
# Several such things at once.
_COMBINED: dict[str, Entry] = {
    "regression-hope-dropout": Entry(
        "Regression to the mean, expectancy at the bound, informative drop-out",
        _NOTHING,
        # Stricter selection narrows baseline, to 0.95 of its SD.
        replace(hopeful(0.95 * BOUND), **_BAD_DAY, **_INFORMATIVE),
        bias=BOUND,
        holds="expectancy, and what drop-out adds",
    ),
    "anticipation-unblinding": Entry(
        "Anticipation, and unblinding at the bound",
        _NOTHING,
        replace(unblinded(BOUND), anticipation=8.0),
        bias=BOUND,
        holds="unblinding",
    ),
}
# The drug does something within hours.
_WITH_EFFECT: dict[str, Entry] = {
    "power-cell": Entry(
        "True effect, 1.00 SD: planned power",
        "a fall in everyone alike",
        power_cell(),
        drug=1.0,
    ),
    "responders": Entry(
        "Half the participants respond",
        "a fall of 2 SD in half the participants, none in the others",
        _scaled(2.14, drug_none=0.5, drug_sd=3.0),
        drug=1.0,
    ),
    "some-worse": Entry(
        "True effect on average, some get worse",
        "a fall in most, a rise of 6 points in 15 %",
        _scaled(1.31, drug_worse=0.15),
        drug=1.0,
    ),
    "short-lived": Entry(
        "True effect within hours, gone at 24 h",
        "a fall that halves every 6 h from its fullest on",
        _scaled(1.072, drug_half_life=6.0),
        drug=1.0,
    ),
    "low-dose": Entry(
        "True effect at 0.5 mg/kg, given at 0.2",
        "a fall that is small at this dose",
        replace(_REAL, doses=(0.2,)),
        drug=0.41,
        source=f"doses: {_ABDALLAH}; in proportion: assumption",
    ),
    "two-doses": Entry(
        "True effect, half are given 0.2 and half 0.5 mg/kg",
        "a fall in proportion to the dose",
        replace(_REAL, doses=(0.2, 0.5)),
        drug=0.70,
        source=f"doses: {_ABDALLAH}; in proportion: assumption",
    ),
    "carry-over": Entry(
        "Crossover, the second period carries the first",
        "a fall in everyone alike that has not faded after two weeks",
        replace(_REAL, washout=336, drug_half_life=336.0, frugal=False),
        drug=1.0,
        source=f"second infusion after two weeks: {_FEDER_2014}; fading: assumption",
    ),
    "past-week": Entry(
        "True effect, but measured with a past-week scale",
        "a fall that the scale cannot show",
        replace(_REAL, now_form=False),
        drug=1.0,
    ),
}
# Effects of the least that counts and half as much more, with expectancy against them: at most so
# much bias against is allowed for where "contradicted" is said, and twice as much.
_OPPOSED = tuple(f"effect-{size:.2f}{_AGAINST}{hope:.2f}"
                 for size in (MATTERS, 1.5 * MATTERS) for hope in (BOUND / 2, BOUND))  # fmt: skip
# The scenarios without a size.
_FIXED = _WITHOUT_EFFECT | _COMBINED | FLAWED | _WITH_EFFECT


@cache
def entry(name: str) -> Entry:
    """A scenario of the catalogue and what is true in it, by name.

    Parameters
    ----------
    name : str
        A name in ``catalogue()``, or a family and a size in SD of baseline: ``unblinding-0.30``,
        ``expectancy-0.30``, ``euphoria-0.30``, ``against-0.15``, ``effect-0.75``, and
        ``effect-0.75-against-0.15`` for an effect with expectancy against it.

    Raises
    ------
    ValueError
        When no scenario has that name, or a family has no such size.
    """
    if name in _FIXED:
        return _FIXED[name]
    whole, _, against = name.partition(_AGAINST)
    family, _, size = whole.rpartition("-")
    try:
        make, holds, title, truth, source = _FAMILIES[family]
        amount = float(size)
        hope = float(against or 0.0)
    except (KeyError, ValueError):
        known = ", ".join([*_FIXED, *(f"{family}-0.30" for family in _FAMILIES)])
        raise ValueError(f"No scenario is named {name!r}; there are {known}.") from None
    made = Entry(title.format(amount), truth, make(amount), holds=holds, source=source)
    if family != "effect":
        return replace(made, bias=-amount if family == "against" else amount)
    if not against:
        return replace(made, drug=amount)
    return Entry(
        f"{made.title}, and expectancy on the comparator, {hope:.2f} SD",
        truth, discouraged(hope, made.world), drug=amount, bias=-hope,
        holds="expectancy against ketamine", source=_HOPE,
    )  # fmt: skip


def world(name: str) -> World:
    """The world of that name; see :func:`entry`."""
    return entry(name).world


def catalogue(names: tuple[str, ...] | None = None) -> pd.DataFrame:
    """The scenarios, one row each, to be printed.

    Parameters
    ----------
    names : tuple of str, optional
        Scenarios to list; all without a size, each family at the bound on bias (a real effect at
        0.5 SD) and an effect of 0.5 and 0.75 SD with expectancy against it, unless given.

    Returns
    -------
    DataFrame
        world, title, drug_within_hours (words), drug_sd and bias_sd (difference within hours
        by the drug, and by anything else but loss; SD of baseline, benefit positive),
        no_effect ("supported" is false for onset), effect_true (at least 0.5 SD), stopped_by
        (the gate that keeps "supported" away whatever the scores say), bias (one line: what it
        is made of, its sum, and the gate or bound that answers it), changed (parameters that
        differ from the world ``null``), source.
    """
    if names is None:
        at_bound = (f"{name}-{BOUND:.2f}" for name in ("unblinding", "expectancy", "euphoria"))
        names = (*_FIXED, *at_bound, f"effect-{MATTERS:.2f}", *_OPPOSED)
    rows = []
    for name in names:
        one = entry(name)
        facts = (one.title, one.truth, one.drug, one.bias, one.no_effect, one.effect_true)
        rows.append((name, *facts, one.stopped_by, one.line, _changed(one.world), one.source))
    columns = (
        "title drug_within_hours drug_sd bias_sd no_effect effect_true stopped_by bias changed "
        "source"
    )
    return pd.DataFrame(rows, columns=["world", *columns.split()])


def _changed(made: World) -> str:
    """The parameters that differ from the world in which the drug does nothing."""
    before = in_use(NO_EFFECT)
    kept = {name: value for name, value in in_use(made).items() if before.get(name) != value}
    return ", ".join(
        f"{name} = {value:.3g}" if isinstance(value, float) else f"{name} = {value}"
        for name, value in kept.items()
    )
