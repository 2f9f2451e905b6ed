"""Made-up exports of six kinds, and what somebody who knows the study answers to their draft."""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import pandas as pd
import pyreadstat

from analysis.draft import ask_open_points
from analysis.paths import ROOT
from tests.damage.made import Made, made_up
from tests.damage.written import as_fhir, as_omop
from tests.draft.dialogue import ANSWERS, Person
from tests.draft.test_ask import repeated_measures
from tests.factory import NOW_ITEMS, tables, write_rows
from tests.readers.formats.redcap.project import write_project

CODES = '{ 1001 = "ketamine", 1002 = "midazolam", 785649 = "ketamine", 708298 = "midazolam" }'
BOTH = '{ ket = "ketamine", mdz = "midazolam" }'


def _redcap(folder: Path) -> None:
    write_project(folder).unlink()


def _spreadsheet(folder: Path) -> None:
    repeated_measures(folder / "results.xlsx")


def _spss(folder: Path) -> None:
    """People and infusions as text, the forms as a file of SPSS with labels."""
    made = tables()
    for name in ("subjects", "infusions"):
        write_rows(folder / f"{name}.csv", made[name])
    frame = pd.DataFrame(made["scores"]).rename(columns=lambda name: name.replace("item", "pcl"))
    frame["when"] = pd.to_datetime(frame["when"])
    items = [name for name in frame if name.startswith("pcl")]
    words = dict(
        enumerate(("Not at all", "A little bit", "Moderately", "Quite a bit", "Extremely"))
    )
    labels = {name: f"PCL-5-now, question {name[-2:]}" for name in items}
    pyreadstat.write_sav(
        frame.astype(dict.fromkeys(items, float)), str(folder / "forms.sav"),
        variable_value_labels=dict.fromkeys(items, words),
        column_labels=[labels.get(name, name) for name in frame],
    )  # fmt: skip


def _qualtrics(folder: Path) -> None:
    """A survey's three lines of header above the answers."""
    made = tables()
    for name in ("subjects", "infusions"):
        write_rows(folder / f"{name}.csv", made[name])
    items = [f"PCL_{number}" for number in NOW_ITEMS]
    names = ["StartDate", "EndDate", "RecordedDate", "participant", *items]
    questions = ["Start Date", "End Date", "Recorded Date", "Your code", *(
        f"Right now: question {number}" for number in NOW_ITEMS)]  # fmt: skip
    rows = [[row["when"]] * 3 + [row["id"]] + [row[f"item_{n:02d}"] for n in NOW_ITEMS]
            for row in made["scores"]]  # fmt: skip
    imported = [f'{{"ImportId":"QID{number}"}}' for number in range(len(names))]
    with (folder / "survey.csv").open("w", newline="", encoding="utf-8") as out:
        csv.writer(out, lineterminator="\n").writerows([names, questions, imported, *rows])


def _made() -> Made:
    return made_up(Random(15))


def _fhir(folder: Path) -> None:
    as_fhir(folder, _made()).unlink()


def _omop(folder: Path) -> None:
    as_omop(folder, _made()).unlink()


@dataclass(frozen=True)
class Walk:
    """A kind of export: how it is made, what its command names, and the answers to its draft."""

    title: str
    make: Callable[[Path], None]
    export: str = "."
    answers: dict[str, str] = field(default_factory=dict)


OWN_FORM = {
    "instrument": "PCL-5-now",
    "version": "ad-hoc",
    "recall_hours": "now",
    "population": "PTSD",
    "planned_per_arm": "12",
    "timezone": "America/Sao_Paulo",
}
OF_VISITS = {"primary": "PCL-5", "baseline": "Baseline", "planned_per_arm": "20"}
OF_FHIR = {"arms": BOTH, "items": "item_{:02d}", "subjects.arm": "arm"}
OF_OMOP = {
    "arms": CODES,
    "items": "20000000{:02d}",
    "cohorts": "1001, 1002",
    "codes": "785649, 708298",
    "subjects.arm": "cohort_definition_id",
}
WALKS = [
    Walk("REDCap with its data dictionary", _redcap),
    Walk("A spreadsheet with visit names", _spreadsheet, "results.xlsx", OF_VISITS),
    Walk("SPSS", _spss),
    Walk("Qualtrics", _qualtrics),
    Walk("FHIR", _fhir, "export.json", OWN_FORM | OF_FHIR),
    Walk("OMOP", _omop, "cdm.sqlite", OWN_FORM | OF_OMOP),
]


def commands(walk: Walk) -> list[str]:
    """What is typed in the folder of the export."""
    export = f'"{walk.export}"' if " " in walk.export else walk.export
    return [f"relief init {export} --ask", "relief check study.toml", "relief judge study.toml"]


def walked(walk: Walk, folder: Path) -> tuple[str, Person]:
    """Make the export, and answer every question of its draft there; what was said at the end."""
    walk.make(folder)
    person = Person(ANSWERS | walk.answers)
    out = folder / "study.toml"
    end = ask_open_points(folder / walk.export, out, answer=person.answer, say=person.say)
    return end, person


def answers_typed(title: str) -> str:
    """The answers as the page lists them, a line each: what goes to the terminal."""
    page = (ROOT / "docs" / "walks.md").read_text(encoding="utf-8")
    dialogue_of = page.partition(f"## {title}\n")[2].split("```text\n")[1].split("```")[0]
    return "".join(f"{line.partition(' > ')[2]}\n" for line in dialogue_of.splitlines())


def part(walk: Walk, person: Person) -> str:
    """The part of the page about one kind of export."""
    typed = "\n".join(commands(walk))
    return f"## {walk.title}\n\n```sh\n{typed}\n```\n\n```text\n{dialogue(person)}\n```\n"


def dialogue(person: Person) -> str:
    """The questions that were asked, and the answers, a line each."""
    told = [(key, person.answers.get(key, person.answers.get(key.partition(".")[2], "")))
            for key in person.keys]  # fmt: skip
    width = max(len(key) for key, _ in told)
    return "\n".join(f"{key:{width}} > {text}".rstrip() for key, text in told)
