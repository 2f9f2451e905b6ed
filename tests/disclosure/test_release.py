"""One pass over all that leaves of a study of real people, from end to end."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import pandas as pd
import pytest
from bs4 import BeautifulSoup
from typer.testing import CliRunner

from analysis.cli import app
from analysis.disclosure.policy import Policy
from analysis.disclosure.release import exact_arms, released_flow
from analysis.paths import EXAMPLE_STUDY
from analysis.studies import judged
from tests.factory import tables, write_study

HEADING = "For the study team, not to be passed on"


def real_study(folder: Path, n_per_arm: int, minimum: str = "") -> Path:
    path = write_study(folder, tables(n_per_arm=n_per_arm), section=minimum)
    path.write_text(path.read_text().replace("synthetic = true", "synthetic = false"))
    return path


def run(*arguments: object) -> str:
    done = CliRunner().invoke(app, [str(one) for one in arguments])
    assert done.exit_code == 0, done.output
    return done.stdout


@pytest.fixture(scope="module")
def example(tmp_path_factory) -> Path:
    """The built-in example as if its people were real."""
    folder = tmp_path_factory.mktemp("example")
    for file in (
        EXAMPLE_STUDY.parent.iterdir() if EXAMPLE_STUDY.is_file() else EXAMPLE_STUDY.iterdir()
    ):
        if file.is_file():
            (folder / file.name).write_bytes(file.read_bytes())
    path = folder / "study.toml"
    path.write_text(path.read_text().replace("synthetic = true", "synthetic = false"))
    return path


@cache
def claims(path: str, view: str) -> dict:
    return {claim["claim"]: claim for claim in judged(path, view).as_dict()["claims"]}


def test_the_team_reads_of_real_people_what_it_reads_of_synthetic_ones(example) -> None:
    synthetic, team = claims("example", "team"), claims(str(example), "team")
    for name, claim in synthetic.items():
        own = team[name] | {"wording": f"Synthetic data: {team[name]['wording']}"}
        assert json.dumps(own) == json.dumps(claim)


def test_others_read_every_verdict_and_every_primary_number(example) -> None:
    team, shared = claims(str(example), "team"), claims(str(example), "shared")
    for name in team:
        assert (shared[name]["verdict"], shared[name]["parts"]) == (
            team[name]["verdict"], team[name]["parts"],
        )  # fmt: skip
        assert [(r["gate"], r["passed"]) for r in shared[name]["reasons"]] == [
            (r["gate"], r["passed"]) for r in team[name]["reasons"]
        ]
    one, other = team["onset"]["estimate"], shared["onset"]["estimate"]
    for column in ("estimate", "ci_low", "ci_high"):
        assert other[column] == pytest.approx(one[column], rel=5e-3)
    assert other["p_value"] == pytest.approx(one["p_value"], abs=5e-4)
    assert other["n"] == 60
    text = next(r["text"] for r in shared["onset"]["reasons"] if r["gate"] == "estimate")
    assert "is -7.8 points (-11.6 to -3.9;" in text
    assert "upper limit below -2.2" in text


def test_what_differs_from_the_synthetic_ledger_is_named_with_its_rule(example) -> None:
    """Cell by cell: a row that is emptied says by which rule, and no other rule is used."""
    team, shared = claims(str(example), "team"), claims(str(example), "shared")
    emptied: dict[str, set[str]] = {}
    for name in team:
        rows = zip([team[name]["estimate"], *team[name]["beside"]],
                   [shared[name]["estimate"], *shared[name]["beside"]], strict=True)  # fmt: skip
        for was, now in rows:
            gone = [k for k in ("n", "estimate", "ci_low") if was[k] is not None and now[k] is None]
            if gone:
                emptied.setdefault(name, set()).add(now["method"])
    few = "withheld: fewer than 10 participants had the event, or did not"
    own = "withheld: it is a single participant's own value"
    moved = "withheld: it differs from the main analysis in fewer than 10 participants of an arm"
    assert emptied == {
        # Complete forms alone treat the few otherwise whose blanks were filled.
        "headline": {few, moved},
        "onset": {moved},
        "magnitude": {moved},
        "attribution": {moved},
        "certainty_within_hours": {few},
        "certainty_ever": {few},
        "infusion_length": {own},
        "monitoring_length": {own},
        "dissociation_brief": {few, own},
        "dissociation_mechanism": {moved},
    }


def test_nothing_is_said_to_be_of_few_people_where_no_arm_has_few(example) -> None:
    assert "participants of an arm or group are behind it" not in json.dumps(
        claims(str(example), "shared")
    )


def test_a_sensitivity_that_moves_few_people_leaves_its_word_alone(example) -> None:
    text = next(
        r["text"] for r in claims(str(example), "shared")["onset"]["reasons"]
        if r["gate"] == "robustness"
    )  # fmt: skip
    assert "The verdict stays supported in every other analysis." in text
    assert "infusion.stopped" not in text
    assert "points worse" not in text


@pytest.mark.parametrize("n", [3, 6, 9])
def test_an_arm_below_the_minimum_withholds_every_number_and_no_verdict(n, tmp_path) -> None:
    path = real_study(tmp_path, n)
    shared, team = judged(str(path), "shared"), judged(str(path))
    assert [c.verdict for c in shared.claims] == [c.verdict for c in team.claims]
    for result in shared.claims:
        for row in (result.estimate, *result.beside):
            assert pd.isna(row["n"]) or row["n"] >= 10
            assert pd.isna(row["estimate"]) or row["n"] >= 10
    assert "minimum-cell" in {one.rule for one in shared.withheld}


def test_each_view_says_for_whom_it_is(tmp_path) -> None:
    path = real_study(tmp_path, 12)
    assert run("judge", path).startswith(HEADING)
    assert HEADING not in run("judge", path, "--share")
    for arguments, view in ((("--share",), "shared"), (("--team",), "team"), ((), "team")):
        for command in ("judge", "check"):
            assert json.loads(run(command, path, "--json", *arguments))["view"] == view
    done = CliRunner().invoke(app, ["judge", str(path), "--share", "--team"])
    assert done.exit_code == 2
    assert "give one of them" in done.stderr


def page(path: Path, out: Path, *arguments: str) -> BeautifulSoup:
    found = run("report", path, "--out", out, *arguments).strip()
    return BeautifulSoup(Path(found).read_text(encoding="utf-8"), "html.parser")


def test_the_page_to_pass_on_names_no_file_and_says_what_it_withholds(tmp_path) -> None:
    path = real_study(tmp_path / "clinic of Dr Example", 6)
    done = CliRunner().invoke(app, ["report", str(path), "--out", str(tmp_path / "out")])
    text = page(path, tmp_path / "out").get_text(" ")
    assert HEADING not in text
    assert ".csv" not in text
    assert "clinic of" not in text
    assert "What is withheld here, and why" in text
    assert "minimum-cell" in text
    assert "one report" in text
    assert "Withheld here, and why" in done.stderr
    assert "minimum-cell: fewer than 10 participants of an arm" in done.stderr


def test_the_teams_page_is_headed_so_and_is_exact(tmp_path) -> None:
    path = real_study(tmp_path, 6)
    text = page(path, tmp_path / "out", "--team").get_text(" ")
    assert HEADING in text
    assert "6 on ketamine, 6 on midazolam" in text
    assert "subjects.csv" in text


def test_checks_to_pass_on_hold_no_row_file_or_small_count(tmp_path) -> None:
    path = real_study(tmp_path, 6)
    found = json.loads(run("check", path, "--share", "--json"))
    assert found["issues"]
    for issue in found["issues"]:
        assert (issue["file"], issue["row"], issue["column"], issue["remedy"]) == (
            None, None, None, "",
        )  # fmt: skip
    assert "files" not in found
    assert {row["n"] for row in found["flow"]} <= {"<10"} | set(range(10, 100, 5))
    team = json.loads(run("check", path, "--json"))
    assert set(team["files"]) == {file.name for file in tmp_path.iterdir()}
    html = tmp_path / "check.html"
    run("check", path, "--html", html)
    assert HEADING in html.read_text()
    run("check", path, "--share", "--html", html)
    assert HEADING not in html.read_text()


def test_the_study_may_set_another_minimum_with_a_reason(tmp_path) -> None:
    strict = real_study(tmp_path / "strict", 12, "minimum_cell = 13")
    assert "<13 on ketamine" in run("judge", strict, "--share", "--all")
    lower = real_study(tmp_path / "lower", 6, "minimum_cell = 5")
    refused = CliRunner().invoke(app, ["judge", str(lower)])
    assert refused.exit_code == 2
    assert "minimum_cell_reason" in refused.stderr
    reason = 'minimum_cell = 5\nminimum_cell_reason = "The ethics board allows five."'
    allowed = real_study(tmp_path / "allowed", 6, reason)
    assert "5 on ketamine, 5 on midazolam" in run("judge", allowed, "--share", "--all")
    assert "The ethics board allows five." in page(allowed, tmp_path / "out").get_text(" ")


# --- participant flow -----------------------------------------------------------------------


def flow(read: int, aside: int, scored: int) -> pd.DataFrame:
    rows = [
        ("people read", "ketamine", "", "", read),
        ("people set aside", "ketamine", "why", "r.x", aside),
        ("people analysed", "ketamine", "", "", read - aside),
        ("scored 2 to 6 h after", "ketamine", "", "", scored),
    ]
    return pd.DataFrame(rows, columns=["stage", "arm", "reason", "rule", "n"])


def test_allocated_and_scored_are_exact_where_the_lost_hold_the_minimum() -> None:
    table = flow(44, 1, 31)
    assert exact_arms(table, Policy()) == {"ketamine"}
    assert exact_arms(flow(44, 1, 40), Policy()) == frozenset()
    assert exact_arms(flow(44, 1, 44), Policy()) == frozenset()
    shown = released_flow(table, Policy(exact_arms={"ketamine"}))["n"].tolist()
    assert [shown[0], shown[1], shown[3]] == [44, "<10", 31]


@pytest.mark.parametrize(("read", "scored"), [(43, 31), (44, 32), (44, 33)])
def test_no_exact_count_is_at_the_edge_of_a_rounded_one(read, scored) -> None:
    """Of 33 people of whom 35 to the nearest five had a baseline, everyone had one."""
    assert exact_arms(flow(read, 0, scored), Policy()) == frozenset()


@pytest.mark.parametrize("read", range(20, 60))
def test_nobody_set_aside_can_be_counted_from_an_exact_number_read(read) -> None:
    """From what is shown, more than one number of people set aside stays possible."""
    policy = Policy(exact_arms={"ketamine"})
    told: dict[tuple, set[int]] = {}
    for aside in range(10):
        shown = released_flow(flow(read, aside, read - 12), policy)["n"]
        told.setdefault(tuple(shown), set()).add(aside)
    assert min(map(len, told.values())) > 1


def test_others_do_not_read_that_nobody_of_an_arm_is_left(tmp_path) -> None:
    path = real_study(tmp_path, 20)
    rows = (tmp_path / "subjects.csv").read_text().splitlines()
    # Whoever is listed with both arms is set aside.
    twice = [row.replace(",mdz", ",ket") for row in rows if row.endswith(",mdz")]
    (tmp_path / "subjects.csv").write_text("\n".join([*rows, *twice]) + "\n")
    told = {
        view: next(
            reason["text"]
            for reason in claims(str(path), view)["onset"]["reasons"]
            if reason["gate"] == "comparator"
        )
        for view in ("team", "shared")
    }
    assert told == {
        "team": "Nobody given midazolam is left to compare with.",
        "shared": "Too few given midazolam are left to compare with.",
    }
