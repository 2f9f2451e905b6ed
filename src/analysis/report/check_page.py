"""What ``relief check`` found, as one page that makes no request."""

from __future__ import annotations

from base64 import b64encode
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.checks.findings_text import grouped, sentence
from analysis.checks.participant_flow import IN_WORDS
from analysis.figures import png
from analysis.figures.participant_flow import flow_alt, participant_flow
from analysis.report.page import template, write_page
from analysis.studies import BUILT_IN


def build_check_page(source: str, found: dict[str, Any], path: Path) -> Path:
    """Write issues and participant flow as a page and return its path.

    Parameters
    ----------
    source
        The built-in name of the study, or its path, of which nothing is shown.
    found
        ``study``, ``issues`` and ``flow`` as ``relief check --json`` prints them.
    path
        Where to write.
    """
    flow = found["flow"]
    arms = list(dict.fromkeys(row["arm"] for row in flow))
    stages: dict[tuple[str, str], dict[str, int]] = {}
    for row in flow:
        stage = IN_WORDS.get(row["stage"], row["stage"])
        stages.setdefault((stage, row["reason"]), {})[row["arm"]] = row["n"]
    private = not found.get("synthetic", False) and source not in BUILT_IN
    exact = all(isinstance(row["n"], int) for row in flow)
    text = template("check.html.j2").render(
        # Counts that are withheld are words, which a picture to scale cannot hold.
        figure=_figure(flow, found.get("synthetic", False)) if exact else "",
        alt=flow_alt(pd.DataFrame(flow)) if flow and exact else "",
        synthetic=found.get("synthetic", False),
        # What the project comes with is published or made up.
        private=private and found["view"] == "team",
        name=found["study"],
        groups=grouped(found["issues"]),
        sentence=sentence,
        arms=arms,
        stages=stages,
    )
    return write_page(text, path)


def _figure(flow: list[dict[str, Any]], synthetic: bool) -> str:
    """The flow as a PNG in the page itself; empty where there is none."""
    if not flow:
        return ""
    drawn = png(participant_flow(pd.DataFrame(flow), synthetic=synthetic))
    return f"data:image/png;base64,{b64encode(drawn).decode()}"
