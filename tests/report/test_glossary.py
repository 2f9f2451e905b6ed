"""Every page has the glossary in its foot, and a way to it in the bar."""

from __future__ import annotations

from analysis.paths import GLOSSARY
from analysis.report.glossary import glossary
from tests.report.small_report import soup, words


def test_it_is_the_glossary_of_the_docs_without_names_and_markup():
    found = dict(glossary())
    rows = [line for line in GLOSSARY.read_text("utf-8").splitlines() if line.startswith("| ")]
    assert len(found) == len(rows) - 1
    assert found["arm"].startswith("Those who were allocated to one treatment;")
    assert not any("`" in text or "|" in text for text in found.values())


def test_the_bar_leads_to_it_in_the_foot_of_the_page(tmp_path):
    page = soup(tmp_path)
    assert page.select_one("nav.bar a[href='#glossary']")
    (terms,) = page.select("footer details #glossary")
    assert len(terms.select("dt")) == len(glossary())
    assert "bias bound" in words(terms)
