"""The scales of ``scales/*.toml`` by name."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any

from analysis.instruments.scale import Instrument, build
from analysis.rules import refusal

__all__ = ["blinding_guess", "get", "known"]

# In the order in which tables list the scales.
_FILES = ("ptsd", "depression", "anxiety", "global", "safety")


@cache
def known() -> dict[str, Instrument]:
    """All instruments by name.

    Raises
    ------
    ValueError
        Where two files define one scale.
    """
    folder = files(__package__).joinpath("scales")
    found: dict[str, Instrument] = {}
    for name in _FILES:
        entries = tomllib.loads(folder.joinpath(f"{name}.toml").read_text(encoding="utf-8"))
        for scale, entry in entries.items():
            if scale in found:
                raise ValueError(f"Scale {scale} is defined twice.")
            found[scale] = build(scale, entry)
    return found


def get(name: str) -> Instrument:
    """The instrument of that name.

    Raises
    ------
    ReliefError
        ``instrument.unknown``, naming the instruments that exist.
    """
    try:
        return known()[name]
    except KeyError:
        raise refusal("instrument.unknown", names=", ".join(sorted(known()))) from None


@cache
def blinding_guess() -> dict[str, Any]:
    """Guessed treatment, which is no scale: allowed answers, respondents, columns, time."""
    text = files(__package__).joinpath("blinding.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)
