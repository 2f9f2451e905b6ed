"""A study's record as the public registry's API gives it: design, arms, posted measures."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from analysis.evidence.adding import record_words as words
from analysis.evidence.adding.record_shape import check_measures
from analysis.rules import refusal

__all__ = ["MEASURES", "Record", "read_record"]

MEASURES = "resultsSection.outcomeMeasuresModule.outcomeMeasures"
"""Path of the posted measures in a record."""

# The registry's own records have fewer than twenty levels.
_DEEPEST = 50
_MASKING = {"NONE": "open", "DOUBLE": "double", "TRIPLE": "double", "QUADRUPLE": "double"}


@dataclass(frozen=True)
class Record:
    """What of a record the table needs."""

    file: str
    registry_id: str
    design: str
    blinding: str
    year: str
    route: str
    therapy: bool
    single: bool
    crossover: bool
    measures: list[dict[str, Any]]

    def error(self, rule: str, path: str, **fields: Any) -> Exception:
        """The error of a rule at a place of the record."""
        return refusal(rule, file=self.file, column=path, **fields)


def read_record(text: str, file: str) -> Record:
    """The record of one study with posted results.

    Raises
    ------
    ReliefError
        No JSON, no results, another condition, prevention, no registry number, or a part that is
        not of the registry's format.
    """
    try:
        document = json.loads(text, object_pairs_hook=_once, parse_constant=_no_number)
        if _depth(document) > _DEEPEST:
            raise ValueError
    except (ValueError, RecursionError):
        raise refusal("evidence.not-json", file=file) from None
    studies = document.get("studies") if isinstance(document, dict) else None
    if isinstance(studies, list) and len(studies) == 1:
        document = studies[0]
    protocol = _object(document, "protocolSection")
    if not protocol:
        raise refusal("evidence.not-json", file=file)
    results = _object(document, "resultsSection")
    measures = _object(results, "outcomeMeasuresModule").get("outcomeMeasures")
    if not isinstance(measures, list) or not measures:
        raise refusal("evidence.no-results", file=file)
    check_measures(measures, MEASURES, file)
    design = _object(protocol, "designModule")
    info = _object(design, "designInfo")
    _of_ptsd(protocol, info, file)
    arms = json.dumps(protocol.get("armsInterventionsModule", {}), ensure_ascii=False)
    model = str(info.get("interventionModel", ""))
    return Record(
        file=file,
        registry_id=_registry_id(protocol, file),
        design=_design(info, model),
        blinding=_MASKING.get(str(_object(info, "maskingInfo").get("masking")), "not told"),
        year=_year(protocol),
        route=words.route_in(arms),
        therapy=bool(re.search(r"psychotherapy|exposure|EMDR|cognitive processing", arms, re.I)),
        single=bool(re.search(r"\bsingle\b|\bone (infusion|dose)", arms, re.I)),
        crossover=model == "CROSSOVER",
        measures=measures,
    )  # fmt: skip


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object whose keys occur once; which of two values counts nobody can say."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key occurs twice")
    return found


def _no_number(constant: str) -> Any:
    raise ValueError(f"{constant} is no number of JSON")


def _depth(document: Any) -> int:
    """Levels of nesting; counted without recursion, since a hostile file may have thousands."""
    level, deep = [document], 0
    while level and deep <= _DEEPEST:
        deep += 1
        inside = [part.values() if isinstance(part, dict) else part
                  for part in level if isinstance(part, dict | list)]  # fmt: skip
        level = [one for part in inside for one in part]
    return deep


def _year(protocol: dict[str, Any]) -> str:
    posted = _object(_object(protocol, "statusModule"), "resultsFirstPostDateStruct").get("date")
    found = re.match(r"((?:19|20)[0-9]{2})-", str(posted))
    return found[1] if found else ""


def _object(parent: Any, key: str) -> dict[str, Any]:
    found = parent.get(key) if isinstance(parent, dict) else None
    return found if isinstance(found, dict) else {}


def _registry_id(protocol: dict[str, Any], file: str) -> str:
    found = str(_object(protocol, "identificationModule").get("nctId", ""))
    if not re.fullmatch(r"NCT[0-9]{8}", found):
        raise refusal("evidence.no-source", file=file,
                      column="protocolSection.identificationModule.nctId")  # fmt: skip
    return found


def _design(info: dict[str, Any], model: str) -> str:
    if str(info.get("allocation")) != "RANDOMIZED":
        return "open label" if model == "SINGLE_GROUP" else "not randomised"
    return "randomised crossover" if model == "CROSSOVER" else "randomised parallel"


def _of_ptsd(protocol: dict[str, Any], info: dict[str, Any], file: str) -> None:
    if str(info.get("primaryPurpose")) == "PREVENTION":
        raise refusal("evidence.prevention", file=file,
                      column="protocolSection.designModule.designInfo.primaryPurpose")  # fmt: skip
    conditions = " ".join(_strings(_object(protocol, "conditionsModule").get("conditions")))
    if not re.search(r"PTSD|post[\s-]?traumatic stress", conditions, re.IGNORECASE):
        raise refusal("evidence.condition", file=file, why="its conditions do not name PTSD",
                      column="protocolSection.conditionsModule.conditions")  # fmt: skip
    arms = " ".join(_strings(protocol.get("armsInterventionsModule")))
    if "ketamine" not in words.agents_in(arms):
        raise refusal("evidence.condition", file=file, why="no arm names ketamine",
                      column="protocolSection.armsInterventionsModule")  # fmt: skip


def _strings(found: Any) -> Iterator[str]:
    if isinstance(found, str):
        yield found
    elif isinstance(found, dict | list):
        for part in found.values() if isinstance(found, dict) else found:
            yield from _strings(part)
