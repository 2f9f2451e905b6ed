"""The choices that multiverse.toml declares, put together into scores to be analysed."""

from __future__ import annotations

import itertools
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from pathlib import Path
from typing import Literal, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from analysis import instruments
from analysis.claims.case import Case
from analysis.claims.gates import data_gates
from analysis.claims.gates.flagged_groups import other_cases
from analysis.claims.primary_analysis import Scores
from analysis.claims.sensitivity.estimators import ESTIMATORS
from analysis.errors import ReliefError
from analysis.outcomes.change import FORM

__all__ = ["DIMENSIONS", "Choice", "Grid", "Specification", "load_grid", "specifications"]

GRID = Path(__file__).with_name("multiverse.toml")
DIMENSIONS = ("instrument", "window", "baseline", "missing", "estimator", "exclusion")


class Choice(BaseModel):
    """One choice of a dimension; multiverse.toml says what each key means."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    label: str = Field(min_length=1)
    alone: bool = False
    decides: bool = True
    visits: tuple[str, ...] = ()
    earlier: tuple[str, ...] = ()
    complete_in: tuple[str, ...] = ()
    estimators: tuple[str, ...] = tuple(ESTIMATORS)


class Grid(BaseModel):
    """The declared choices by dimension; the first of each is the primary analysis."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    instrument: dict[Literal["primary", "other_ptsd"], Choice]
    window: dict[str, Choice]
    baseline: dict[Literal["mean", "other_day", "last"], Choice]
    missing: dict[
        Literal["at_random", "jump_to_reference", "completers", "carried_forward", "other_forms"],
        Choice,
    ]
    estimator: dict[str, Choice]
    exclusion: dict[Literal["nobody", "flagged_out", "put_back"], Choice]

    @field_validator("estimator")
    @classmethod
    def _known(cls, declared: dict[str, Choice]) -> dict[str, Choice]:
        if unknown := sorted(set(declared) - set(ESTIMATORS)):
            raise ValueError(f"'{unknown[0]}' is none of {', '.join(ESTIMATORS)}")
        return declared

    @model_validator(mode="after")
    def _first_is_primary(self) -> Self:
        first = {name: next(iter(self.of(name)), "") for name in DIMENSIONS if name != "window"}
        primary = {"instrument": "primary", "baseline": "mean", "missing": "at_random",
                   "estimator": "mixed_model", "exclusion": "nobody"}  # fmt: skip
        if first != primary or not all(choice.visits for choice in self.window.values()):
            raise ValueError(
                "the first choice of each dimension must be the primary analysis, and each "
                "window must name its visits"
            )
        return self

    def of(self, dimension: str) -> dict[str, Choice]:
        """The choices of a dimension."""
        return dict(getattr(self, dimension))

    def combinations(self) -> Iterator[dict[str, str]]:
        """The keys of each specification: the crossed ones, then those tried alone."""
        crossed = [[key for key, one in self.of(name).items() if not one.alone]
                   for name in DIMENSIONS]  # fmt: skip
        for keys in itertools.product(*crossed):
            chosen = dict(zip(DIMENSIONS, keys, strict=True))
            if chosen["estimator"] in self.of("missing")[chosen["missing"]].estimators:
                yield chosen
        primary = {name: next(iter(self.of(name))) for name in DIMENSIONS}
        for name in DIMENSIONS:
            yield from (primary | {name: key} for key, one in self.of(name).items() if one.alone)


@cache
def load_grid(path: Path = GRID) -> Grid:
    """Read and validate the declared grid.

    Raises
    ------
    ValueError
        The key and what is expected.
    """
    try:
        return Grid.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"]) or "grid"
        raise ValueError(f"{path.name}, {place}: {first['msg']}.") from None


