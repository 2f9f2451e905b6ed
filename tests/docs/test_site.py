"""``make docs``: pages and notebooks as a site without a warning, that asks no other place."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from analysis.paths import NOTEBOOKS, ROOT
from tests.docs.pages import PAGES

# What a browser loads by itself, and where it says from where.
LOADED = {"script": "src", "link": "href", "img": "src", "iframe": "src", "source": "src"}


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    """The site as the Makefile builds it, in another place."""
    folder = tmp_path_factory.mktemp("site")
    recipe = (ROOT / "Makefile").read_text(encoding="utf-8").partition("\ndocs: ")[2]
    (options,) = re.findall(r"sphinx-build (.*) \. output/site", recipe)
    options = options.replace("output/doctrees", str(folder / "doctrees"))
    build = [sys.executable, "-m", "sphinx", *options.split(), ".", str(folder / "html")]
    done = subprocess.run(build, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return folder / "html"


def test_every_page_and_notebook_is_a_page_of_it(site):
    sources = [path.relative_to(ROOT) for path in (*PAGES, *NOTEBOOKS.glob("*.ipynb"))]
    assert [path for path in sources if not (site / path.with_suffix(".html")).is_file()] == []


def test_nothing_is_loaded_from_another_place(site):
    loaded = []
    for page in site.rglob("*.html"):
        tree = BeautifulSoup(page.read_text(encoding="utf-8"), "html.parser")
        for tag, where in LOADED.items():
            loaded += [element[where] for element in tree.find_all(tag) if element.get(where)]
    for style in site.rglob("*.css"):
        loaded += re.findall(r"url\([\"']?([^)\"']+)", style.read_text(encoding="utf-8"))
    assert loaded
    assert [address for address in loaded if re.match(r"(https?:)?//", address)] == []


def test_the_search_finds_a_word_of_the_pages_without_a_server(site):
    index = (site / "searchindex.js").read_text(encoding="utf-8")
    assert index.startswith("Search.setIndex(")
    assert "docs/disclosure" in index
    assert "kenward" in index
