"""Windows of time after an infusion: those of claims.toml, and those that a study adds."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from analysis.errors import ReliefError
from analysis.paths import CLAIMS

__all__ = ["HOURS_END", "Window", "in_time", "later_than_hours", "windows_of_claims"]

# Hours after the end of the infusion at which the phase called `hours` ends.
HOURS_END = 6.0


class Window(BaseModel):
    """Hours after the end of the infusion, [low, high).

    Attributes
    ----------
    low, high : float
    label : str
        As it stands in sentences: the score so long *after* the infusion.
    at : float
        The hour that a visit in it is scheduled for, as figures show it.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    low: float
    high: float
    label: str
    at: float

    def overlaps(self, other: Window) -> bool:
        """Whether some hour lies in both."""
        return self.low < other.high and other.low < self.high


@cache
def windows_of_claims(path: Path = CLAIMS) -> Mapping[str, Window]:
    """The windows of claims.toml, without its claims and rules.

    Raises
    ------
    ReliefError
        ``claims.file`` where it has none that can be read.
    """
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
        return TypeAdapter(dict[str, Window]).validate_python(document["windows"])
    except (OSError, ValueError, KeyError, ValidationError):
        raise ReliefError(
            "claims.file", f"{path.name} is missing or holds no windows; restore it."
        ) from None


def in_time(windows: Mapping[str, Window]) -> dict[str, Window]:
    """The same in the order of time; of two that begin together the longer first."""
    return dict(sorted(windows.items(), key=lambda named: (named[1].low, -named[1].high)))


def later_than_hours(windows: Mapping[str, Window]) -> tuple[str, ...]:
    """Names of the windows after the hours, in the order of time."""
    return tuple(name for name, own in in_time(windows).items() if own.low >= HOURS_END)