@dataclass(frozen=True)
class Specification:
    """One row of the multiverse before it is estimated.

    Attributes
    ----------
    choices : dict
        Key of the choice by dimension.
    detail : str
        The form or group that a choice stands for, where there may be several.
    scores : Scores or None
        None where the choices cannot be put together; ``why`` says so.
    people : array of int
        Numbers of the people in the rows of ``scores``.
    may_decide : bool
        Whether it could be evidence for relief within hours at all; ``why`` says why not.
    """

    choices: Mapping[str, str]
    detail: str
    scores: Scores | None
    people: NDArray[np.int_]
    may_decide: bool
    why: str


def specifications(case: Case, grid: Grid | None = None) -> tuple[Specification, ...]:
    """Every specification of the grid on a study; a choice about groups has one for each group.

    Raises
    ------
    ValueError
        When the study has no comparator, or the grid's first window is not the primary one.
    """
    grid = grid or load_grid()
    if case.design.active_arm is None or case.design.comparator_arm is None:
        raise ValueError("The study has no comparator; there is no difference to estimate.")
    compared = data_gates.comparator(case)
    if compared.passed is False:
        raise ValueError(f"There is no difference to estimate. {compared.text}")
    declared = tuple(case.definitions.primary.visits)
    if next(iter(grid.window.values())).visits != declared:
        raise ValueError(f"The grid's first window must be the primary: {', '.join(declared)}.")
    checked = (
        data_gates.construct(case), data_gates.time(case), data_gates.recall(case), compared
    )  # fmt: skip
    failed = next((reason.text for reason in checked if not reason.passed), "")
    universe = _Universe(case, grid)
    return tuple(one for chosen in grid.combinations() for one in universe.of(chosen, failed))


@dataclass(frozen=True)
class _Universe:
    """The study under every choice about its data, each made once."""

    case: Case
    grid: Grid
    _made: dict[tuple[str, str, str, bool], Case] = field(default_factory=dict)
    _scored: dict[tuple[str, ...], tuple[Scores, NDArray[np.int_]]] = field(default_factory=dict)

    def of(self, chosen: dict[str, str], failed: str) -> Iterator[Specification]:
        """The specifications of one combination of choices."""
        for detail, why in self._details(chosen):
            why = why or self._why_not(chosen) or failed
            scores, people = None, np.array([], int)
            try:
                scores, people = self._scores(chosen, detail)
            except (ReliefError, ValueError) as refusal:
                why = why or str(refusal)
            may_decide = scores is not None and not why
            yield Specification(chosen, detail, scores, people, may_decide, why)

    def _details(self, chosen: dict[str, str]) -> Iterator[tuple[str, str]]:
        """Forms or groups that a choice stands for, and why they could never decide."""
        if chosen["instrument"] == "other_ptsd":
            yield from self._other_forms()
        elif chosen["exclusion"] != "nobody":
            out = chosen["exclusion"] == "flagged_out"
            yield from ((what, "") for what in self._groups if what.startswith("without ") == out)
        else:
            yield "", ""

    @cached_property
    def _groups(self) -> dict[str, Case | str]:
        """The groups of gate 6, left out or re-included, with a number where a name recurs."""
        found: dict[str, Case | str] = {}
        for what, other in other_cases(self.case):
            same = sum(name.partition(" (")[0] == what for name in found)
            found[f"{what} ({same + 1})" if same else what] = other
        return found

    def _other_forms(self) -> Iterator[tuple[str, str]]:
        forms = self.case.checked.forms
        own = forms[forms["total"].notna() & (forms["instrument"] != self.case.scale.name)]
        for name in sorted(own["instrument"].unique()):
            if instruments.get(name).construct == "ptsd":
                back = own.loc[own["instrument"] == name, "recall_hours"].min()
                told = f"asks about the past {back:g} h" if back else "is not the primary scale"
                yield name, f"{name} {told}: it cannot speak to the hours here."

    def _why_not(self, chosen: dict[str, str]) -> str:
        for name, key in chosen.items():
            choice = self.grid.of(name)[key]
            if not choice.decides:
                return f"{choice.label} is never evidence for relief within hours."
        return ""

    def _scores(self, chosen: dict[str, str], detail: str) -> tuple[Scores, NDArray[np.int_]]:
        # Estimators share their scores.
        key = (*(chosen[name] for name in DIMENSIONS if name != "estimator"), detail)
        if key not in self._scored:
            self._scored[key] = self._score(chosen, detail)
        return self._scored[key]

    def _score(self, chosen: dict[str, str], detail: str) -> tuple[Scores, NDArray[np.int_]]:
        case = self._case(chosen, detail, chosen["missing"] == "other_forms")
        window = self.grid.window[chosen["window"]]
        scores, people = _in_windows(case, window.visits), case.people_scored
        if chosen["missing"] == "completers":
            rule = self.grid.of("missing")[chosen["missing"]]
            seen = np.isfinite(np.stack([_at(case, name) for name in rule.complete_in]))
            # A window in which nobody was seen is none of the study's visits.
            complete = np.all(seen | ~seen.any(axis=1, keepdims=True), axis=0)
            return scores.keep(complete), people[complete]
        if chosen["missing"] == "carried_forward":
            scores = _carried(case, scores, window.earlier)
        return scores, people

    def _case(self, chosen: dict[str, str], detail: str, other: bool) -> Case:
        key = chosen["instrument"] + chosen["exclusion"], detail, chosen["baseline"], other
        if key not in self._made:
            self._made[key] = self._make(chosen, detail, other)
        return self._made[key]

    def _make(self, chosen: dict[str, str], detail: str, other_forms: bool) -> Case:
        case, checked = self.case, self.case.checked
        if chosen["instrument"] == "other_ptsd":
            design = replace(case.design, primary=detail)
            return replace(
                case, checked=replace(checked, study=replace(checked.study, design=design))
            )
        if chosen["exclusion"] != "nobody":
            other = self._groups[detail]
            if isinstance(other, str):
                raise ValueError(f"Not tried {detail}: {other}")
            return other
        if chosen["baseline"] != "mean":
            usual = self._case({**chosen, "baseline": "mean"}, detail, other_forms)
            return _with_baseline(usual, chosen["baseline"])
        if other_forms and checked.sensitivity is not None:
            return replace(case, checked=checked.sensitivity)
        return case


