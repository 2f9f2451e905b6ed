"""Remedies that are another export: the file is written again as the message asks for it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import openpyxl

from tests.damage.made import ITEMS, TREATMENTS, Made, Row
from tests.remedies.declared import SCORES, times
from tests.remedies.studies import CASES, Case, declare, sound, written

Change = Callable[[Made], None]


def source(rule: str, change: Change, form: str = "csv") -> None:
    """Cells changed in a study, and the cells of the source in their place."""

    def spoil(folder: Path) -> Path:
        made = sound()
        change(made)
        return written(folder, made, form)

    CASES[rule] = Case(spoil, lambda path, _: again(path, form), form)


def again(path: Path, form: str) -> None:
    for file in path.parent.iterdir():
        file.unlink()
    written(path.parent, sound(), form)


def file(rule: str, change: Callable[[bytes], bytes], form: str = "csv") -> None:
    """Bytes of the scores' file changed, and the file exported again."""

    def spoil(folder: Path) -> Path:
        path = written(folder, sound(), form)
        scores = folder / f"scores.{form}"
        scores.write_bytes(change(scores.read_bytes()))
        return path

    CASES[rule] = Case(spoil, lambda path, _: again(path, form), form)


def sheet(rule: str, change: Callable[[openpyxl.worksheet.worksheet.Worksheet], None]) -> None:
    """The sheet of scores changed by hand, and left alone."""

    def spoil(folder: Path) -> Path:
        path = written(folder, sound(), "xlsx")
        book = openpyxl.load_workbook(folder / "scores.xlsx")
        change(book.active)
        book.save(folder / "scores.xlsx")
        return path

    CASES[rule] = Case(spoil, lambda path, _: again(path, "xlsx"), "xlsx")


def some(table: str, changed: Callable[[Row], Row], count: int = 3) -> Change:
    """The first rows of a table changed."""

    def change(made: Made) -> None:
        rows = getattr(made, table)
        rows[:count] = [row | changed(row) for row in rows[:count]]

    return change


def every(table: str, changed: Callable[[Row], Row]) -> Change:
    return lambda made: some(table, changed, len(getattr(made, table)))(made)


def more(table: str, changed: Callable[[Row], Row]) -> Change:
    """The first row once more, changed."""
    return lambda made: getattr(made, table).append(
        getattr(made, table)[0] | changed(getattr(made, table)[0])
    )


HOUR, DAY = timedelta(hours=1), timedelta(days=1)

# Times
source("time.unreadable", some("scores", lambda row: {"when": "in the morning"}))
source("time.in-words", lambda made: times(made, lambda t: f"{t:%d}. Jänner {t:%Y um %H:%M}"))
source("time.implausible", some("scores", lambda row: {"when": row["when"].replace(year=2125)}))
source("time.distant", some("scores", lambda row: {"when": row["when"] - 400 * DAY}))
source("time.mixed-zones", some("scores", lambda row: {"when": f"{row['when'].isoformat()}Z"}))
source("time.hour-only", some("scores", lambda row: {"when": f"{row['when']:%Y-%m-%dT%H}"}))
source("time.some-date-only", some("scores", lambda row: {"when": f"{row['when']:%Y-%m-%d}"}))
source("time.date-only", every("scores", lambda row: {"when": f"{row['when']:%Y-%m-%d}"}))
source("time.imprecise", every("scores", lambda row: {"when": f"{row['when']:%Y-%m-%d}"}))
source("time.midnight", lambda made: times(made, lambda t: t.replace(hour=0, minute=0)))
source("omop.midnight", some("scores", lambda row: {"when": row["when"].replace(hour=0, minute=0)}),
       "omop")  # fmt: skip
source("time.half-day-off", lambda made: times(made, lambda t: t + 12 * HOUR))
source("time.at-night", lambda made: (
    times(made, lambda t: t - 8 * HOUR),
    every("infusions", lambda row: {name: row[name] - 8 * HOUR for name in ("start", "end")})(made),
)[1])  # fmt: skip
source("time.other-epoch", lambda made: times(made, lambda t: t - 3653 * DAY))
source("time.epoch", lambda made: times(
    made, lambda t: f"{(t - datetime(1960, 1, 1)).total_seconds():.0f}"))  # fmt: skip
source("form.no-time", some("scores", lambda row: {"when": ""}))

# Answers
source("form.blank", some("scores", lambda row: dict.fromkeys(ITEMS, "")))
source("form.incomplete", some("scores", lambda row: dict.fromkeys(ITEMS[:5], "")))
source("item.blank-for-lowest", every("scores", lambda row: {
    name: "" for name in ITEMS if row[name] == 0}))  # fmt: skip
