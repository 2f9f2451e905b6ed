"""What the checks found, in words for a terminal: every finding with its remedy, and the flow."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from typing import Any

import pandas as pd

from analysis.checks.participant_flow import IN_WORDS

__all__ = ["SEVERITIES", "check_text", "flow_table", "grouped", "sentence", "together"]

SEVERITIES = {
    "STOP": "these questions cannot be answered",
    "DROP": "excluded and counted",
    "FLAG": "kept, and mentioned",
    "NOTE": "good to know",
}
# A STOP about some participants leaves the questions to the others.
_OF_PEOPLE = "these participants were excluded"
_INDENT, _REMEDY = " " * 6, "    → "


def flow_table(flow: pd.DataFrame) -> pd.DataFrame:
    """Participant flow with one column an arm."""
    wide = flow.astype({"n": object}).pivot_table(
        index=["stage", "reason"], columns="arm", values="n", aggfunc=together, sort=False
    )
    # Counts of another arm than the row's are no zeros: the row says nothing of them.
    return wide.fillna("").rename_axis(columns=None).rename(index=IN_WORDS, level="stage")


def together(counts: Iterable[int | str]) -> str:
    """Counts under one reason as one; those that are words, ``<10``, stay side by side."""
    counts = list(counts)
    numbers = [n for n in counts if isinstance(n, int)]
    if len(numbers) == len(counts):
        return str(sum(numbers))
    return " + ".join(str(n) for n in counts)


def grouped(issues: Iterable[dict[str, Any]]) -> list[tuple[str, str, list[dict[str, Any]]]]:
    """Severity, what it means, and its issues; a STOP of questions apart from one of people."""
    found: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for severity, meaning in SEVERITIES.items():
        found[severity, meaning] = []
        if severity == "STOP":
            found[severity, _OF_PEOPLE] = []
    for issue in issues:
        severity = issue["severity"]
        of_people = severity == "STOP" and issue.get("scope") == "subject"
        found[severity, _OF_PEOPLE if of_people else SEVERITIES[severity]].append(issue)
    return [(*heading, own) for heading, own in found.items() if own]


def sentence(issue: dict[str, Any]) -> str:
    """What was found, without the file before it and the remedy after it."""
    text = issue["message"].removeprefix(f"{issue.get('file')}: ")
    return text.removesuffix(issue.get("remedy", "")).rstrip()


def _place(issue: dict[str, Any]) -> str:
    """Where a finding was found first; empty where it is about the study."""
    row, column = issue.get("row"), issue.get("column")
    parts = (issue.get("file"), row and f"row {row}", column and f"column {column}")
    return ", ".join(part for part in parts if part)


def check_text(found: dict[str, Any], width: int = 100) -> str:
    """Issues grouped by severity and the flow, for a terminal.

    Parameters
    ----------
    found : dict
        ``issues`` and ``flow`` as ``relief check --json`` prints them.
    width : int
        Characters of a line; the table of the flow may be wider.
    """
    lines = ["[SYNTHETIC DATA]", ""] if found.get("synthetic") else []
    for severity, meaning, mine in grouped(found["issues"]):
        lines.append(f"{severity} ({len(mine)}): {meaning}")
        for issue in mine:
            place = _place(issue)
            lines.append(f"  {issue['rule']} x {issue['count']}" + (f": {place}" if place else ""))
            lines += textwrap.wrap(
                sentence(issue), width, initial_indent=_INDENT, subsequent_indent=_INDENT
            )
            lines += textwrap.wrap(
                issue.get("remedy", ""), width, initial_indent=_REMEDY, subsequent_indent=_INDENT
            )
        lines.append("")
    if not found["issues"]:
        lines += ["Nothing is wrong.", ""]
    lines.append("Participant flow")
    flow = pd.DataFrame(found["flow"])
    if not flow.empty:
        lines.append(flow_table(flow).to_string())
    return "\n".join(lines)
