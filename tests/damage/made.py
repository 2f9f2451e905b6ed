"""Random sound studies, and what is true of them. All made up."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from tests.factory import NOW_ITEMS

ITEMS = [f"item_{number:02d}" for number in NOW_ITEMS]
TREATMENTS = {"ket": "ketamine", "mdz": "midazolam"}
ZONES = (
    "America/Detroit", "America/Chicago", "America/Los_Angeles", "America/Sao_Paulo",
    "Europe/London", "Europe/Berlin", "Europe/Helsinki", "Asia/Kolkata", "Asia/Tokyo",
    "Australia/Sydney",
)  # fmt: skip
Row = dict[str, Any]
# What is compared: arm, hours since the start and total of each form; arm, length and dose of each
# infusion.
Result = tuple[list[tuple[str, float, float]], list[tuple[str, float, float]]]


@dataclass
class Made:
    """A study before it is written: rows with local times, and how its files write them.

    Attributes
    ----------
    zone : str
        Of all times.
    subjects, infusions, scores : list of dict
        Times are naive datetimes of that zone; a text is written as it stands.
    written_in : dict
        Of ``infusions`` and ``scores``: the zone that FHIR writes behind their times.
    above, below : list of list
        Rows above and below the names of columns of the scores; ``sep`` is a first line.
    names : dict
        Columns of the scores under another name.
    declared : str
        What study.toml declares besides, of the scores.
    """

    zone: str
    subjects: list[Row]
    infusions: list[Row]
    scores: list[Row]
    written_in: dict[str, str] = field(default_factory=dict)
    above: list[list[str]] = field(default_factory=list)
    below: list[list[str]] = field(default_factory=list)
    sep: str = ""
    declared: str = ""

    def copy(self) -> Made:
        return copy.deepcopy(self)

    def of(self, person: str) -> list[Row]:
        """A person's forms in the order of their times."""
        return [row for row in self.scores if row["id"] == person]

    def start(self, person: str) -> datetime:
        return next(row["start"] for row in self.infusions if row["id"] == person)


def made_up(random: Random) -> Made:
    """A sound study: some dozens of people, recruited over weeks or months, as clinics work."""
    zone = random.choice(ZONES)
    day = datetime(2021, 1, 4) + timedelta(days=random.randrange(5 * 365))
    people, gap = 2 * random.randint(8, 14), random.choice([2, 4, 9])
    slots = random.choice([[9], [10], [9, 13], [8, 9, 10, 11, 12, 13]])
    sites = random.choice([1, 1, 2, 3])
    plan = _plan(random)
    made = Made(zone, [], [], [])
    arms = ["ket", "mdz"] * (people // 2)
    random.shuffle(arms)
    for number, arm in enumerate(arms):
        person = f"P{number + 1:03d}"
        day += timedelta(days=random.randint(1, gap))
        # A clinic infuses on Monday to Thursday, so that the next day is a working day.
        day += timedelta(days=max(0, 7 - day.weekday()) if day.weekday() > 3 else 0)
        start = day + timedelta(hours=random.choice(slots), minutes=random.randint(0, 50))
        end = start + timedelta(minutes=random.randint(38, 45))
        weight = round(random.gauss(78, 12), 1)
        site = f"site {number % sites + 1}"
        made.subjects.append({"id": person, "arm": arm, "site": site, "weight": weight})
        dose = 0.5 if arm == "ket" else 0.045
        made.infusions.append(
            {"id": person, "agent": TREATMENTS[arm], "start": start, "end": end, "dose": dose}
        )
        made.scores += _forms(random, person, arm, start, end, plan)
    return made


def _plan(random: Random) -> list[str]:
    first = random.choice([["screening"], ["day before"], [], ["screening", "day before"]])
    later = random.choice([[], ["next day"], ["next morning"], ["next day"]])
    return [*first, "just before", "within hours", *later, *random.choice([[], ["week"]])]


def _when(random: Random, visit: str, start: datetime, end: datetime) -> datetime:
    morning = start.replace(hour=0, minute=0)
    if visit == "screening":
        return morning - timedelta(days=random.randint(4, 12), hours=-random.uniform(9, 16))
    if visit == "day before":
        return morning - timedelta(days=1, hours=-random.uniform(9, 16))
    if visit == "just before":
        return start - timedelta(minutes=random.randint(10, 90))
    if visit == "within hours":
        return end + timedelta(hours=3, minutes=random.randint(-25, 40))
    if visit == "next day":
        return end + timedelta(hours=24, minutes=random.randint(-40, 50))
    if visit == "next morning":
        return morning + timedelta(days=1, hours=random.uniform(8.5, 11))
    return start + timedelta(days=7, minutes=random.randint(-120, 120))


def _forms(
    random: Random, person: str, arm: str, start: datetime, end: datetime, plan: list[str]
) -> list[Row]:
    severity = random.gauss(2.4, 0.5)
    rows = []
    for visit in plan:
        # Hardly anyone misses the visit just before; others are missed now and then.
        if visit != "just before" and random.random() < 0.03:
            continue
        when = _when(random, visit, start, end).replace(second=0, microsecond=0)
        later = when > start
        level = severity - (1.0 if arm == "ket" else 0.3) * later + random.gauss(0, 0.25)
        answers = {name: min(4, max(0, round(random.gauss(level, 0.9)))) for name in ITEMS}
        if random.random() < 0.02:
            answers[random.choice(ITEMS)] = ""
        rows.append({"id": person, "when": when, **answers})
    return rows


def truth(made: Made) -> Result:
    """What a right reading of a sound study finds."""
    zone = ZoneInfo(made.zone)
    arm = {row["id"]: TREATMENTS[row["arm"]] for row in made.subjects}

    def hours(later: datetime, earlier: datetime) -> float:
        # Aware datetimes of one zone would be subtracted by their clocks.
        seconds = later.replace(tzinfo=zone).timestamp() - earlier.replace(tzinfo=zone).timestamp()
        return round(seconds / 3600, 2)

    forms = [
        (arm[row["id"]], hours(row["when"], made.start(row["id"])), float(sum(answers)))
        for row in made.scores
        if "" not in (answers := [row[name] for name in ITEMS])
    ]
    given = [
        (arm[row["id"]], hours(row["end"], row["start"]), row["dose"]) for row in made.infusions
    ]
    return sorted(forms), sorted(given)
