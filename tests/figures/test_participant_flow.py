"""The flow figure: every number of the table is in it, and in the words beside it."""

from __future__ import annotations

import re

import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text

from analysis.figures import png
from analysis.figures.participant_flow import flow_alt, participant_flow

SCORED = (
    "scored before the infusion",
    "scored 2 to 6 h after",
    "scored 6 to 30 h after",
    "scored later",
)


def flow(arms: dict[str, tuple[int, int]], reason: str = "no infusion") -> pd.DataFrame:
    """A made-up flow: for each arm, how many were read and how many set aside."""
    rows = []
    for arm, (read, gone) in arms.items():
        rows.append(("people read", arm, "", "", read))
        rows.append(("people set aside", arm, reason, "subject.no-infusion", gone))
        rows.append(("people analysed", arm, "", "", read - gone))
        rows += [(stage, arm, "", "", read - gone - late) for late, stage in enumerate(SCORED)]
    rows.append(("rows set aside", "all", "no identifier", "subject.blank-id", 91))
    return pd.DataFrame(rows, columns=["stage", "arm", "reason", "rule", "n"])


def said(ax: Axes) -> list[str]:
    return [text.get_text() for text in ax.findobj(Text) if text.get_text()]


def boxes(ax: Axes) -> list[str]:
    return [text for text in said(ax) if "(n = " in text]


PARALLEL = {"ketamine": (30, 2), "midazolam": (31, 0)}


def test_people_go_from_reading_by_arm_to_scores_and_nobody_is_lost_on_the_way():
    drawn = boxes(participant_flow(flow(PARALLEL), synthetic=False))
    assert drawn == [
        "Participants read (n = 61)\nRows excluded on reading (n = 91)\nno identifier (n = 91)",
        "ketamine (n = 30)",
        "midazolam (n = 31)",
        "Excluded (n = 2)\nno infusion (n = 2)",
        "Excluded (n = 0)",
        "Analysed (n = 28)",
        "Analysed (n = 31)",
        "Scored\nbefore the infusion (n = 28)\n2 to 6 h after (n = 27)\n"
        "6 to 30 h after (n = 26)\nlater (n = 25)",
        "Scored\nbefore the infusion (n = 31)\n2 to 6 h after (n = 30)\n"
        "6 to 30 h after (n = 29)\nlater (n = 28)",
    ]


def test_the_words_hold_every_number_of_the_figure():
    table = flow(PARALLEL)
    numbers = {n for text in boxes(participant_flow(table, synthetic=True))
               for n in re.findall(r"n = (\d+)", text)}  # fmt: skip
    assert numbers <= set(re.findall(r"\d+", flow_alt(table)))
    assert "no infusion" in flow_alt(table)


@pytest.mark.parametrize(
    ("arms", "first"),
    [
        ({"all": (5, 1)}, "Excluded (n = 1)\nno infusion (n = 1)"),
        ({"ketamine-saline": (9, 0), "saline-ketamine": (8, 0)}, "ketamine-saline (n = 9)"),
        ({"ketamine": (3, 3), "midazolam": (3, 3)}, "ketamine (n = 3)"),
        ({"ketamine": (6, 0), "midazolam": (5, 0), "unknown": (1, 0)}, "ketamine (n = 6)"),
    ],
)
def test_one_arm_sequences_and_nobody_left_are_drawn(arms, first):
    ax = participant_flow(flow(arms), synthetic=False)
    assert boxes(ax)[1] == first
    phases = 5 if len(arms) > 1 else 4
    assert len(ax.patches) == 1 + (phases - 1) * len(arms)


def test_nobody_read_is_said():
    empty = flow({}).iloc[:0]
    assert "Nobody was read." in said(participant_flow(empty, synthetic=False))
    assert flow_alt(empty) == "Participant flow. Nobody was read."


@pytest.mark.parametrize("synthetic", [True, False])
def test_made_up_people_are_labelled_in_the_figure(synthetic):
    ax = participant_flow(flow(PARALLEL), synthetic=synthetic)
    assert ("synthetic data" in ax.get_title(loc="left")) is synthetic
    assert sum("synthetic" in text.lower() for text in said(ax)) == synthetic


def test_long_reasons_stay_inside_their_boxes():
    table = flow(PARALLEL, reason="two infusions at one time that differ, and more of that kind")
    ax = participant_flow(table, synthetic=False)
    figure = ax.get_figure(root=True)
    FigureCanvasAgg(figure).draw()
    patches = [patch.get_window_extent() for patch in ax.patches]
    for text in ax.findobj(Text):
        if "(n = " in text.get_text():
            box = text.get_window_extent()
            corners = [(box.x0, box.y0), (box.x1, box.y1)]
            assert any(all(patch.contains(*corner) for corner in corners) for patch in patches)


def test_the_same_table_gives_the_same_bytes():
    table = flow(PARALLEL)
    first, second = (png(participant_flow(table, synthetic=True)) for _ in range(2))
    assert first == second


def test_events_of_people_who_are_analysed_are_followed_up():
    stage = "given rescue medication"
    rows = [(stage, "ketamine", "", "", 3), (stage, "midazolam", "", "", 4)]
    extra = pd.DataFrame(rows, columns=["stage", "arm", "reason", "rule", "n"])
    table = pd.concat([flow(PARALLEL), extra], ignore_index=True)
    scored = boxes(participant_flow(table, synthetic=False))[-2:]
    assert ["given rescue medication (n = 3)" in text for text in scored] == [True, False]
    assert "given rescue medication (n = 4)" in flow_alt(table)


def test_forms_set_aside_stand_between_the_people_and_their_scores():
    table = flow(PARALLEL)
    forms = [("forms set aside", arm, "some items blank", "form.incomplete", n)
             for arm, n in (("ketamine", 8), ("midazolam", 10))]  # fmt: skip
    table = pd.concat([table, pd.DataFrame(forms, columns=table.columns)])
    drawn = boxes(participant_flow(table, synthetic=False))
    assert "Assessments excluded (n = 8)\nsome items blank (n = 8)" in drawn
    assert "Assessments excluded (n = 10)\nsome items blank (n = 10)" in drawn
    assert "some items blank (n = 10)" in flow_alt(table)
