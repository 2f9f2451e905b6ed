"""The site of ``make docs``: these pages and the committed notebooks, as they stand.

Sources lie where they are read on their own, so the root of the repository is Sphinx's source
folder and this file's folder its configuration. Nothing is executed, and no page asks another
place for anything.
"""

import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

project = PROJECT["name"]
author = "The relief project contributors"
release = PROJECT["version"]
language = "en"

extensions = ["myst_nb"]
root_doc = "docs/index"
include_patterns = ["*.md", "docs/*.md", "notebooks/*.ipynb"]
# Named whole, so that no environment or cache beside them is walked through.
exclude_patterns = [
    path.name for path in ROOT.iterdir() if path.is_dir() and path.name not in ("docs", "notebooks")
]

nb_execution_mode = "off"
# Formulas would need a script from elsewhere.
myst_enable_extensions = []
myst_heading_anchors = 3
# Tables of notebooks come as HTML with plain text beside; outputs have no source to point at.
suppress_warnings = ["mystnb.unknown_mime_type"]

html_theme = "furo"
html_title = "Ketamine and PTSD within hours"
html_copy_source = False
html_show_sourcelink = False
# Opened as a file, a page may not fetch others for the lines around a match.
html_show_search_summary = False
