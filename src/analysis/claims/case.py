"""One study as the claims see it: the primary analysis of its scores, and what holds against it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.claims.covariates import same_symptoms, site
from analysis.claims.decision_rule import ONE_SIDED, Bars, at_level
from analysis.claims.primary_analysis import (
    Primary,
    Scores,
    primary_analysis,
    visits_told_apart,
)
from analysis.claims.scored_study import ScoredStudy
from analysis.quantity import Cell, Private, Quantity, Sentence, joined

__all__ = ["Case", "data_sha256"]

# As claims.toml names the covariates.
SAME, SITE = "same_symptoms", "site"


def data_sha256(sources: dict[str, str]) -> str:
    """One hash for all files of a study, whatever their order."""
    lines = "".join(f"{name} {digest}\n" for name, digest in sorted(sources.items()))
    return hashlib.sha256(lines.encode()).hexdigest()


@dataclass(frozen=True)
class Case(ScoredStudy):
    """A checked study and the rules it is judged by, with its primary analysis."""

    def at(self, window: str) -> Case:
        """The same with the primary analysis of this window; what is known already is shared."""
        if window == self.window:
            return self
        if window not in self._at:
            later = None if window == self.definitions.primary.phase else window
            own = ("scores", "primary", "bars", "later")
            known = {name: value for name, value in vars(self).items() if name not in own}
            known |= {"found": self.found}
            self._at[window] = replace(self, later=later).knowing(**known)
        return self._at[window]

    @cached_property
    def _at(self) -> dict[str, Case]:
        """The case by the window of its primary analysis; shared by all of them."""
        return {self.window: self}

    @cached_property
    def scores(self) -> Scores:
        """What the primary analysis sees: everyone with a baseline, seen in the window or not.

        Where too few people of an arm have a score at every visit of the phase, it is one visit;
        so is a later window.
        """
        rule, primary = self.definitions.rule, self.definitions.primary
        windows = [(v, self.windows[v].low, self.windows[v].high) for v in primary.visits]
        here = self.windows[self.window]
        hangs_on = (
            self.later, here.low, here.high, *windows, *primary.covariates, *self._baseline_rules,
            rule("people_at_every_visit"), rule("measured_share"), rule("smallest_site"),
        )  # fmt: skip
        return self.checked.once(("scores", *hangs_on), self._scores)

    def _scores(self) -> Scores:
        own = self._baseline_in_arms
        people, treated = own.index, (self.arms[own.index] == self.design.active_arm).to_numpy()
        visits = (self.window,) if self.later else tuple(self.definitions.primary.visits)
        table = np.column_stack([self._score_at(visit, people) for visit in visits])
        told_apart = self.definitions.rule("people_at_every_visit")
        if not self.later and not visits_told_apart(table, treated, told_apart):
            visits = (self.window,)
            table = self._score_at(self.window, people)[:, None]
        labels = tuple(self.windows[visit].label for visit in visits)
        return Scores(
            table, own.to_numpy(float), treated, labels, **self._covariates(people, treated)
        )

    def _covariates(self, people: pd.Index, treated: NDArray[np.bool_]) -> dict[str, Any]:
        """Covariates beside the baseline that claims.toml names and the study measured."""
        rule, adjusted = self.definitions.rule, self.definitions.primary.covariates
        found: dict[str, Any] = {}
        if SAME in adjusted and self.scale.same_symptoms_as:
            before = self.baselines
            before = before[before["instrument"] == self.scale.same_symptoms_as]
            found["same_symptoms"] = same_symptoms(before, people, treated, rule("measured_share"))
        if SITE in adjusted:
            sites = self.checked.study.subjects.set_index("subject")["site"].reindex(people)
            share = rule("measured_share")
            found["site"] = site(sites, treated, share, rule("smallest_site"))
        return found

    @property
    def people_scored(self) -> np.ndarray:
        """Numbers of the people in the rows of ``scores``."""
        return self._baseline_in_arms.index.to_numpy()

    @cached_property
    def _baseline_in_arms(self) -> pd.Series:
        own = self.on_primary_form(self.baselines).set_index("subject")["baseline"]
        arms = [self.design.active_arm, self.design.comparator_arm]
        return own[self.arms.reindex(own.index).isin(arms)]

    def _score_at(self, window: str, people: pd.Index) -> np.ndarray:
        found = self.people(window).set_index("subject")["score"]
        return found.reindex(people).to_numpy(float)

    @property
    def by_other_forms(self) -> Case | None:
        """The same with forms of few blank items treated the other way; None without any."""
        if self.checked.sensitivity is None:
            return None
        if "by other forms" not in self.found:
            other = replace(self, checked=self.checked.sensitivity, later=None)
            self.found["by other forms"] = other
        kept: Case = self.found["by other forms"]
        return kept.at(self.window)

    @cached_property
    def bars(self) -> Bars | None:
        """M and B in points; None where there is no smallest difference for the form."""
        if self.smallest_difference is None:
            return None
        bars = Bars(self.smallest_difference[0], self.bias_bound, self.baseline_sd)
        if self.level == ONE_SIDED:
            return bars
        try:
            return replace(bars, level=self.level, df=self.primary.df)
        except ValueError:
            # There is no estimate to hold against them.
            return bars

    @property
    def level(self) -> float:
        """One-sided level of the intervals that decide between arms: of this look, if declared."""
        return self.design.look_level or ONE_SIDED

    @property
    def confidence(self) -> float:
        """Two-sided confidence of those intervals, 0.95 unless the study declares another level."""
        return 1 - 2 * self.level

    @property
    def at_this_level(self) -> str:
        """What a method must add where the interval is not one of 95 %."""
        if self.level == ONE_SIDED:
            return ""
        percent = f"{100 * self.confidence:.10g} %"
        return f"; {percent} interval, one-sided level {self.level:g} of this look"

    @cached_property
    def primary(self) -> Primary:
        """The primary analysis, its interval of the level of this look.

        Raises
        ------
        ValueError
            When it cannot be done, with the reason.
        """
        return at_level(primary_analysis(self.scores), self.level)

    @cached_property
    def found(self) -> dict[str, Any]:
        """What gates found that several claims ask for, by name; the same whatever the window."""
        return {}

    @cached_property
    def baseline_sd(self) -> float:
        """SD of baseline as it is used (mean of a right-now form's ratings), pooled within arms."""
        own = self._baseline_in_arms
        groups = own.groupby(self.arms.reindex(own.index))
        squares, df = ((groups.var(ddof=1) * (groups.size() - 1)).sum(), (groups.size() - 1).sum())
        return float((squares / df) ** 0.5) if df > 0 else float("nan")

    @property
    def smallest_difference(self) -> tuple[float, str] | None:
        """M of gate 5 in points and where it comes from; None where there is none.

        Never below half an SD of the population that the scale names: people who are let in
        within narrow limits, or rated often, do not make a smaller difference matter.
        """
        published = self.scale.minimal_important_difference
        rule = self.definitions.rules["smallest_difference_sd"]
        if published is not None and self.validated:
            value, source = published.value, published.source
        elif self.validated or not self.baseline_sd > 0:
            # A share of no spread would be a bar of 0 points, which anything clears.
            return None
        else:
            value, source = rule.number * self.baseline_sd, rule.source
        floor = rule.number * self.reference_sd
        return (floor, self._floor_source) if floor > value else (value, source)

    @property
    def bias_bound(self) -> float:
        """B of VERDICT gate 5 in points, with its floor as M has it."""
        return self.definitions.rule("bias_bound_sd") * self.bar_sd

    @property
    def bar_sd(self) -> float:
        """SD that B is a share of, points: of the baseline, or the reference where that is more."""
        return max(self.baseline_sd, self.reference_sd)

    @property
    def reference_sd(self) -> float:
        """SD of the primary scale in a reference population, in points; 0 where it names none."""
        known = self.scale.reference_sd
        return 0.0 if known is None else known.value

    @property
    def _floor_source(self) -> str:
        known = self.scale.reference_sd
        return "" if known is None else f"floor by the reference SD, {known.source}"

    def stopped(self, *prefixes: str) -> Sentence:
        """Sentences of the STOP issues of scope question whose rule starts with a prefix."""
        found = self.checked.stops("question")
        return joined(Private(i.message, i.others) for i in found if i.rule.startswith(prefixes))

    def cell(self, arms: pd.Series, *, parameters: int = 0) -> Cell:
        """The cell of numbers about people of these arms; who is in neither is no part of it."""
        counts = arms.value_counts()
        own = [arm for arm in (self.design.active_arm, self.design.comparator_arm) if arm]
        return Cell({arm: int(counts.get(arm, 0)) for arm in own}, parameters=parameters)

    def in_arms(self, people: Any) -> dict[str, int]:
        """How many of the people of ``scores`` are meant, by arm; ``people`` is true for those."""
        treated = self.scores.treated
        return {
            str(self.design.active_arm): int((people & treated).sum()),
            str(self.design.comparator_arm): int((people & ~treated).sum()),
        }

    @cached_property
    def primary_cell(self) -> Cell:
        """The cell of the primary analysis: people with a score in its window."""
        return Cell(
            self.in_arms(self.scores.seen),
            parameters=(2 + len(self.scores.covariates)) * len(self.scores.visits),
        )

    def from_baselines(self, value: float) -> Quantity:
        """A number computed from baselines: their SD, and M and B with it."""
        counts = self.arms.reindex(self._baseline_in_arms.index).value_counts()
        return Quantity(value, {str(arm): int(n) for arm, n in counts.items()})
