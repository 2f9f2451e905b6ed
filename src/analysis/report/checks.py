"""What ``relief check`` found, as one page that makes no request."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from analysis.checks.text import SEVERITIES, sentence
from analysis.report.page import template, write_page


def build_check_page(source: str, found: dict[str, Any], path: Path) -> Path:
    """Write issues and participant flow as a page and return its path.

    Parameters
    ----------
    source
        The built-in name of the study; of a path only the last part is shown.
    found
        ``issues`` and ``flow`` as ``relief check --json`` prints them.
    path
        Where to write.
    """
    flow = found["flow"]
    arms = list(dict.fromkeys(row["arm"] for row in flow))
    stages: dict[tuple[str, str], dict[str, int]] = {}
    for row in flow:
        stages.setdefault((row["stage"], row["reason"]), {})[row["arm"]] = row["n"]
    groups = [
        (severity, meaning, [issue for issue in found["issues"] if issue["severity"] == severity])
        for severity, meaning in SEVERITIES.items()
    ]
    text = template("check.html.j2").render(
        source=Path(source).name,
        synthetic=found.get("synthetic", False),
        groups=groups,
        sentence=sentence,
        arms=arms,
        stages=stages,
    )
    return write_page(text, path)
