"""One study as the claims see it: scored people in the declared windows."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from analysis import instruments, outcomes
from analysis.checks import Checked
from analysis.claims.definitions import Definitions
from analysis.instruments import Instrument
from analysis.study import Design

__all__ = ["Case", "data_sha256"]


def data_sha256(sources: dict[str, str]) -> str:
    """One hash for all files of a study, whatever their order."""
    lines = "".join(f"{name} {digest}\n" for name, digest in sorted(sources.items()))
    return hashlib.sha256(lines.encode()).hexdigest()


@dataclass(frozen=True)
class Case:
    """A checked study and the rules it is judged by."""

    checked: Checked
    definitions: Definitions

    @property
    def design(self) -> Design:
        """What the study declares of itself."""
        return self.checked.study.design

    @cached_property
    def scale(self) -> Instrument:
        """The primary instrument."""
        return instruments.get(self.design.primary)

    @property
    def form_cap(self) -> str:
        """What a sentence must add when the primary form is ad hoc."""
        return "" if self.scale.validated else " on an unvalidated right-now form"

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
        return outcomes.baseline(
            self.checked.forms,
            within_days=self.definitions.rule("baseline_within_days"),
            another_day_hours=self.definitions.rule("another_day_hours"),
        )

    @cached_property
    def changes(self) -> pd.DataFrame:
        """Change of every scored form after an infusion, all instruments, with the arm."""
        table = outcomes.change(self.checked.forms, self.baselines)
        return table.assign(arm=table["subject"].map(self.arms))

    @cached_property
    def primary_changes(self) -> pd.DataFrame:
        """Changes on the primary instrument."""
        return self.changes[self.changes["instrument"] == self.scale.name]

    def people(
        self, window: str, instrument: str | None = None, version: str | None = None
    ) -> pd.DataFrame:
        """One row a person with a baseline and a score in a window of claims.toml, with the arm."""
        bounds = self.definitions.windows[window]
        table = self.changes
        table = table[table["instrument"] == (instrument or self.scale.name)]
        if version is not None:
            table = table[table["version"] == version]
        people = outcomes.person_change(table, low=bounds.low, high=bounds.high)
        return people.assign(arm=people["subject"].map(self.arms))

    @cached_property
    def baseline_sd(self) -> float:
        """SD of baseline on the primary instrument, pooled within arms, in points."""
        own = self.baselines[self.baselines["instrument"] == self.scale.name]
        groups = own.groupby(own["subject"].map(self.arms))["baseline"]
        squares, df = ((groups.var(ddof=1) * (groups.size() - 1)).sum(), (groups.size() - 1).sum())
        return float((squares / df) ** 0.5) if df > 0 else float("nan")

    @property
    def smallest_difference(self) -> tuple[float, str] | None:
        """M of gate 5 in points and where it comes from; None where nobody published one."""
        published = self.scale.minimal_important_difference
        if published is not None:
            return published.value, published.source
        if self.scale.validated:
            return None
        rule = self.definitions.rules["smallest_difference_sd"]
        return rule.number * self.baseline_sd, rule.source

    @property
    def bias_bound(self) -> float:
        """B of VERDICT gate 5 in points."""
        return self.definitions.rule("bias_bound_sd") * self.baseline_sd

    def stopped(self, *prefixes: str) -> str:
        """Sentences of the STOP issues of scope question whose rule starts with a prefix."""
        found = self.checked.stops("question")
        return " ".join(i.message for i in found if i.rule.startswith(prefixes))
