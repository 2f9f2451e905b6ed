"""Where people read, the field's words stand; docs/glossary.md says what each means.

Names stay as they are: in code font, as the whole cell of a table, or as text without a space,
such as options, keys and the names of simulation scenarios.
"""

from __future__ import annotations

import ast
import html
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from analysis.cli import app
from analysis.paths import CLAIMS, ROOT

# What was said before, and the word that says it now.
PRIVATE = {
    r"hop(e|es|ed|ing|eful)": "expectancy",
    r"dealt (anew|again)|re-?dealt": "re-randomised",
    r"put(s|ting)? back": "re-included",
    r"taken otherwise": "sensitivity analysis",
    r"leavers?": "drop-outs",
    r"untold": "unknown",
    r"the words? stays?|keeps the word": "the verdict stays",
    r"simulated worlds?|in every world|world without": "scenario",
    r"smallest (difference )?that matters": "minimal important difference",
    r"people an arm": "participants per arm",
    r"crossing that holds": "sustained response",
    r"fool(s|ed)?": "false support",
    r"loose times": "varying times",
    r"silence is not safety": "what was not recorded may have happened",
    r"the promise of \d+\s?%": "planned power",
    r"twice the spread|on ketamine for (one|two)": "allocation, SD",
    r"let in at|taken in at|took them in": "included",
    r"let(s)? one expect": "predict",
    r"leaves? out zero": "excludes zero",
    r"by the threshold chosen": "depending on the threshold",
    r"no pool to be surprised by|would this be surprising": "what the pool predicts",
    r"nothing can be done": "not published",
    r"about nobody else": "the claims are about PTSD alone",
    r"cells are (counted|pending)|trials a cell": "combinations of scenario and size",
    r"gate [1-7]|gates [1-7] (and|to) [1-7]": "gate construct to calibration",
    r"form and window": "scale and window",
    r"people (with both scores|still affected)": "participants excluded",
    r"too seldom at one or more": "cover too seldom",
}
ONE = re.compile(rf"\b({'|'.join(PRIVATE)})\b", re.IGNORECASE)
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
PAGES = [ROOT / "README.md", CLAIMS, *sorted((ROOT / "docs").glob("*.md"))]
PACKAGE = ROOT / "src" / "analysis"


def private(text: str) -> list[str]:
    """Private words of a text, without names in code font and in cells of their own."""
    text = re.sub(r"(?s)```.*?```|``?[^`]*``?|<code>.*?</code>", " ", text)
    text = re.sub(r"<t[dh][^>]*>\s*[\w.-]+\s*</t[dh]>", " ", text)
    return [found.group() for found in ONE.finditer(html.unescape(text))]


def texts_of_a_notebook(path: Path) -> Iterator[str]:
    """Prose, sentences in code, and what was shown; of a table its HTML alone."""
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        source = "".join(cell["source"])
        yield source if cell["cell_type"] == "markdown" else "\n".join(sentences(source))
        for output in cell.get("outputs", []):
            shown = output.get("data", {})
            kinds = [kind for kind in ("text/html", "text/markdown") if kind in shown]
            for kind in kinds or ["text/plain"]:
                yield "".join(shown.get(kind, []))
            yield "".join(output.get("text", []))


def sentences(code: str) -> Iterator[str]:
    """Texts in code that hold a space; docstrings, which tell programmers, are none."""
    tree = ast.parse(code)
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    plain = {id(node.body[0]) for node in ast.walk(tree)
             if isinstance(node, documented) and ast.get_docstring(node, clean=False)}  # fmt: skip
    told = {id(node.value) for node in ast.walk(tree)
            if isinstance(node, ast.Expr) and id(node) in plain}  # fmt: skip
    for node in ast.walk(tree):
        if not isinstance(node, ast.Constant) or id(node) in told:
            continue
        if isinstance(node.value, str) and " " in node.value.strip():
            yield node.value


@pytest.mark.parametrize("text", [
    "has to lie beyond what hope explains", "with form.blank put back", "<td>The word stays</td>",
])  # fmt: skip
def test_a_private_word_is_seen(text):
    assert private(text)


@pytest.mark.parametrize("text", [
    "`regression-hope-dropout`", "<td>leavers</td>", "<code>put back</code>", "a hopper",
])  # fmt: skip
def test_a_name_in_code_font_or_a_cell_of_its_own_is_none(text):
    assert not private(text)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebooks_have_the_fields_words(path):
    assert [found for text in texts_of_a_notebook(path) for found in private(text)] == []


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_leads_to_the_glossary_from_its_first_cell(path):
    first = json.loads(path.read_text(encoding="utf-8"))["cells"][0]
    assert "(../docs/glossary.md)" in "".join(first["source"])


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_documents_have_the_fields_words(path):
    assert private(path.read_text(encoding="utf-8")) == []


def test_what_the_package_prints_has_the_fields_words():
    found = {
        str(path.relative_to(PACKAGE)): own
        for path in PACKAGE.rglob("*.py")
        if (own := [word for text in sentences(path.read_text("utf-8")) for word in private(text)])
    }
    assert found == {}


@pytest.mark.parametrize("kind", ["*.toml", "*.j2"])
def test_rules_and_pages_have_the_fields_words(kind):
    found = {path.name: own for path in PACKAGE.rglob(kind)
             if (own := private(path.read_text(encoding="utf-8")))}  # fmt: skip
    assert found == {}


@pytest.mark.parametrize("command", ["check", "describe", "judge"])
def test_the_command_line_has_the_fields_words(command):
    result = CliRunner().invoke(app, [command, "example"])
    assert result.exit_code == 0
    assert private(result.stdout) == []
