"""Values and answers to scores, as text: numbers as written, codes by the scores they declare."""

from __future__ import annotations

import re
from collections.abc import Iterator
from sys import intern
from typing import Any, NamedTuple

from analysis.readers.formats.fhir.codes import ITEMS, LOINC, SCORES, SNOMED
from analysis.readers.formats.fhir.resources.nodes import many, text

__all__ = ["Answer", "Scores", "answers_of", "value_of"]

_ORDINAL = re.compile(
    r"http://hl7\.org/fhir/StructureDefinition/"
    r"(?:itemWeight|(?:questionnaire-|valueset-|codesystem-)?ordinalValue)"
)
_WEIGHTS = ("itemWeight", "ordinalValue")
_NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?", re.ASCII)
# A code that is a number of points; codes of terminologies are longer numbers.
_POINTS = re.compile(r"[+-]?\d{1,3}(?:\.\d{1,3})?", re.ASCII)
_Coding = tuple[str, str]


class Answer(NamedTuple):
    """One answer: a number, or codes whose score is looked up; else why there is neither."""

    code: str
    number: str = ""
    unit: str = ""
    codings: tuple[_Coding, ...] = ()
    why: str = ""


def _weight(*nodes: Any) -> str:
    """The score that an extension of any of the nodes gives."""
    for node in nodes:
        for extension in (
            many(node, "extension") if type(node) is dict and "extension" in node else ()
        ):
            score = text(extension, "valueDecimal") or text(extension, "valueInteger")
            if _ORDINAL.fullmatch(text(extension, "url")) and _NUMBER.fullmatch(score):
                return score
    return ""


def value_of(code: str, node: dict[str, Any]) -> Answer:
    """The ``value[x]`` of an answer, an Observation or a component.

    A node without a value is a blank answer; one with a value that is no score tells so.
    """
    told = any(key.startswith("value") for key in node)
    if "dataAbsentReason" in node:
        return Answer(code, why="fhir.no-score" if told else "fhir.absent")
    quantity = node.get("valueQuantity")
    if isinstance(quantity, dict):
        unit = text(quantity, "code") or text(quantity, "unit")
        if text(quantity, "comparator"):
            return Answer(code, unit=unit, why="fhir.comparator")
        number = text(quantity, "value")
        if _NUMBER.fullmatch(number):
            return Answer(code, intern(number), unit)
        return Answer(code, unit=unit, why="fhir.no-score")
    for kind in ("valueInteger", "valueDecimal", "valueString"):
        if kind in node:
            number = _weight(node, node.get(f"_{kind}")) or text(node, kind)
            # Words are never read further.
            fits = _NUMBER.fullmatch(number)
            return Answer(code, intern(number)) if fits else Answer(code, why="fhir.no-score")
    codings = many(node, "valueCoding") or many(node, "valueCodeableConcept", "coding")
    if codings:
        weight = _weight(node, *codings)
        if weight:
            return Answer(code, intern(weight))
        pairs = [(intern(text(one, "system")), intern(text(one, "code"))) for one in codings]
        return Answer(code, codings=tuple(pairs))
    return Answer(code, why="fhir.no-score" if told else "")


def answers_of(response: dict[str, Any]) -> Iterator[Answer]:
    """Every question of a QuestionnaireResponse in its order, groups and nesting flattened.

    A question without an answer is blank; one with several is blank and tells so. Groups,
    which have items and no answers, are no questions.
    """
    waiting = many(response, "item")[::-1]
    while waiting:
        item = waiting.pop()
        given, inner = many(item, "answer"), many(item, "item")
        # One text for all forms: a large export repeats few of them.
        link = intern(text(item, "linkId"))
        if len(given) > 1:
            yield Answer(link, why="fhir.several-answers")
        elif given:
            yield value_of(link, given[0])
        elif not inner:
            yield Answer(link)
        inner += [below for answer in given for below in many(answer, "item")]
        waiting.extend(reversed(inner))


class Scores:
    """Scores of coded answers that Questionnaires, ValueSets and CodeSystems declare."""

    def __init__(self) -> None:
        self._by_question: dict[tuple[str, str, _Coding], set[float]] = {}
        self._by_code: dict[_Coding, set[float]] = {}

    def learn(self, resource: dict[str, Any]) -> None:
        """Take in what a resource, or one contained in it, declares."""
        for one in [resource, *many(resource, "contained")]:
            kind = text(one, "resourceType")
            if kind == "Questionnaire":
                self._questionnaire(one)
            elif kind == "CodeSystem":
                self._concepts(text(one, "url"), many(one, "concept"))
            elif kind == "ValueSet":
                for part in many(one, "compose", "include"):
                    self._concepts(text(part, "system"), many(part, "concept"))
                for part in many(one, "expansion", "contains"):
                    self._concepts(text(part, "system"), [part])

    def _questionnaire(self, resource: dict[str, Any]) -> None:
        addresses = {text(resource, "url"), f"#{text(resource, 'id')}"}
        waiting = many(resource, "item")
        while waiting:
            item = waiting.pop()
            waiting.extend(many(item, "item"))
            for option in many(item, "answerOption"):
                for coding in many(option, "valueCoding"):
                    score = _weight(option, coding)
                    pair = (text(coding, "system"), text(coding, "code"))
                    for address in addresses if score else ():
                        place = (address, text(item, "linkId"), pair)
                        self._by_question.setdefault(place, set()).add(float(score))

    def _concepts(self, system: str, concepts: list[dict[str, Any]]) -> None:
        waiting = list(concepts)
        while waiting:
            one = waiting.pop()
            waiting += [*many(one, "concept"), *many(one, "contains")]
            weights = [
                text(part, "valueDecimal") or text(part, "valueInteger")
                for part in many(one, "property")
                if text(part, "code") in _WEIGHTS
            ]
            score = _weight(one) or next(filter(_NUMBER.fullmatch, weights), "")
            if score:
                self._by_code.setdefault((system, text(one, "code")), set()).add(float(score))

    def score(self, answer: Answer, questionnaire: str, instrument: str | None) -> Answer:
        """The answer with its number, or why it has none.

        Parameters
        ----------
        answer : Answer
        questionnaire : str
            Canonical address, with or without ``|version``.
        instrument : str or None
            The scale that study.toml declares for the question's code.
        """
        if not answer.codings or answer.number:
            return answer
        address = questionnaire.partition("|")[0]
        scale = instrument or ITEMS.get(answer.code.lstrip("/"), "")
        for coding in answer.codings:
            system, code = coding
            place = (address, answer.code, coding)
            # Scores that two sources declare differently are none.
            found = self._by_question.get(place) or self._by_code.get(coding)
            if found is not None:
                number = f"{min(found):g}" if len(found) == 1 else ""
            elif system in ("", LOINC) and code in SCORES.get(scale, {}):
                number = SCORES[scale][code]
            else:
                number = code if system != SNOMED and _POINTS.fullmatch(code) else ""
            if number:
                return answer._replace(number=number)
        return answer._replace(why="fhir.no-score")