source("item.out-of-range", some("scores", lambda row: {ITEMS[0]: 5}))
source("cell.not-a-number", some("infusions", lambda row: {"dose": "half"}))
source("column.not-numbers", every("infusions", lambda row: {"dose": "half"}))
source("column.decimal-comma", every("infusions", lambda row: {
    "dose": str(row["dose"]).replace(".", ",")}))  # fmt: skip
source("form.conflicting", more("scores", lambda row: {ITEMS[0]: (row[ITEMS[0]] + 1) % 5}))
source("score.none", every("scores", lambda row: dict.fromkeys(ITEMS, "")))

# People
source("subject.blank-id", some("scores", lambda row: {"id": ""}))
source("subject.first-row-alone", lambda made: _first_rows(made))
source("subject.unknown", some("scores", lambda row: {"id": f"{row['id']}0"}))
source("score.of-nobody", every("scores", lambda row: {"id": f"{row['id']}-x"}))
source("subject.zeros", lambda made: _zeros(made))
source("subject.unmatched", lambda made: _one_sign_more(made))
source("subject.conflicting", more("subjects", lambda row: {"weight": row["weight"] + 9}))
source("arm.blank", some("subjects", lambda row: {"arm": ""}))
source("weight.implausible", some("subjects", lambda row: {"weight": 7}))
source("identifier.pattern", some("subjects", lambda row: {"site": "a.person@clinic.example"}))

# Infusions
source("subject.no-infusion", lambda made: made.infusions.pop(0) and None)
source("infusion.no-start", some("infusions", lambda row: {"start": ""}))
source("infusion.no-end", some("infusions", lambda row: {"end": ""}))
source("infusion.end-before-start", some("infusions", lambda row: {"end": row["start"] - HOUR}))
source("time.half-day-lost", some("infusions", lambda row: {"end": row["end"] - 12 * HOUR}))
source("infusion.implausible-end", some("infusions", lambda row: {"end": row["start"] + 9 * DAY}))
source("infusion.long", some("infusions", lambda row: {"end": row["start"] + 2 * DAY}))
source("infusion.unit", every("infusions", lambda row: {"end": row["start"] + 2 * DAY}))
source("infusion.no-length", some("infusions", lambda row: {"end": row["start"]}))
source("infusion.conflicting", more("infusions", lambda row: {"end": row["end"] + HOUR}))
source("infusion.overlap", more("infusions", lambda row: {"start": row["start"] + HOUR / 3}))
source("infusion.unknown-agent", some("infusions", lambda row: {"agent": "Ketalar 50 mg"}))
source("dose.unit", some("infusions", lambda row: {"dose": 1000 * row["dose"]}))
source("score.no-post", lambda made: _forms(made, lambda row: row["when"] < made.start(row["id"])))
source(
    "score.no-baseline",
    lambda made: _forms(made, lambda row: row["when"] > made.start(row["id"])),
)


def _one_sign_more(made: Made) -> None:
    for row in made.of(made.subjects[0]["id"]):
        row["id"] += "0"


def _zeros(made: Made) -> None:
    """Identifiers of digits, that a spreadsheet took for numbers in one file."""
    for row in (*made.subjects, *made.infusions, *made.scores):
        row["id"] = row["id"].removeprefix("P")
    for row in made.scores:
        row["id"] = row["id"].lstrip("0")


def _first_rows(made: Made) -> None:
    """The identifier in the first row of each person alone, as in a table made to be read."""
    named: set[str] = set()
    for row in made.scores:
        person = row["id"]
        row["id"] = "" if person in named else person
        named.add(person)


def _forms(made: Made, chosen: Callable[[Row], bool]) -> None:
    made.scores = [row for row in made.scores if chosen(row)]


