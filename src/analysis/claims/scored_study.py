"""A checked study in the declared windows: who is scored, on which form, when, in which arm."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Self

import pandas as pd

from analysis import instruments
from analysis.checks import Checked
from analysis.claims.definitions import Definitions
from analysis.claims.ledger import TEAM
from analysis.instruments import Instrument
from analysis.outcomes.baseline import baseline
from analysis.outcomes.change import change, person_change
from analysis.study import Design
from analysis.windows import Window, in_time, later_than_hours

__all__ = ["ScoredStudy"]


@dataclass(frozen=True)
class ScoredStudy:
    """A checked study and the rules it is judged by.

    ``view`` says for whom tables and figures of it are made: the study ``team``, which reads
    everything, or those it is ``shared`` with. No verdict hangs on it. ``later`` is the window
    that the primary analysis is of where it is not of the hours, see :meth:`at`.
    """

    checked: Checked
    definitions: Definitions
    view: str = TEAM
    later: str | None = None

    def knowing(self, **found: Any) -> Self:
        """The same, where what some of its properties would compute is known already."""
        known = replace(self)
        # Where a cached property keeps its value.
        vars(known).update(found)
        return known

    @property
    def design(self) -> Design:
        """What the study declares of itself."""
        return self.checked.study.design

    @cached_property
    def windows(self) -> dict[str, Window]:
        """Windows of claims.toml and of the study by name, in the order of time."""
        return in_time({**self.definitions.windows, **self.design.windows})

    @property
    def later_windows(self) -> tuple[str, ...]:
        """Names of the windows after the hours, in the order of time."""
        return later_than_hours(self.windows)

    @property
    def visit_windows(self) -> tuple[str, ...]:
        """Names of the windows of one visit each: those within hours, then the later ones."""
        return (*self.definitions.primary.visits, *self.later_windows)

    @cached_property
    def visits(self) -> tuple[str, ...]:
        """Those of them in which enough people of each arm have a primary score."""
        least = self.definitions.rule("minimum_people_per_arm")
        return tuple(name for name in self.visit_windows if min(self.seen_in(name)) >= least)

    def seen_in(
        self, window: str, instrument: str | None = None, version: str | None = None
    ) -> tuple[int, ...]:
        """People of each declared arm with a baseline and a score in a window."""
        counts = self.people(window, instrument, version)["arm"].value_counts()
        arms = (self.design.active_arm, self.design.comparator_arm)
        return tuple(int(counts.get(arm, 0)) for arm in arms if arm is not None)

    @property
    def window(self) -> str:
        """The window that the primary analysis is of: the phase within hours, or a later one."""
        return self.later or self.definitions.primary.phase

    @property
    def label(self) -> str:
        """How sentences name that window."""
        return self.windows[self.window].label

    @property
    def contrast(self) -> str:
        """The contrast as the table of estimates names it."""
        return f"{self.design.active_arm} - {self.design.comparator_arm}"

    @cached_property
    def scale(self) -> Instrument:
        """The primary instrument."""
        return instruments.get(self.design.primary)

    @cached_property
    def validated(self) -> bool:
        """Whether the primary form is validated as it was administered.

        A validated scale asked about a shorter window than any published version of it is an
        ad hoc form: nothing published about the scale carries over.
        """
        if self.primary_form is None:
            return self.scale.validated
        version, window = self.primary_form
        return self.scale.validated and window >= self.scale.versions[version]

    @property
    def form_cap(self) -> str:
        """What a sentence must add when the primary form is ad hoc."""
        if self.validated:
            return ""
        window = self.primary_form[1] if self.primary_form else 0.0
        return " on an unvalidated right-now scale" if window == 0 else " on an unvalidated scale"

    @cached_property
    def arms(self) -> pd.Series:
        """Treatment of each person's first infusion, by subject."""
        subjects = self.checked.study.subjects.set_index("subject")
        if subjects["arm"].notna().any():
            return subjects["arm"]
        first = self.checked.study.infusions.query("infusion == 1").set_index("subject")
        return first["agent"].reindex(subjects.index)

    @cached_property
    def baselines(self) -> pd.DataFrame:
        """Baseline of every person, instrument and version."""
        within, another = self._baseline_rules
        return self.checked.once(
            ("baselines", within, another),
            lambda: baseline(
                self.checked.forms,
                within_days=within,
                another_day_hours=another,
                declared=self.design.baseline,
            ),
        )

    @property
    def _baseline_rules(self) -> tuple[float, float]:
        """The two rules that a baseline, and so a change, hangs on."""
        rule = self.definitions.rule
        return rule("baseline_within_days"), rule("another_day_hours")

    @cached_property
    def changes(self) -> pd.DataFrame:
        """Change of every scored form after an infusion, all instruments, with the arm.

        People stay in the arm they were allocated to, whatever they were given first. A form
        after a later infusion of the other treatment says nothing of that arm and is left
        out; in a crossover the first period remains. Nor is anyone compared of a ketamine arm
        that does not decide.
        """
        return self.checked.once(("changes", self._baseline_rules), self._changes_by_arm)

    def _changes_by_arm(self) -> pd.DataFrame:
        table = change(self.checked.forms, self.baselines)
        table = table.assign(arm=table["subject"].map(self.arms))
        given = self.checked.study.infusions.set_index(["subject", "infusion"])["agent"]
        keys = pd.MultiIndex.from_arrays([table["subject"], table["latest_infusion"]])
        first = pd.MultiIndex.from_product([[1], table["subject"]]).swaplevel()
        agent, before = given.reindex(keys).to_numpy(), given.reindex(first).to_numpy()
        treatments = [self.design.active_arm, self.design.comparator_arm]
        other = pd.Series(agent, index=table.index).isin(treatments) & (agent != before)
        return table[~other & ~table["arm"].isin(self.design.other_arms)]

    def scored(self, instrument: str) -> pd.DataFrame:
        """Forms of an instrument that have a total."""
        forms = self.checked.forms
        return forms[(forms["instrument"] == instrument) & forms["total"].notna()]

    @cached_property
    def primary_form(self) -> tuple[str, float] | None:
        """Version and recall window (h) of the primary form; None where nobody filled one in.

        Of several, the one that looks back least, then the one filled in most often: only a
        form about the hours can speak to them, and two forms are never averaged.
        """
        kinds = self.scored(self.scale.name).groupby(["version", "recall_hours"]).size()
        if kinds.empty:
            return None
        version, recall = min(kinds.index, key=lambda kind: (kind[1], -kinds[kind], kind[0]))
        return str(version), float(recall)

    def on_primary_form(self, table: pd.DataFrame) -> pd.DataFrame:
        """The rows of a table of forms that are of the primary form."""
        version, recall = self.primary_form or ("", 0.0)
        own = (table["instrument"] == self.scale.name) & (table["version"] == version)
        return table[own & (table["recall_hours"] == recall)]

    @cached_property
    def primary_changes(self) -> pd.DataFrame:
        """Changes on the primary form."""
        return self.on_primary_form(self.changes)

    def people(
        self, window: str, instrument: str | None = None, version: str | None = None
    ) -> pd.DataFrame:
        """One row a person with a baseline and a score in a window, with the arm.

        On the primary form unless an instrument (and version) is named.
        """
        bounds = self.windows[window]
        # Every claim asks for the same few tables.
        key = "people", self._baseline_rules, bounds.low, bounds.high, instrument, version
        found = self.checked.once(key, lambda: self._people_in(bounds, instrument, version))
        return found.copy()

    def _people_in(
        self, bounds: Window, instrument: str | None, version: str | None
    ) -> pd.DataFrame:
        table = self.primary_changes
        if instrument is not None and (instrument, version) != (self.scale.name, None):
            table = self.changes[self.changes["instrument"] == instrument]
            table = table if version is None else table[table["version"] == version]
        people = person_change(table, low=bounds.low, high=bounds.high)
        return people.assign(arm=people["subject"].map(self.arms))
