"""Drafts for tables whose columns have names of their own: text, spreadsheets, data files."""

from __future__ import annotations

import pandas as pd

from analysis import instruments
from analysis.draft.answers import base_seen, option_codes
from analysis.draft.item_columns import Block, Totals
from analysis.draft.names import holds
from analysis.draft.sighting import Sighting
from analysis.draft.toml_text import WINDOW, Draft, Line, column, quoted, table_of, todo
from analysis.readers.roles.infusions import statuses
from analysis.readers.table.visit_hours import hours_of_visits

__all__ = ["FORM", "assessments", "crossed", "formats_differ", "infusions", "people", "planned",
           "table_of_people", "treatments"]  # fmt: skip

# Formats that the name of a file tells.
_TOLD_BY_NAME = ("csv", "excel", "xpt", "spss", "stata", "sas")
# What is asked of times written with slashes or points.
FORM = 'how times are written, such as "%d/%m/%Y %H:%M"'
# What a status is of, where it is none of an infusion's; what is said of a drug beside its name.
_OF_OTHERS = ("participant", "patient", "subject", "record", "study", "survey", "completion",
              "form", "consent", "visit", "progress", "marital")  # fmt: skip
_NO_AGENTS = ("dose", "mg", "kg", "ml", "volume", "rate", "no", "nr", "number", "count", "session",
              "given", "status", "time", "date", "start", "end", "stop", "lot", "route",
              "visit", "duration", "length", "other", "concomitant", "prior", "complete",
              "completed", "reaction", "history")  # fmt: skip
_FEW = 6
_STARTS = ("infusionstart", "start", "started", "starts", "begin", "begun", "beginn")
# The order of treatments of a crossover; so many of its people were given more than one.
_ORDERS = ("sequence", "seq", "order")
_MOST = 2 / 3
_TIME = "the column of the time the form was filled in (or: hours)"
_VISITS = "hours since the infusion's start for each visit, such as { pre = -1, d1 = 24 }"


def planned(tables: list[Sighting]) -> bool:
    """Whether nothing tells a time, and the names of visits are all there is."""
    timed = any(table.times or table.named("hour", "hours") for table in tables)
    wide = any(own.visits for table in tables for own in table.forms_seen)
    visits = wide or any(table.visit for table in tables)
    return visits and not timed


def _file(draft: Draft, table: Sighting) -> dict[str, Line]:
    """Path, and what else tells how the file is written."""
    return {
        **draft.place(table),
        "sheet": None if table.sheet is None else quoted(table.sheet),
        "format": None if table.format in _TOLD_BY_NAME else quoted(table.format),
        "decimal": quoted(",") if table.commas else None,
        "subject": column(table.subject, "the column of the person's identifier",
                          seen=", ".join(map(str, table.sample))),
    }  # fmt: skip


def table_of_people(tables: list[Sighting]) -> Sighting:
    """The table that has the arms, by a column called so rather than by what was given."""
    return min(
        tables,
        key=lambda one: (one.arm is None, not one.arm_by_name, bool(one.blocks), len(one.times)),
    )


def treatments(tables: list[Sighting]) -> tuple[Sighting, str | None]:
    """The table and the column whose labels ``arms`` explains: of a crossover what was given."""
    if crossed(tables):
        table = _table_of_infusions(tables)
        return table, _given(table)
    table = table_of_people(tables)
    return table, table.arm


def crossed(tables: list[Sighting]) -> bool:
    """Whether most people have rows of more than one treatment, as in a crossover."""
    table = _table_of_infusions(tables)
    given = _given(table)
    if given is None or table.subject is None:
        return False
    drugs = table.drugs(given)
    cells = table.sample[given].str.strip()
    # Where some labels name drugs, the others are no treatment: baseline, screening.
    told = cells.map(drugs).fillna("") if any(drugs.values()) else cells
    several = told[told != ""].groupby(table.sample[table.subject]).nunique()
    return bool(len(several)) and bool((several > 1).mean() > _MOST)


def people(draft: Draft, tables: list[Sighting], **beside: Line) -> None:
    """The people: the table that has their arms, of a crossover the order of their treatments."""
    crossover = crossed(tables)
    table = table_of_people(tables)
    if crossover:
        table = min(tables, key=lambda one: (_order(one) is None, not one.by_person))
    arm = column(table.arm, "the column of the arm; remove the line of a study without arms",
                 seen=", ".join(map(str, table.sample)))  # fmt: skip
    order = _order(table, crossover and bool(_table_of_infusions(tables).visits))
    draft.add(
        "[subjects]",
        **_file(draft, table),
        **beside,
        # In a crossover the first infusion tells the arm.
        arm=None if crossover else arm,
        sequence=quoted(order) if crossover and order else None,
        site=_seen(table, "site", "centre", "center", "zentrum"),
        entry_threshold=_seen(table, "threshold"),
        blinding_guess=_seen(table, "guess"),
        consent_withdrawn=_seen(table, "withdrawn", "withdrawal", "withdrew"),
        weight_kg=_seen(table, "weight", "weightkg", "gewicht"),
        study_codes=todo(
            "true if the identifiers are the study's own codes, false if a clinic's",
            suggestion="true",
        ),
    )  # fmt: skip


