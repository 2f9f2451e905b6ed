"""The page that leads to every source, and the pages of notebooks beside one of them."""

import itertools
import re

import pytest
from bs4 import BeautifulSoup
from nbformat import v4

from analysis.errors import ReliefError
from analysis.report.front_page import in_order, write_front_page, write_notebook_pages
from analysis.report.source_page import NotebookLink, Source
from tests.report.small_report import code, figure, ledger, notebook, notebook_soups, words

SOURCES = (
    Source(ledger("example", synthetic=True)),
    Source(ledger("clinic")),
    Source(ledger("published")),
)


def front(folder, *sources, **options) -> BeautifulSoup:
    path = write_front_page(sources or SOURCES, folder / "index.html", **options)
    return BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")


def test_published_results_come_first_and_made_up_ones_below_a_line(tmp_path):
    tree = front(tmp_path)
    names = [section["id"] for section in tree.find_all(class_="source")]
    assert names == ["published", "clinic", "example"]
    line = tree.find("hr")
    assert line.find_previous(class_="source")["id"] == "clinic"
    assert "Below this line: synthetic" in words(line.find_next(class_="banner"))
    assert tree.header.find(class_="answer") is not None
    assert tree.header.find(class_="synthetic") is None


def test_every_verdict_leads_to_its_claim_on_the_page_of_its_source(tmp_path):
    table = front(tmp_path).find("table", class_="glance")
    links = [cell.a["href"] for cell in table.tbody.tr.find_all("td")]
    assert links == [f"{name}/index.html#headline" for name in ("published", "clinic", "example")]
    marks = [bool(cell.find(class_="synthetic")) for cell in table.tbody.tr.find_all("td")]
    assert marks == [False, False, True]


def test_each_word_is_counted_for_each_source(tmp_path):
    found = words(front(tmp_path).find(id="clinic"))
    assert "1 is supported, 1 is contradicted, 1 is not decided and 1 is not testable" in found


def test_what_was_not_available_is_named_with_the_reason(tmp_path):
    skipped = [{"name": "nimh", "reason": "not on this machine"}]
    assert "nimh: not on this machine" in words(
        front(tmp_path, skipped=skipped).find(id="unavailable")
    )
    assert "Nothing was left out" in words(front(tmp_path).find(id="unavailable"))


def test_no_source_or_two_of_one_name_is_refused():
    with pytest.raises(ReliefError, match="at least one source"):
        in_order(())
    with pytest.raises(ReliefError, match="names that differ"):
        in_order((Source(ledger("a b")), Source(ledger("a-b"))))


def test_headings_follow_one_another_and_notebooks_are_listed(tmp_path):
    tree = front(tmp_path, notebooks=[NotebookLink("example/notebooks/00.html", "Verdicts")])
    levels = [int(tag.name[1]) for tag in tree.find_all(re.compile("^h[1-6]$"))]
    assert all(later - earlier <= 1 for earlier, later in itertools.pairwise(levels))
    assert tree.find(id="notebooks").a["href"] == "example/notebooks/00.html"


# --- notebooks -----------------------------------------------------------------------------


def two(folder) -> list:
    first = v4.new_markdown_cell("# One\n\n## Part\n\n[two](02_more.ipynb)")
    drawn = code(figure(**{"image/png": {"alt": "Scores by arm."}}))
    return [
        notebook(folder, first, drawn),
        notebook(folder, v4.new_markdown_cell("# Two"), name="02_more.ipynb"),
    ]


def test_a_notebook_has_a_page_of_its_own_with_the_way_to_all_others(tmp_path):
    one, other = notebook_soups(tmp_path, *two(tmp_path))
    assert [words(tree.h1) for tree in (one, other)] == ["One", "Two"]
    for tree in (one, other):
        bar = tree.find("nav", class_="bar")
        assert [link["href"] for link in bar.find_all("a")] == [
            "../index.html", "01.html", "02.html", "#glossary",
        ]  # fmt: skip
        assert len(bar.find_all(attrs={"aria-current": "page"})) == 1
    assert one.article.a["href"] == "02.html#notebook-02_more"
    assert one.find(class_="back").a["href"] == "02.html"
    assert other.find(class_="back") is None


def test_code_is_folded(tmp_path):
    details = notebook_soups(tmp_path, *two(tmp_path))[0].find("details", class_="code")
    assert details is not None
    assert not details.has_attr("open")


def test_each_notebook_is_told_before_it_is_read(tmp_path):
    seen = []
    write_notebook_pages(two(tmp_path), tmp_path / "out", up="../index.html", told=seen.append)
    assert seen == ["01_the_data.ipynb", "02_more.ipynb"]
