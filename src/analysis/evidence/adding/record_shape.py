"""Parts of a registry record that are read are what the registry's format says, else refused."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

from analysis.rules import refusal

__all__ = ["check_measures"]

_COUNTS: dict[str, Any] = {"counts": {}}
_PARTS: dict[str, Any] = {
    "groups": {},
    "denoms": _COUNTS,
    "classes": {"denoms": _COUNTS, "categories": {"measurements": {}}},
    "analyses": {},
}
# Cells that are read as text or as a number, wherever they stand.
_CELLS = frozenset({
    "title", "description", "timeFrame", "paramType", "unitOfMeasure", "dispersionType", "id",
    "units", "groupId", "value", "spread", "lowerLimit", "upperLimit", "comment", "paramValue",
    "pValue", "ciPctValue", "ciNumSides", "ciLowerLimit", "ciUpperLimit", "dispersionValue",
    "groupDescription", "estimateComment", "statisticalComment", "otherAnalysisDescription",
})  # fmt: skip
_LONGEST = 5000
"""The registry's own fields end at 1,500 characters."""
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")


def check_measures(measures: list[Any], at: str, file: str) -> None:
    """Refuse posted measures whose parts are of another kind than the registry's format gives.

    Parameters
    ----------
    measures
        ``outcomeMeasures`` of the record.
    at, file
        The path of the list in the record, and the record's name, for the sentence.

    Raises
    ------
    ReliefError
        ``evidence.shape``, with the path of the first part that is of another kind.
    """
    _list(measures, _PARTS, at, file)


def _list(found: Any, parts: Mapping[str, Any], at: str, file: str) -> None:
    if not isinstance(found, list):
        raise refusal("evidence.shape", file=file, column=at, expected="a list of objects")
    for place, one in enumerate(found):
        _object(one, parts, f"{at}[{place}]", file)


def _object(found: Any, parts: Mapping[str, Any], at: str, file: str) -> None:
    if not isinstance(found, dict):
        raise refusal("evidence.shape", file=file, column=at, expected="an object")
    for name, value in found.items():
        if value is None:
            continue
        if name in parts:
            _list(value, parts[name], f"{at}.{name}", file)
        elif name == "groupIds":
            _ids(value, f"{at}.{name}", file)
        elif name in _CELLS:
            _cell(value, f"{at}.{name}", file)


def _ids(found: Any, at: str, file: str) -> None:
    if not isinstance(found, list):
        raise refusal("evidence.shape", file=file, column=at, expected="a list of groups")
    for place, one in enumerate(found):
        _cell(one, f"{at}[{place}]", file)


def _cell(found: Any, at: str, file: str) -> None:
    number = isinstance(found, int | float) and not isinstance(found, bool) and math.isfinite(found)
    if not number and not isinstance(found, str):
        raise refusal("evidence.shape", file=file, column=at, expected="text or a number")
    if len(text := str(found)) > _LONGEST or _CONTROL.search(text):
        expected = f"printable text of at most {_LONGEST} characters"
        raise refusal("evidence.shape", file=file, column=at, expected=expected)
