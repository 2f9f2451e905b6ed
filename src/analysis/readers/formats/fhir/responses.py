"""A QuestionnaireResponse or an Observation, down to what an analysis of scores needs."""

from __future__ import annotations

from typing import Any, NamedTuple

from analysis.readers.formats.fhir.answers import Answer, answers_of, value_of
from analysis.readers.formats.fhir.codes import canonical, scales_named
from analysis.readers.formats.fhir.resources.nodes import many, text
from analysis.readers.formats.fhir.resources.usable import is_modified

__all__ = ["Said", "of_observation", "of_response"]


class Said(NamedTuple):
    """What was answered or measured.

    ``answers`` hold declared codes alone; ``others`` counts the rest. ``sources`` are the
    references of ``derivedFrom``. ``shown`` and ``named`` tell whether the code has words,
    and which known scales they name.
    """

    person: str
    time: str
    status: str
    modified: bool
    answers: tuple[Answer, ...]
    others: int
    questionnaire: str = ""
    sources: tuple[str, ...] = ()
    period: bool = False
    shown: bool = False
    named: frozenset[str] = frozenset()


def of_response(resource: dict[str, Any], declared: dict[str, str] | None) -> Said:
    """A QuestionnaireResponse; ``declared`` are the codes to be read, None for all."""
    answers = list(answers_of(resource))
    wanted = [one for one in answers if declared is None or one.code in declared]
    return Said(
        person=text(resource, "subject", "reference"),
        time=text(resource, "authored"),
        status=text(resource, "status"),
        modified=is_modified(resource),
        answers=tuple(wanted),
        others=len(answers) - len(wanted),
        questionnaire=text(resource, "questionnaire"),
    )


def of_observation(resource: dict[str, Any], declared: dict[str, str] | None) -> Said:
    """An Observation; its category is not asked, since scores stand under any."""
    measured = [resource, *many(resource, "component")]
    if len(measured) > 1 and not any(key.startswith("value") for key in resource):
        measured = measured[1:]
    wanted = []
    for node in measured:
        code = _code(node, declared)
        if code:
            wanted.append(value_of(code, node))
    shown, named = scales_named(resource.get("code"))
    period = text(resource, "effectivePeriod", "end")
    time = text(resource, "effectiveDateTime") or text(resource, "effectiveInstant")
    return Said(
        person=text(resource, "subject", "reference"),
        time=time or period,
        status=text(resource, "status"),
        modified=is_modified(resource),
        answers=tuple(wanted),
        others=len(measured) - len(wanted),
        sources=tuple(text(source, "reference") for source in many(resource, "derivedFrom")),
        period=bool(period and not time),
        shown=shown,
        named=named,
    )


def _code(node: dict[str, Any], declared: dict[str, str] | None) -> str:
    """The one code that is declared, or the first that there is; blank where none is read."""
    codings = many(node, "code", "coding")
    codes = [canonical(text(one, "system"), text(one, "code")) for one in codings]
    return next((code for code in codes if code and (declared is None or code in declared)), "")
