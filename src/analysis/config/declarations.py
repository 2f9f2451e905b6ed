"""What a study declares of how it was done. What is left out counts as the unfavourable answer."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, model_validator

from analysis.config.source import Strict

__all__ = ["Declarations"]

_REGISTRATION = re.compile(r"\S+ (\d{4}-\d\d-\d\d)(?: [a-z][a-z0-9_]*)*", re.ASCII)


def _people(value: Any) -> Any:
    counts = value.values() if isinstance(value, dict) else [value]
    if not counts or any(type(n) is not int or n < 1 for n in counts):
        raise ValueError(
            "planned_per_arm must be how many people were planned for each arm, as in 30, or "
            "{ ketamine = 30, midazolam = 60 } where they differ"
        )
    return value


def _times(value: Any) -> Any:
    if type(value) is not int or value < 1:
        raise ValueError(
            "looks must be how many times the data were judged or will be, this time included: "
            "a whole number, 1 or more"
        )
    return value


def _one_sided(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, float | int) or not 0 < value < 0.5:
        raise ValueError(
            "look_level must be the one-sided level at this look, above 0 and below 0.5, as in "
            "0.025"
        )
    return float(value)


def _id_and_date(value: Any) -> Any:
    told = _REGISTRATION.fullmatch(value) if isinstance(value, str) else None
    try:
        known = value == "none" or (told is not None and bool(date.fromisoformat(told[1])))
    except ValueError:
        known = False
    if not known:
        raise ValueError(
            'registration must be the id and the date, as in "NCT00000000 2025-03-01", with the '
            'windows that it names behind them, if any, as in "NCT00000000 2025-03-01 day_7", or '
            '"none"'
        )
    return value


class Declarations(Strict):
    """How the study was done, as far as its scores cannot tell; None is not declared.

    Attributes
    ----------
    randomised : bool
        Whether chance alone put people in their arms.
    concurrent : bool
        Whether the comparator was given in the same months, by the same people.
    blinded : {"double", "single", "open"}
    planned_per_arm : int or dict
        People planned for each arm, or by treatment.
    enrolment_reason : str
        Why another number of people than planned was taken in; stands in the verdict.
    looks : int
        Times the data were judged or will be, this one included.
    look_level : float
        One-sided level at this look.
    registration : str
        Id and date of the register and windows that it names, if any, or ``none``.
    primary_arm : str
        Which ketamine arm decides where there are several; all of them together unless given.
    """

    randomised: bool | None = None
    concurrent: bool | None = None
    blinded: Literal["double", "single", "open"] | None = None
    planned_per_arm: Annotated[int | dict[str, int] | None, BeforeValidator(_people)] = None
    enrolment_reason: str = ""
    looks: Annotated[int | None, BeforeValidator(_times)] = None
    look_level: Annotated[float | None, BeforeValidator(_one_sided)] = None
    registration: Annotated[str | None, BeforeValidator(_id_and_date)] = None
    primary_arm: str | None = None

    @model_validator(mode="after")
    def _a_level_of_one_look(self) -> Self:
        if self.looks == 1 and self.look_level not in (None, 0.025):
            raise ValueError(
                "look_level is for data that are looked at more than once; with looks = 1 it is "
                "0.025 or left out"
            )
        return self
