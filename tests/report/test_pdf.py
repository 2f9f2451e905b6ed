"""A page is printed where there is a browser; elsewhere one sentence says why not."""

from __future__ import annotations

import re

import pytest

from analysis.paths import chromium
from analysis.report import pdf

PAGE = "<!doctype html><html><body><p>One</p><p style='break-before: page'>Two</p></body></html>"


@pytest.fixture
def page(tmp_path):
    path = tmp_path / "index.html"
    path.write_text(PAGE, encoding="utf-8")
    return path


def test_without_a_browser_one_sentence_says_so(page, monkeypatch):
    monkeypatch.setattr(pdf, "chromium", lambda: None)
    assert pdf.print_page(page) == pdf.NO_BROWSER
    assert not page.with_suffix(".pdf").exists()


def test_a_browser_that_prints_nothing_is_one_sentence_too(page, monkeypatch):
    for broken in ("true", "no-such-browser"):
        monkeypatch.setattr(pdf, "chromium", lambda name=broken: name)
        assert pdf.print_page(page) == pdf.FAILED
    assert [path.name for path in page.parent.iterdir()] == ["index.html"]


@pytest.mark.skipif(chromium() is None, reason="no browser")
def test_every_sheet_is_printed(page):
    made = pdf.print_page(page)
    assert made == page.with_suffix(".pdf")
    assert len(re.findall(rb"/Type\s*/Page\b(?!s)", made.read_bytes())) == 2
