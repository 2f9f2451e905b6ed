"""Drafts for formats whose columns have fixed names: SDTM, ADaM, FHIR, OMOP, REDCap."""

from __future__ import annotations

from dataclasses import replace

from analysis import instruments
from analysis.draft import own_columns
from analysis.draft.codes_seen import fhir_codes, omop_codes
from analysis.draft.sighting import Sighting
from analysis.draft.toml_text import WINDOW, Draft, Line, quoted, todo
from analysis.readers.formats.redcap.dictionary import parse_dictionary, read_dictionary
from analysis.readers.table.text_table import Described

__all__ = ["standard_tables", "with_dictionary"]

_CODES = 'codes of the items, such as "PCL01{:02d}", or a list of them; or instead: total'


def standard_tables(draft: Draft, tables: list[Sighting]) -> None:
    """Write the sections of an export whose format fixes the names of columns."""
    formats = {table.format for table in tables}
    for name, write in (("redcap", _redcap), ("fhir", _fhir), ("omop", _omop)):
        if name in formats:
            write(draft, [table for table in tables if table.format.startswith(name)])
            return
    for table in tables:
        _cdisc(draft, table)


def _cdisc(draft: Draft, table: Sighting) -> None:
    """A table of SDTM by its domain, of ADaM by its variables."""
    file = {**draft.place(table), "format": quoted(table.format)}
    names = set(table.header)
    if names & {"EXTRT", "ECTRT"}:
        draft.add("[infusions]", **file)
    elif names & {"QSTESTCD", "PARAMCD"}:
        code = "QSTESTCD" if "QSTESTCD" in names else "PARAMCD"
        _scales(draft, file, set(table.sample.get(code, ())), "QSEVLINT" in names)
    elif "VSTESTCD" in names:
        draft.add("[weights]", **file)
    elif names & {"ARMCD", "TRT01P"}:
        draft.add("[subjects]", **file, study_codes="true")


def _scales(draft: Draft, file: dict[str, Line], codes: set[str], told: bool) -> None:
    """One section a scale whose standard codes the table holds; one to be filled in if none."""
    window = None if told else todo(WINDOW)
    found = [
        (name, scale)
        for name, scale in instruments.known().items()
        if set(scale.codes.get("cdisc", {}).get("items", ["-"])) <= codes
    ]
    for name, scale in found:
        own = scale.codes["cdisc"]
        draft.add(
            "[[assessments]]",
            **file,
            instrument=quoted(name),
            version=_version(name),
            recall_hours=window,
            items=quoted(list(own["items"])),
            total=quoted(own["total"]) if own["total"] in codes else None,
        )
    if not found:
        _open_scale(draft, file, window)


def _version(name: str) -> Line:
    versions = list(instruments.get(name).versions)
    return quoted(versions[0]) if len(versions) == 1 else todo(f"one of {', '.join(versions)}")


def _open_scale(draft: Draft, file: dict[str, Line], window: Line, codes: str = "") -> None:
    draft.add(
        "[[assessments]]",
        **file,
        instrument=todo(f"one of {', '.join(sorted(instruments.known()))}"),
        version=todo("its version"),
        recall_hours=window,
        items=todo(_CODES + _among(codes)),
    )


def _among(codes: str) -> str:
    """What there is to choose from, as a part of a question."""
    return f" (there are: {codes})" if codes else ""


def _fhir(draft: Draft, tables: list[Sighting]) -> None:
    """Resources of one export are read together: a file, or the folder of several."""
    table = tables[0] if len(tables) == 1 else replace(tables[0], path=tables[0].path.parent)
    file = {**draft.place(table), "format": quoted("fhir")}
    arm = todo("arm, assigned_arm or actual_arm; remove the line of a study without arms")
    draft.add("[subjects]", **file, arm=arm)
    draft.add("[infusions]", **file)
    _open_scale(draft, file, todo(WINDOW), fhir_codes(table.path)["scores"])


def _omop(draft: Draft, tables: list[Sighting]) -> None:
    file = {**draft.place(tables[0]), "format": quoted("omop")}
    seen = omop_codes(tables[0].path)
    people = todo("cohort_definition_id where cohorts are the arms; else remove the line")
    cohorts = todo(f"the cohorts of the arms{_among(seen['cohorts'])}; else remove the line")
    drugs = todo(f'concepts of the drugs, such as ["785649"]{_among(seen["drugs"])}')
    draft.add("[subjects]", **file, arm=people, cohorts=cohorts if seen["cohorts"] else None)
    draft.add("[infusions]", **file, codes=drugs)
    _open_scale(draft, file, todo(WINDOW), seen["scores"])


def _redcap(draft: Draft, tables: list[Sighting]) -> None:
    """A flat export, with the dictionary and the event table that lie beside it."""
    beside: dict[str, Line] = {
        key: draft.path(found)
        for key, kind in (("dictionary", "redcap-dictionary"), ("event_table", "redcap-events"))
        if (found := next((t for t in tables if t.format == kind), None))
    }
    exports = [table for table in tables if table.format == "redcap"]
    if "dictionary" not in beside:
        beside["dictionary"] = todo("the data dictionary's file; remove the line if there is none")
    own_columns.people(draft, exports, **beside)
    own_columns.infusions(draft, exports, **beside)
    own_columns.assessments(draft, exports, **beside)


def with_dictionary(table: Sighting, tables: list[Sighting]) -> Sighting:
    """An export with what the dictionary beside it says of its columns.

    The time of a form is its one field that is validated as a date and time, else the time at
    which its survey was sent.
    """
    beside = next((t.path for t in tables if t.format == "redcap-dictionary"), None)
    if beside is None:
        return table
    rows = read_dictionary(beside)
    told = parse_dictionary(rows)
    names = rows.cells.columns[0]
    said = rows.cells.get("Field Label", rows.cells[names])
    labels = dict(zip(rows.column(str(names)), said.astype("str"), strict=True))
    described = {
        name: Described(labels.get(name, ""), field.choices) for name, field in told.fields.items()
    }
    forms = {name: field.form for name, field in told.fields.items()}
    times: dict[str, str] = {}
    for form in told.forms:
        moments = [n for n, f in told.fields.items() if f.form == form and f.validation.startswith(
            "datetime") and n in table.header]  # fmt: skip
        stamp = f"{form}_timestamp"
        if len(moments) == 1:
            times[form] = moments[0]
        elif not moments and stamp in table.header:
            times[form] = stamp
    return replace(table, described=described, forms=forms, form_times=times)
