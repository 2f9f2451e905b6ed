"""The participant flow as a figure, in the manner of CONSORT 2025, from the flow table alone."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from analysis.checks.participant_flow import (
    ANALYSED,
    CELLS,
    EVENTS,
    FORMS,
    GROUPS,
    READ,
    ROWS,
    SCORED,
    SET_ASIDE,
)
from analysis.figures.common.base import WIDTH, entitle, set_theme

__all__ = ["flow_alt", "participant_flow"]

# A number, or words such as "<10" in the place of one that others do not see.
Count = int | str
# Inches: a column of boxes, the strip with the names of the phases, and what is between.
_COLUMN, _STRIP, _GAP, _DROP = 2.9, 0.42, 0.18, 0.32
_LINE, _PADDING, _FONT, _LETTERS = 0.175, 0.16, 9.5, 36
_FORMS = "Assessments"
_NOTHING = "Nobody was read."
_TITLES = {
    SET_ASIDE: "Excluded",
    FORMS: "Assessments excluded",
    ROWS: "Rows excluded on reading",
    CELLS: "Cells excluded on reading",
    GROUPS: "Participants of other groups, not read",
}


def _counts(flow: pd.DataFrame, stage: str, arm: str) -> list[tuple[str, Count]]:
    """Reason and number of each row of a stage and arm."""
    rows = flow[(flow["stage"] == stage) & (flow["arm"] == arm)]
    numbers = (n if isinstance(n, str) else int(n) for n in rows["n"])
    return list(zip(rows["reason"], numbers, strict=True))


def _total(flow: pd.DataFrame, stage: str, arm: str) -> Count:
    return _added(n for _, n in _counts(flow, stage, arm))


def _added(counts: Iterable[Count]) -> Count:
    """Counts added up; words for what others do not see add up to nothing that can be told."""
    known = list(counts)
    if len(known) == 1:
        return known[0]
    return sum(int(n) for n in known) if all(isinstance(n, int) for n in known) else "withheld"


def _arms(flow: pd.DataFrame) -> list[str]:
    return list(dict.fromkeys(flow.loc[flow["stage"] == READ, "arm"])) if len(flow) else []


def _named(arm: str) -> str:
    return {"all": "everyone", "unknown": "arm not told"}.get(arm, arm)


def _set_aside(flow: pd.DataFrame, arm: str, stage: str = SET_ASIDE) -> list[str]:
    """What was set aside, and how many for which reason."""
    reasons = [f"{reason} (n = {n})" for reason, n in _counts(flow, stage, arm) if n]
    return [f"{_TITLES[stage]} (n = {_total(flow, stage, arm)})", *reasons]


def _lost(flow: pd.DataFrame, arm: str) -> list[str]:
    """Forms, rows and cells of an arm's people that were set aside."""
    found = [stage for stage in (FORMS, ROWS, CELLS) if arm != "all" or stage == FORMS]
    held = [stage for stage in found if _counts(flow, stage, arm)]
    return [line for stage in held for line in _set_aside(flow, arm, stage)]


def _on_reading(flow: pd.DataFrame) -> list[str]:
    """What never became part of the study: other groups, and rows and cells of nobody known."""
    found = [stage for stage in (GROUPS, ROWS, CELLS) if _counts(flow, stage, "all")]
    return [line for stage in found for line in _set_aside(flow, "all", stage)]


def _followed(flow: pd.DataFrame, arm: str) -> list[str]:
    """The stages after an infusion that the table holds, without the word that all begin with."""
    held = set(flow["stage"])
    stages = [stage for stage in (*SCORED.values(), *EVENTS.values()) if stage in held]
    return [f"{stage.removeprefix('scored ')} (n = {_total(flow, stage, arm)})" for stage in stages]


def flow_alt(flow: pd.DataFrame) -> str:
    """What the figure shows, in words: every number in it, arm by arm.

    Parameters
    ----------
    flow : DataFrame
        stage, arm, reason, rule, n, as :func:`analysis.checks.participant_flow.participant_flow`
        gives.
    """
    arms = _arms(flow)
    if not arms:
        return f"Participant flow. {_NOTHING}"
    read = _added(_total(flow, READ, arm) for arm in arms)
    parts = [f"Participant flow: {read} participants read."]
    if _on_reading(flow):
        parts.append(f"{'; '.join(_on_reading(flow))}.")
    for arm in arms:
        lost = f"{', '.join(_lost(flow, arm)).lower()}; " if _lost(flow, arm) else ""
        aside, *reasons = _set_aside(flow, arm)
        why = f": {', '.join(reasons)}" if reasons else ""
        parts.append(
            f"{_named(arm)}: {_total(flow, READ, arm)} read; {aside.lower()}{why}; "
            f"{_total(flow, ANALYSED, arm)} analysed; "
            f"{lost}"
            f"scored {', '.join(_followed(flow, arm))}."
        )
    return " ".join(parts)


