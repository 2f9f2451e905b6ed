"""docs/glossary.md: each term once, in order, beside names and sources that the project has."""

from __future__ import annotations

import re

import pytest
import typer

from analysis.cli import app
from analysis.paths import CLAIMS, ROOT

PAGE = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
ROWS = [
    tuple(cell.strip() for cell in line.strip("|").split("|"))
    for line in PAGE.splitlines()
    if line.startswith("| ") and not line.startswith("| term ")
]
TERMS = [row[0] for row in ROWS]
NAMES = sorted({name for row in ROWS for name in re.findall(r"`([^`]+)`", row[2])})
SOURCES = sorted({doi for row in ROWS for doi in re.findall(r"doi:(\S+)", row[3])})
FILES = [
    CLAIMS,
    *(path for path in (ROOT / "src").rglob("*") if path.suffix in (".py", ".toml")),
]
TEXT = "\n".join(path.read_text(encoding="utf-8") for path in FILES)


def options() -> set[str]:
    """Every option of every command."""
    commands = typer.main.get_command(app).commands.values()
    return {option for command in commands for told in command.params for option in told.opts}


def test_terms_stand_once_and_in_order():
    assert len(set(TERMS)) == len(TERMS)
    assert sorted(TERMS, key=str.casefold) == TERMS


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_a_term_has_a_sentence_that_says_what_it_means_here(row):
    assert len(row) == 4
    assert re.match(r"[A-Z].*[.:)]$", row[1])


@pytest.mark.parametrize("name", NAMES)
def test_a_name_that_stays_is_in_the_project(name):
    if name.startswith("--"):
        assert name in options()
    elif name.endswith(".toml"):
        assert name in {path.name for path in FILES}
    else:
        assert re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", TEXT)


@pytest.mark.parametrize("doi", SOURCES)
def test_a_source_is_one_that_the_code_or_the_claims_name(doi):
    assert doi in TEXT
