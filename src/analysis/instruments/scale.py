"""What is known of one scale, as data: its items, versions, windows and thresholds."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from analysis.instruments.facts import (
    Coding,
    Evidence,
    Fact,
    Measurement,
    MissingItems,
    Threshold,
)

__all__ = ["WORDS", "Instrument"]

# What the attributes of a scale that are words may say.
WORDS = {
    "construct": ("ptsd", "depression", "anxiety", "distress", "global", "dissociation",
                  "dissociation-trait", "psychosis", "suicidality"),
    "kind": ("self-report", "interview"),
    "role": ("efficacy", "comorbidity", "safety", "moderator", "screening"),
    "rule": ("sum", "mean", "domains", "highest"),
    "subscale_score": ("sum", "mean"),
}  # fmt: skip


@dataclass(frozen=True)
class Instrument:
    """One scale: what its items are called, what they may hold and what its totals mean.

    Item numbers are those printed on the scale; a short form keeps the numbers of its parent.
    Scores are in points, higher is worse; recall windows in hours, NaN where there is none.

    Attributes
    ----------
    name, title, construct, kind, source : str
        ``construct`` and ``kind`` are one of ``WORDS`` each, as role, rule and subscale_score are.
    role : str
        What the scale may be used for; only a ptsd scale bears on the page's claims.
    rule : str
        How a score is made of the items, see :mod:`analysis.instruments.totals`.
    validated : bool
        False for a form that is declared ad hoc.
    differenced : bool
        False where a change from baseline has no meaning: CGI-I, ordinal scales, traits.
    numbers : tuple of int
        Item numbers of the main version.
    item_min, item_maxima, item_step : float, tuple of float, float
        Smallest value of an item, the largest of each in the order of ``numbers``, and the
        distance between answers (0: any number); ``version_range`` has the versions that differ.
    item_ids : str
        Suggested column names, with a place for the item number; a plain name where there
        is one item.
    recall_hours : float
        Recall window as published; ``versions`` has the window of each version.
    version_items : dict
        Item numbers of the versions that differ from ``numbers``.
    subscale_keys : dict
        Item numbers of each subscale by scoring key; together they are all the items, each
        once. ``subscales`` is the first key. Where several circulate a study declares its own.
    subscale_score : str
        What the scale's authors ask for.
    domains, alternatives : tuple of tuple of int
        Rule ``domains``: items of which the highest counts, and pairs of which one is answered.
    levels, behaviour, gate, branch, event_level : tuple, dict, int, tuple, int
        Rule ``highest``: items in rising order, items of behaviour by version, the item
        whose "no" skips those of ``branch``, and the level that is a safety event.
    not_assessable : dict
        Items that the window of a version cannot show: scored there, they were carried forward.
    missing : MissingItems or None
        When blanks may be filled with the person's mean; None: never.
    codings : dict of Coding
        Ways in which options rather than points are exported.
    rated_twice : bool
        Items may come as frequency and intensity (CAPS-5).
    base_checked : bool
        Whether answers without the lowest value tell that items were stored from 1 up.
    older_item_max : float or None
        Largest answer of an older version that is easily taken for this one.
    older_least : float or None
        Least total of such a version, where it is above this one's.
    bands : tuple of float
        Lowest score of each band of severity above the first.
    reliable_change, minimal_important_difference, remission, response, cut : Threshold or None
        None where nobody published one. ``cut``: the score from which a disorder is probable.
    reference_sd, change_error : Threshold or None
        SD of its total in a population that is named, and the standard error of measurement of
        a person's change, in points.
    measurement : Measurement or None
        From which a study's own scale has its reliable change.
    same_symptoms_as : str or None
        The scale whose form over a longer window asks about the same symptoms: measured before
        treatment, it can be a covariate of this one.
    stated_range : tuple of float or None
        Least and largest total of a scale that comes as totals alone; it has no ``numbers``.
    turned_items, turned : tuple of int, bool
        Items (and totals) that a file holds as higher is better: they are read as the distance
        from the best one, so that higher is worse here as everywhere.
    own : bool
        A scale that a study declares.
    evidence : dict of Evidence
        By version.
    codes : dict
        Codes of panel, total, items and answers by system (``loinc``, ``cdisc``).
    hint : str
        What is usually wrong with scores out of range.
    facts : dict of Fact
        How sure each fact is, and where it was found.
    """

    name: str
    title: str
    construct: str
    kind: str
    role: str
    rule: str
    validated: bool
    numbers: tuple[int, ...]
    item_min: float
    item_maxima: tuple[float, ...]
    item_ids: str
    recall_hours: float
    source: str
    versions: dict[str, float]
    differenced: bool = True
    item_step: float = 1
    version_items: dict[str, tuple[int, ...]] = field(default_factory=dict)
    version_range: dict[str, tuple[float, float]] = field(default_factory=dict)
    subscale_keys: dict[str, dict[str, tuple[int, ...]]] = field(default_factory=dict)
    subscale_score: str = "sum"
    domains: tuple[tuple[int, ...], ...] = ()
    alternatives: tuple[tuple[int, ...], ...] = ()
    levels: tuple[int, ...] = ()
    behaviour: dict[str, tuple[int, ...]] = field(default_factory=dict)
    gate: int = 0
    branch: tuple[int, ...] = ()
    event_level: int = 0
    not_assessable: dict[str, tuple[int, ...]] = field(default_factory=dict)
    missing: MissingItems | None = None
    codings: dict[str, Coding] = field(default_factory=dict)
    rated_twice: bool = False
    base_checked: bool = True
    older_item_max: float | None = None
    older_least: float | None = None
    bands: tuple[float, ...] = ()
    reliable_change: Threshold | None = None
    minimal_important_difference: Threshold | None = None
    remission: Threshold | None = None
    response: Threshold | None = None
    cut: Threshold | None = None
    reference_sd: Threshold | None = None
    change_error: Threshold | None = None
    measurement: Measurement | None = None
    same_symptoms_as: str | None = None
    stated_range: tuple[float, float] | None = None
    turned_items: tuple[int, ...] = ()
    turned: bool = False
    own: bool = False
    evidence: dict[str, Evidence] = field(default_factory=dict)
    codes: dict[str, dict[str, Any]] = field(default_factory=dict)
    hint: str = ""
    facts: dict[str, Fact] = field(default_factory=dict)
    _not_assessed: dict[str, Any] = field(default_factory=dict)

    @property
    def subscales(self) -> dict[str, tuple[int, ...]]:
        """Item numbers of each subscale, by the first scoring key."""
        return next(iter(self.subscale_keys.values()), {})

    def blanks_allowed(self, n_items: int) -> int:
        """Largest number of blank items of a form that the person's mean may fill.

        A clinician's rating only where a source says so.
        """
        rule = self.missing
        if rule is None or (self.kind == "interview" and rule.confidence == "judgement"):
            return 0
        return rule.allowed(n_items)

    @property
    def whole_totals(self) -> bool:
        """Whether a score is a whole number by rights."""
        return self.rule != "mean" and self.item_step > 0

    def largest_mean(self, version: str) -> float:
        """Largest score where a sum is stated as a mean, or as a sum of subscale means."""
        parts = len(self.subscales) if self.subscale_score == "mean" else 1
        return parts * max(self.item_max(version))

    def item_numbers(self, version: str) -> tuple[int, ...]:
        """Item numbers of a version; a version may have its own items (CADSS 6, 19, 23, 27)."""
        return self.version_items.get(version, self.numbers)

    def item_low(self, version: str) -> float:
        """Smallest valid value of an item of a version."""
        return self.version_range.get(version, (self.item_min, 0.0))[0]

    def item_max(self, version: str) -> tuple[float, ...]:
        """Largest valid value of each item of a version, in the order of its numbers."""
        numbers = self.item_numbers(version)
        if version in self.version_range:
            return (self.version_range[version][1],) * len(numbers)
        largest = dict(zip(self.numbers, self.item_maxima, strict=True))
        # An item beyond the main version is valued as that version's items are.
        return tuple(largest.get(number, self.item_maxima[0]) for number in numbers)

    def item_codes(self, version: str, coding: str | None = None) -> dict[int, dict[str, float]]:
        """Points by code of each item: the points themselves, or the options of a coding.

        Empty for an item that may hold any number.

        Raises
        ------
        KeyError
            For a coding that the scale does not have.
        """
        numbers = self.item_numbers(version)
        if coding is not None:
            return {number: dict(self.codings[coding].points(number)) for number in numbers}
        if self.item_step == 0:
            return {number: {} for number in numbers}
        low = self.item_low(version)
        return {
            number: {f"{value:g}": float(value) for value in self._answers(low, top)}
            for number, top in zip(numbers, self.item_max(version), strict=True)
        }

    def _answers(self, low: float, top: float) -> np.ndarray:
        return np.arange(low, top + self.item_step / 2, self.item_step)

    def off_step(self, values: np.ndarray) -> np.ndarray:
        """Where a value lies between two answers; a blank does not."""
        if self.item_step == 0:
            return np.zeros(np.shape(values), dtype=bool)
        with np.errstate(invalid="ignore"):
            steps = np.asarray(values, dtype=float) / self.item_step
            return (steps != np.floor(steps)) & ~np.isnan(steps)

    def not_assessed(self, version: str) -> dict[int, float]:
        """The code for "not assessed" of the items that have one."""
        entry = self._not_assessed
        if not entry or version not in entry.get("versions", self.versions):
            return {}
        return {number: float(entry["code"]) for number in entry["items"]}

    def total_range(self, version: str) -> tuple[float, float]:
        """Smallest and largest possible score of a version, in points.

        Of the sum, of the mean (DES-II), of the domains (QIDS-SR16, 0 to 27) or of the
        levels (C-SSRS, 0 to 5), as the scale's rule is.
        """
        if self.stated_range is not None:
            return self.stated_range
        low, tops = self.item_low(version), self.item_max(version)
        if self.rule == "mean":
            return low, max(tops)
        if self.rule == "highest":
            return 0, len(self.levels)
        if self.rule == "domains":
            return low * len(self.domains), max(tops) * len(self.domains)
        return low * len(tops), sum(tops)
