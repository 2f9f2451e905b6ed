"""Every link of pages and notebooks leads somewhere: files and anchors inside, sources outside.

Those of the report are held by tests/report/test_page.py.
"""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path

import pytest

from analysis.paths import NOTEBOOKS, ROOT
from tests.docs.pages import PAGES, prose

SOURCES = [*PAGES, *sorted(NOTEBOOKS.glob("*.ipynb"))]
DOI = re.compile(r"https://doi\.org/10\.\d{4,9}/[^\s<>\"]+")
# What is neither here nor a DOI.
OUTSIDE = {
    "https://github.com/eurostat/ACRO",
    "https://github.com/opensafely/documentation/blob/main/docs/outputs/sdc.md",
    "https://semver.org/",
}


@cache
def text(source: Path) -> str:
    """What is read of a page, or of a notebook and its stored outputs; no code."""
    if source.suffix == ".md":
        return prose(source)
    parts = []
    for cell in json.loads(source.read_text(encoding="utf-8"))["cells"]:
        if cell["cell_type"] == "markdown":
            parts.append("".join(cell["source"]))
        for output in cell.get("outputs", []):
            shown = output.get("data", {})
            parts += ["".join(shown.get(kind, "")) for kind in ("text/markdown", "text/html")]
    return "\n\n".join(parts)


@cache
def links(source: Path) -> list[str]:
    """Where the links and pictures of a source lead, but those that are in it."""
    found = re.findall(r"\]\(([^)\s]+)\)", text(source))
    found += re.findall(r"""(?:href|src)=["']([^"']+)["']""", text(source))
    return [link for link in found if not link.startswith("data:")]


def outside(source: Path) -> list[str]:
    return [link for link in links(source) if re.match(r"\w+:", link)]


@cache
def anchors(source: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub and the site make them."""
    headings = re.findall(r"^#+ (.*)$", text(source), re.MULTILINE)
    kept = (re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings)
    return {*kept, *re.findall(r"""\bid=["']([^"']+)["']""", text(source))}


def broken(source: Path) -> list[str]:
    """Links inside the project that lead to no file, or to no anchor of it."""
    found = []
    for link in set(links(source)) - set(outside(source)):
        path, _, anchor = link.partition("#")
        target = source.parent / path if path else source
        page = target.suffix in (".md", ".ipynb")
        if not target.is_file() or (anchor and not (page and anchor in anchors(target))):
            found.append(link)
    return found


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.name)
def test_every_link_leads_to_a_file_and_to_a_place_in_it(source):
    assert broken(source) == []


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.name)
def test_a_link_that_leads_outside_is_a_doi_or_stands_in_the_list(source):
    assert [link for link in outside(source)
            if link not in OUTSIDE and not DOI.fullmatch(link)] == []  # fmt: skip


def test_nothing_stands_in_the_list_that_no_page_links_to():
    assert {link for source in SOURCES for link in outside(source)} >= OUTSIDE


@pytest.mark.parametrize(
    ("link", "holds"),
    [
        ("here.md", True),
        ("here.md#two-words-and-more", True),
        ("#two-words-and-more", True),
        ("here.md#another", False),
        ("there.md", False),
        ("folder", False),
    ],
)
def test_a_link_that_leads_nowhere_is_seen(tmp_path, link, holds):
    page = tmp_path / "here.md"
    (tmp_path / "folder").mkdir()
    page.write_text(f"# Here\n\n## Two words, `and` more\n\n[a link]({link})\n", encoding="utf-8")
    assert (broken(page) == []) == holds


@pytest.mark.parametrize("link", ["https://doi.org/10.1/x", "https://doi.org/", "http://a.org"])
def test_an_address_that_is_no_doi_is_seen(link):
    assert not DOI.fullmatch(link)


def test_the_index_leads_to_every_document():
    index = ROOT / "docs" / "index.md"
    named = re.findall(r"^(\.\./\w+|\w+)$", index.read_text(encoding="utf-8"), re.MULTILINE)
    listed = {(index.parent / f"{name}.md").resolve() for name in named}
    assert listed == set(PAGES) - {index}


def test_every_page_that_is_written_by_hand_leads_to_the_glossary():
    by_code = {"commands", "rules", "operating_characteristics", "mmrm_operating_characteristics"}
    pages = [page for page in PAGES if page.stem not in (*by_code, "glossary", "CHANGELOG")]
    assert [page.name for page in pages
            if not any(link.endswith("glossary.md") for link in links(page))] == []  # fmt: skip


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_path_that_is_named_exists(page):
    named = re.findall(r"`((?:src|data|docs|tests|benchmarks|scripts|notebooks)/[\w./-]*)`",
                       page.read_text(encoding="utf-8"))  # fmt: skip
    assert [path for path in named if not (ROOT / path).exists()] == []
