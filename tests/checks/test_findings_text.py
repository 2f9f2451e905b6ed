"""Findings and flow in words."""

from __future__ import annotations

import pandas as pd

from analysis.checks.findings_text import check_text, flow_table


def test_flow_table_has_an_arm_a_column():
    rows = [
        ("people read", "k", "", "", 3),
        ("people read", "m", "", "", 2),
        ("people set aside", "k", "no infusion", "r", 1),
        ("people set aside", "m", "no infusion", "r", 0),
        ("rows set aside", "all", "no time", "t", 4),
    ]
    shown = flow_table(pd.DataFrame(rows, columns=["stage", "arm", "reason", "rule", "n"]))
    stages = ["participants read", "participants excluded", "rows excluded"]
    assert shown.index.get_level_values("stage").tolist() == stages
    assert shown[["k", "m", "all"]].to_numpy().tolist() == [
        ["3", "2", ""],
        ["1", "0", ""],
        ["", "", "4"],
    ]


def test_check_text_groups_by_severity_and_ends_with_the_flow():
    remedy = "Export the times at which the forms were filled in, not those that were planned."
    issue = {"rule": "time.x", "severity": "FLAG", "count": 2, "file": "a.csv", "row": 7,
             "column": "when", "remedy": remedy,
             "message": f"a.csv: Times look planned. {remedy}"}  # fmt: skip
    bare = {"rule": "question.y", "severity": "STOP", "count": 1, "message": "No score."}
    flow = [{"stage": "people read", "arm": "k", "reason": "", "rule": "", "n": 3}]
    text = check_text({"issues": [issue, bare], "flow": flow}, width=60)
    assert text.splitlines()[:9] == [
        "STOP (1): these questions cannot be answered",
        "  question.y x 1",
        "      No score.",
        "",
        "FLAG (1): kept, and mentioned",
        "  time.x x 2: a.csv, row 7, column when",
        "      Times look planned.",
        "    → Export the times at which the forms were filled in,",
        "      not those that were planned.",
    ]
    assert text.index("FLAG") < text.index("Participant flow") < text.index("participants read")
    assert "these participants" not in text
    nothing = check_text({"issues": [], "flow": []})
    assert nothing.startswith("Nothing is wrong.")


def test_a_stop_about_people_is_no_question_that_cannot_be_answered():
    twice = {"rule": "subject.z", "severity": "STOP", "scope": "subject", "count": 2,
             "message": "Participants were excluded."}  # fmt: skip
    question = {"rule": "question.y", "severity": "STOP", "scope": "question", "count": 1,
                "message": "No score."}  # fmt: skip
    headings = [line for line in check_text({"issues": [twice, question], "flow": []}).splitlines()
                if line.startswith("STOP")]  # fmt: skip
    assert headings == [
        "STOP (1): these questions cannot be answered",
        "STOP (1): these participants were excluded",
    ]
    alone = check_text({"issues": [twice], "flow": []})
    assert "cannot be answered" not in alone
