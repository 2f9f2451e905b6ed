"""The time of a study's visits as study.toml declares it: its own windows, and its baseline."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import BeforeValidator

from analysis.windows import HOURS_END, Window, in_time, windows_of_claims

__all__ = ["Baseline", "OwnWindows"]

_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}", re.ASCII)


def _is_bounds(value: Any) -> bool:
    """Whether it is two hours, the earlier first."""
    pair = isinstance(value, list | tuple) and len(value) == 2
    return pair and all(type(hour) in (int, float) for hour in value) and value[0] < value[1]


def _label(name: str, low: float, high: float) -> str:
    """How sentences name a window of a study: its hours, or days where they are many, and name."""
    unit, hours = ("days", 24) if high > 2 * 24 else ("h", 1)
    return f"{low / hours:.3g} to {high / hours:.3g} {unit} ({name})"


def _windows(value: Any) -> Any:
    """Windows of a study, which overlap neither one another nor those of claims.toml."""
    if not isinstance(value, dict):
        raise ValueError("write one table of this name, in single brackets")
    found: dict[str, Window] = {}
    for name, bounds in value.items():
        if not _NAME.fullmatch(name):
            raise ValueError(
                "a window's name is a small letter, then small letters, digits and underscores, "
                "as in week_4"
            )
        if not _is_bounds(bounds):
            raise ValueError(
                f"{name} must be two hours after the infusion's end, the earlier first, as in "
                f"{name} = [600, 840]"
            )
        low, high = map(float, bounds)
        own = Window(low=low, high=high, label=_label(name, low, high), at=(low + high) / 2)
        if low < HOURS_END:
            raise ValueError(
                f"{name} begins before {HOURS_END:g} h; the hours after an infusion are divided by "
                "claims.toml alone"
            )
        found[name] = own
    known = windows_of_claims()
    # A window that claims.toml has just so may be named again.
    same = {name for name in found.keys() & known.keys() if _bounds(found[name], known[name])}
    for name, own in in_time(found).items():
        if name in known.keys() - same:
            raise ValueError(
                f"{name} is {known[name].low:g} to {known[name].high:g} h in claims.toml; leave "
                "it out, or give other hours another name"
            )
        for other, window in {**known, **found}.items():
            if other != name and own.overlaps(window):
                raise ValueError(
                    f"{name} overlaps {other}, {window.low:g} to {window.high:g} h, so that a "
                    f"score would count twice; use {other}, or hours beside it"
                )
    return {name: own for name, own in in_time(found).items() if name not in same}


def _bounds(one: Window, other: Window) -> bool:
    return (one.low, one.high) == (other.low, other.high)


def _baseline(value: Any) -> Any:
    if isinstance(value, str) and value.strip():
        return value.strip()
    if not isinstance(value, str) and _is_bounds(value) and value[0] < 0 and value[1] <= 0:
        return (float(value[0]), float(value[1]))
    raise ValueError(
        'baseline must be the name of a visit, as in "baseline visit", or hours before the first '
        "infusion's start, the earlier first, as in [-48, 0]"
    )


# Windows by name, in the order of time; those that are in claims.toml too are left out.
OwnWindows = Annotated[dict[str, Window], BeforeValidator(_windows)]
# The name of a visit, or hours since the first infusion's start.
Baseline = Annotated[str | tuple[float, float], BeforeValidator(_baseline)]
