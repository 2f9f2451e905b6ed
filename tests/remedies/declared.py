"""Remedies that are a line of study.toml: the line of the message is put there."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from tests.damage.damages import WORDS
from tests.damage.made import ITEMS, TREATMENTS, Made
from tests.remedies.studies import CASES, Case, advised, declare, sound, undeclare, written

SCORES, STUDY = "[[assessments]]", "[study]"
Spoil = Callable[[Path], Path]
Mend = Callable[[Path, str], None]


def case(rule: str, mend: Mend, form: str = "csv", **more: str) -> Callable[[Spoil], Spoil]:
    def listed(spoil: Spoil) -> Spoil:
        CASES[rule] = Case(spoil, mend, form, **more)
        return spoil

    return listed


def line(table: str, pattern: str) -> Mend:
    """The line that the message prints, in a table of study.toml."""
    return lambda path, message: declare(path, table, advised(message, pattern))


def fixed(table: str, text: str) -> Mend:
    """A line that only who knows the file can give; the message names its key."""

    def mend(path: Path, message: str) -> None:
        assert text.partition(" =")[0] in message, message
        declare(path, table, text)

    return mend


LABELS = line(SCORES, r"labels = \{.*?\}")


def answers(made: Made, change: Callable[[int], object], site: str = "") -> Made:
    """Every answer, or those of a site, written in another way."""
    at = {row["id"] for row in made.subjects if not site or row["site"] == site}
    for row in made.scores:
        if row["id"] in at:
            row |= {name: "" if row[name] == "" else change(row[name]) for name in ITEMS}
    return made


def times(made: Made, change: Callable[[datetime], object]) -> Made:
    for row in made.scores:
        row["when"] = change(row["when"])
    return made


def as_text(form: str) -> Callable[[datetime], str]:
    return lambda when: when.strftime(form)


# Times


@case("time.none-readable", fixed(SCORES, 'datetime_format = "%Y-%m-%d at %Hh%M"'))
def _(folder: Path) -> Path:
    return written(folder, times(sound(), as_text("%Y-%m-%d at %Hh%M")))


def _order(path: Path, message: str) -> None:
    form = advised(message, r'datetime_format in study.toml, such as ("[^"]*")')
    declare(path, SCORES, f"datetime_format = {form}")


@case("time.ambiguous-order", _order)
def _(folder: Path) -> Path:
    return written(folder, times(sound(), as_text("%d/%m/%Y %H:%M")))


@case("time.other-order", fixed(SCORES, 'datetime_format = "%d/%m/%Y %H:%M"'))
def _(folder: Path) -> Path:
    made = times(sound(), as_text("%d/%m/%Y %H:%M"))
    made.declared = 'datetime_format = "%m/%d/%Y %H:%M"'
    return written(folder, made)


@case("time.no-zone", lambda path, message: declare(
    path, STUDY, f'{advised(message, "timezone = ")}"{sound().zone}"'))  # fmt: skip
def _(folder: Path) -> Path:
    path = written(folder, sound())
    undeclare(path, "timezone")
    return path


@case("time.excel-serial", line(SCORES, r"excel_epoch = 1900"))
def _(folder: Path) -> Path:
    first = datetime(1899, 12, 30)
    return written(folder, times(sound(), lambda t: f"{(t - first) / timedelta(days=1):.6f}"))


@case("time.shifted", line(SCORES, r'timezone = "UTC"'))
def _(folder: Path) -> Path:
    made = sound()
    return written(folder, times(made, in_utc(made.zone)))


def in_utc(zone: str) -> Callable[[datetime], datetime]:
    there = ZoneInfo("UTC")
    return lambda t: t.replace(tzinfo=ZoneInfo(zone)).astimezone(there).replace(tzinfo=None)


@case("time.zone-word", fixed(SCORES, 'timezone = "Asia/Kolkata"'))
def _(folder: Path) -> Path:
    """Indian standard time, which is not the only one of its letters."""
    made = sound()
    here, there = ZoneInfo(made.zone), ZoneInfo("Asia/Kolkata")
    return written(folder, times(
        made, lambda t: t.replace(tzinfo=here).astimezone(there).strftime("%Y-%m-%d %H:%M IST")
    ))  # fmt: skip


@case("time.zone-differs", fixed(SCORES, 'timezone = "America/New_York"'))
def _(folder: Path) -> Path:
    made = sound()
    made.declared = 'timezone = "America/Chicago"'
    return written(folder, times(made, lambda t: moved(made.zone, "America/New_York", t).strftime(
        "%Y-%m-%d %H:%M %Z")))  # fmt: skip


@case("time.header-zone", line(SCORES, r'timezone = "America/Denver"'))
def _(folder: Path) -> Path:
    return _of_a_platform(folder)


@case("time.header-zone-differs", fixed(SCORES, 'timezone = "America/Denver"'))
def _(folder: Path) -> Path:
    return _of_a_platform(folder, 'timezone = "America/Chicago"')


def _of_a_platform(folder: Path, declared: str = "") -> Path:
    """Times in Denver, as the rows below the names of columns say."""
    made = sound()
    times(made, lambda t: moved(made.zone, "America/Denver", t).strftime("%Y-%m-%d %H:%M"))
    told = {name: {"ImportId": name} for name in made.scores[0]}
    told["when"]["timeZone"] = "America/Denver"
    made.below = [[json.dumps(one) for one in told.values()]]
    made.declared = declared
    return written(folder, made)


def moved(zone: str, there: str, when: datetime) -> datetime:
    return when.replace(tzinfo=ZoneInfo(zone)).astimezone(ZoneInfo(there))


ORDERS = {"site 1": "%d/%m/%Y %H:%M", "site 2": "%m/%d/%Y %H:%M", "site 3": "%d.%m.%Y %H:%M"}


@case("time.site-without", lambda path, message: declare(
    path, STUDY, by_site(advised(message, r"as in (\w+) = \{"), ORDERS)))  # fmt: skip
def _(folder: Path) -> Path:
    made = sound()
    site = {row["id"]: row["site"] for row in made.subjects}
    for row in (*made.infusions, *made.scores):
        for name in {"start", "end", "when"} & set(row):
            row[name] = row[name].strftime(ORDERS[site[row["id"]]])
    path = written(folder, made)
    listed = {name: form for name, form in ORDERS.items() if name != "site 2"}
    declare(path, STUDY, by_site("datetime_format", listed))
    return path


def by_site(key: str, told: dict[str, str]) -> str:
    listed = ", ".join(f'"{site}" = "{text}"' for site, text in told.items())
    return f"{key} = {{ {listed} }}"


# Files


@case("file.encoding", line(SCORES, r'encoding = "cp1252"'))
def _(folder: Path) -> Path:
    return _recoded(folder, "cp1252", 'encoding = "utf-8"')


@case("file.encoding-detected", line(SCORES, r'encoding = "[^"]+"'))
def _(folder: Path) -> Path:
    return _recoded(folder, "cp1252")


@case("file.binary", line(SCORES, r'encoding = "utf-16-le"'))
def _(folder: Path) -> Path:
    return _recoded(folder, "utf-16-le")


def _recoded(folder: Path, encoding: str, declared: str = "") -> Path:
    made = sound()
    made.declared = declared
    for row in made.scores:
        row["ward"] = "Süd"
    path = written(folder, made)
    file = folder / "scores.csv"
    file.write_bytes(file.read_text("utf-8").encode(encoding))
    return path


def _separated(folder: Path, mark: str, declared: str = "") -> Path:
    path = written(folder, sound())
    file = folder / "scores.csv"
    file.write_text(file.read_text("utf-8").replace(",", mark), "utf-8")
    if declared:
        declare(path, SCORES, declared)
    return path


@case("file.separator-detected", fixed(SCORES, 'separator = ";"'))
def _(folder: Path) -> Path:
    return _separated(folder, ";")


@case("file.one-column", fixed(SCORES, 'separator = ";"'))
def _(folder: Path) -> Path:
    return _separated(folder, ";", 'separator = ","')


@case("file.separator", fixed(SCORES, 'separator = ","'))
def _(folder: Path) -> Path:
    made = sound()
    made.scores = [row | {"ward; bed": "a; b"} for row in made.scores]
    return written(folder, made)


@case("file.outside", line(SCORES, "outside = true"))
def _(folder: Path) -> Path:
    path = written(folder / "inside", sound())
    (folder / "inside" / "scores.csv").rename(folder / "scores.csv")
    declare(path, SCORES, 'path = "../scores.csv"')
    return path


@case("file.format", line(SCORES, 'format = "csv"'))
def _(folder: Path) -> Path:
    path = written(folder, sound())
    (folder / "scores.csv").rename(folder / "scores.export")
    declare(path, SCORES, 'path = "scores.export"')
    return path


@case("workbook.other-format", line(SCORES, 'format = "csv"'))
def _(folder: Path) -> Path:
    path = written(folder, sound())
    (folder / "scores.csv").rename(folder / "scores.xlsx")
    declare(path, SCORES, 'path = "scores.xlsx"')
    return path


@case("file.missing", lambda path, message: declare(path, SCORES, 'path = "scores.csv"'))
def _(folder: Path) -> Path:
    path = written(folder, sound())
    declare(path, SCORES, 'path = "skores.csv"')
    return path


@case("column.missing", lambda path, message: declare(path, SCORES, 'time = "when"'))
def _(folder: Path) -> Path:
    path = written(folder, sound())
    declare(path, SCORES, 'time = "wann"')
    return path


@case("file.no-matching-row", lambda path, message: undeclare(path, "where"))
def _(folder: Path) -> Path:
    path = written(folder, sound())
    declare(path, SCORES, 'where = { id = "nobody" }')
    return path


# Answers


@case("item.words", LABELS)
def _(folder: Path) -> Path:
    return written(folder, answers(sound(), WORDS.__getitem__))


@case("item.unknown-label", LABELS)
def _(folder: Path) -> Path:
    path = written(folder, answers(sound(), WORDS.__getitem__))
    declare(path, SCORES, f'labels = {{ {json.dumps(WORDS[0])} = "0" }}')
    return path


@case("item.codes-gap", LABELS)
def _(folder: Path) -> Path:
    return written(folder, answers(sound(), (1, 2, 3, 4, 6).__getitem__))


@case("score.coding-base", line(SCORES, r"Declare (item_base = \d)"))
def _(folder: Path) -> Path:
    return written(folder, answers(sound(), lambda points: points + 1))


@case("score.undeclared-code", line(STUDY, r"missing_codes = \[.*?\]"))
def _(folder: Path) -> Path:
    return written(folder, _blank_as(99))


def _blank_as(code: int) -> Made:
    """Blank answers, three of which stand in forms without another, written as a code."""
    made = sound()
    for row in made.scores:
        row |= {name: code for name in ITEMS if row[name] == ""}
    return made


def _by_site(path: Path, message: str) -> None:
    """A table for each site, with its where and its item_base."""
    assert "where" in message
    assert "item_base" in message
    head, mark, table = path.read_text("utf-8").partition(SCORES)
    ones = f'{mark}{table}where = {{ site = "site 1" }}\nitem_base = 1\n'
    others = f'{mark}{table}where = {{ site = ["site 2", "site 3"] }}\n'
    path.write_text(f"{head}{ones}\n{others}", "utf-8")


@case("item.codes-outside", _by_site)
def _(folder: Path) -> Path:
    made = answers(sound(), lambda points: points + 1, "site 1")
    site = {row["id"]: row["site"] for row in made.subjects}
    made.scores = [row | {"site": site[row["id"]]} for row in made.scores]
    return written(folder, made)


@case("form.sent-twice", line(SCORES, r'sent_twice = "last"'))
def _(folder: Path) -> Path:
    made = sound()
    for row in made.scores[:3]:
        name = next(name for name in ITEMS if row[name] != "")
        first = row | {"when": row["when"] - timedelta(minutes=3), name: (row[name] + 1) % 5}
        made.scores.append(first)
    return written(folder, made)


@case("item.conflicting", fixed(SCORES, 'form_id = ["form"]'))
def _(folder: Path) -> Path:
    """One row an item: two forms of one minute, which a column tells apart, one of them blank."""
    return _tall(folder, _with_blank_form())


def _with_blank_form() -> Made:
    made = sound()
    made.scores = [row | {"form": number} for number, row in enumerate(made.scores)]
    made.scores.append(made.scores[0] | dict.fromkeys(ITEMS, "") | {"form": len(made.scores)})
    return made


def _tall(folder: Path, made: Made) -> Path:
    made.scores = [
        {"id": row["id"], "when": row["when"], "form": row.get("form", ""), "code": name,
         "value": row[name]}
        for row in made.scores for name in ITEMS
    ]  # fmt: skip
    path = written(folder, made)
    declare(path, SCORES, 'code = "code"\nvalue = "value"')
    return path


@case("form.not-complete", fixed(SCORES, 'complete = ["done", "sent"]'))
def _(folder: Path) -> Path:
    made = sound()
    states = ["done", "sent"]
    made.scores = [row | {"state": states[n % 2]} for n, row in enumerate(made.scores)]
    path = written(folder, made)
    declare(path, SCORES, 'status = "state"\ncomplete = ["done"]')
    return path


@case("recall.not-told", fixed(SCORES, "recall_hours = 0"))
def _(folder: Path) -> Path:
    made = sound()
    made.scores = [row | {"window": ""} for row in made.scores]
    path = written(folder, made)
    undeclare(path, "recall_hours")
    declare(path, SCORES, 'recall = "window"')
    return path


# People, infusions and the study

BRANDS = {"Ketalar": "ketamine", "Dormicum": "midazolam", "ketamine": "ketamine",
          "midazolam": "midazolam"}  # fmt: skip


@case("arm.unknown-label", lambda path, message: declare(
    path, STUDY, f'arms = {json.dumps(TREATMENTS | BRANDS).replace(":", " =")}'))  # fmt: skip
def _(folder: Path) -> Path:
    made = sound()
    made.subjects[0]["arm"] = {"ket": "Ketalar", "mdz": "Dormicum"}[made.subjects[0]["arm"]]
    return written(folder, made)


@case("identifier.record-number", fixed("[subjects]", "study_codes = true"))
def _(folder: Path) -> Path:
    made = sound()
    for row in (*made.subjects, *made.infusions, *made.scores):
        row["id"] = f"4711{row['id'][1:]:0>4}"
    return written(folder, made)


@case("question.population", lambda path, message: declare(
    path, STUDY, advised(message, r'population = "PTSD"')))  # fmt: skip
def _(folder: Path) -> Path:
    path = written(folder, sound())
    declare(path, STUDY, 'population = "depression"')
    return path


@case("question.no-primary", fixed(STUDY, 'primary = "PCL-5-now"'))
@case("question.construct", fixed(STUDY, 'primary = "PCL-5-now"'))
def _(folder: Path) -> Path:
    path = written(folder, sound())
    declare(path, STUDY, 'primary = "PHQ-9"')
    return path


# A project and a database


@case("redcap.no-dictionary", fixed(SCORES, 'dictionary = "dictionary.csv"'), "redcap")
def _(folder: Path) -> Path:
    path = written(folder, sound(), "redcap")
    head, mark, rest = path.read_text("utf-8").partition(SCORES)
    path.write_text(head + mark + rest.replace('dictionary = "dictionary.csv"\n', ""), "utf-8")
    return path


@case("redcap.unknown-form", lambda path, message: declare(path, SCORES, 'form = "pcl"'), "redcap")
def _(folder: Path) -> Path:
    path = written(folder, sound(), "redcap")
    declare(path, SCORES, 'form = "phq"')
    return path


@case("redcap.no-events", lambda path, message: undeclare(path, "events"), "redcap")
def _(folder: Path) -> Path:
    path = written(folder, sound(), "redcap")
    declare(path, SCORES, 'events = ["baseline_arm_1"]')
    return path


@case("omop.no-codes", lambda path, message: declare(
    path, "[infusions]", 'codes = ["785649", "708298"]'), "omop")  # fmt: skip
def _(folder: Path) -> Path:
    path = written(folder, sound(), "omop")
    undeclare(path, "codes")
    return path


@case("omop.code-not-number", lambda path, message: declare(
    path, "[infusions]", 'codes = ["785649", "708298"]'), "omop")  # fmt: skip
def _(folder: Path) -> Path:
    path = written(folder, sound(), "omop")
    declare(path, "[infusions]", 'codes = ["ketamine", "708298"]')
    return path


@case("omop.no-cohorts", lambda path, message: declare(
    path, "[subjects]", 'cohorts = ["1001", "1002"]'), "omop")  # fmt: skip
def _(folder: Path) -> Path:
    path = written(folder, sound(), "omop")
    undeclare(path, "cohorts")
    return path


# Totals in place of items


def _totals(made: Made, change: Callable[[int], object] = int) -> Made:
    """Stated totals; a blank where an item is."""
    made.scores = [
        {"id": row["id"], "when": row["when"],
         "total": "" if "" in (own := [row[name] for name in ITEMS]) else change(sum(own))}
        for row in made.scores
    ]  # fmt: skip
    return made


def _of_totals(folder: Path, made: Made) -> Path:
    path = written(folder, made)
    undeclare(path, "items")
    declare(path, SCORES, 'total = "total"')
    return path


@case("score.out-of-range", fixed(STUDY, 'missing_codes = ["96"]'))
def _(folder: Path) -> Path:
    made = _totals(sound())
    for row in made.scores:
        row["total"] = 96 if row["total"] == "" else row["total"]
    return _of_totals(folder, made)


@case("column.unknown-label", fixed(SCORES, 'labels = { "none" = "", "nothing" = "" }'))
def _(folder: Path) -> Path:
    made = _totals(sound())
    for row in made.scores:
        row["total"] = "nothing" if row["total"] == "" else row["total"]
    path = _of_totals(folder, made)
    declare(path, SCORES, 'labels = { "none" = "" }')
    return path


@case("item.no-code", lambda path, message: declare(path, SCORES, 'items = "item_{:02d}"'))
def _(folder: Path) -> Path:
    path = _tall(folder, sound())
    declare(path, SCORES, 'items = "pcl_{:02d}"')
    return path


# Sheets and believed zones


@case("sheet.unknown", lambda path, message: declare(path, SCORES, 'sheet = "Export"'), "xlsx")
def _(folder: Path) -> Path:
    path = written(folder, sound(), "xlsx")
    declare(path, SCORES, 'sheet = "Scores"')
    return path


@case("time.seems-shifted", line(SCORES, r'timezone = "UTC"'))
def _(folder: Path) -> Path:
    """A table whose zone is declared, and wrong, is believed."""
    made = sound()
    path = written(folder, times(made, in_utc(made.zone)))
    declare(path, SCORES, f'timezone = "{made.zone}"')
    return path
