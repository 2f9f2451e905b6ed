"""The baseline that a study declares, or takes by itself, and what the claims make of it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from analysis.claims import judge
from analysis.claims.ledger import NOT_TESTABLE
from analysis.readers.assemble import read_study
from tests.claims.weekly_trial import ONLY, WEEK, content, gate, judged
from tests.factory import stamp, write_study

N = 12


def screened(only: int = 8) -> dict[str, Any]:
    """The first few people have a screening two weeks older alone, ten points higher."""
    made = content(170, n=N)
    for row in made["scores"][: 2 * only : 2]:
        row["when"] = stamp(datetime.fromisoformat(row["when"]) - timedelta(days=14))
        row["total"] += 10
    return made


def test_people_with_the_screening_alone_are_analysed_and_the_study_without_them_too(tmp_path):
    result = judged(tmp_path, screened())
    assert result["attribution"].estimate["n"] == 2 * N
    (flag,) = (one for one in result.flags if one.rule == "baseline.of-another-visit")
    assert flag.count == 8
    assert "4 of 12 ketamine, 4 of 12 midazolam" in flag.message
    assert "baseline = [-48, 0]" in flag.message
    assert "without baselines of another visit" in gate(result, "robustness").text


def test_with_a_declared_baseline_they_have_none(tmp_path):
    result = judged(tmp_path, screened(), section="baseline = [-48, 0]")
    assert result["attribution"].estimate["n"] == 2 * N - 8
    assert "baseline.not-at-visit" in {flag.rule for flag in result.flags}


def test_a_wide_file_tells_visits_by_the_names_of_its_columns(tmp_path):
    made = screened(only=0)
    people = [{"id": row["id"]} for row in made["subjects"]]
    for place, row in enumerate(made["scores"]):
        visit = ("baseline", "week_1")[place % 2]
        own = {f"when_{visit}": row["when"], f"total_{visit}": row["total"]}
        if visit == "baseline":
            earlier = datetime.fromisoformat(row["when"]) - timedelta(days=3)
            screening = row["total"] // 2 + 30
            own |= {"when_screening": stamp(earlier), "total_screening": screening}
        people[place // 2] |= own
    made["scores"] = people
    values = 'total = "total_{visit}"\nvisits = ["screening", "baseline", "week_1"]'
    path = write_study(tmp_path, made, **(WEEK | {"values": values}))
    text = path.read_text("utf-8").replace('time = "when"', 'time = "when_{visit}"')
    found = []
    for declared in ("", 'baseline = "screening"\n'):
        path.write_text(text.replace("population", f"{declared}population"), "utf-8")
        found.append(judge(read_study(path), ONLY)["attribution"].estimate)
    usual, other = found
    assert usual["n"] == other["n"] == 2 * N
    assert usual["estimate"] != pytest.approx(other["estimate"])


def test_a_baseline_that_nobody_has_leaves_nothing_to_test(tmp_path):
    result = judged(tmp_path, screened(), section="baseline = [-900, -800]")
    assert result["attribution"].parts == {"hours": NOT_TESTABLE, "later": NOT_TESTABLE}
    assert "declares as baseline" in gate(result, "construct").text
