"""A trial as arrays of totals, for work that needs many thousands of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analysis import instruments
from analysis.instruments.totals import person_means
from analysis.simulate.cohort import draw
from analysis.simulate.people.visit_times import visit_hours
from analysis.simulate.scenarios.declared import Declared, declared
from analysis.simulate.scenarios.scenario import BASELINE, Arrays, World


@dataclass(frozen=True)
class Trial:
    """What the primary analysis needs of one trial, n people in order of enrolment.

    Attributes
    ----------
    treated : ndarray of bool, shape (n,)
        Allocated to ketamine.
    baseline_forms : ndarray of float, shape (n, 2)
        Totals of the primary form before: of another day, and just before the infusion.
    hours_since_end : ndarray of float, shape (n, visits)
        Hours after the end of the infusion at which each later form was due to that person.
    totals : ndarray of float, shape (n, visits)
        Totals of the primary form then; NaN where it is absent or has a blank item.
    filled_baseline_forms, filled_totals : ndarray of float
        The same two with few blank items filled by the person's mean.
    groups : dict of ndarray of bool, shape (n,)
        Flagged people: ``stopped`` infusion; ``guessed ketamine``, ``guessed midazolam``;
        ``one rating`` (only one of the two ratings before is complete); ``entered twice``
        (every form is that of another id too).
    cadss_hours_since_end : ndarray of float, shape (n, CADSS forms)
        Hours after the end of the infusion at which each CADSS after its start was filled in.
    cadss_rise : ndarray of float, shape (n, CADSS forms)
        CADSS total then, points above the one before; NaN where either is absent.
    recall_hours : int
        Window of the primary form, 0 for right now.
    week_before : ndarray of float, shape (n,)
        Total of the past-week form of the same symptoms, the last before the infusion; NaN where
        the trial has none, or it has a blank item.
    filled_week_before : ndarray of float, shape (n,)
        The same with a few blank items filled by the person's mean.
    site : ndarray of int, shape (n,)
        Number of each person's site, from 0.
    declared : Declared
        What the trial says of how it was done.
    """

    treated: np.ndarray
    baseline_forms: np.ndarray
    hours_since_end: np.ndarray
    totals: np.ndarray
    filled_baseline_forms: np.ndarray
    filled_totals: np.ndarray
    groups: dict[str, np.ndarray]
    cadss_hours_since_end: np.ndarray
    cadss_rise: np.ndarray
    recall_hours: int
    week_before: np.ndarray
    filled_week_before: np.ndarray
    site: np.ndarray
    declared: Declared

    @property
    def baseline(self) -> np.ndarray:
        """Baseline as the claims use it: mean of a right-now form's ratings, else the last."""
        return self._of(self.baseline_forms)

    @property
    def filled_baseline(self) -> np.ndarray:
        """The same from the filled forms."""
        return self._of(self.filled_baseline_forms)

    def _of(self, forms: np.ndarray) -> np.ndarray:
        other, before = forms.T
        last = np.where(np.isnan(before), other, before)
        if self.recall_hours:
            return last
        return np.where(np.isnan(other), last, (other + last) / 2)


def trial(world: World, n_per_arm: int, rng: np.random.Generator | int) -> Trial:
    """One trial as arrays: the same people and scores as ``simulate`` with the same numbers.

    Parameters
    ----------
    world : World
        How the cohort comes about. A frugal one is drawn several times as fast.
    n_per_arm : int
        People in each of the two arms, the smaller where they differ.
    rng : Generator or int
        Source of randomness, or a seed.

    Returns
    -------
    Trial
    """
    return trials(world, n_per_arm, [np.random.default_rng(rng)])[0]


def trials(world: World, n_per_arm: int, generators: Sequence[np.random.Generator]) -> list[Trial]:
    """Trials drawn together: those that :func:`trial` gives for each generator.

    What costs is drawing the numbers; the calls around it are shared. A dozen or two at once
    stay in a processor's cache.
    """
    people, items, sizes = draw(world, n_per_arm, generators)
    answers = items[world.primary]
    totals = answers.sum(2)
    filled = _filled(world, world.primary, answers)
    n_people = len(totals)
    week, filled_week = np.full((2, n_people), np.nan)
    if world.now_form and world.week_form:
        at = world.forms["pcl5_week"][2].index(BASELINE[1])
        weekly = items["pcl5_week"][:, at]
        week, filled_week = weekly.sum(1), _filled(world, "pcl5_week", weekly)
    cadss_since, cadss = np.empty((2, n_people, 0))
    if world.cadss_form:
        cadss_since = _since_end(world, people, "cadss")[:, 1:]
        points = items["cadss"].sum(2)
        cadss = points[:, 1:] - points[:, :1]
    arrays = {
        "treated": people["ketamine"],
        "baseline_forms": totals[:, :2],
        "week_before": week,
        "filled_week_before": filled_week,
        "site": people.get("site", np.zeros(n_people, int)),
        "hours_since_end": _since_end(world, people, world.primary)[:, len(BASELINE) :],
        "totals": totals[:, 2:],
        "filled_baseline_forms": filled[:, :2],
        "filled_totals": filled[:, 2:],
        "cadss_hours_since_end": cadss_since,
        "cadss_rise": cadss,
    }
    groups = _groups(people, filled[:, :2])
    ends = np.cumsum(sizes)
    name, version = world.forms[world.primary][:2]
    recall_hours = int(instruments.get(name).versions[version])
    return [
        Trial(
            **{key: values[rows] for key, values in arrays.items()},
            groups={key: values[rows] for key, values in groups.items()},
            recall_hours=recall_hours,
            declared=declared(world, n_per_arm, size),
        )
        for size, rows in ((n, slice(end - n, end)) for n, end in zip(sizes, ends, strict=True))
    ]


def _filled(world: World, table: str, answers: np.ndarray) -> np.ndarray:
    """Totals of forms (…, items) with few blank items filled by the person's mean."""
    name, version = world.forms[table][:2]
    flat = answers.reshape(-1, answers.shape[-1])
    filled = person_means(instruments.get(name), version, flat)
    return np.asarray(filled.sum(1).reshape(answers.shape[:-1]))


def _since_end(world: World, people: Arrays, table: str) -> np.ndarray:
    hours = visit_hours(world, people, table)
    return np.round(hours - np.round(people["minutes"] / 60, 3)[:, None], 6)


def _groups(people: Arrays, before: np.ndarray) -> Arrays:
    return {
        "stopped": people["stopped"],
        "guessed ketamine": people["guess"] == 2,
        "guessed midazolam": people["guess"] == 0,
        "one rating": np.isnan(before).sum(axis=1) == 1,
        "entered twice": people.get("entered twice", np.zeros(len(before), bool)),
    }
