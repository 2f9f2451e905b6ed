"""Static guards: what nbval does not see, and what would make its comparison hollow.

A cell that was never run is executed by nbval but not compared, a marker comment switches the
comparison off, and a stored error or warning passes once it repeats. Every function takes a
notebook and yields one sentence a fault.
"""

from __future__ import annotations

import ast
import io
import json
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat

from tests.notebooks.hidden_warnings import hidden

LONGEST_CELL = 10
FILE_NAME = re.compile(r"\d\d_[a-z0-9_]+\.ipynb")

# An image in any other form would not be compared; SVG also writes every point's coordinates.
MEDIA = {"text/plain", "text/html", "text/markdown", "image/png"}
HTML = re.compile(
    r"<\s*(script|img|svg|iframe|object|embed|link)\b|\bsrc\s*=|url\(|\bon\w+\s*=", re.I
)
ADDRESS = re.compile(r"\b0x[0-9a-fA-F]{6,}\b")
MACHINE_PATH = re.compile(
    r"(?<![\w.:/])/(?:home|root|tmp|work|workspace|Users|private|var|usr|opt|mnt|media|srv|etc)/"
    r"|(?<!\w)[A-Za-z]:[\\/]{1,2}[\w .-]+[\\/]"
    r"|\bfile://"
)

MARKER = re.compile(r"#.*\b(NBVAL_\w+|PYTEST_VALIDATE_IGNORE_OUTPUT)")
TAG = re.compile(r"nbval-|pytest-validate|raises-exception|skip-execution|(?:hide|remove)-")
# Digits in prose that are no result: names of scales and data sets, years of sources, links, code.
NO_RESULT = re.compile(
    r"`[^`]*`|\[\d\d\]\([^)]*\)|\]\([^)]*\)|\bdoi:\S+|https?://\S+"
    r"|\b(?:PCL-5|CAPS-5)(?:-now)?\b|\bds\d{6}\b|\bCC0\b|\b[A-Z]\w+ (?:19|20)\d\d\b"
)
# What JupyterLab, nbclient and papermill record of one run's timing, and widgets' random ids.
RUN_METADATA = {"execution", "ExecuteTime", "papermill", "widgets"}


def read(path: Path) -> nbformat.NotebookNode:
    """Read a notebook as nbval does."""
    return nbformat.read(path, as_version=4)


def problems(notebook: nbformat.NotebookNode) -> list[str]:
    """Every fault of one notebook, in the order of the guards."""
    return [problem for guard in GUARDS for problem in guard(notebook)]


def badly_named(path: Path) -> list[str]:
    """The file name decides the order of reading: two digits, then words."""
    if FILE_NAME.fullmatch(path.name):
        return []
    return [f"the file name {path.name} is not of the form NN_name.ipynb"]


def executed_in_order(notebook: nbformat.NotebookNode) -> Iterator[str]:
    cells = _code(notebook)
    if not cells:
        yield "there is no code cell"
    for place, cell in enumerate(cells, start=1):
        if cell.execution_count != place:
            yield f"code cell {place} has the execution count {cell.execution_count}"
        for output in cell.outputs:
            if output.get("execution_count", place) != place:
                yield f"an output of code cell {place} comes from another execution"


def no_error_or_stderr(notebook: nbformat.NotebookNode) -> Iterator[str]:
    for place, output in _outputs(notebook):
        if output.output_type == "error":
            yield f"code cell {place} stores an error"
        if output.output_type == "stream" and output.name != "stdout":
            yield f"code cell {place} stores text from {output.name}"


def no_escape_hatch(notebook: nbformat.NotebookNode) -> Iterator[str]:
    for place, cell in enumerate(_code(notebook), start=1):
        if found := MARKER.search(cell.source):
            yield f"code cell {place} has the marker {found[1]}"
        for tag in cell.metadata.get("tags", []):
            if TAG.match(tag.lower().replace("_", "-")):
                yield f"code cell {place} has the tag {tag}"
        if cell.metadata.get("collapsed") or cell.metadata.get("jupyter", {}).get("outputs_hidden"):
            yield f"code cell {place} is saved with its outputs folded away"


def nothing_hidden(notebook: nbformat.NotebookNode) -> Iterator[str]:
    for place, what in hidden([cell.source for cell in _code(notebook)]):
        yield f"code cell {place} hides warnings, errors or outputs with {what}"


def plain_python(notebook: nbformat.NotebookNode) -> Iterator[str]:
    for place, cell in enumerate(_code(notebook), start=1):
        try:
            tree = ast.parse(cell.source)
        except SyntaxError:
            yield f"code cell {place} is not plain Python (a magic, a shell line or a syntax error)"
            continue
        if not tree.body:
            yield f"code cell {place} is empty"
        if any(isinstance(node, DEFINITIONS) for node in ast.walk(tree)):
            yield f"code cell {place} defines a function or a class; that belongs in src/analysis"
        if _ends_in_semicolon(cell.source):
            yield f"code cell {place} has a trailing semicolon"


