"""The one data model: who was treated, when, and what was scored. Hours, not dates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
import pandas as pd

from analysis.errors import Issue
from analysis.windows import Window

SUBJECT_COLUMNS = ("subject", "arm", "site", "sequence", "entry_threshold", "blinding_guess")
INFUSION_COLUMNS = (
    "subject", "infusion", "agent", "dose_mg_per_kg", "route", "start_hours", "end_hours",
    "start_low", "start_high", "end_low", "end_high", "stay_end_hours", "status", "dose_mg",
)  # fmt: skip
ASSESSMENT_COLUMNS = (
    "form", "subject", "instrument", "version", "recall_hours", "hours_low", "hours_high",
    "stated_total", "status", "source", "row",
)  # fmt: skip
EVENT_COLUMNS = ("subject", "event", "hours_low", "hours_high")
DROPPED_COLUMNS = ("subject", "rule", "n")
KETAMINE = "ketamine"
EVENTS = ("rescue", "consent-withdrawn", "unblinded", "blinding-guess")


def is_ketamine(treatment: str) -> bool:
    """Whether an arm is given ketamine, in a dose of its own (``ketamine 0.5``) or without one."""
    return treatment == KETAMINE or treatment.startswith(f"{KETAMINE} ")


@dataclass(frozen=True)
class Design:
    """What a study declares of itself, fixed before its scores are read.

    ``dated`` says that its files hold dates, by which the reader could tell whether the arms were
    treated at the same time; with hours alone, nobody can.
    ``randomised`` to ``registration`` say how it was done, None where it is not declared;
    ``registered_late`` is what dates tell of it: the register came after the first infusion.
    ``planned_per_arm`` is by the treatments that study.toml names. ``ketamine_arms`` are those of
    them that are ketamine, of which ``primary_arm`` decides, or all together where it is None.
    """

    name: str
    title: str
    population: str
    synthetic: bool
    design: str
    comparator: str
    primary: str
    active_arm: str | None = None
    comparator_arm: str | None = None
    times: str = "actual"
    dated: bool = True
    after_withdrawal: str = "drop"
    minimum_cell: int = 10
    minimum_cell_reason: str = ""
    round_counts: int = 5
    missing_items: Literal["complete", "person-mean"] = "person-mean"
    subscale_keys: dict[str, str] = field(default_factory=dict)
    randomised: bool | None = None
    concurrent: bool | None = None
    blinded: str | None = None
    planned_per_arm: dict[str, int] | None = None
    enrolment_reason: str = ""
    looks: int | None = None
    look_level: float | None = None
    registration: str | None = None
    registered_late: bool = False
    ketamine_arms: tuple[str, ...] = (KETAMINE,)
    primary_arm: str | None = None
    windows: Mapping[str, Window] = field(default_factory=dict)
    later_window: str | None = None
    baseline: str | tuple[float, float] | None = None

    @property
    def other_arms(self) -> tuple[str, ...]:
        """Ketamine arms that are compared with nobody, since another is the primary one."""
        if self.primary_arm is None:
            return ()
        return tuple(arm for arm in self.ketamine_arms if arm != self.primary_arm)


@dataclass(frozen=True)
class Study:
    """Subjects, infusions and assessments of one study, in hours.

    Attributes
    ----------
    subjects : DataFrame
        One row a person: ``SUBJECT_COLUMNS``. ``subject`` is a number given by content,
        never the identifier of the file. Optional, where files hold dates: ``begun_with``, the
        least number of those whose first infusion began in the same minute.
    infusions : DataFrame
        One row an infusion: ``INFUSION_COLUMNS``; hours since the person's first infusion
        started. ``*_low``/``*_high`` bound a time known only to the day; ``start_hours``
        and ``end_hours`` are NaN then.
    assessments : DataFrame
        One row a form: ``ASSESSMENT_COLUMNS``; ``hours_low`` to ``hours_high`` holds the
        time of the form on the same clock. Optional: ``infusion``, ``since_low``,
        ``since_high`` where a file tells only the time since a named infusion; ``visit``, the
        name of the visit, where the file tells it.
    items : dict of DataFrame
        For each ``(instrument, version)`` the items as given, one row a form (index
        ``form``), one column an item number, NaN where blank.
    issues : tuple of Issue
        What reading found.
    events : DataFrame
        One row an event of a person: ``EVENT_COLUMNS``; ``event`` is one of ``EVENTS``, its
        time bounded on the same clock (NaN where it is not known).
    dropped : DataFrame
        subject, rule, n: rows and cells that reading set aside and whose person is known.
    sources : dict
        File name to SHA-256 of its bytes; study.toml is one of them.
    set_aside : dict
        People whom reading set aside: subject to the rule that did it. They are in the
        tables, so that the checks take them out where they are counted.
    """

    design: Design
    subjects: pd.DataFrame
    infusions: pd.DataFrame
    assessments: pd.DataFrame
    items: dict[tuple[str, str], pd.DataFrame]
    issues: tuple[Issue, ...] = ()
    sources: dict[str, str] = field(default_factory=dict)
    set_aside: dict[int, str] = field(default_factory=dict)
    events: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=[*EVENT_COLUMNS]))
    dropped: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=[*DROPPED_COLUMNS]))

    def keep_subjects(self, subjects: pd.Series | np.ndarray) -> Study:
        """The study with only these people and what belongs to them."""
        return replace(
            self,
            subjects=self.subjects[self.subjects["subject"].isin(subjects)],
            infusions=self.infusions[self.infusions["subject"].isin(subjects)],
            assessments=self.assessments[self.assessments["subject"].isin(subjects)],
            events=self.events[self.events["subject"].isin(subjects)],
        )

    def keep_forms(self, forms: pd.Series | np.ndarray) -> Study:
        """The study with only these forms."""
        kept = self.assessments[self.assessments["form"].isin(forms)]
        return replace(self, assessments=kept)


def with_columns(table: pd.DataFrame, columns: tuple[str, ...]) -> pd.DataFrame:
    """The table with every declared column, NaN where a file has none, in declared order."""
    missing = {column: np.nan for column in columns if column not in table}
    table = table.assign(**missing)
    extra = [column for column in table if column not in columns]
    return table[[*columns, *extra]]