def _with_baseline(case: Case, rule: str) -> Case:
    """The case with the ratings before the infusion that a rule takes, the others gone."""
    forms = case.checked.forms
    before = forms[(forms["phase"] == "before") & forms["total"].notna()]
    if rule == "other_day":
        gone = before[before["hours_high"] > -case.definitions.rule("another_day_hours")]
    else:
        # The order by which the baseline itself takes the last.
        ordered = before.sort_values(["hours_high", "hours_low"], kind="stable")
        gone = ordered[ordered.duplicated(["subject", *FORM], keep="last")]
    # Another form's baseline is no part of the choice, but no other form is analysed either.
    return replace(case, checked=replace(case.checked, forms=forms.drop(gone.index)))


def _in_windows(case: Case, visits: tuple[str, ...]) -> Scores:
    """Scores at these windows of everyone with a baseline."""
    primary = case.scores
    if visits == tuple(case.definitions.primary.visits):
        return primary
    table = np.column_stack([_at(case, name) for name in visits])
    labels = tuple(case.windows[name].label for name in visits)
    return replace(primary, score=table, visits=labels)


def _at(case: Case, window: str) -> NDArray[np.float64]:
    found = case.people(window).set_index("subject")["score"]
    return found.reindex(case.people_scored).to_numpy(float)


def _carried(case: Case, scores: Scores, earlier: tuple[str, ...]) -> Scores:
    """Missing scores replaced by the last before them, at the earliest the baseline."""
    before = [scores.baseline, *(_at(case, name) for name in earlier)]
    table = pd.DataFrame(np.column_stack([*before, scores.score])).ffill(axis=1)
    return replace(scores, score=table.to_numpy(float)[:, len(before) :])