def _order(table: Sighting, wide: bool = False) -> str | None:
    """The column of the order of treatments, or of an arm: one label a person.

    Of a wide table an arm is what was given in one period.
    """
    named = (table.named(*_ORDERS), None if wide else table.arm)
    return next((name for name in named if name and table.of_people(name)), None)


def _seen(table: Sighting, *hints: str) -> str | None:
    """A column that may be left out, where its name is seen."""
    found = table.named(*hints)
    return quoted(found) if found else None


def infusions(draft: Draft, tables: list[Sighting], **beside: Line) -> None:
    """The infusions: the table that has their starts."""
    ends = ("infusionend", "end", "ended", "ends", "stop", "finish", "finished", "ende")
    table = _table_of_infusions(tables)
    start, end = table.moment(*_STARTS), table.moment(*ends, "stopped")
    hours = start is not None and start not in table.times
    unit = "_hours" if hours else ""
    times: dict[str, Line] = {
        f"start{unit}": column(start, f"the column of the infusion's start{', in hours' * hours}"),
        f"end{unit}": column(end, f"the column of the infusion's end{', in hours' * hours}"),
    }
    if planned(tables):
        length = "hours from the infusion's start to its end, such as 0.67"
        times = {"start_hours_is": "0", "end_hours_is": todo(length, suggestion="0.67")}
    draft.add(
        "[infusions]",
        **_file(draft, table),
        **beside,
        agent=column(_given(table), "the column of what was given"),
        **times,
        **(_written(table, tables) if start in table.times else {}),
        dose_mg_per_kg=_dose(table),
        route=_seen(table, "route"),
        **_status(table),
        visits=quoted(list(table.visits)) if table.visits else None,
    )


def _table_of_infusions(tables: list[Sighting]) -> Sighting:
    """The table that has their starts; a wide one as one of a row an infusion."""
    having = [table for table in tables if table.moment(*_STARTS)]
    having.sort(key=lambda one: (one.arm is None, bool(one.blocks)))
    with_arms = [table for table in tables if table.arm]
    return (having or with_arms or tables)[0].by_infusion(*_STARTS)


def _status(table: Sighting) -> dict[str, Line]:
    """A column that says of each row whether it was given: a cancelled infusion is none.

    What words of it mean that are not known is asked for.
    """
    for name in map(str, table.sample):
        own = holds(name, ["status", "given", "administered", "done", "performed"])
        if not own or holds(name, _OF_OTHERS):
            continue
        told = pd.Series(table.values(name), dtype="str")
        unknown = statuses(told) == "unknown"
        if unknown.all() or unknown.sum() > _FEW:
            continue
        asked = todo(
            f"what each word of {name!r} that is not known means: completed, stopped or not given",
            seen=f"known: {', '.join(told[~unknown])}; not known: {', '.join(told[unknown])}",
        )
        return {"status": quoted(name), "statuses": asked if unknown.any() else None}
    return {}


def _given(table: Sighting) -> str | None:
    """The column of what was given: named so, or of labels that name drugs, or the arm."""
    labelled = [name for name in map(str, table.sample)
                if name != table.arm and not holds(name, _ORDERS)
                and len(table.values(name)) <= _FEW]  # fmt: skip
    drugs = [c for c in labelled if table.drugs(c) and all(table.drugs(c).values())]
    named = _what_was_given(table)
    return next((name for name in (*drugs, named, table.arm) if name), None)


def _what_was_given(table: Sighting) -> str | None:
    """A column called so, of few labels: not when, how much, how often or whether it was."""
    return next((name for hint in ("agent", "drug", "medication", "treatment", "substance")
                 for name in map(str, table.sample)
                 if holds(name, [hint]) and not holds(name, _NO_AGENTS)
                 and name not in {*table.times, *table.clocks}
                 and 0 < len(table.values(name)) <= _FEW), None)  # fmt: skip


def formats_differ(tables: list[Sighting]) -> bool:
    """Whether some tables write times with slashes or points and others not, or not as exactly."""
    ways = [table.written_as for table in tables if table.times]
    return any(ways) and len(set(ways)) > 1


def _written(table: Sighting, tables: list[Sighting]) -> dict[str, Line]:
    """How the times of a table are written: their zone, and their format where others' differs."""
    own = todo(FORM) if table.slashed and formats_differ(tables) else None
    return {"timezone": _zone(table), "datetime_format": own}


def _zone(table: Sighting) -> Line:
    """The zone of a table whose times carry none: form services often write UTC, or name it."""
    if not table.times or table.zoned:
        return None
    named = sorted({quoted(table.zones[name]) for name in table.times if table.zones.get(name)})
    such = f"named in the file: {', '.join(named)}" if named else 'such as "UTC"'
    return todo(
        f"zone of this table's times, {such}; remove the line if it is the study's",
        suggestion=named[0] if len(named) == 1 else "-",
    )


