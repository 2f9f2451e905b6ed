"""Drafts for tables whose columns have names of their own: text, spreadsheets, SAS transport."""

from __future__ import annotations

from analysis import instruments
from analysis.draft.item_columns import Block
from analysis.draft.recognise import Sighting
from analysis.draft.toml_text import WINDOW, Draft, column, quoted, table_of, todo

__all__ = ["assessments", "infusions", "people"]


def _file(draft: Draft, table: Sighting) -> dict[str, str | None]:
    """Path, and what else tells how the file is written."""
    return {
        **draft.place(table),
        "sheet": None if table.sheet is None else quoted(table.sheet),
        "format": None if table.format in ("csv", "excel", "xpt") else quoted(table.format),
        "subject": quoted(table.subject)
        if table.subject
        else todo("the column of the person's identifier"),
    }


def people(draft: Draft, tables: list[Sighting], **beside: str) -> None:
    """The people: the table that has their arms."""
    table = min(tables, key=lambda one: (one.arm is None, bool(one.blocks), len(one.times)))
    draft.add(
        "[subjects]",
        **_file(draft, table),
        **beside,
        arm=column(table.arm, "the column of the arm; remove the line of a study without arms"),
        site=_seen(table, "site", "centre", "center"),
        entry_threshold=_seen(table, "threshold"),
        blinding_guess=_seen(table, "guess"),
        consent_withdrawn=_seen(table, "withdr"),
        weight_kg=_seen(table, "weight"),
        study_codes=todo("true if the identifiers are the study's own codes, false if a clinic's"),
    )


def _seen(table: Sighting, *hints: str) -> str | None:
    """A column that may be left out, where its name is seen."""
    found = table.named(*hints)
    return quoted(found) if found else None


def infusions(draft: Draft, tables: list[Sighting], **beside: str) -> None:
    """The infusions: the table that has their starts."""
    hints = ("infusionstart", "start", "begin", "begun")
    having = [table for table in tables if table.moment(*hints)]
    table = (having or tables)[0]
    start, end = table.moment(*hints), table.moment("infusionend", "end", "stop", "stopped")
    hours = start is not None and start not in table.times
    agent = table.named("agent", "drug", "medication", "treatment") or table.arm
    question = f"the column of the infusion's {{}}{', in hours' if hours else ''}"
    unit = "_hours" if hours else ""
    draft.add(
        "[infusions]",
        **_file(draft, table),
        **beside,
        agent=column(agent, "the column of what was given"),
        **{
            f"start{unit}": column(start, question.format("start")),
            f"end{unit}": column(end, question.format("end")),
        },
        timezone=_zone(table) if not hours else None,
        dose_mg_per_kg=_dose(table),
        route=_seen(table, "route"),
    )


def _zone(table: Sighting) -> str | None:
    """The zone of a table whose times carry none: form services often write UTC."""
    if not table.times or table.zoned:
        return None
    return todo("zone of this table's times, such as \"UTC\"; remove the line if it is the study's")


def _dose(table: Sighting) -> str | None:
    dose = table.named("dose")
    if dose is None:
        return None
    return todo(f"is {dose!r} in mg/kg? then its name; if in mg: dose_mg, and the weight")


def assessments(draft: Draft, tables: list[Sighting], **beside: str) -> None:
    """The forms: one section a block of item columns."""
    for table in tables:
        for block in table.blocks:
            _block(draft, table, block, beside)
    if not any(table.blocks for table in tables):
        draft.add(
            "[[assessments]]",
            **_file(draft, tables[-1]),
            **beside,
            time=todo("the column of the time the form was filled in (or: hours)"),
            instrument=todo(f"one of {', '.join(sorted(instruments.known()))}"),
            version=todo("its version"),
            recall_hours=todo(WINDOW),
            items=todo('names of the item columns, such as "pcl5_{:02d}"; or instead: total'),
        )


def _block(draft: Draft, table: Sighting, block: Block, beside: dict[str, str]) -> None:
    name = block.instrument
    names = ", ".join(sorted(instruments.known()))
    versions = list(instruments.get(name).versions) if name else []
    version = f"its version: {', '.join(versions)}" if versions else "its version"
    when, role = _when(table, block)
    labels = table.labels.get(block.pattern)
    draft.add(
        "[[assessments]]",
        **_file(draft, table),
        **beside,
        instrument=column(name, f"one of {names}"),
        version=quoted(versions[0]) if len(versions) == 1 else todo(version),
        recall_hours=todo(WINDOW),
        **{role: column(when, "the column of the time the form was filled in (or: hours)")},
        timezone=_zone(table) if role == "time" else None,
        items=quoted(block.pattern),
        labels=table_of(labels) if labels else None,
        item_base="0"
        if labels
        else todo("0 if the lowest answer is stored as the scale prints it, 1 if one higher"),
        visits=quoted(list(block.visits)) if block.visits else None,
    )


def _when(table: Sighting, block: Block) -> tuple[str | None, str]:
    """The column of the time and its role; of a wide file with a place for the visit."""
    if block.visits:
        first = block.visits[0]
        for name in table.header:
            pattern = name.replace(first, "{visit}", 1)
            columns = [pattern.replace("{visit}", visit) for visit in block.visits]
            if pattern != name and set(columns) <= set(table.times):
                return pattern, "time"
        return None, "time"
    free = [c for c in table.times if not any(h in c.lower() for h in ("start", "end", "birth"))]
    if free:
        halves = free[0] in table.days and table.clocks
        return f"{free[0]} + {table.clocks[0]}" if halves else free[0], "time"
    hours = table.named("hour")
    return hours, "hours" if hours else "time"