# Files
file("file.empty", lambda raw: b"")
file("file.no-rows", lambda raw: raw.partition(b"\n")[0] + b"\n")
file("file.ragged", lambda raw: raw.replace(b"P003,", b"P003,,", 1))
file("file.repeated-column", lambda raw: raw.replace(b"item_03", b"item_01", 1))
file("file.unreadable", lambda raw: raw.replace(b"P003,", b'"P003,', 1))
source("identifier.column", every("scores", lambda row: {"last_name": "of somebody"}))
file("workbook.damaged", lambda raw: raw[: len(raw) // 2], "xlsx")

# Sheets
sheet("sheet.title", lambda cells: (cells.insert_rows(1), cells.cell(1, 1, "All forms"))[0])
sheet("sheet.two-headers", lambda cells: (cells.insert_rows(2), [
    cells.cell(2, place, f"Question {place}") for place in range(1, cells.max_column + 1)
])[0])  # fmt: skip
sheet("sheet.notes", lambda cells: [
    cells.cell(cells.max_row + 3 * (n == 0) + (n > 0), 1, f"Note {n}") for n in range(2)
] and None)  # fmt: skip
sheet("sheet.merged", lambda cells: cells.merge_cells("C2:D2"))
sheet("sheet.several", lambda cells: cells.parent.create_sheet("Notes").append(["a", "b"]))


def _in_a_sheet(path: Path, message: str) -> None:
    assert "sheet = " in message
    declare(path, SCORES, 'sheet = "Export"')


CASES["sheet.several"] = Case(CASES["sheet.several"].spoil, _in_a_sheet, "xlsx")

# Whatever the export held in place of what was asked
source("weight.pounds", lambda made: (_milligrams(made), every(
    "subjects", lambda row: {"weight": round(row["weight"] * 2.2046, 1)})(made))[1])  # fmt: skip


def _milligrams(made: Made) -> None:
    weight = {row["id"]: row["weight"] for row in made.subjects}
    for row in made.infusions:
        row["dose_mg"] = round(row.pop("dose") * weight[row["id"]], 3)


def _swapped(made: Made) -> None:
    """As a spreadsheet that takes the month first opens a file that has it second."""
    form = "%d/%m/%Y %H:%M"
    for row in made.scores:
        when = row["when"]
        swapped = when.replace(day=when.month, month=when.day) if when.day <= 12 else None
        row["when"] = swapped or when.strftime(form)
    made.declared = f'datetime_format = "{form}"'


source("time.swapped", _swapped, "xlsx")


def _exchanged(made: Made) -> None:
    """As a program that reads days first takes the month first, and writes all alike."""
    times(made, lambda t: t.replace(day=t.month, month=t.day) if t.day <= 12 else t)


source("time.seems-swapped", _exchanged)
source("subject.screened-only", lambda made: _no_infusion_and_one_form(made))
source("time.looks-nominal", lambda made: [
    row.update(when=made.start(row["id"]) + HOUR * (round((row["when"] - made.start(row["id"]))
                                                          / HOUR) or -1))
    for row in made.scores
] and None)  # fmt: skip
source("form.straight-lined", some("scores", lambda row: dict.fromkeys(ITEMS, 2), 12))


def _no_infusion_and_one_form(made: Made) -> None:
    person = made.infusions.pop(0)["id"]
    first = made.of(person)[0]
    made.scores = [row for row in made.scores if row["id"] != person or row is first]


# Whether the arms can be compared
OTHER = dict(zip(TREATMENTS.values(), reversed(TREATMENTS.values()), strict=True))
source("arm.other-than-given", every("infusions", lambda row: {"agent": OTHER[row["agent"]]}))
source("comparator.arm-is-site", every("subjects", lambda row: {"site": row["arm"]}))
source("comparator.reads-as-inert", every("infusions", lambda row: {
    "agent": row["agent"].replace("midazolam", "NaCl 0.9 %")}))  # fmt: skip
source("comparator.other-period", lambda made: _later(made, 365 * DAY, "start", "end", "when"))
source("comparator.rated-at-other-hours", lambda made: _later(made, HOUR, "when"))
source("comparator.rated-in-other-shares", lambda made: _unrated(made, 2))
source("subject.same-answers", lambda made: [
    getattr(made, table).append(row | {"id": "P099"})
    for table in ("subjects", "infusions", "scores")
    for row in [*getattr(made, table)] if row["id"] == "P003"
] and None)  # fmt: skip


def _arm(made: Made, arm: str) -> set[str]:
    return {row["id"] for row in made.subjects if row["arm"] == arm}


def _later(made: Made, by: timedelta, *columns: str) -> None:
    """The comparator's times moved; those of forms after the infusion, where it stays."""
    people = _arm(made, "mdz")
    starts = {row["id"]: row["start"] for row in made.infusions}
    for row in (*made.infusions, *made.scores):
        after = row.get("when", starts[row["id"]]) > starts[row["id"]]
        if row["id"] in people and (after or "start" in columns):
            row |= {name: row[name] + by for name in columns if name in row}


def _unrated(made: Made, left: int) -> None:
    """All but a few of the ketamine arm without a form on the day of the infusion after it."""
    gone = sorted(_arm(made, "ket"))[left:]
    day = {row["id"]: (row["start"], row["start"] + 12 * HOUR) for row in made.infusions}
    _forms(made, lambda row: row["id"] not in gone
           or not day[row["id"]][0] < row["when"] < day[row["id"]][1])  # fmt: skip
