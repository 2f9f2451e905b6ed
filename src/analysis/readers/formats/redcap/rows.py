"""Which rows of a flat REDCap export are of one kind: an event's, a repeating form's."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from analysis.errors import Issue
from analysis.readers.formats.redcap.dictionary import Dictionary
from analysis.readers.formats.redcap.events import EventTable, arm_numbers, known_events
from analysis.readers.table.text_table import TextTable
from analysis.rules import refusal

__all__ = ["SYSTEM", "of_events", "of_kind"]

EVENT, ARM = "redcap_event_name", "redcap_arm"
REPEAT, INSTANCE = "redcap_repeat_instrument", "redcap_repeat_instance"
# Columns of REDCap itself, and the arm that the event tells.
SYSTEM = (EVENT, REPEAT, INSTANCE, "redcap_data_access_group", ARM)


def of_events(
    export: TextTable, declared: Sequence[str], events: EventTable
) -> tuple[TextTable, list[Issue]]:
    """The rows of the declared events, of all events where none is declared.

    Returns
    -------
    table : TextTable
        With unique event names, and the number of the arm in ``redcap_arm``.
    issues : list of Issue

    Raises
    ------
    ReliefError
        ``redcap.no-events``, ``redcap.unknown-event`` or ``redcap.no-rows``.
    """
    if EVENT not in export.cells:
        if declared:
            raise refusal("redcap.no-events", file=export.file)
        return export, []
    names, issues = known_events(export, export.column(EVENT), declared, events)
    arms = arm_numbers(names, events)
    cells = export.cells.assign(**{EVENT: names.to_numpy(), ARM: arms.to_numpy()})
    keep = names.isin(declared).to_numpy() if declared else np.ones(len(names), dtype=bool)
    if not keep.any():
        raise refusal("redcap.no-rows", file=export.file)
    return replace(export, cells=cells).pick(keep), issues


def _form_of(title: str) -> str:
    """The name that REDCap gives a form by its title."""
    return re.sub(r"_+", "_", re.sub(r"[^a-z0-9_]", "", title.lower().replace(" ", "_")))


def of_kind(table: TextTable, form: str | None, dictionary: Dictionary) -> TextTable:
    """Rows that repeat a form, and rows that repeat nothing.

    Raises
    ------
    ReliefError
        ``redcap.unknown-repeat`` where rows repeat what is no form of the dictionary.
    """
    if REPEAT not in table.cells:
        return table
    titles = table.column(REPEAT)
    found = list(pd.unique(titles))
    forms = ["", *(dictionary.forms or found)]
    names = {title: title if title in forms else _form_of(title) for title in found}
    unknown = titles.isin([t for t, name in names.items() if name not in forms]).to_numpy()
    table.refuse("redcap.unknown-repeat", unknown, REPEAT)
    repeated = titles.map(names)
    table = replace(table, cells=table.cells.assign(**{REPEAT: repeated.to_numpy()}))
    return table.pick(repeated.isin(["", form or ""]).to_numpy())
