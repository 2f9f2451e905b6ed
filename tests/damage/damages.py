"""What goes wrong with exports, and by which findings each is named."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

from tests.damage.made import ITEMS, Made

ALL = ("csv", "xlsx", "redcap", "omop", "fhir")
TEXT = ("csv",)
GRIDS = ("csv", "xlsx")
# Formats whose answers may be words, and whose people have a site.
CELLS = ("csv", "xlsx", "redcap")
SHIFTED = {"time.shifted", "time.seems-shifted", "time.half-day-off", "time.at-night"}
LOST = {"score.lost-baseline", "score.lost-within-hours", "score.no-baseline", "score.no-post",
        "score.none-in-hours"}  # fmt: skip
CODED = {"item.codes-gap", "item.codes-outside", "item.one-too-low", "item.words",
         "item.unknown-label", "score.coding-base", "score.undeclared-code",
         "redcap.raw-or-label", "redcap.unknown-label", "item.base-differs-by-site"}  # fmt: skip


@dataclass(frozen=True)
class Damage:
    """One way to damage a study.

    Attributes
    ----------
    kind, what : str
    formats : tuple of str
        In which it can occur.
    named : set of str
        Rules that name it.
    do : callable
        Damages a copy of a sound study; False where this study has nothing to damage.
    """

    kind: str
    what: str
    formats: tuple[str, ...]
    named: frozenset[str]
    do: Callable[[Made, Random], bool | None]


DAMAGES: list[Damage] = []


def damage(
    kind: str, what: str, named: set[str], formats: tuple[str, ...] = ALL
) -> Callable[[Callable[[Made, Random], bool | None]], Callable[[Made, Random], bool | None]]:
    def listed(do: Callable[[Made, Random], bool | None]) -> Callable[[Made, Random], bool | None]:
        DAMAGES.append(Damage(kind, what, formats, frozenset(named), do))
        return do

    return listed


def _move(made: Made, table: str, move: Callable[[datetime], datetime]) -> None:
    for row in getattr(made, table):
        for name in ("when", "start", "end"):
            if name in row:
                row[name] = move(row[name])


def _in_zone(made: Made, there: str) -> Callable[[datetime], datetime]:
    here = ZoneInfo(made.zone)
    return lambda local: local.replace(tzinfo=here).astimezone(ZoneInfo(there)).replace(tzinfo=None)


def _people(made: Made, random: Random, share: float) -> list[str]:
    ids = [row["id"] for row in made.subjects]
    return random.sample(ids, max(1, round(share * len(ids))))


# Clock


@damage("clock", "the half of the day is lost",
        SHIFTED | LOST | {"time.no-afternoon", "time.half-day-lost"})  # fmt: skip
def _half_lost(made: Made, random: Random) -> None:
    _move(made, random.choice(["scores", "infusions"]),
          lambda t: t - timedelta(hours=12) if t.hour > 12 else t)  # fmt: skip


@damage("clock", "twelve hours too late", SHIFTED | LOST)
def _half_a_day(made: Made, random: Random) -> None:
    _move(made, random.choice(["scores", "infusions"]), lambda t: t + timedelta(hours=12))


@damage("clock", "dates of another epoch", {"time.other-epoch", "time.epoch", "time.implausible",
                                            "time.none-readable"})  # fmt: skip
def _epoch(made: Made, random: Random) -> None:
    days = timedelta(days=random.choice([1462, 3653, 24107, 25569]) * random.choice([1, -1]))
    _move(made, random.choice(["scores", "infusions"]), lambda t: t + days)


@damage("clock", "only the date is kept", {"time.midnight", "time.date-only", "omop.midnight",
                                           "time.some-date-only"})  # fmt: skip
def _midnight(made: Made, random: Random) -> None:
    table = random.choice(["scores", "infusions"])
    _move(made, table, lambda t: t.replace(hour=0, minute=0))


@damage("clock", "planned times", {"time.looks-nominal", "time.nominal"})
def _planned(made: Made, random: Random) -> None:
    for row in made.scores:
        start = made.start(row["id"])
        hours = (row["when"] - start) / timedelta(hours=1)
        row["when"] = start + timedelta(hours=round(hours) or -1)


@damage("clock", "day and month swapped where they can be", {"time.swapped", "time.other-order"},
        ("xlsx",))  # fmt: skip
def _swapped(made: Made, random: Random) -> bool:
    """Typed day first; opened by a spreadsheet that takes the month first."""
    form = "%d/%m/%Y %H:%M"
    for row in made.scores:
        when = row["when"]
        early = when.day <= 12
        row["when"] = when.replace(day=when.month, month=when.day) if early else when.strftime(form)
    made.declared = f'datetime_format = "{form}"'
    return any(isinstance(row["when"], str) for row in made.scores)


@damage("clock", "day and month the other way round than declared", {"time.other-order"}, GRIDS)
def _other_order(made: Made, random: Random) -> bool:
    for row in made.scores:
        row["when"] = row["when"].strftime("%d/%m/%Y %H:%M")
    made.declared = 'datetime_format = "%m/%d/%Y %H:%M"'
    return True


@damage("clock", "days of other programs read as months, all written alike",
        {"time.seems-swapped"})  # fmt: skip
def _exchanged(made: Made, random: Random) -> bool:
    people = set()
    for row in made.scores:
        when = row["when"]
        if when.day <= 12 and when.day != when.month:
            people.add(row["id"])
            row["when"] = when.replace(day=when.month, month=when.day)
    return len(people) > 2


@damage("clock", "times of entry", {"time.of-entry", "form.sent-twice"})
def _entered(made: Made, random: Random) -> bool:
    """Answers on paper, typed in one after the other some days later."""
    for subject in made.subjects:
        forms = made.of(subject["id"])
        begun = forms[-1]["when"] + timedelta(days=random.randint(1, 9))
        for number, row in enumerate(forms):
            row["when"] = begun + timedelta(minutes=number * random.randint(2, 9))
    return len(made.scores) > 2.5 * len(made.subjects)


@damage(
    "clock",
    "some people's forms a year early",
    LOST | {"time.distant", "baseline.of-another-visit"},
)
def _year(made: Made, random: Random) -> None:
    some = _people(made, random, 0.2)
    for row in made.scores:
        if row["id"] in some:
            row["when"] -= timedelta(days=364)


# Zone


@damage("zone", "forms in UTC", SHIFTED | LOST)
def _forms_in_utc(made: Made, random: Random) -> None:
    _move(made, "scores", _in_zone(made, "UTC"))


@damage("zone", "infusions in UTC", SHIFTED | LOST)
def _infusions_in_utc(made: Made, random: Random) -> None:
    _move(made, "infusions", _in_zone(made, "UTC"))


@damage("zone", "forms in letters of their zone", SHIFTED | {"time.zone-word"}, GRIDS)
def _letters(made: Made, random: Random) -> None:
    zone = ZoneInfo(made.zone)
    for row in made.scores:
        at = row["when"].replace(tzinfo=zone)
        row["when"] = at.strftime("%Y-%m-%d %H:%M %Z")


@damage("zone", "forms in UTC, said so", set(), GRIDS)
def _said(made: Made, random: Random) -> None:
    move = _in_zone(made, "UTC")
    ending = random.choice(["Z", " UTC", " GMT", "+00:00"])
    for row in made.scores:
        row["when"] = move(row["when"]).strftime("%Y-%m-%dT%H:%M") + ending


@damage("zone", "forms in UTC, declared", set(), ("csv", "xlsx", "redcap", "omop"))
def _declared(made: Made, random: Random) -> None:
    _move(made, "scores", _in_zone(made, "UTC"))
    made.declared = 'timezone = "UTC"'


@damage("zone", "local times marked as UTC", SHIFTED | LOST, ("fhir",))
def _marked(made: Made, random: Random) -> None:
    made.written_in[random.choice(["scores", "infusions"])] = "UTC"


# Code


def _code(made: Made, codes: dict[int, object], people: set[str] | None = None) -> None:
    for row in made.scores:
        if people is None or row["id"] in people:
            row |= {name: codes.get(row[name], row[name]) for name in ITEMS}


WORDS = ("Not at all", "A little bit", "Moderately", "Quite a bit", "Extremely")


@damage("code", "a gap", CODED)
def _gap(made: Made, random: Random) -> None:
    codes = random.choice([(1, 2, 3, 4, 6), (0, 1, 2, 4, 5), (1, 2, 4, 8, 16), (0, 1, 3, 4, 5)])
    _code(made, dict(enumerate(codes)))


@damage("code", "counted from 1", CODED | {"score.out-of-range"})
def _base(made: Made, random: Random) -> None:
    _code(made, {points: points + 1 for points in range(5)})


@damage("code", "one site counts from 1", CODED, CELLS)
def _one_site(made: Made, random: Random) -> bool:
    sites = {row["site"] for row in made.subjects}
    at = {row["id"] for row in made.subjects if row["site"] == "site 1"}
    _code(made, {points: points + 1 for points in range(5)}, at)
    return len(sites) > 1


@damage("code", "words", CODED, CELLS)
def _words(made: Made, random: Random) -> None:
    form = random.choice(["{word}", "{code} = {word}", "{code} - {word}", "{word} ({code})"])
    _code(made, {c: form.format(code=c, word=w) for c, w in enumerate(WORDS)})


@damage("code", "one site writes words", CODED, CELLS)
def _words_at_a_site(made: Made, random: Random) -> None:
    at = {row["id"] for row in made.subjects if row["site"] == "site 1"}
    _code(made, dict(enumerate(WORDS)), at)


@damage("code", "a code for missing", CODED | {"item.out-of-range"})
def _missing(made: Made, random: Random) -> None:
    code = random.choice([9, 99, -9, -1, 7, 8, 77])
    for row in random.sample(made.scores, max(2, len(made.scores) // 8)):
        row[random.choice(ITEMS)] = code


# Header


@damage("header", "three rows of a survey platform", set(), GRIDS)
def _three_rows(made: Made, random: Random) -> None:
    columns = list(made.scores[0])
    made.below = [
        [f"Question {n}" for n, _ in enumerate(columns)],
        [json.dumps({"ImportId": f"QID{n}"}) for n, _ in enumerate(columns)],
    ]


@damage("header", "a line that names the separator", set(), TEXT)
def _sep(made: Made, random: Random) -> None:
    made.sep = random.choice([";", ",", "\t"])


@damage("header", "a title above the names", {"file.ragged", "sheet.title", "column.missing",
                                              "file.repeated-column", "file.one-column",
                                              "file.unnamed-column"}, GRIDS)  # fmt: skip
def _title(made: Made, random: Random) -> None:
    made.above = [["Export of all forms"]]


HEADED = {"sheet.two-headers", "column.not-numbers", "cell.not-a-number", "time.unreadable",
          "subject.unknown", "item.words"}  # fmt: skip


@damage("header", "a row of questions below the names", HEADED, GRIDS)
def _questions(made: Made, random: Random) -> None:
    made.below = [[f"Question {n}" for n, _ in enumerate(made.scores[0])]]


@damage("header", "columns in another order", set())
def _order(made: Made, random: Random) -> None:
    names = list(made.scores[0])
    random.shuffle(names)
    made.scores = [{name: row[name] for name in names} for row in made.scores]


# Duplicate


@damage("duplicate", "forms sent twice, with other answers", {"form.sent-twice"})
def _sent_twice(made: Made, random: Random) -> None:
    for row in random.sample(made.scores, max(1, len(made.scores) // random.choice([6, 12, 30]))):
        first = row | {"when": row["when"] - timedelta(minutes=random.randint(1, 12))}
        name = random.choice([name for name in ITEMS if row[name] != ""])
        made.scores.append(first | {name: (row[name] + random.randint(1, 4)) % 5})


@damage("duplicate", "forms sent twice, with the same answers", set())
def _same_again(made: Made, random: Random) -> None:
    for row in random.sample(made.scores, max(1, len(made.scores) // 8)):
        made.scores.append(row | {"when": row["when"] - timedelta(minutes=random.randint(1, 12))})


@damage("duplicate", "every row twice", set())
def _twice(made: Made, random: Random) -> None:
    made.scores = [dict(row) for row in made.scores for _ in range(2)]


@damage("duplicate", "forms of one minute that differ", {"form.conflicting", "item.conflicting",
                                                          "form.sent-twice"})  # fmt: skip
def _conflicting(made: Made, random: Random) -> None:
    for row in random.sample(made.scores, 3):
        name = random.choice([name for name in ITEMS if row[name] != ""])
        made.scores.append(row | {name: (row[name] + 1) % 5})


@damage("duplicate", "a person listed in both arms", {"subject.conflicting"}, CELLS)
def _both_arms(made: Made, random: Random) -> None:
    for row in random.sample(made.subjects, 2):
        made.subjects.append(row | {"arm": {"ket": "mdz", "mdz": "ket"}[row["arm"]]})


# Copied forward


@damage("copy-forward", "answers copied to later visits", {"form.copied-forward"})
def _copied(made: Made, random: Random) -> None:
    for person in _people(made, random, random.choice([0.3, 0.6, 1.0])):
        first, *later = made.of(person)
        for row in later:
            row |= {name: first[name] for name in ITEMS}


@damage("copy-forward", "everyone falls by the same share", {"score.same-change",
                                                             "form.copied-forward"})  # fmt: skip
def _same_share(made: Made, random: Random) -> None:
    """Items of the last form before, cut: what is computed in place of being asked."""
    points = random.choice([1, 2])
    for subject in made.subjects:
        forms = made.of(subject["id"])
        before = [row for row in forms if row["when"] <= made.start(row["id"])]
        for row in (row for row in forms if row not in before):
            falls = 0
            for name in ITEMS:
                value = before[-1][name]
                row[name] = value
                if value != "" and value > 0 and falls < 6 * points:
                    row[name], falls = value - 1, falls + 1


@damage("copy-forward", "one answer to everything", {"form.straight-lined"})
def _straight(made: Made, random: Random) -> None:
    for person in _people(made, random, 0.4):
        for row in made.of(person):
            row |= dict.fromkeys(ITEMS, random.choice([2, 3]))


# Unit


@damage("unit", "doses of another unit", {"dose.unit"})
def _dose(made: Made, random: Random) -> None:
    factor = random.choice([70, 1000, 0.001, -1])
    for row in made.infusions:
        row["dose"] = round(row["dose"] * factor, 5)


@damage("unit", "some doses of another unit", {"dose.unit"})
def _some_doses(made: Made, random: Random) -> None:
    some = _people(made, random, 0.2)
    for row in made.infusions:
        if row["id"] in some:
            row["dose"] = round(row["dose"] * random.choice([70, 1000, -1]), 5)


@damage("unit", "weights in pounds", {"weight.pounds"}, CELLS)
def _pounds(made: Made, random: Random) -> None:
    weight = {row["id"]: row["weight"] for row in made.subjects}
    for row in made.infusions:
        row["dose_mg"] = round(row.pop("dose") * weight[row["id"]], 4)
    for row in made.subjects:
        row["weight"] = round(row["weight"] * 2.2046, 1)


@damage("unit", "weights of one site in pounds", {"weight.pounds"}, CELLS)
def _pounds_at_a_site(made: Made, random: Random) -> bool:
    weight = {row["id"]: row["weight"] for row in made.subjects}
    for row in made.infusions:
        row["dose_mg"] = round(row.pop("dose") * weight[row["id"]], 4)
    there = [row for row in made.subjects if row["site"] == "site 1"]
    for row in there:
        row["weight"] = round(row["weight"] * 2.2046, 1)
    return 5 <= len(there) < len(made.subjects)


@damage("unit", "ends a day late", {"infusion.unit", "infusion.long", "infusion.implausible-end"})
def _long(made: Made, random: Random) -> None:
    for row in made.infusions:
        row["end"] = row["start"] + (row["end"] - row["start"]) * 60


# Rows


@damage("rows", "a block of rows is gone", {"form.rows-missing"})
def _cut(made: Made, random: Random) -> bool:
    """A third of the forms, by person, by visit or by time as the file has them.

    Not the whole of a visit: a study that had no such visit has the same files.
    """
    for row in made.scores:
        hours = (row["when"] - made.start(row["id"])) / timedelta(hours=1)
        row["visit"] = sum(hours > edge for edge in (-48, -6, 0, 12, 72))
    order = random.choice(["person", "visit", "when"])
    if order != "person":
        made.scores.sort(key=lambda row: row[order])
    visits = {row["visit"] for row in made.scores}
    length = len(made.scores) // 3
    first = random.randint(length, len(made.scores) - length)
    del made.scores[first : first + length]
    left = {row.pop("visit") for row in made.scores}
    return left == visits


@damage("rows", "mistyped identifiers", {"subject.unmatched"}, GRIDS)
def _mistyped(made: Made, random: Random) -> None:
    people = _people(made, random, 0.15)
    for row in getattr(made, random.choice(["scores", "infusions"])):
        if row["id"] in people:
            row["id"] = row["id"].replace("0", "O", 1)
