"""The data dictionary of a REDCap project: what each field is, and what its codes stand for."""

from __future__ import annotations

import re
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from analysis.readers.formats.delimited.read import read_text
from analysis.readers.formats.redcap.choices import parse_choices
from analysis.readers.table.header_words import announces_identifier
from analysis.readers.table.text_table import TextTable
from analysis.rules import refusal

__all__ = ["Dictionary", "Field", "item_base", "parse_dictionary", "read_dictionary"]

# The header of a downloaded dictionary, and the names that the API gives the same columns.
_COLUMNS = {
    "Variable / Field Name": "field_name",
    "Form Name": "form_name",
    "Field Type": "field_type",
    "Choices, Calculations, OR Slider Labels": "select_choices_or_calculations",
    "Text Validation Type OR Show Slider Number": "text_validation_type_or_show_slider_number",
    "Text Validation Min": "text_validation_min",
    "Text Validation Max": "text_validation_max",
    "Identifier?": "identifier",
    "Branching Logic (Show field only if...)": "branching_logic",
}
_HEAD = re.compile(rb'(?:\xef\xbb\xbf)?"?(?:Variable / Field Name|field_name)"?([,;\t])')
# Validation types that only direct identifiers have.
_IDENTIFYING = re.compile(r"e?mail|phone|zip|postal|ssn|mrn")


@dataclass(frozen=True)
class Field:
    """One field of a form; ``choices`` maps codes to labels, ``branching`` says it may hide."""

    name: str
    form: str
    type: str
    choices: dict[str, str]
    validation: str
    low: str
    high: str
    identifier: bool
    branching: bool
    calculation: str

    @property
    def free_text(self) -> bool:
        """Whether people can write anything into it, or attach a file."""
        loose = self.type == "text" and self.validation in ("", "alpha_only")
        return loose or self.type in ("notes", "file")

    @property
    def identifies(self) -> bool:
        """Whether it is marked as an identifier, validated as one, or named like one."""
        if self.identifier or _IDENTIFYING.search(self.validation):
            return True
        return announces_identifier(self.name)

    @property
    def numeric(self) -> bool:
        """Whether its values are numbers, whatever the decimal mark of the export."""
        number = self.validation.startswith(("number", "integer"))
        return self.type in ("calc", "slider") or number

    @property
    def skips_blanks(self) -> bool:
        """Whether it is a calculated total that counts a blank answer as nothing."""
        return self.type == "calc" and re.search(r"\bsum\s*\(", self.calculation) is not None


@dataclass(frozen=True)
class Dictionary:
    """The fields of a project by name, in order; without any where no dictionary is declared."""

    file: str = ""
    fields: dict[str, Field] = field(default_factory=dict)

    @property
    def record_id(self) -> str:
        """Name of the field that identifies a record: the first one, blank without fields."""
        return next(iter(self.fields), "")

    @cached_property
    def forms(self) -> tuple[str, ...]:
        """Names of the forms, in order."""
        return tuple(dict.fromkeys(one.form for one in self.fields.values()))

    @cached_property
    def _options(self) -> dict[str, tuple[Field, str]]:
        """Every spelling of a checkbox column: the field, and the code of its option.

        An export writes the code ``-1`` as ``field____1``; programs that read exports
        write ``field___-1``, and REDCap once lost the underscores of a code.
        """
        found: dict[str, tuple[Field, str]] = {}
        for one in self.fields.values():
            for code in one.choices if one.type == "checkbox" else ():
                lost = code.lower().replace("_", "")
                for spelling in (code, code.lower(), re.sub(r"\W", "_", code.lower()), lost):
                    found.setdefault(f"{one.name}___{spelling}", (one, code))
        return found

    def option(self, column: str) -> tuple[Field, str] | None:
        """The checkbox field and the code that an exported column stands for."""
        return self._options.get(column)

    @property
    def columns(self) -> list[str]:
        """Columns that an export has for the fields, one for every option of a checkbox."""
        return [
            name
            for one in self.fields.values()
            for name in (
                [f"{one.name}___{code}" for code in one.choices]
                if one.type == "checkbox"
                else [one.name]
            )
        ]

    def field(self, column: str) -> Field | None:
        """The field of an exported column, None where the dictionary knows none."""
        option = self.option(column)
        return option[0] if option else self.fields.get(column)


def parse_dictionary(table: TextTable) -> Dictionary:
    """The fields of a dictionary that was read as text.

    Raises
    ------
    ReliefError
        ``redcap.not-a-dictionary`` where a column is missing or a field has no name, no
        form, or the name of another; ``redcap.choices`` for choices that are no
        ``code, label | code, label``.
    """
    cells = table.cells.rename(columns=_COLUMNS)
    missing = [old for old, new in _COLUMNS.items() if new not in cells]
    if missing:
        raise refusal("redcap.not-a-dictionary", file=table.file)
    fields: dict[str, Field] = {}
    rows = zip(*(cells[name].str.strip() for name in _COLUMNS.values()), strict=True)
    for name, form, kind, choices, validation, low, high, identifier, branching in rows:
        if not name or not form or name in fields:
            raise refusal("redcap.not-a-dictionary", file=table.file)
        fields[name] = Field(
            name=name,
            form=form,
            type=kind,
            choices=parse_choices(choices, kind, file=table.file, field=name),
            validation=validation.lower(),
            low=low,
            high=high,
            identifier=identifier.lower() in ("y", "yes", "1"),
            branching=bool(branching),
            calculation=choices if kind == "calc" else "",
        )
    return Dictionary(table.file, fields)


def read_dictionary(path: Path) -> TextTable:
    """The text of a data dictionary as REDCap offers it for download, for parse_dictionary.

    Raises
    ------
    ReliefError
        ``redcap.not-a-dictionary`` for a file that begins otherwise, and what
        :func:`read_text` refuses.
    """
    head = b""
    with suppress(OSError):
        head = path.read_bytes()[:100].strip()
    mark = _HEAD.match(head)
    if head and mark is None:
        raise refusal("redcap.not-a-dictionary", file=path.name)
    return read_text(path, separator=mark[1].decode() if mark else None)


def item_base(fields: Iterable[Field], lowest: float = 0) -> int | None:
    """What the choices of items say about ``item_base``.

    Parameters
    ----------
    fields : iterable of Field
        The items of a scale.
    lowest : float
        The scale's own lowest answer.

    Returns
    -------
    int or None
        0 where every item starts at the scale's lowest answer, 1 where every item starts
        one above it; None where items differ or tell nothing. Codes below zero stand for
        answers that were not given.
    """
    starts: set[float | None] = set()
    for item in fields:
        codes = [code for code in item.choices if code.isdecimal()]
        if not codes and item.type in ("text", "slider") and item.low.isdecimal():
            codes = [item.low]
        starts.add(min(map(int, codes)) - lowest if codes else None)
    return next((base for base in (0, 1) if starts == {base}), None)
