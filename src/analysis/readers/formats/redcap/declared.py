"""A table that study.toml declares as ``redcap``, from a file or a server."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from analysis import instruments
from analysis.config import AssessmentTable, InfusionTable, StudyConfig, SubjectTable, Table
from analysis.errors import Issue, require
from analysis.instruments.coding import base_line
from analysis.readers.formats.redcap.dictionary import Dictionary, item_base
from analysis.readers.formats.redcap.export import form_table
from analysis.readers.formats.redcap.labels import choice_columns
from analysis.readers.formats.redcap.project import read_project
from analysis.readers.formats.redcap.wanted import Wanted
from analysis.readers.table.text_table import Described, TextTable
from analysis.rules import issue, refusal

__all__ = ["open_redcap"]


def open_redcap(folder: Path, spec: Table, _: StudyConfig | None = None) -> TextTable:
    """The rows of a table that study.toml declares as ``redcap``, from a file or a server.

    Raises
    ------
    ReliefError
        What :func:`read_project` or :func:`.api.fetch`, and :func:`form_table` refuse;
        ``score.coding-base`` where the dictionary's choices contradict ``item_base``.
    """
    wanted = Wanted(
        subject=spec.subject,
        columns=spec.columns(),
        form=spec.form,
        core=_core(spec),
        events=list(spec.events or ()),
        time=spec.time if isinstance(spec, AssessmentTable) else None,
        everyone=isinstance(spec, SubjectTable),
        words=spec.labels,
        decimal=spec.decimal,
    )
    if spec.url is not None or spec.url_env is not None:
        # The HTTP library loads only where a server is asked.
        require("redcap", "redcap", what="A table from a REDCap server")
        from analysis.readers.formats.redcap.api import fetch

        url = spec.url or os.environ.get(spec.url_env or "", "")
        project = fetch(url, spec.token_env or "", wanted, spec.timeout_seconds)
    else:
        project = read_project(
            folder / spec.path,
            dictionary=folder / spec.dictionary if spec.dictionary else None,
            event_table=folder / spec.event_table if spec.event_table else None,
            separator=spec.separator,
            encoding=spec.encoding,
        )
    table = form_table(project, wanted)
    choices = choice_columns(table, project.dictionary)
    table = table.with_described({name: Described("", own) for name, own in choices.items()})
    if not isinstance(spec, AssessmentTable):
        return table
    _refuse_base(table, spec, project.dictionary)
    return replace(table, issues=(*table.issues, *_calculated(table, spec, project.dictionary)))


def _core(spec: Table) -> list[str]:
    """The columns that tell which form a table is of."""
    if isinstance(spec, AssessmentTable):
        return spec.answer_columns() if spec.code is None else []
    if isinstance(spec, InfusionTable):
        return [name for name in (spec.start, spec.start_hours) if name]
    return []


def _refuse_base(table: TextTable, spec: AssessmentTable, dictionary: Dictionary) -> None:
    """Refuse an ``item_base`` that the choices of the items contradict."""
    known = [dictionary.fields.get(column) for column in spec.item_columns()]
    scale = instruments.get(spec.instrument)
    told = item_base([one for one in known if one], scale.item_min)
    # Labels and codings say themselves what each code is worth.
    declared = spec.coding is not None or spec.labels
    if not declared and told is not None and told != spec.item_base:
        raise refusal(
            "score.coding-base",
            file=dictionary.file,
            count=len(table.rows),
            scale=scale.name,
            declared=spec.item_base,
            why=f"the dictionary's choices start at {scale.item_min + told:g}",
            line=base_line(scale, told),
        )


def _calculated(table: TextTable, spec: AssessmentTable, dictionary: Dictionary) -> list[Issue]:
    """Tell of a total that the project calculates and that takes a blank answer for 0."""
    total = dictionary.fields.get(spec.total or "")
    if total is None or not total.skips_blanks:
        return []
    count = len(table.rows)
    return [issue("form.calc-skips-blanks", file=table.file, column=spec.total, count=count)]
