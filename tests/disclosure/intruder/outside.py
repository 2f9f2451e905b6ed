"""What leaves of a study: JSON and text of the ledger, JSON of the checks, pages of files."""

from __future__ import annotations

import json
import re
from contextlib import nullcontext
from dataclasses import dataclass, field
from functools import cache, cached_property
from importlib import import_module
from pathlib import Path
from typing import Any
from unittest.mock import patch

import analysis.checks
import analysis.claims
from analysis import studies
from analysis.checks import Checked, check
from analysis.claims import judge_checked
from analysis.claims.case import Case
from analysis.claims.definitions import Definitions, load_definitions
from analysis.claims.evaluators import common
from analysis.claims.gates import robustness
from analysis.claims.gates.flagged_groups import Retried
from analysis.claims.ledger import Ledger
from analysis.describe.answer.judged_text import judged_text
from analysis.describe.answer.verdicts import ledger_text
from analysis.estimates.explanations.mediation import linear_mediation
from analysis.study import Study

__all__ = ["KEY", "MECHANISM", "Outside", "hold", "of_files", "of_study", "rules"]

# The package gives its function of the same name.
MECHANISM = import_module("analysis.claims.evaluators.dissociation_mechanism")
CLAIMS = ("onset", "certainty_within_hours", "certainty_ever", "infusion_length",
          "dissociation_brief", "dissociation_mechanism")  # fmt: skip
KEY = "a key of the clinic's own, long enough"


@dataclass(frozen=True)
class Outside:
    """Everything about one study that somebody outside can read.

    Attributes
    ----------
    ledger, checks : dict
        As ``judge --share --json`` and ``check --share --json`` print them.
    pages : tuple of str
        The ledger as text; the report and the page of checks as HTML, where they were made.
    """

    ledger: dict[str, Any]
    checks: dict[str, Any]
    pages: tuple[str, ...] = field(default=(), repr=False)

    @cached_property
    def everything(self) -> str:
        """All of it as one text."""
        return "\n".join((json.dumps(self.ledger), json.dumps(self.checks), *self.pages))

    def claim(self, name: str) -> dict[str, Any]:
        """One claim of the ledger."""
        return next(one for one in self.ledger["claims"] if one["claim"] == name)

    def rows(self, name: str) -> list[dict[str, Any]]:
        """Rows of a claim that stand for something, the estimate first."""
        claim = self.claim(name)
        return [row for row in (claim["estimate"], *claim["beside"]) if row["estimand"]]

    def text(self, name: str, gate: str) -> str:
        """What a gate of a claim says; empty where it does not apply."""
        return next((r["text"] for r in self.claim(name)["reasons"] if r["gate"] == gate), "")

    def numbers(self, name: str, gate: str, pattern: str) -> tuple[float, ...] | None:
        """The numbers in a gate's text by a pattern of groups; None where it is not there."""
        found = re.search(pattern, self.text(name, gate))
        return None if found is None else tuple(map(float, found.groups()))


@cache
def rules() -> Definitions:
    """The rules of the claims whose numbers are of people; others say them again or say none."""
    known = load_definitions()
    return known.model_copy(update={"claims": {name: known.claims[name] for name in CLAIMS}})


def hold(study: Study, *, others: bool = True) -> tuple[Case, Ledger]:
    """What those who hold the data know of a study in memory.

    Other people are tried for gate 6 alone, and there only if asked for, and few draws are made
    where only an interval needs many: a study takes a tenth of the time.
    """
    case = Case(check(study), rules())
    fewer = {"linear_mediation": lambda *a, **k: linear_mediation(*a, **k, resamples=100)}
    with (
        patch.multiple(MECHANISM, **fewer),
        patch.object(analysis.claims, "Case", lambda checked, rules: case),
        patch.object(common, "retry_on_other_cases", lambda case, word, on: Retried(word, {}, {})),
        nullcontext()
        if others
        else patch.object(robustness, "try_on_other_cases", lambda case, bars: iter(())),
    ):
        return case, judge_checked(case.checked, rules())


def of_study(checked: Checked, ledger: Ledger, declared: Path) -> Outside:
    """What leaves of a study in memory, by the way of the commands."""
    with (
        patch.object(studies, "load_study", lambda source: checked.study),
        patch.object(analysis.checks, "check", lambda study: checked),
        patch.object(analysis.claims, "judge_checked", lambda checked, rules: ledger),
    ):
        shared = studies.judged(str(declared), "shared", rules())
        checks = studies.check_source(str(declared), "shared")
    texts = (ledger_text(shared), judged_text(shared))
    return Outside(_as_json(shared.as_dict()), _as_json(checks), texts)


def of_files(declared: Path, folder: Path) -> Outside:
    """What leaves of a study's folder, by the command line: JSON, texts and pages."""
    from typer.testing import CliRunner

    from analysis.cli import app

    def said(*arguments: object) -> str:
        done = CliRunner().invoke(app, [str(one) for one in arguments])
        assert done.exit_code == 0, done.output
        return done.stdout

    html = folder / "checks.html"
    ledger = json.loads(said("judge", declared, "--share", "--json"))
    checks = json.loads(said("check", declared, "--share", "--json", "--html", html))
    page = Path(said("report", declared, "--out", folder).strip())
    commands = (("judge",), ("judge", "--all"), ("check",))
    texts = [said(*command, declared, "--share") for command in commands]
    return Outside(ledger, checks, (*texts, page.read_text("utf-8"), html.read_text("utf-8")))


def _as_json(document: Any) -> Any:
    from analysis.cli.output import plain

    return json.loads(json.dumps(plain(document)))
