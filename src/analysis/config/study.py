"""A whole study.toml: what a study declares of itself, and that its parts agree."""

from __future__ import annotations

import re
from typing import Literal

from pydantic import Field, model_validator

from analysis import instruments
from analysis.config.declarations import Declarations
from analysis.config.schedule import Baseline, OwnWindows
from analysis.config.source import DatetimeFormat, Strict, Table, TimeZone
from analysis.config.tables import (
    AssessmentTable,
    InfusionTable,
    RescueTable,
    SubjectTable,
    WeightTable,
    unknown_scale,
)
from analysis.study import KETAMINE, Design, is_ketamine
from analysis.windows import in_time, later_than_hours, windows_of_claims

__all__ = ["StudyConfig", "StudySection"]

_PLAIN_NUMBER = re.compile(r"[+-]?\d{1,9}(?:\.\d{0,9})?", re.ASCII)


class StudySection(Declarations):
    """The study as a whole, and what it declares of how it was done.

    Attributes
    ----------
    after_withdrawal : {"drop", "keep"}
        What becomes of forms filled in after consent was withdrawn.
    minimum_cell : int
        Fewest people of each arm behind a number that may be passed on; below the usual ten only
        with ``minimum_cell_reason``, which stands on the page.
    round_counts : int
        To what counts are rounded that are passed on.
    missing_items : {"complete", "person-mean"}
        What becomes of forms with a few blank items: filled by the person's mean, or set
        aside. The other way is a sensitivity analysis.
    baseline : str or (float, float)
        The visit that is the baseline, by name, or by hours since the first infusion's start.
    later_window : str
        The window that decides beyond hours, where the study was registered.
    """

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9 ._-]*$")
    title: str | None = None
    population: str
    synthetic: bool
    design: Literal["parallel", "crossover", "single-arm"]
    timezone: TimeZone | None = None
    datetime_format: DatetimeFormat | None = None
    times: Literal["actual", "nominal"] = "actual"
    arms: dict[str, str]
    comparator: Literal["active", "passive", "none"]
    missing_codes: list[str] = Field(default=[])
    primary: str
    after_withdrawal: Literal["drop", "keep"] = "drop"
    minimum_cell: int = Field(default=10, ge=2)
    minimum_cell_reason: str = ""
    round_counts: int = Field(default=5, ge=5)
    missing_items: Literal["complete", "person-mean"] = "person-mean"
    baseline: Baseline | None = None
    later_window: str | None = None

    @model_validator(mode="after")
    def _arms_and_comparator(self) -> StudySection:
        agents = {KETAMINE if is_ketamine(agent) else agent for agent in self.arms.values()}
        if not all(label.strip() and agent for label, agent in self.arms.items()):
            raise ValueError("arms must map labels that are not blank to treatments")
        if self.design == "single-arm" and self.comparator != "none":
            raise ValueError('design is "single-arm", so comparator must be "none"')
        if KETAMINE not in agents:
            return self._without_ketamine(agents)
        if self.comparator == "none" and len(agents) > 1:
            raise ValueError('comparator is "none" but arms names more than one treatment')
        if self.comparator != "none" and len(agents) != 2:
            raise ValueError(
                "with a comparator, arms must map the labels to exactly two treatments; several "
                'arms of ketamine are one, as in "ketamine 0.5" and "ketamine 1.0"'
            )
        return self

    def _without_ketamine(self, agents: set[str]) -> StudySection:
        """A control data set: what people of other treatments say of change, and of no claim."""
        if self.comparator != "none" or self.design == "crossover":
            raise ValueError(
                'arms must map one label of the file to "ketamine"; in a control data set without '
                'ketamine, comparator is "none" and design no crossover'
            )
        if len(agents) > 2 or (self.design == "single-arm" and len(agents) > 1):
            raise ValueError(
                "a control data set has one treatment, or two in a parallel design; give others "
                "a study.toml of their own"
            )
        return self

    @model_validator(mode="after")
    def _primary_is_a_measure(self) -> StudySection:
        if self.primary not in instruments.known():
            raise ValueError(unknown_scale("primary", self.primary))
        if instruments.get(self.primary).role == "screening":
            raise ValueError(
                f"{self.primary} finds people to be looked at and measures no change; primary "
                "must be a scale of severity"
            )
        return self

    @model_validator(mode="after")
    def _small_cells_have_a_reason(self) -> StudySection:
        if self.minimum_cell < 10 and not self.minimum_cell_reason.strip():
            raise ValueError(
                "a minimum_cell below 10 needs minimum_cell_reason, a sentence that stands on "
                "every page that is passed on"
            )
        return self

    @model_validator(mode="after")
    def _declarations_name_the_arms(self) -> StudySection:
        treatments = sorted(set(self.arms.values()))
        ketamine = [agent for agent in treatments if is_ketamine(agent)]
        if isinstance(self.planned_per_arm, dict) and sorted(self.planned_per_arm) != treatments:
            raise ValueError(
                "planned_per_arm must give a number for each treatment of arms: "
                + ", ".join(treatments)
            )
        if self.primary_arm is not None and self.design == "crossover":
            raise ValueError("primary_arm does not go with a crossover; remove it")
        if self.primary_arm is not None and self.primary_arm not in ketamine:
            raise ValueError("primary_arm must be one of " + ", ".join(ketamine))
        return self

    @property
    def treatments(self) -> dict[str, str]:
        """What each label of ``arms`` is in the analysis.

        The ketamine arm that decides is ``ketamine``, and so is every other one unless
        ``primary_arm`` names one; the rest keep their words and are compared with nobody.
        """
        pooled = {
            agent
            for agent in self.arms.values()
            if is_ketamine(agent) and self.primary_arm in (None, agent)
        }
        return {label: KETAMINE if agent in pooled else agent for label, agent in self.arms.items()}

    @property
    def agents(self) -> dict[str, str]:
        """What each word for what was given, or guessed, means: ketamine whatever its dose."""
        treatments = self.arms.values()
        words = {agent: agent for agent in treatments} | self.arms
        drugs = {word: KETAMINE if is_ketamine(drug) else drug for word, drug in words.items()}
        return {KETAMINE: KETAMINE} | drugs

    @property
    def planned_people(self) -> dict[str, int] | None:
        """People planned, by treatment as ``arms`` names it; None where it is not declared."""
        if isinstance(self.planned_per_arm, int):
            return dict.fromkeys(sorted(set(self.arms.values())), self.planned_per_arm)
        return self.planned_per_arm