def short_cells(notebook: nbformat.NotebookNode) -> Iterator[str]:
    for place, cell in enumerate(_code(notebook), start=1):
        lines = len(cell.source.splitlines())
        if lines > LONGEST_CELL:
            yield f"code cell {place} has {lines} lines; {LONGEST_CELL} are allowed"


def no_number_in_prose(notebook: nbformat.NotebookNode) -> Iterator[str]:
    """A number typed into prose goes stale: what is found is an output, computed in place."""
    for place, cell in enumerate(notebook.cells):
        if cell.cell_type == "markdown" and (
            found := re.search(r"[\w.,%−-]*\d[\w.,%]*", NO_RESULT.sub(" ", cell.source))
        ):
            yield f"cell {place} has the number {found[0]} in its prose; compute it in an output"


def alternative_text_is_computed(notebook: nbformat.NotebookNode) -> Iterator[str]:
    for place, cell in enumerate(_code(notebook), start=1):
        if re.search(r"\balt\s*=\s*[rf]*['\"]", cell.source):
            yield f"code cell {place} types an alternative text; compute it with the figure"


def comparable_outputs(notebook: nbformat.NotebookNode) -> Iterator[str]:
    for place, output in _outputs(notebook):
        for media in sorted(set(output.get("data", {})) - MEDIA):
            yield f"code cell {place} stores {media}, which is not compared or not safe"
        if found := HTML.search(_text(output.get("data", {}).get("text/html", ""))):
            yield f"code cell {place} stores HTML with {found[0]!r}"
    for place, cell in enumerate(notebook.cells):
        if cell.get("attachments"):
            yield f"cell {place} has an attached image, which no code draws"


def alternative_text(notebook: nbformat.NotebookNode) -> Iterator[str]:
    for place, output in _outputs(notebook):
        if "image/png" in output.get("data", {}):
            alt = output.metadata.get("image/png", {}).get("alt", "")
            if not alt.strip():
                yield f"a figure of code cell {place} has no alternative text"


def nothing_of_the_machine(notebook: nbformat.NotebookNode) -> Iterator[str]:
    for place, cell in enumerate(notebook.cells):
        if found := MACHINE_PATH.search(cell.source):
            yield f"cell {place} names the machine path {found[0]}"
    for place, output in _outputs(notebook):
        text = _text(output)
        if found := MACHINE_PATH.search(text):
            yield f"an output of code cell {place} names the machine path {found[0]}"
        if found := ADDRESS.search(text):
            yield f"an output of code cell {place} has the memory address {found[0]}"


def plain_metadata(notebook: nbformat.NotebookNode) -> Iterator[str]:
    kernel = notebook.metadata.get("kernelspec", {}).get("name")
    if kernel != "python3":
        yield f"the kernel is named {kernel}, not python3"
    for key in sorted(RUN_METADATA & set(notebook.metadata)):
        yield f"the notebook's metadata record {key}"
    for place, cell in enumerate(notebook.cells):
        for key in sorted(RUN_METADATA & set(cell.metadata)):
            yield f"the metadata of cell {place} record {key}"


GUARDS = (
    executed_in_order,
    no_error_or_stderr,
    no_escape_hatch,
    nothing_hidden,
    plain_python,
    short_cells,
    no_number_in_prose,
    alternative_text_is_computed,
    comparable_outputs,
    alternative_text,
    nothing_of_the_machine,
    plain_metadata,
)

DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
NOT_CODE = {
    tokenize.COMMENT,
    tokenize.NEWLINE,
    tokenize.NL,
    tokenize.INDENT,
    tokenize.DEDENT,
    tokenize.ENDMARKER,
}


def _code(notebook: nbformat.NotebookNode) -> list[nbformat.NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def _outputs(notebook: nbformat.NotebookNode) -> Iterator[tuple[int, nbformat.NotebookNode]]:
    for place, cell in enumerate(_code(notebook), start=1):
        for output in cell.outputs:
            yield place, output


def _text(value: Any) -> str:
    """All text inside an output, without the images' base64."""
    if isinstance(value, str):
        return value
    if isinstance(value, dict):
        return "\n".join(
            _text(part)
            for key, part in value.items()
            if isinstance(part, dict) or key[:6] != "image/"
        )
    if isinstance(value, list):
        return "\n".join(_text(part) for part in value)
    return json.dumps(value)


def _ends_in_semicolon(source: str) -> bool:
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    lines: dict[int, str] = {}
    for token in tokens:
        if token.type not in NOT_CODE:
            lines[token.start[0]] = token.string
    return ";" in lines.values()
