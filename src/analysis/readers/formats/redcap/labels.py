"""Codes and labels: an export of labels gives the same cells as one of raw codes, or is refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from analysis.readers.formats.redcap.choices import plain
from analysis.readers.formats.redcap.dictionary import Dictionary
from analysis.readers.table.text_table import TextTable
from analysis.rules import refusal

__all__ = ["STATUS", "Coding", "choice_columns", "holds_labels"]

STATUS = {"0": "Incomplete", "1": "Unverified", "2": "Complete"}
_ON, _OFF = {"1", "Checked"}, {"0", "Unchecked"}


def _by_label(choices: Mapping[str, str]) -> dict[str, str | None]:
    """Codes by label; None for a label that two codes share."""
    found: dict[str, str | None] = {}
    for code, label in choices.items():
        found[label] = None if label in found else code
    return found


@dataclass(frozen=True)
class Coding:
    """How an export writes its choices, and raw codes in place of what it wrote.

    Attributes
    ----------
    table : TextTable
        Its rows, or some of them.
    labels : bool
        Whether the export holds labels.
    words : mapping
        Words of study.toml and the code of each, beside the labels of the dictionary.
    """

    table: TextTable
    labels: bool
    words: Mapping[str, str]

    def codes(self, column: str, choices: Mapping[str, str]) -> pd.Series:
        """A column of choices as raw codes.

        Raises
        ------
        ReliefError
            ``redcap.unknown-label``, ``redcap.shared-label``: the column and the number
            of rows, never what is in them.
        """
        cells = self.table.column(column)
        if not self.labels:
            return cells
        meant = _by_label(choices) | dict(self.words) | {"": ""}
        codes = {value: meant.get(plain(value), value) for value in pd.unique(cells)}
        known = {value for value in codes if plain(value) in meant}
        self.table.refuse("redcap.unknown-label", ~cells.isin(list(known)), column)
        shared = [value for value, code in codes.items() if code is None]
        self.table.refuse("redcap.shared-label", cells.isin(shared), column)
        return cells.map(codes)

    def ticks(self, column: str, label: str) -> pd.Series:
        """A checkbox column as ``1``, ``0`` or blank.

        Raises
        ------
        ReliefError
            As :meth:`codes`.
        """
        cells = self.table.column(column)
        if self.labels and label in _OFF:
            self.table.refuse("redcap.shared-label", cells == label, column)
        ticks = {}
        for value in pd.unique(cells):
            if value == "" or value in self.words:
                ticks[value] = self.words.get(value, "")
            elif value in _OFF:
                ticks[value] = "0"
            elif value in _ON or plain(value) == label:
                ticks[value] = "1"
        self.table.refuse("redcap.unknown-label", ~cells.isin(list(ticks)), column)
        return cells.map(ticks)


def choice_columns(table: TextTable, dictionary: Dictionary) -> dict[str, Mapping[str, str]]:
    """Columns of an export that hold one choice each, statuses included, and their choices."""
    found: dict[str, Mapping[str, str]] = {}
    for column in map(str, table.cells):
        field = dictionary.fields.get(column)
        if field is None and column.endswith("_complete"):
            found[column] = STATUS
        elif field is not None and field.choices and field.type != "checkbox":
            found[column] = field.choices
    return found


def holds_labels(table: TextTable, dictionary: Dictionary) -> bool:
    """Whether an export holds labels, not raw codes, told by all of its columns together.

    Raises
    ------
    ReliefError
        ``redcap.raw-or-label`` where some cells can only be codes and others only labels,
        or where every cell may be either and they would differ.
    """
    raw: str | None = None
    label: str | None = None
    either: str | None = None
    for column, choices in choice_columns(table, dictionary).items():
        labels = _by_label(choices)
        for value in pd.unique(table.category(column)):
            code, word = value in choices, plain(value) in labels
            if code and not word:
                raw = raw or column
            elif word and not code:
                label = label or column
            elif code and word and labels[plain(value)] != value:
                either = either or column
    if raw and label:
        raise refusal("redcap.raw-or-label", file=table.file, column=label, raw=raw)
    if either and not raw and not label:
        raise refusal("redcap.raw-or-label", file=table.file, column=either, raw=either)
    return label is not None
