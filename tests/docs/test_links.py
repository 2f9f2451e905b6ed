"""Every link from one document to another place in the project leads somewhere."""

from __future__ import annotations

import re

import pytest

from analysis.paths import ROOT

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def links(page) -> list[str]:
    """Targets inside the project, without the place in the page."""
    targets = re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8"))
    inside = (link for link in targets if not re.match(r"\w+:", link))
    return [link.partition("#")[0] for link in inside if not link.startswith("#")]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_to_a_file_or_folder(page):
    assert [link for link in links(page) if not (page.parent / link).exists()] == []


def test_the_readme_leads_to_every_document():
    documents = {f"docs/{page.name}" for page in PAGES[1:]}
    assert documents <= set(links(PAGES[0]))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_path_that_is_named_exists(page):
    named = re.findall(r"`((?:src|data|docs|tests|benchmarks|scripts|notebooks)/[\w./-]*)`",
                       page.read_text(encoding="utf-8"))  # fmt: skip
    assert [path for path in named if not (ROOT / path).exists()] == []
