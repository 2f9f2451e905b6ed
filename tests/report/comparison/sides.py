"""Small notebooks made for comparing: one table, one figure, one sentence."""

from __future__ import annotations

import base64
import io
from pathlib import Path

import nbformat
import pandas as pd
from matplotlib.figure import Figure
from nbformat import v4

ESTIMATES = pd.DataFrame(
    {"estimate": ["−9.10", "−6.73", "−2.58"], "p": ["0.001", "0.007", "0.322"]},
    index=pd.Index(["3 h", "24 h", "7 days"], name="visit"),
)
VERDICTS = pd.DataFrame(
    {"published": ["not testable", "contradicted"], "example": ["not decided", "not decided"]},
    index=pd.Index(["Relief within hours", "Everyone improves"], name="claim"),
)
HEIGHTS = (1.0, 3.0, 2.0)
PROSE = "Scores fell in both arms. Only the distance speaks about the drug."


def png(heights=HEIGHTS) -> str:
    figure = Figure(figsize=(3, 2))
    figure.subplots().bar(range(len(heights)), heights)
    out = io.BytesIO()
    figure.savefig(out, format="png", dpi=60)
    return base64.b64encode(out.getvalue()).decode()


def shown(data, **metadata):
    return v4.new_output("display_data", data=data, metadata=metadata)


def write(
    folder: Path,
    *,
    estimates=ESTIMATES,
    verdicts=VERDICTS,
    heights=HEIGHTS,
    alt="Bars of three visits",
    prose=PROSE,
    printed="60 people\n",
    first=(),
    name="04_control.ipynb",
) -> Path:
    """A notebook in a folder of its own."""
    folder.mkdir(exist_ok=True)
    table = {"text/html": estimates.to_html(), "text/plain": str(estimates)}
    words = {"text/html": verdicts.to_html()}
    picture = shown({"image/png": png(heights)}, **{"image/png": {"alt": alt}})
    cells = [
        v4.new_markdown_cell("# Compared with control"),
        *first,
        v4.new_code_cell("verdict_table(case)", outputs=[shown(words)]),
        v4.new_markdown_cell(f"{prose}\n\n## The difference"),
        v4.new_code_cell("fit.differences()", outputs=[shown(table)]),
        v4.new_code_cell("figures.show(ax)", outputs=[picture]),
        v4.new_code_cell("print(n)", outputs=[v4.new_output("stream", text=printed)]),
    ]
    nbformat.write(v4.new_notebook(cells=cells), folder / name)
    return folder
