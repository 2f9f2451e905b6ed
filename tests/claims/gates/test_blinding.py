"""Most people of both arms who can tell what they were given raise a flag, and a wider bound."""

from __future__ import annotations

import json
from dataclasses import replace

import pandas as pd
import pytest
from typer.testing import CliRunner

from analysis.checks import Checked, check
from analysis.claims.case import Case
from analysis.claims.definitions import load_definitions
from analysis.claims.gates.blinding import unblinded
from analysis.cli import app
from analysis.readers.assemble import read_study
from tests.factory import tables, write_study

N = 12
ARMS = ("ketamine", "midazolam")


def answers(right: int, unsure: int, arm: str) -> list[str]:
    """Guesses of an arm of which so many are right and unsure, the others wrong."""
    (other,) = set(ARMS) - {arm}
    return [arm] * right + ["unsure"] * unsure + [other] * (N - right - unsure)


def test_everyone_who_guesses_right_is_flagged_and_a_wider_bound_stands_beside(tmp_path):
    content = tables(n_per_arm=N)
    for row in content["subjects"]:
        row["guess"] = row["arm"]
    path = write_study(tmp_path, content, arm='arm = "arm"\nblinding_guess = "guess"')
    document = json.loads(CliRunner().invoke(app, ["judge", str(path), "--json"]).stdout)
    assert "blinding.guessed" in {flag["rule"] for flag in document["flags"]}
    onset = next(claim for claim in document["claims"] if claim["claim"] == "onset")
    told = next(one["text"] for one in onset["reasons"] if one["gate"] == "estimate")
    assert "with a bound of 0.50 SD on the sum of all biases this gate would say" in told


@pytest.fixture(scope="module")
def plain(tmp_path_factory) -> Checked:
    """A study whose people were not asked."""
    return check(read_study(write_study(tmp_path_factory.mktemp("study"), tables(n_per_arm=N))))


def flagged(plain: Checked, guesses: dict[str, list[str]], asked_at: float | None) -> bool:
    """Whether these guesses are flagged; ``asked_at`` is in hours, None where no time is told."""
    study = plain.study
    subjects = study.subjects.set_index("subject").astype({"blinding_guess": object})
    for arm, own in guesses.items():
        subjects.loc[subjects["arm"] == arm, "blinding_guess"] = own
    events = study.events
    if asked_at is not None:
        asked = {"event": "blinding-guess", "hours_low": asked_at, "hours_high": asked_at}
        events = pd.DataFrame({"subject": subjects.index, **asked})
    changed = replace(study, subjects=subjects.reset_index(), events=events)
    return unblinded(Case(replace(plain, study=changed), load_definitions())) is not None


@pytest.mark.parametrize(
    ("ketamine", "midazolam", "asked_at", "expected"),
    [
        ((N, 0), (N, 0), None, True),
        ((N, 0), (N, 0), 1.0, True),
        ((N, 0), (N, 0), 4.2, False),
        ((N, 0), (N // 2, 0), None, False),
        ((N, 0), (N // 2, N // 2), None, False),
        ((N - 1, 0), (N - 1, 0), None, False),
    ],
    ids=["no time told", "asked before relief", "asked after it", "one arm by chance",
         "one arm half unsure", "limits below a half"],
)  # fmt: skip
def test_who_counts_and_how_many_it_takes(plain, ketamine, midazolam, asked_at, expected):
    guesses = {
        "ketamine": answers(*ketamine, "ketamine"),
        "midazolam": answers(*midazolam, "midazolam"),
    }
    assert flagged(plain, guesses, asked_at) is expected


def test_nobody_asked_or_one_arm_alone_is_no_flag(plain):
    assert not flagged(plain, {}, None)
    assert not flagged(plain, {"ketamine": answers(N, 0, "ketamine")}, None)
