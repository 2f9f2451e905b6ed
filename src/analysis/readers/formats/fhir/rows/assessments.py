"""QuestionnaireResponses and Observations to forms: one row an answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from analysis.readers.formats.fhir.answers import Answer, Scores
from analysis.readers.formats.fhir.codes import ITEMS, LOINC, TOTALS
from analysis.readers.formats.fhir.resources.findings import Findings
from analysis.readers.formats.fhir.resources.references import Addresses, Record, Row, Versions
from analysis.readers.formats.fhir.resources.usable import FINAL, note_zone, usable
from analysis.readers.formats.fhir.responses import Said, of_observation, of_response
from analysis.rules import refusal

__all__ = ["Assessments"]

_RESPONSE, _OBSERVATION = "QuestionnaireResponse", "Observation"
_FINISHED = {_RESPONSE: ("completed", "amended"), _OBSERVATION: FINAL}
_KNOWN = ", ".join(f"{code} ({total.scale})" for code, total in TOTALS.items())


@dataclass
class _Form:
    """Answers given at one time, and the resource that tells of it."""

    row: int
    kind: str
    person: str
    said: Said
    set_aside: str = ""
    answers: dict[str, Answer] = field(default_factory=dict)


class Assessments:
    """Collects what was answered and measured, then makes forms of it.

    Parameters
    ----------
    codes : mapping of str to str, or None
        Declared linkIds and codes, each with the scale that study.toml declares for it;
        None reads every code.
    """

    KINDS = (_RESPONSE, _OBSERVATION)
    COLUMNS = ("subject", "form", "instrument", "questionnaire", "code", "value", "unit",
               "time", "status", "resource", "set_aside")  # fmt: skip

    def __init__(self, codes: Mapping[str, str] | None) -> None:
        # A code of LOINC may be declared with its system or without.
        self._spelling = {code.removeprefix(f"{LOINC}|"): code for code in codes or ()}
        self._declared = None if codes is None else {k: codes[v] for k, v in self._spelling.items()}
        self._versions = {kind: Versions[Said](kind) for kind in self.KINDS}
        self._scores = Scores()

    def learn(self, resource: dict[str, Any]) -> None:
        """Take in the scores that any other resource declares."""
        self._scores.learn(resource)

    def add(self, kind: str, record: Record[dict[str, Any]]) -> None:
        """Take in one version of a resource of ``KINDS``."""
        resource, make = record.content, of_observation if kind == _OBSERVATION else of_response
        self._scores.learn({"contained": resource.get("contained")})
        self._versions[kind].add(record, make(resource, self._declared))

    def rows(self, findings: Findings, addresses: Addresses) -> Iterator[Row]:
        """Answers in the order of the export, each with the number of its resource."""
        forms = _Forms(findings, addresses, self._declared, self._scores)
        for kind in self.KINDS:
            kept, torn = self._versions[kind].newest(findings)
            for record in kept:
                forms.take(kind, record)
            for record in torn:
                forms.take_torn(kind, record)
        asked_by: dict[str, set[str]] = {}
        for number, form in enumerate(sorted(forms.made, key=lambda form: form.row), 1):
            said = form.said
            address = said.questionnaire.partition("|")[0]
            note_zone(findings, form.row, form.kind, said.time)
            for code, answer in form.answers.items():
                if form.kind == _RESPONSE:
                    asked_by.setdefault(code, set()).add(address)
                spelled = self._spelling.get(code, code)
                yield (
                    form.row,
                    (form.person, str(number), said.questionnaire, address, spelled,
                     answer.number, answer.unit, said.time, said.status, form.kind,
                     form.set_aside),
                )  # fmt: skip
        if self._declared is not None:
            several = sum(len(askers) > 1 for askers in asked_by.values())
            findings.add("fhir.several-questionnaires", 1, several)


class _Forms:
    """Forms under way: responses first, then Observations, as part of them or alone."""

    def __init__(
        self,
        findings: Findings,
        addresses: Addresses,
        declared: dict[str, str] | None,
        scores: Scores,
    ) -> None:
        self.made: list[_Form] = []
        self._findings, self._addresses = findings, addresses
        self._declared, self._scores = declared, scores
        self._by_response: dict[str, _Form] = {}
        self._gone: set[str] = set()
        self._at: dict[tuple[str, str], list[_Form]] = {}

    def take(self, kind: str, record: Record[Said]) -> None:
        """Make a form of a resource, or an answer of a form that is there; count what is not."""
        said, findings, row = record.content, self._findings, record.row
        if not said.answers:
            self._pass_over(kind, record)
            return
        findings.add("fhir.other-codes", row, said.others)
        person = self._addresses.resolve(said.person, "Patient")
        accepted = usable(
            findings, row, kind, status=said.status, finished=_FINISHED[kind],
            modified=said.modified, person=person,
        )  # fmt: skip
        if kind == _RESPONSE:
            if accepted:
                self._respond(record, _Form(row, kind, person, said))
            elif record.id:
                self._gone.add(record.id)
        elif accepted:
            self._observe(_Form(row, kind, person, said))

    def take_torn(self, kind: str, record: Record[Said]) -> None:
        """A version of a resource of which none is known to be newest: its person is set aside."""
        person = self._addresses.resolve(record.content.person, "Patient")
        if person and record.content.answers:
            form = _Form(record.row, kind, person, record.content, "fhir.versions-differ")
            form.answers = {answer.code: answer._replace(number="") for answer in form.said.answers}
            self.made.append(form)

    def _pass_over(self, kind: str, record: Record[Said]) -> None:
        said, row = record.content, record.row
        if kind == _RESPONSE:
            self._findings.add("fhir.other-forms", row)
            return
        for scale in sorted(said.named & set((self._declared or {}).values())):
            self._findings.add("fhir.undeclared-code", row, scale=scale)
        self._findings.add("fhir.other-codes", row, said.others)

    def _answer(self, form: _Form, answer: Answer) -> Answer:
        """The answer with its score; a blank whose reason is counted where it has none."""
        scale = None if self._declared is None else self._declared[answer.code]
        scored = self._scores.score(answer, form.said.questionnaire, scale)
        if scored.why:
            self._findings.add(scored.why, form.row)
        return scored

    def _respond(self, record: Record[Said], form: _Form) -> None:
        for answer in form.said.answers:
            if answer.code in form.answers:
                answer = Answer(answer.code, why="fhir.several-answers")
            form.answers[answer.code] = self._answer(form, answer)
        self.made.append(form)
        if record.id:
            self._by_response[record.id] = form

    def _observe(self, form: _Form) -> None:
        """An Observation: part of the form it was made from, or of what was measured with it."""
        sources = [self._addresses.resolve(one, _RESPONSE) for one in form.said.sources]
        if self._gone.intersection(sources):
            self._findings.add("fhir.derived-from-set-aside", form.row)
            return
        given = [self._checked(form, self._answer(form, one)) for one in form.said.answers]
        answers = {answer.code: answer for answer in given if answer is not None}
        if form.said.period and answers:
            self._findings.add("fhir.period", form.row)
        for source in filter(None, map(self._by_response.get, sources)):
            if source.person == form.person:
                self._join(source, answers, form.row)
                return
        # What was measured at one time is one form; a code that comes again is another form.
        together = self._at.setdefault((form.person, form.said.time), [])
        for other in together:
            if not answers.keys() & other.answers.keys():
                other.answers.update(answers)
                return
        if answers:
            form.answers = answers
            together.append(form)
            self.made.append(form)

    def _join(self, form: _Form, answers: dict[str, Answer], row: int) -> None:
        for code, answer in answers.items():
            own = form.answers.setdefault(code, answer)
            if not own.number:
                form.answers[code] = answer
            elif answer.number and float(own.number) != float(answer.number):
                self._findings.add("fhir.totals-differ", row)

    def _checked(self, form: _Form, answer: Answer) -> Answer | None:
        """An Observation's value, where code, display and range agree; None where it is set aside.

        Raises
        ------
        ReliefError
            ``fhir.code-of-another-scale``: study.toml declares a known total for another scale.
        """
        declared = None if self._declared is None else self._declared[answer.code]
        total, said, findings = TOTALS.get(answer.code), form.said, self._findings
        if total is None:
            if declared is not None and ITEMS.get(answer.code) != declared:
                findings.add("fhir.unknown-code", form.row, known=_KNOWN)
            return answer
        scale = total.scale
        if declared not in (None, scale):
            raise refusal(
                "fhir.code-of-another-scale", code=answer.code, declared=declared, scale=scale
            )
        if said.named and scale not in said.named:
            findings.add("fhir.display-contradicts", form.row, scale=scale)
            return None
        if answer.number and not total.low <= float(answer.number) <= total.high:
            low, high = f"{total.low:g}", f"{total.high:g}"
            findings.add("fhir.total-out-of-range", form.row, scale=scale, low=low, high=high)
            return None
        if not said.named:
            findings.add("fhir.display-unlike", form.row, scale=scale)
        return answer
