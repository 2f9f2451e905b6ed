"""docs/architecture.md says what the code does: names, the order of stages, and the example."""

from __future__ import annotations

import importlib
import json
import re
import tomllib
from dataclasses import dataclass
from functools import cache
from typing import Any

import pandas as pd
import pytest

from analysis.checks import Checked, check
from analysis.claims import judge_checked
from analysis.claims.calibration import gate
from analysis.claims.calibration.counts import HASHES, read_table
from analysis.claims.calibration.pieces import keys
from analysis.claims.case import Case
from analysis.claims.decision_rule import decide_by_interval
from analysis.claims.definitions import load_definitions
from analysis.claims.gates import data_gates
from analysis.claims.gates.robustness import robustness_gate
from analysis.claims.ledger import Ledger
from analysis.config import StudyConfig, load_config
from analysis.describe.answer.verdicts import part_in_words
from analysis.estimates.table import NUMBERS
from analysis.instruments.scoring import score
from analysis.outcomes.baseline import baseline
from analysis.outcomes.change import change, person_change
from analysis.paths import CALIBRATION, EXAMPLE_STUDY, NOTEBOOKS, ROOT
from analysis.readers.assemble import read_study
from analysis.readers.formats.open_table import open_table
from analysis.readers.reading import Reading
from analysis.readers.roles.assessments.forms import Forms, read_forms
from analysis.readers.roles.infusions import read_infusions
from analysis.readers.roles.people import read_subjects
from analysis.readers.table.text_table import TextTable
from analysis.study import Study
from analysis.timeline import place

PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
NAMES = sorted(set(re.findall(r"`(analysis(?:\.\w+)+)`", PAGE)))
STAGES = re.findall(r"^\| `analysis\.(\w+)` \|", PAGE.split("## Topics")[0], re.MULTILINE)
STEPS = re.findall(r"^ +\*Here:\* (.*)$", PAGE, re.MULTILINE)
# The row of the file whose form is followed, the header counted.
ROW = 4


def resolved(name: str) -> Any:
    """The module or object of a dotted name."""
    words = name.split(".")
    for n in range(len(words), 0, -1):
        try:
            found = importlib.import_module(".".join(words[:n]))
        except ModuleNotFoundError:
            continue
        for word in words[n:]:
            found = getattr(found, word)
        return found
    raise ModuleNotFoundError(name)


@pytest.mark.parametrize("name", NAMES)
def test_every_dotted_name_is_a_real_one(name):
    assert resolved(name) is not None


def test_every_room_is_a_stage():
    top = (ROOT / "src" / "analysis").iterdir()
    rooms = {path.stem for path in top if (path / "__init__.py").exists() or path.suffix == ".py"}
    assert sorted(STAGES) == sorted(rooms - {"__init__"})


def test_the_stages_are_in_the_order_of_the_import_contract():
    tools = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]
    contracts = tools["importlinter"]["contracts"]
    (layers,) = (own["layers"] for own in contracts if own["id"] == "stages")
    # The contract is written from the last stage to the first; rooms of one stage share a line.
    stages = [room.strip() for layer in reversed(layers) for room in layer.split("|")]
    assert stages == STAGES


def test_every_topic_has_its_row_and_its_notebook():
    table = PAGE.split("## Topics")[1].split("\n## ")[0]
    rows = re.findall(r"^\| (\w+): [^|]*\| `(\w+)` \|", table, re.MULTILINE)
    folders = (ROOT / "src" / "analysis" / "estimates").glob("*/__init__.py")
    assert {folder.parent.name for folder in folders} <= {topic for topic, _ in rows}
    assert all((NOTEBOOKS / f"{notebook}.ipynb").exists() for _, notebook in rows)


@dataclass(frozen=True)
class Followed:
    """The example study at each stage."""

    config: StudyConfig
    table: TextTable
    forms: Forms
    study: Study
    checked: Checked
    case: Case
    ledger: Ledger

    def own(self, forms: pd.DataFrame) -> pd.Series:
        """The row of the form that is followed."""
        mine = (forms["source"] == self.table.file) & (forms["row"] == ROW)
        return forms[mine].iloc[0]

    @property
    def person(self) -> int:
        """The number of whoever filled it in."""
        return int(self.own(self.study.assessments)["subject"])

    @property
    def arm(self) -> str:
        """Their arm."""
        return str(self.case.arms[self.person])