class StudyConfig(Strict):
    """A whole study.toml."""

    study: StudySection
    subjects: SubjectTable
    infusions: InfusionTable
    assessments: list[AssessmentTable] = Field(min_length=1)
    rescue: RescueTable | None = None
    weights: WeightTable | None = None
    windows: OwnWindows = Field(default={})

    @property
    def tables(self) -> list[Table]:
        """Every declared table."""
        others = [table for table in (self.rescue, self.weights) if table is not None]
        return [self.subjects, self.infusions, *self.assessments, *others]

    @model_validator(mode="after")
    def _tables_agree(self) -> StudyConfig:
        compared = self.study.design == "parallel" and self.study.comparator != "none"
        beside = [self.infusions.arm, *(table.arm for table in self.assessments)]
        told = self.subjects.arm is not None or any(beside)
        if not told and (compared or self.study.primary_arm):
            why = "has a comparator" if compared else "names a primary_arm"
            raise ValueError(f'[subjects] needs arm = "column", since the study {why}')
        dated = self.infusions.start is not None
        # Where a visit or an event has a planned hour, all hours are planned.
        times = [table.time for table in self.assessments]
        if self.rescue is not None:
            times.append(self.rescue.time)
        if any((time is not None) != dated for time in times):
            raise ValueError(
                "infusions and assessments must share one clock: all date-times or all hours"
            )
        self._sites_are_told()
        planned = any(isinstance(told, dict) for table in self.assessments
                      for told in (table.visits, table.events))  # fmt: skip
        if planned and self.study.times != "nominal":
            raise ValueError(
                "hours of visits or events are planned times; add the line: "
                'times = "nominal" under [study]'
            )
        if self.infusions.dose_mg is not None and not self._weighed:
            raise ValueError(
                "dose_mg needs the person's weight; add weight_kg under [subjects], or a table "
                "[weights]"
            )
        return self

    def _sites_are_told(self) -> None:
        for key in ("timezone", "datetime_format"):
            own = [table for table in self.tables if isinstance(getattr(table, key), dict)]
            if (own or isinstance(getattr(self.study, key), dict)) and self.subjects.site is None:
                raise ValueError(f'{key} by site needs site = "column" under [subjects]')
            zones = own if isinstance(self.study.timezone, str | None) else self.tables
            if key == "timezone" and any(table.format == "omop" for table in zones):
                raise ValueError('format = "omop" takes one timezone, not one for each site')

    @model_validator(mode="after")
    def _later_window_is_known(self) -> StudyConfig:
        if self.study.later_window is not None:
            known = later_than_hours({**windows_of_claims(), **self.windows})
            if self.study.later_window not in known:
                raise ValueError(f"later_window must be one of {', '.join(known)}")
        return self

    @model_validator(mode="after")
    def _registered_windows_are_known(self) -> StudyConfig:
        known = {**windows_of_claims(), **self.windows}
        if not set((self.study.registration or "").split()[2:]) <= set(known):
            raise ValueError(
                f"a window that registration names must be one of {', '.join(in_time(known))}"
            )
        return self

    @model_validator(mode="after")
    def _baseline_visit_is_told(self) -> StudyConfig:
        visit = self.study.baseline
        own = [table for table in self.assessments if table.instrument == self.study.primary]
        if isinstance(visit, str) and not any(
            table.visit_name is not None or visit in (table.visits or ()) for table in own
        ):
            raise ValueError(
                "baseline names a visit that no table of the primary form tells; name it in "
                'visits, add visit_name = "column" there, or give hours, as in [-48, 0]'
            )
        return self

    @property
    def _weighed(self) -> bool:
        return self.weights is not None or self.subjects.weight_kg is not None

    @model_validator(mode="after")
    def _codes_are_no_scores(self) -> StudyConfig:
        for table in self.assessments:
            scale = instruments.get(table.instrument)
            low, high = scale.total_range(table.version)
            if table.items is not None:
                low = scale.item_low(table.version) + table.item_base
                high = max(scale.item_max(table.version)) + table.item_base
            for code in self.study.missing_codes:
                if _PLAIN_NUMBER.fullmatch(code) and low <= float(code) <= high:
                    raise ValueError(
                        f"a missing code is also a valid value of {table.instrument} "
                        f"({low:g} to {high:g}); a reader cannot tell them apart"
                    )
        return self

    def design(self) -> Design:
        """What the study declares, as the rest of the project uses it."""
        section = self.study
        others = sorted({agent for agent in section.arms.values() if not is_ketamine(agent)})
        ketamine = tuple(sorted(filter(is_ketamine, set(section.arms.values()))))
        # Without ketamine two treatments are described side by side; neither is the active one.
        shown = [KETAMINE, *others] if ketamine else others
        return Design(
            name=section.name,
            title=section.title or section.name,
            population=section.population,
            synthetic=section.synthetic,
            design=section.design,
            comparator=section.comparator,
            primary=section.primary,
            active_arm=shown[0],
            comparator_arm=shown[1] if len(shown) > 1 else None,
            times=section.times,
            dated=self.infusions.start is not None,
            after_withdrawal=section.after_withdrawal,
            minimum_cell=section.minimum_cell,
            minimum_cell_reason=" ".join(section.minimum_cell_reason.split()),
            round_counts=section.round_counts,
            missing_items=section.missing_items,
            randomised=section.randomised,
            concurrent=section.concurrent,
            blinded=section.blinded,
            planned_per_arm=section.planned_people,
            enrolment_reason=" ".join(section.enrolment_reason.split()),
            looks=section.looks,
            look_level=section.look_level,
            registration=section.registration,
            ketamine_arms=ketamine,
            primary_arm=section.primary_arm,
            windows=self.windows,
            later_window=section.later_window,
            baseline=section.baseline,
            subscale_keys={
                t.instrument: t.subscale_key for t in self.assessments if t.subscale_key
            },
        )
