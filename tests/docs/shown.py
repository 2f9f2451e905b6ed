"""What pages show of their commands, made anew; ``python -m tests.docs.shown`` writes it there."""

from __future__ import annotations

import contextlib
import os
import shlex
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from typer.testing import CliRunner

from analysis.cli import app
from analysis.paths import ROOT
from tests.docs.pages import PAGES, Snippet, lines_shown, snippets
from tests.docs.pictures import FOLDER, PICTURES, drawn
from tests.docs.walks import WALKS, Walk, answers_typed

__all__ = ["ELSEWHERE", "EVERY", "OF_WALKS", "beside", "here", "said", "shells", "typed"]

EVERY = [one for page in PAGES for one in snippets(page)]
# Commands that are not run for a page, by their first words, and what runs them.
ELSEWHERE = {
    "make report": "tests/report/test_publish.py"
    "::test_the_report_of_one_study_holds_that_study_alone",
    "make test": ".ci/run",
    "make test-python": ".ci/run",
    "make test-long": ".ci/run",
    "make data": "tests/readers/open_data/test_download.py"
    "::test_licence_and_size_are_said_before_the_first_request",
    "make review": "tests/report/comparison/test_run.py::test_junit_has_a_case_a_notebook",
    "pip install": "tests/test_packaging.py"
    "::test_the_wheel_installed_alone_lists_and_judges_what_it_carries",
    "relief notebooks": "tests/notebooks/test_study_notebooks.py"
    "::test_all_notebooks_run_on_a_study_from_fresh_kernels",
    "relief report": "tests/test_cli.py::test_report_of_one_study_prints_where_it_is",
}
# The export that a page's commands are typed beside; elsewhere they name a built-in study.
EXPORTS = {
    "README.md": WALKS[0],
    "docs/walk_redcap.md": WALKS[0],
    "docs/walk_spreadsheet.md": WALKS[1],
}
# Its walks are run, and its dialogues compared, by tests/docs/test_walks.py.
OF_WALKS = "docs/walks.md"


def shells(page: str | None = None) -> list[Snippet]:
    """The blocks of a shell, of a page or of all."""
    return [one for one in EVERY if one.language == "sh" and page in (None, one.page)]


def typed(snippet: Snippet) -> list[list[str]]:
    """The words of each command of a shell."""
    return [shlex.split(command.removeprefix(".venv/bin/")) for command in snippet.commands]


def here(words: list[str]) -> bool:
    """Whether a command is run for the page, and not elsewhere."""
    return words[0] == "relief" and " ".join(words[:2]) not in ELSEWHERE


@contextlib.contextmanager
def beside(page: str) -> Iterator[Walk | None]:
    """Be in a new folder with the export that a page speaks of."""
    walk = EXPORTS.get(page)
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        if walk is not None:
            walk.make(Path(folder))
        yield walk


def said(snippet: Snippet, walk: Walk | None) -> str:
    """What the commands of a shell print; each must end well."""
    asked = [[word.replace("path/to/export", ".") for word in words] for words in typed(snippet)]
    export = walk.title if walk is not None else None
    return "".join(_output(tuple(words[1:]), export) for words in asked if here(words))


def _output(own: tuple[str, ...], export: str | None) -> str:
    # What writes a file is run wherever it stands; the rest says the same of the same export.
    return _run(own, export) if own[0] == "init" else _run_once(own, export)


def _run(own: tuple[str, ...], export: str | None) -> str:
    asked = answers_typed(export) if export is not None and "--ask" in own else None
    # Tables are as wide as a page is, whatever the terminal.
    wide = {**os.environ, "COLUMNS": "100"}
    result = CliRunner().invoke(app, [*own], input=asked, env=wide)
    if result.exit_code:
        raise AssertionError(f"{' '.join(own)}: exit code {result.exit_code}\n{result.output}")
    return result.output


_run_once = cache(_run)


def write_outputs() -> None:
    """Put what commands print today below them, as many lines as a page shows."""
    for page in {one.page for one in shells() if one.shown} - {OF_WALKS}:
        text = (ROOT / page).read_text(encoding="utf-8")
        with beside(page) as walk:
            for snippet in shells(page):
                output = said(snippet, walk)
                if snippet.shown:
                    block = f"```sh\n{snippet.text}```\n\n```text\n"
                    before, _, rest = text.partition(f"{block}{snippet.shown}```")
                    text = f"{before}{block}{lines_shown(output, snippet.shown)}```{rest}"
        (ROOT / page).write_text(text, encoding="utf-8")


def write_pictures() -> None:
    """Draw every picture of the pages."""
    for name in PICTURES:
        (FOLDER / f"{name}.png").write_bytes(drawn(name))


if __name__ == "__main__":
    write_outputs()
    write_pictures()
