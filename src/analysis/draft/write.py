"""The text of a draft: every line is seen in the export, or is a question left open."""

from __future__ import annotations

from pathlib import Path

from analysis import instruments
from analysis.draft import own_columns
from analysis.draft.answers import codes_beyond
from analysis.draft.recognise import COLUMNS, look
from analysis.draft.sighting import Sighting
from analysis.draft.standards import standard_tables, with_dictionary
from analysis.draft.toml_text import Draft, quoted, table_of, todo
from analysis.readers.formats.open_table import FILES
from analysis.rules import refusal
from analysis.writing import make_folder, write_atomic

__all__ = ["draft_text", "drafted", "write_study_toml"]

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
_CROSSED = "; most people here have rows of more than one treatment, as in a crossover"
# Lines that most studies do without; a dialogue suggests to remove them.
_RARE = ("enrolment_reason", "later_window")


def write_study_toml(export: Path, out: Path, *, force: bool = False) -> str:
    """Look at an export, write a draft, and say how many points are left open.

    Raises
    ------
    ReliefError
        ``draft.exists`` without ``force``, ``file.not-written``, and what :func:`look` refuses.
    """
    if out.exists() and not force:
        raise refusal("draft.exists", file=out.name)
    draft = drafted(look(export), out.parent)
    text = draft_text(draft)
    make_folder(out.parent)
    write_atomic(out, text)
    points = text.count('= "TODO"')
    said = f"{out}: a draft with {points} open points, each a line with TODO and its question."
    return "\n".join([said, *draft.notes])


def draft_text(draft: Draft) -> str:
    """The text of a draft, with what it is at its head."""
    notes = "".join(f"# {note}\n" for note in draft.notes)
    return f"{_HEAD}{notes}\n{draft}"


def drafted(tables: list[Sighting], folder: Path) -> Draft:
    """The draft of a study.toml in ``folder`` for the tables of an export.

    Parameters
    ----------
    tables : list of Sighting
        From :func:`analysis.draft.recognise.look`.
    folder : Path
        Where the draft will stand; paths are relative to it.
    """
    draft = Draft(folder, _notes(tables))
    tables = [with_dictionary(t, tables) if t.format == "redcap" else t for t in tables]
    _study(draft, tables)
    special = [table for table in tables if not _is_plain(table)]
    if special:
        standard_tables(draft, special)
    else:
        own_columns.people(draft, tables)
        own_columns.infusions(draft, tables)
        own_columns.assessments(draft, tables)
    return draft


def _notes(tables: list[Sighting]) -> list[str]:
    """What is in no line of the draft, counted."""
    passed, unseen = (sum(getattr(t, name) for t in tables) for name in ("passed_over", "unseen"))
    notes = {
        f"{passed} numbered columns are passed over: of no known scale, and more than a form has "
        "items or with numbers that are no answers. Add [[assessments]] for a scale among them.":
            passed,
        f"{unseen} columns beyond the first {COLUMNS} of a table are not looked at; name those "
        "that have a role.": unseen,
    }  # fmt: skip
    return [note for note, count in notes.items() if count]


def _is_plain(table: Sighting) -> bool:
    return table.format in FILES


def _study(draft: Draft, tables: list[Sighting]) -> None:
    crossover = own_columns.crossed(tables)
    table, arm = own_columns.treatments(tables)
    drugs = table.drugs(arm) if arm else {}
    found = sorted({name for table in tables for own in table.forms_seen
                    if (name := table.scale_of(own))})  # fmt: skip
    ptsd = [name for name in found if instruments.get(name).construct == "ptsd"]
    timed = [table for table in tables if table.times]
    planned = own_columns.planned(tables)
    local = (any(not table.zoned for table in timed) or not timed) and not planned
    # Where tables differ, each says for itself how its times are written.
    slashed = any(table.slashed for table in tables) and not own_columns.formats_differ(tables)
    zone = todo('zone of the times, such as "America/Detroit"; remove the line if all are in hours')
    labels = f"what each label of {arm!r} means" if arm else "what each label means"
    seen = f" (seen: {', '.join(found)})" if found else ""
    codes = sorted({code for table in tables for block in table.blocks
                    for code in codes_beyond(table.scale_of(block), table.answers.get(
                        block.pattern, []))})  # fmt: skip
    draft.add(
        "[study]",
        name='"my-study"',
        population=todo(
            'whom the study took in; "PTSD" for people with PTSD',
            suggestion='"PTSD"' if ptsd else "",
        ),
        synthetic=todo("false for real people, true for made-up data", suggestion="false"),
        design=todo(
            "parallel, crossover or single-arm" + _CROSSED * crossover,
            suggestion=quoted(
                "crossover" if crossover else "parallel" if len(drugs) > 1 else "single-arm"
            ),
        ),
        timezone=zone if local else None,
        datetime_format=todo(own_columns.FORM) if slashed else None,
        times='"nominal"' if planned else None,
        arms=todo(
            f'{labels}, such as {{ A = "ketamine", B = "midazolam" }}',
            seen=f"labels: {', '.join(drugs)}" if drugs else "",
            suggestion=table_of(drugs) if drugs and all(drugs.values()) else "",
        ),
        comparator=todo("active, passive (saline) or none"),
        missing_codes=todo(
            'codes that stand for missing, such as ["-9"]; [] if there are none',
            seen=f"answers beyond the scale: {', '.join(codes)}" if codes else "",
            suggestion=quoted(codes),
        ),
        primary=todo(
            f"the one primary instrument{seen}; choose before looking at scores",
            suggestion=quoted(ptsd[0]) if len(ptsd) == 1 else "",
        ),
        **{
            key: todo(question, suggestion="-" if key in _RARE else "")
            for key, question in _HOW_IT_WAS_DONE.items()
            # A crossover has none.
            if not (crossover and key == "primary_arm")
        },
    )