@cache
def _counts_that_hold() -> pd.DataFrame:
    """The committed counts as after a renewal: pending ones would leave gate 7 open."""
    counts = read_table(CALIBRATION / "table.csv")
    rules = load_definitions()
    now = {world: keys(world, rules) for world in counts["world"].unique()}
    return counts.assign(**{name: [now[world][name] for world in counts["world"]]
                            for name in HASHES})  # fmt: skip


@pytest.fixture(scope="module")
def at() -> Followed:
    config = load_config(EXAMPLE_STUDY / "study.toml")
    reading = Reading(config, EXAMPLE_STUDY)
    people = read_subjects(reading).frame
    _, around = read_infusions(reading, people)
    spec = config.assessments[0]
    table = open_table(EXAMPLE_STUDY, spec, config)
    forms = read_forms(reading, spec, people["id"], around)
    study = read_study(EXAMPLE_STUDY)
    checked, definitions = check(study), load_definitions()
    case = Case(checked, definitions)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gate, "committed_table", _counts_that_hold)
        ledger = judge_checked(checked, definitions)
    return Followed(config, table, forms, study, checked, case, ledger)


def declaration(at: Followed) -> str:
    spec = at.config.assessments[0]
    items = at.forms.items.shape[1]
    return (
        f"the first `[[assessments]]` names {spec.path}: {spec.instrument}, version "
        f"{spec.version}, recall window {spec.recall_hours:g} h, {items} items."
    )


def cells(at: Followed) -> str:
    rows, columns = at.table.cells.shape
    own = at.table.cells.iloc[list(at.table.rows).index(ROW)]
    told = ", ".join(f'{name} "{own[name]}"' for name in ("id", "hours", "pcl5now_03", "total"))
    return f"{rows} rows × {columns} columns; row {ROW} holds {told}."


def roles(at: Followed) -> str:
    frame, items = at.forms.frame, at.forms.items
    own = at.own(frame)
    return (
        f"assessments {len(frame)} × {frame.shape[1]}, items {len(items)} × {items.shape[1]}; "
        f"item 3 is {items.loc[own.name, 3]:g} point, filled in at {own['hours_low']:g} h."
    )


def one_study(at: Followed) -> str:
    study, own = at.study, at.own(at.study.assessments)
    given = study.infusions.set_index("subject").loc[at.person]
    return (
        f"{len(study.subjects)} participants, {len(study.infusions)} infusions, "
        f"{len(study.assessments)} assessments; this is number {own['form']}, of participant "
        f"{at.person}, infused from {given['start_hours']:g} to {given['end_hours']:g} h."
    )


def total(at: Followed) -> str:
    own = at.own(score(at.study))
    return (
        f"{own['n_items']:g} items, {own['n_missing']:g} blank: {own['total']:g} points, where "
        f"the file states {own['stated_total']:g}."
    )


def placed(at: Followed) -> str:
    forms = place(at.study, score(at.study))
    own = at.own(forms)
    week = forms[(forms["subject"] == at.person) & (forms["version"] == "past-week")]
    week = week[week["phase"] == "hours"].iloc[0]
    return (
        f"{own['since_start_low']:g} h after the start, {own['since_end_low']:g} h after the "
        f"end: phase {own['phase']}; of a window of {own['recall_hours']:g} h a share of "
        f"{own['share_before']:.3f} lies before. The same participant's past-week PCL-5 at "
        f"{week['since_start_low']:g} h: {week['share_before']:.3f}, so that a literal answer, "
        f"an average over that week, could have fallen by {1 - week['share_before']:.1%} at the "
        "most."
    )


def checks(at: Followed) -> str:
    read, left = len(at.study.assessments), len(at.checked.forms)
    assert at.own(at.checked.forms)["subject"] == at.person
    rules = ", ".join(sorted(at.checked.set_aside))
    return (
        f"{left} of {read} assessments stay, this one among them; {read - left} are excluded "
        f"({rules})."
    )


def _baselines(at: Followed) -> pd.DataFrame:
    rule = at.case.definitions.rule
    return baseline(
        at.checked.forms,
        within_days=rule("baseline_within_days"),
        another_day_hours=rule("another_day_hours"),
    )


def before(at: Followed) -> str:
    forms = at.case.on_primary_form(at.checked.forms)
    own = forms[(forms["subject"] == at.person) & (forms["phase"] == "before")]
    found = at.case.on_primary_form(_baselines(at)).set_index("subject").loc[at.person, "baseline"]
    rated = " and ".join(f"{points:g}" for points in own["total"])
    return f"ratings of {rated} points, baseline {found:g}."


