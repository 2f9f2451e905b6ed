"""What study.toml asks of a REDCap export: columns, forms, and what must not be there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from analysis.errors import Issue
from analysis.readers.formats.redcap.dictionary import Dictionary
from analysis.readers.formats.redcap.rows import SYSTEM
from analysis.readers.table.identifiers import positions
from analysis.readers.table.text_table import TextTable
from analysis.rules import issue, refusal

__all__ = ["OF_FORMS", "SURVEY", "Wanted", "about_columns", "refuse_marked"]

SURVEY = "redcap_survey_identifier"
# What REDCap adds to the name of a form in the columns that it fills in itself.
OF_FORMS = ("_complete", "_timestamp")


@dataclass(frozen=True)
class Wanted:
    """What study.toml asks of an export.

    Attributes
    ----------
    subject : str
        Column of the person's identifier, the record's in most projects.
    columns : list of str
        Every declared column; no other field is read further.
    form : str, optional
        Name of the form, repeating or not; told by the columns where they are of one.
    core : sequence of str
        The columns that tell the form where others may be of another one: the answers of
        a questionnaire, the start of an infusion.
    events : sequence of str
        Unique event names; all events unless given.
    time : str, optional
        Column with the time of the assessment.
    everyone : bool
        A table of people: a record without the form keeps one row.
    words : mapping
        Words that stand for codes, beside the labels of the dictionary.
    decimal : str
        The mark that numbers get, whatever mark each field has.
    """

    subject: str
    columns: list[str]
    form: str | None = None
    core: Sequence[str] = ()
    events: Sequence[str] = ()
    time: str | None = None
    everyone: bool = False
    words: Mapping[str, str] = field(default_factory=dict)
    decimal: str = "."

    def forms(self, dictionary: Dictionary) -> tuple[str, ...]:
        """The forms whose rows are wanted: the declared one, or those of the columns."""
        if self.form is not None or not dictionary.fields:
            return (self.form or "",)
        names = [name for name in self.core if dictionary.field(name)] or self.columns
        fields = [dictionary.field(name) for name in names]
        owners = [one.form for one in fields if one and one.name != dictionary.record_id]
        states = [name.removesuffix(OF_FORMS[0]) for name in names]
        return tuple(dict.fromkeys([*owners, *(f for f in dictionary.forms if f in states)]))

    def evidence(self, columns: Sequence[str], dictionary: Dictionary) -> dict[str, list[str]]:
        """For each form in question the columns in which a person has left something.

        Forms in question are those whose rows are wanted, and those of declared boxes,
        since a box without a tick means something only on a form that was begun.
        """
        if not dictionary.fields:
            own = [n for n in self.columns if n in columns and not n.startswith("redcap_")]
            loose = [n for n in own if n != self.subject and not n.endswith(OF_FORMS)]
            return dict.fromkeys(self.forms(dictionary), loose)
        boxes = [option[0].form for n in self.columns if (option := dictionary.option(n))]
        forms = dict.fromkeys([*self.forms(dictionary), *boxes])
        return {name: self._answers(name, columns, dictionary) for name in forms}

    def _answers(self, form: str, columns: Sequence[str], dictionary: Dictionary) -> list[str]:
        """Columns of a form that hold answers.

        Calculated fields hold none: a sum of blanks is 0 on a form that nobody has opened.
        """
        found = []
        for name in columns:
            one = dictionary.field(name)
            if one is None or one.form != form or one.name == dictionary.record_id:
                continue
            shown = one.type not in ("calc", "descriptive") and not one.identifies
            if shown and (name in self.columns or not one.free_text):
                found.append(name)
        return found


def refuse_marked(export: TextTable, dictionary: Dictionary, wanted: Wanted) -> None:
    """Refuse fields that identify people, by position; a form or a header that is none.

    Raises
    ------
    ReliefError
        ``redcap.survey-identifier``, ``identifier.redcap-flag``, ``redcap.no-record-id``
        or ``redcap.unknown-form``.
    """
    if SURVEY in export.cells and (export.column(SURVEY) != "").any():
        position = list(export.cells).index(SURVEY) + 1
        raise refusal("redcap.survey-identifier", file=export.file, row=1, columns=position)
    if not dictionary.fields:
        return
    known = [dictionary.field(column) for column in map(str, export.cells)]
    marked = [n for n, one in enumerate(known, 1) if one and one.identifies]
    if marked:
        told = positions(marked)
        raise refusal("identifier.redcap-flag", file=export.file, row=1, columns=told)
    if dictionary.record_id not in export.cells:
        raise refusal("redcap.no-record-id", file=export.file, row=1, field=dictionary.record_id)
    if wanted.form is not None and wanted.form not in dictionary.forms:
        names = ", ".join(dictionary.forms)
        raise refusal("redcap.unknown-form", file=dictionary.file, form=wanted.form, known=names)


def about_columns(export: TextTable, dictionary: Dictionary) -> list[Issue]:
    """What is to be said of the file, whichever rows of it are read."""
    if not dictionary.fields:
        return [issue("redcap.no-dictionary", file=export.file)]
    fields = {name: dictionary.field(name) for name in map(str, export.cells)}
    own = (*SYSTEM, SURVEY)
    found = {
        "redcap.column-not-in-dictionary": [
            name
            for name, one in fields.items()
            if one is None and name not in own and not name.endswith(OF_FORMS)
        ],
        "redcap.free-text": [
            name
            for name, one in fields.items()
            if one and one.free_text and name != dictionary.record_id
        ],
    }
    return [
        issue(rule, file=export.file, count=len(names)) for rule, names in found.items() if names
    ]
