"""Changes planted in the stored outputs of the committed notebooks, and where they must be found.

Drawn by a seed from the notebooks' JSON. Rows and columns are read off pandas' own HTML line by
line here, so that what is under test does not say itself where a change belongs.
"""

from __future__ import annotations

import base64
import html
import io
import json
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from analysis.claims.ledger import WORDS

__all__ = ["KINDS", "Plant", "candidates", "drawn", "places", "planted"]

# How many of each kind are drawn: forty.
KINDS = {"cell": 16, "verdict": 6, "prose": 6, "shown": 4, "figure": 5, "alternative": 3}
_LINE = re.compile(r"<tr.*?>(.*?)</tr>", re.DOTALL)
_CELL = re.compile(r"<(t[hd]).*?>(.*?)</t[hd]>", re.DOTALL)
_WORD = "plantedword"


@dataclass(frozen=True)
class Plant:
    """One change: where it is in the JSON, and the place by which it must be told."""

    kind: str
    notebook: str
    cell: int
    output: int | None = None
    old: str = field(default="", compare=False)
    row: str = ""
    column: str = ""
    # Where in the output's text: from, to.
    span: tuple[int, int] = (0, 0)

    @property
    def place(self) -> str:
        return f"cell {self.cell + 1}"

    @property
    def spot(self) -> tuple[object, ...]:
        """What no second change is planted in: a row, a figure, a paragraph."""
        return self.notebook, self.cell, self.output, self.row or self.span


def candidates(notebooks: list[Path]) -> Iterator[Plant]:
    """Everything in which a change could be planted."""
    for path in notebooks:
        for number, cell in enumerate(json.loads(path.read_text(encoding="utf-8"))["cells"]):
            if cell["cell_type"] == "markdown":
                for start, end in _paragraphs("".join(cell["source"])):
                    yield Plant("prose", path.name, number, span=(start, end))
            for place, output in enumerate(cell.get("outputs", ())):
                for kind, row, column, old, span in _of_output(output):
                    yield Plant(kind, path.name, number, place, old, row, column, span)


def _paragraphs(text: str) -> Iterator[tuple[int, int]]:
    """Paragraphs of plain sentences: no headings, lists, tables or formulas."""
    for found in re.finditer(r"(?:^|\n\n)([A-Z][^\n|$<>]{60,})(?=\n\n|$)", text):
        yield found.span(1)


def _of_output(output: dict[str, Any]) -> Iterator[tuple[str, str, str, str, tuple[int, int]]]:
    data = output.get("data", {})
    if "image/png" in data:
        yield ("figure", "", "", "", (0, 0))
        yield ("alternative", "", "", "", (0, 0))
    elif "text/html" in data:
        text = "".join(data["text/html"])
        if text.count("<table") == 1 and "span=" not in text:
            yield from _cells(text)
    elif "text/markdown" in data:
        for span in _paragraphs("".join(data["text/markdown"])):
            yield ("shown", "", "", "", span)


def _cells(text: str) -> Iterator[tuple[str, str, str, str, tuple[int, int]]]:
    """Numbers and verdicts in rows and columns whose labels are their own."""
    lines = [
        [(one[1], _words(one[2]), _shifted(one.span(2), line.start(1))) for one in cells]
        for line in _LINE.finditer(text)
        for cells in [list(_CELL.finditer(line[1]))]
    ]
    body = [line for line in lines if line[0][0] == "th" and any(tag == "td" for tag, *_ in line)]
    heads = [label for _, label, _ in lines[0]]
    rows = [line[0][1] for line in body]
    if len(set(rows)) < len(rows) or not all(rows) or all(row.isdecimal() for row in rows):
        return
    if any([tag for tag, *_ in line].count("th") != 1 for line in body):
        return
    for line in body:
        for head, (_, old, span) in zip(heads[1:], line[1:], strict=True):
            if head and heads.count(head) == 1 and (old in WORDS or re.fullmatch(_NUMBER, old)):
                yield ("verdict" if old in WORDS else "cell", line[0][1], head, old, span)


_NUMBER = r"[−-]?\d+(?:\.\d+)?"


def _words(text: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", text)).split())


def _shifted(span: tuple[int, int], by: int) -> tuple[int, int]:
    return span[0] + by, span[1] + by


def places(plants: list[Plant]) -> list[tuple[str, str, str, str, str]]:
    """Kind, notebook, cell, row and column by which changes must be told, in their order."""
    kinds = {"prose": "text", "shown": "text", "alternative": "figure"}
    return sorted(
        (kinds.get(one.kind, one.kind), one.notebook, one.place, one.row, one.column)
        for one in plants
    )


def drawn(notebooks: list[Path], seed: int) -> list[Plant]:
    """As many of each kind as ``KINDS`` says, no two in one row, one figure or one paragraph."""
    draw = random.Random(seed)
    left = list(candidates(notebooks))
    found: list[Plant] = []
    for kind, count in KINDS.items():
        for _ in range(count):
            one = draw.choice([plant for plant in left if plant.kind == kind])
            found.append(one)
            left = [plant for plant in left if plant.spot != one.spot]
    return found


def planted(text: str, plants: list[Plant]) -> str:
    """A notebook's JSON with changes planted in it."""
    notebook = json.loads(text)
    # From the last to the first, so that places before a change stay what they were.
    for one in sorted(plants, key=lambda plant: plant.span, reverse=True):
        cell = notebook["cells"][one.cell]
        if one.output is None:
            cell["source"] = _with_word("".join(cell["source"]), one.span)
            continue
        output = cell["outputs"][one.output]
        if one.kind == "figure":
            output["data"]["image/png"] = _another_column("".join(output["data"]["image/png"]))
        elif one.kind == "alternative":
            output["metadata"]["image/png"]["alt"] += f" {_WORD}"
        elif one.kind == "shown":
            markdown = "".join(output["data"]["text/markdown"])
            output["data"]["text/markdown"] = _with_word(markdown, one.span)
        else:
            shown = "".join(output["data"]["text/html"])
            start, end = one.span
            output["data"]["text/html"] = shown[:start] + _other(one) + shown[end:]
    return json.dumps(notebook)


def _with_word(text: str, span: tuple[int, int]) -> str:
    middle = text.index(" ", (span[0] + span[1]) // 2)
    return f"{text[:middle]} {_WORD}{text[middle:]}"


def _other(plant: Plant) -> str:
    """Another verdict, or a number of which one digit is another."""
    if plant.kind == "verdict":
        return WORDS[(WORDS.index(plant.old) + 1) % len(WORDS)]
    place = max(n for n, letter in enumerate(plant.old) if letter.isdecimal())
    return f"{plant.old[:place]}{(int(plant.old[place]) + 1) % 10}{plant.old[place + 1 :]}"


def _another_column(stored: str) -> str:
    """A picture whose most coloured twelfth is drawn 15 pixels higher, as by other numbers."""
    image = Image.open(io.BytesIO(base64.b64decode(stored))).convert("RGB")
    channels = np.asarray(image).copy()
    coloured = (np.ptp(channels.astype(int), axis=2) > 32).sum(axis=0)
    width = channels.shape[1] // 12
    start = max(range(0, 12 * width, width), key=lambda left: coloured[left : left + width].sum())
    strip = channels[:, start : start + width]
    channels[:, start : start + width] = np.vstack([strip[15:], strip[:15]])
    out = io.BytesIO()
    Image.fromarray(channels).save(out, format="PNG")
    return base64.b64encode(out.getvalue()).decode()