def changed(at: Followed) -> str:
    own = at.own(change(at.checked.forms, _baselines(at)))
    return f"{own['total']:g} - {own['baseline']:g} = {own['change']:g} points."


def windowed(at: Followed) -> str:
    window = at.case.definitions.windows["hours"]
    people = person_change(at.case.primary_changes, low=window.low, high=window.high)
    assert people.equals(at.case.people("hours").drop(columns="arm"))
    own = people.set_index("subject").loc[at.person]
    return (
        f"{own['n_forms']:g} assessments in {window.label}, score {own['score']:g}, change "
        f"{own['change']:g}; {len(people)} participants have one."
    )


def seen(at: Followed) -> str:
    scores = at.case.scores
    mine = list(at.case.people_scored).index(at.person)
    assert bool(scores.treated[mine]) == (at.arm == at.case.design.active_arm)
    told = " and ".join(
        f"{points:g} at {visit}"
        for points, visit in zip(scores.score[mine], scores.visits, strict=True)
    )
    n, visits = scores.score.shape
    return f"{n} × {visits}; this row is {told}, arm {at.arm}."


def primary(at: Followed) -> str:
    found = at.case.primary
    return (
        f"{found.estimate:.2f} points (95 % {found.ci_low:.2f} to {found.ci_high:.2f}), "
        f"SE {found.se:.2f}, df {found.df:.1f}, n {found.n}."
    )


def _passed(*passed: bool | None) -> str:
    words = {True: "yes", False: "no", None: "not evaluated"}
    return f"passed: {', '.join(words[one] for one in passed)}."


def gates_of_the_data(at: Followed) -> str:
    four = (data_gates.construct, data_gates.time, data_gates.recall, data_gates.comparator)
    return _passed(*(evaluate(at.case).passed for evaluate in four))


def gate_of_the_estimate(at: Followed) -> str:
    found, bars = at.case.primary, at.case.bars
    word = decide_by_interval(
        found.ci_low, found.ci_high, found.estimate, smallest=bars.smallest, bias=bars.bias
    )
    return (
        f"M {bars.smallest:.2f}, B {bars.bias:.2f} points: {found.ci_high:.2f} < -{bars.bias:.2f} "
        f"and {found.estimate:.2f} <= -{bars.smallest:.2f}, so {word}."
    )


def gate_of_robustness(at: Followed) -> str:
    found = robustness_gate(at.case)
    jump = re.match(r"Jump to reference gives (\S+) points", found.text)
    return f"jump to reference gives {jump[1]} points; {_passed(found.passed)}"


def gate_of_calibration(at: Followed) -> str:
    return _passed(gate.calibration_gate(at.case, _counts_that_hold()).passed)


def verdict(at: Followed) -> str:
    onset, headline = at.ledger["onset"], at.ledger["headline"]
    parts = ", ".join(f"{part_in_words(part)} {found}" for part, found in onset.parts.items())
    return (
        f"{parts}: onset {onset.verdict}. The headline, which asks that everyone improves too, "
        f"is {headline.verdict}."
    )


EXAMPLE = (
    declaration, cells, roles, one_study, total, placed, checks, before, changed, windowed, seen,
    primary, gates_of_the_data, gate_of_the_estimate, gate_of_robustness, gate_of_calibration,
    verdict,
)  # fmt: skip


def test_every_step_of_the_example_is_compared():
    assert len(STEPS) == len(EXAMPLE)
    # The last step, the ledger, is shown as JSON.
    assert len(re.findall(r"^\d+\. \*\*", PAGE, re.MULTILINE)) == len(EXAMPLE) + 1


@pytest.mark.parametrize("step", EXAMPLE, ids=lambda step: step.__name__)
def test_a_step_of_the_example_says_what_its_function_returns(step, at):
    assert STEPS[EXAMPLE.index(step)] == step(at)


def test_the_json_is_that_of_the_ledger(at):
    (block,) = re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)
    written = json.loads(block)
    claim = next(c for c in at.ledger.as_dict()["claims"] if c["claim"] == written["claim"])
    rounded = {k: float(f"{v:.3g}") if k in NUMBERS else v for k, v in claim["estimate"].items()}
    assert written == {key: {**claim, "estimate": rounded}[key] for key in written}
