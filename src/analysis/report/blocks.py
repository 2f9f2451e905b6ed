"""Sections as parts of a page: prose, tables and pictures, with nothing that was not cleaned."""

from __future__ import annotations

import io
from base64 import b64encode
from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree

import pandas as pd
from PIL import Image

from analysis.describe.display import DASH, MINUS
from analysis.figures import png, svg
from analysis.figures.common.output import DPI
from analysis.report.notebook_section import NUMBER, Cleaned
from analysis.sections.section import Picture, Section, Table

__all__ = ["blocks_of", "picture_block", "table_block"]


def blocks_of(made: Section, anchor: str, *, vector: bool) -> Iterator[dict[str, Any]]:
    """The blocks of a section as the template takes them.

    Parameters
    ----------
    made : Section
    anchor : str
        Of the chapter; anchors inside begin with it.
    vector : bool
        Whether pictures are SVG. Of real people they are pixels: a vector holds every number.
    """
    page = Cleaned(anchor, {})
    page.where = anchor
    for block in made.blocks:
        if isinstance(block, str):
            absent = block in made.missing
            yield {"kind": "prose", "html": page.markdown(block), "absent": absent}
        elif isinstance(block, Picture):
            yield picture_block(block, vector=vector)
        elif isinstance(block, Table):
            yield table_block(block)
        elif isinstance(block, pd.DataFrame):
            yield table_block(Table(block.astype(str), ""))


def picture_block(picture: Picture, *, vector: bool) -> dict[str, Any]:
    """A picture with its alternative text, inside the page itself."""
    if vector:
        kind, drawn = "svg+xml", svg(picture.ax, letters=False).encode()
        points = ElementTree.fromstring(drawn)
        width, height = (float(points.attrib[side].removesuffix("pt")) * 96 / 72
                         for side in ("width", "height"))  # fmt: skip
    else:
        kind, drawn = "png", png(picture.ax)
        with Image.open(io.BytesIO(drawn)) as pixels:
            width, height = (side * 96 / DPI for side in pixels.size)
    source = f"data:image/{kind};base64,{b64encode(drawn).decode()}"
    return {"kind": "figure", "source": source, "alt": picture.alt,
            "width": round(width), "height": round(height)}  # fmt: skip


def table_block(table: Table) -> dict[str, Any]:
    """A table of text: heads, then a row each with its own head."""
    frame = table.frame
    head = [str(name or "") for name in (*frame.index.names, *frame.columns)]
    rows = [
        [str(value) for value in (*(key if isinstance(key, tuple) else (key,)), *line)]
        for key, line in zip(frame.index, frame.itertuples(index=False), strict=True)
    ]
    numbers = [all(NUMBER.fullmatch(cell) or cell == DASH for cell in own)
               and any(cell != DASH for cell in own)
               for own in zip(*rows, strict=True)]  # fmt: skip
    return {
        "kind": "table",
        "caption": table.caption,
        "head": [{"text": text, "number": number}
                 for text, number in zip(head, numbers, strict=True)],
        "rows": [[{"text": _shown(text), "number": number, "none": text == DASH}
                  for text, number in zip(row, numbers, strict=True)] for row in rows],
    }  # fmt: skip


def _shown(text: str) -> str:
    """A number with a true minus sign; in other text ``n = 30`` stays in one line."""
    if NUMBER.fullmatch(text):
        return text.replace("-", MINUS)
    return text.replace("n = ", "n\xa0=\xa0")