def participant_flow(flow: pd.DataFrame, *, synthetic: bool, ax: Axes | None = None) -> Axes:
    """Boxes from the people read, through those set aside and why, to those scored, arm by arm.

    Parameters
    ----------
    flow : DataFrame
        stage, arm, reason, rule, n, as :func:`analysis.checks.participant_flow.participant_flow`
        gives: one arm, several, or the sequences of a crossover; or as it was released.
    synthetic : bool
        Whether to label the figure synthetic.
    ax : Axes, optional
        Made in a size that fits the boxes unless given.

    References
    ----------
    Hopewell S et al. CONSORT 2025 statement. BMJ 2025;389:e081123.
    doi:10.1136/bmj-2024-081123, item 22a and 22b and the flow diagram.
    """
    arms = _arms(flow)
    phases = _phases(flow, arms)
    heights = [_height(boxes) for _, boxes in phases]
    width = max(_STRIP + len(arms) * _COLUMN, WIDTH)
    height = sum(heights) + _DROP * (len(heights) - 1) + 2 * _GAP
    ax = _canvas(width, height) if ax is None else ax
    ax.set_xlim(0, width)
    ax.set_ylim(0, height)
    ax.set_axis_off()
    top, above = height - _GAP, None
    for (phase, boxes), tall in zip(phases, heights, strict=True):
        centres = _centres(len(boxes), width)
        wide = _COLUMN - _GAP if phase != "Enrolment" else _COLUMN
        _strip(ax, phase, top, tall)
        for x, lines in zip(centres, boxes, strict=True):
            _box(ax, x, top, wide, tall, lines, dashed=phase in ("Exclusion", _FORMS))
        if above is not None:
            _arrows(ax, above, centres, top)
        top, above = top - tall - _DROP, centres
    entitle(ax, "Participant flow", synthetic)
    return ax


def _phases(flow: pd.DataFrame, arms: list[str]) -> list[tuple[str, list[list[str]]]]:
    """Name of each phase and the lines of its boxes, one box an arm below the first."""
    if not arms:
        return [("Enrolment", [[_NOTHING]])]
    read = _added(_total(flow, READ, arm) for arm in arms)
    phases = [("Enrolment", [[f"Participants read (n = {read})", *_on_reading(flow)]])]
    if len(arms) > 1:
        allocated = [[f"{_named(arm)} (n = {_total(flow, READ, arm)})"] for arm in arms]
        phases.append(("Allocation", allocated))
    phases.append(("Exclusion", [_set_aside(flow, arm) for arm in arms]))
    analysed = [[f"Analysed (n = {_total(flow, ANALYSED, arm)})"] for arm in arms]
    phases.append(("Analysis", analysed))
    if any(_lost(flow, arm) for arm in arms):
        phases.append((_FORMS, [_lost(flow, arm) for arm in arms]))
    phases.append(("Follow-up", [["Scored", *_followed(flow, arm)] for arm in arms]))
    return [(phase, [_wrapped(lines) for lines in boxes]) for phase, boxes in phases]


def _wrapped(lines: Iterable[str]) -> list[str]:
    """Lines that fit into a box; a count is never torn."""
    tied = [line.replace(" = ", "\xa0=\xa0") for line in lines]
    parts = [part for line in tied for part in textwrap.wrap(line, _LETTERS)]
    return [part.replace("\xa0", " ") for part in parts]


def _height(boxes: list[list[str]]) -> float:
    return max(len(lines) for lines in boxes) * _LINE + _PADDING


def _canvas(width: float, height: float) -> Axes:
    set_theme()
    # A Figure of its own, unknown to pyplot: nothing is shown twice or left open.
    return Figure(figsize=(width, height + 0.5), layout="constrained").subplots()


def _centres(columns: int, width: float) -> list[float]:
    step = (width - _STRIP) / columns
    return [_STRIP + step * (column + 0.5) for column in range(columns)]


def _strip(ax: Axes, phase: str, top: float, tall: float) -> None:
    """The name of a phase, left of its boxes."""
    ax.text(
        _STRIP / 2, top - tall / 2, phase, rotation=90, ha="center", va="center",
        fontsize=8, color="0.3",
    )  # fmt: skip


def _box(
    ax: Axes, x: float, top: float, wide: float, tall: float, lines: list[str], *, dashed: bool
) -> None:
    ax.add_patch(
        Rectangle(
            (x - wide / 2, top - tall),
            wide,
            tall,
            facecolor="0.96" if dashed else "white",
            edgecolor="0.2",
            linestyle="--" if dashed else "-",
            linewidth=1,
        )
    )
    text = "\n".join(lines)
    ax.text(x, top - tall / 2, text, ha="center", va="center", fontsize=_FONT, color="black")


def _arrows(ax: Axes, above: list[float], below: list[float], top: float) -> None:
    """From each box to the one below it; from a single box to all below, by way of a bar."""
    line: dict[str, Any] = {"color": "0.2", "linewidth": 1}
    middle = top + _DROP / 2
    if len(above) != len(below):
        ax.plot([above[0]] * 2, [top + _DROP, middle], **line)
        ax.plot([min(below), max(below)], [middle] * 2, **line)
    start = top + _DROP if len(above) == len(below) else middle
    for x in below:
        ax.annotate(
            "", (x, top), (x, start),
            arrowprops={"arrowstyle": "-|>", "shrinkA": 0, "shrinkB": 0, **line},
        )  # fmt: skip