def _dose(table: Sighting) -> Line:
    dose = table.named("dose", "dosis")
    if dose is None:
        return None
    per_kg = "kg" in dose.lower()
    return todo(
        f"is {dose!r} in mg/kg? then its name; if in mg: dose_mg, and the weight",
        suggestion=quoted(dose) if per_kg else "",
    )


def assessments(draft: Draft, tables: list[Sighting], **beside: Line) -> None:
    """The forms: one section a block of item columns, or the totals of a scale."""
    for table in tables:
        for block in table.blocks:
            _items(draft, table, block, tables, beside)
        held = {table.scale_of(block) for block in table.blocks}
        for totals in table.totals:
            if totals.instrument not in held:
                _form(draft, table, totals, tables, beside, {"total": quoted(totals.pattern)})
    if not any(table.blocks or table.totals for table in tables):
        seen = ", ".join(map(str, tables[-1].sample))
        draft.add(
            "[[assessments]]",
            **_file(draft, tables[-1]),
            **beside,
            time=todo(_TIME, seen=seen),
            instrument=todo(f"one of {', '.join(sorted(instruments.known()))}"),
            version=todo("its version"),
            recall_hours=todo(WINDOW),
            items=todo('names of the item columns, such as "pcl5_{:02d}"; or instead: total',
                       seen=seen),
        )  # fmt: skip


def _names(block: Block) -> str:
    """The columns of a form's items in TOML."""
    return quoted(block.pattern if block.written == "pattern" else block.columns)


def _items(
    draft: Draft, table: Sighting, block: Block, tables: list[Sighting], beside: dict[str, Line]
) -> None:
    """A form by its items."""
    labels = table.labels.get(block.pattern)
    base = "0 if the lowest answer is stored as the scale prints it, 1 if one higher"
    answers = table.answers.get(block.pattern, [])
    told = base_seen(table.scale_of(block), answers)
    options = option_codes(table.scale_of(block), answers) if answers and not labels else None
    coded: Line = None
    if options:
        coded = todo(
            "the answer that each code of an option stands for, such as { A1 = 0, A2 = 1 }",
            seen=f"answers: {', '.join(options)}",
            suggestion=table_of(options) if all(options.values()) else "",
        )
    values: dict[str, Line] = {
        "items": f"{_names(block)}  # {block.told}",
        "labels": table_of(labels) if labels else coded,
        "item_base": "0"
        if labels or coded
        else todo(base, seen=f"answers: {', '.join(answers)}" if answers else "", suggestion=told),
    }
    _form(draft, table, block, tables, beside, values)


def _form(
    draft: Draft,
    table: Sighting,
    own: Block | Totals,
    tables: list[Sighting],
    beside: dict[str, Line],
    values: dict[str, Line],
) -> None:
    """A section of one form of one scale."""
    name = table.scale_of(own)
    scale = instruments.get(name) if name else None
    versions = list(scale.versions) if scale else []
    version = f"its version: {', '.join(versions)}" if versions else "its version"
    instrument = column(
        name, f"one of {', '.join(sorted(instruments.known()))}",
        seen=own.told if isinstance(own, Block) else "",
    )  # fmt: skip
    draft.add(
        "[[assessments]]",
        **_file(draft, table),
        **beside,
        instrument=instrument,
        version=quoted(versions[0]) if len(versions) == 1 else todo(version),
        recall_hours=todo(WINDOW),
        **_when(table, own, tables),
        **values,
    )


def _when(table: Sighting, own: Block | Totals, tables: list[Sighting]) -> dict[str, Line]:
    """The time of a form: its column, or of a wide file one a visit; or the hours of visits."""
    if own.visits:
        listed = {"visits": quoted(list(own.visits))}
        for name in table.header:
            # The longest name first: of visits 1 and 10 the place is that of the one it is.
            pattern = name.replace(own.visits[0], "{visit}", 1)
            columns = [pattern.replace("{visit}", visit) for visit in own.visits]
            if pattern != name and set(columns) <= set(table.times):
                return {"time": quoted(pattern), **_written(table, tables), **listed}
        return {"visits": _hours(list(own.visits))} if planned(tables) else {
            "time": todo(_TIME), **listed}  # fmt: skip
    if planned(tables) and table.visit:
        return {
            "visit_name": quoted(table.visit),
            "visits": _hours(table.values(table.visit)),
        }
    visit = {"visit_name": quoted(table.visit)} if table.visit else {}
    found = table.time_of(own)
    if found:
        return {"time": quoted(found), **_written(table, tables), **visit}
    hours = table.named("hour", "hours")
    if hours:
        return {"hours": quoted(hours), **visit}
    return {"time": todo(_TIME, seen=", ".join(map(str, table.sample))), **visit}


def _hours(visits: list[str]) -> Line:
    """The open table of hours of visits, with what their names say."""
    told = hours_of_visits(visits)
    guess = table_of(told) if len(told) == len(visits) else ""
    return todo(_VISITS, seen=f"visits: {', '.join(visits)}", suggestion=guess)
