"""The text of a draft: every line is seen in the export, or is a question left open."""

from __future__ import annotations

from pathlib import Path

from analysis.draft import own_columns
from analysis.draft.recognise import Sighting, look
from analysis.draft.standards import standard_tables
from analysis.draft.toml_text import Draft, todo
from analysis.readers.formats.open_table import FILES
from analysis.rules import refusal
from analysis.writing import make_folder, write_atomic

__all__ = ["write_draft", "write_study_toml"]

_HEAD = """\
# A draft of study.toml. What could be seen in the export is filled in; check it. Every "TODO" is a
# question that no program may answer for you: relief check names the first one that is left.
"""
# What no export tells. A line that is removed is not declared, the unfavourable answer.
_HOW_IT_WAS_DONE = {
    "randomised": "true if chance alone put people into the arms, else false",
    "concurrent": "true if the comparator was given in the same months and place, else false",
    "blinded": "double (neither people nor raters knew the arm), single or open",
    "planned_per_arm": "people planned for each arm, such as 30",
    "enrolment_reason": "why it became another number; remove the line if it did not",
    "looks": "how many times the data were judged or will be, this time included, such as 1",
    "look_level": "one-sided level at this look, such as 0.01; remove the line if looks is 1",
    "registration": 'id and date of the register, such as "NCT00000000 2025-03-01", or "none"',
    "baseline": "which visit is it, by name or hours such as [-48, 0]; remove the line if unsure",
    "later_window": "registered window that decides beyond hours, such as day_7; remove if none",
    "primary_arm": "which arm decides if several got ketamine; remove the line if one did",
}


def write_study_toml(export: Path, out: Path, *, force: bool = False) -> str:
    """Look at an export, write a draft, and say how many points are left open.

    Raises
    ------
    ReliefError
        ``draft.exists`` without ``force``, ``file.not-written``, and what :func:`look` refuses.
    """
    if out.exists() and not force:
        raise refusal("draft.exists", file=out.name)
    text = write_draft(look(export), out.parent)
    make_folder(out.parent)
    write_atomic(out, text)
    points = text.count('= "TODO"')
    return f"{out}: a draft with {points} open points, each a line with TODO and its question."


def write_draft(tables: list[Sighting], folder: Path) -> str:
    """The draft of a study.toml in ``folder`` for the tables of an export.

    Parameters
    ----------
    tables : list of Sighting
        From :func:`analysis.draft.recognise`.
    folder : Path
        Where the draft will stand; paths are relative to it.
    """
    draft = Draft(folder)
    _study(draft, tables)
    special = [table for table in tables if not _is_plain(table)]
    if special:
        standard_tables(draft, special)
    else:
        own_columns.people(draft, tables)
        own_columns.infusions(draft, tables)
        own_columns.assessments(draft, tables)
    return _HEAD + "\n" + "\n\n".join(draft.sections) + "\n"


def _is_plain(table: Sighting) -> bool:
    return table.format in FILES


def _study(draft: Draft, tables: list[Sighting]) -> None:
    arm = next((table.arm for table in tables if table.arm), None)
    found = sorted({b.instrument for table in tables for b in table.blocks if b.instrument})
    timed = [table for table in tables if table.times]
    local = any(not table.zoned for table in timed) or not timed
    slashed = any(table.slashed for table in tables)
    zone = todo('zone of the times, such as "America/Detroit"; remove the line if all are in hours')
    form = todo('how times are written, such as "%d/%m/%Y %H:%M"')
    labels = f"what each label of {arm!r} means" if arm else "what each label means"
    seen = f" (seen: {', '.join(found)})" if found else ""
    draft.add(
        "[study]",
        name='"my-study"',
        population=todo('whom the study took in; "PTSD" for people with PTSD'),
        synthetic=todo("false for real people, true for made-up data"),
        design=todo("parallel, crossover or single-arm"),
        timezone=zone if local else None,
        datetime_format=form if slashed else None,
        arms=todo(f'{labels}, such as {{ A = "ketamine", B = "midazolam" }}'),
        comparator=todo("active, passive (saline) or none"),
        missing_codes=todo('codes that stand for missing, such as ["-9"]; [] if there are none'),
        primary=todo(f"the one primary instrument{seen}; choose before looking at scores"),
        **{key: todo(question) for key, question in _HOW_IT_WAS_DONE.items()},
    )
