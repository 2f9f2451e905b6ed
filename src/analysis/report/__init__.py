"""Pages to pass on: the answer first, then what it rests on; no page makes a request.

In: sources (ledger and case), executed notebooks, issues. Out: HTML, from the templates beside
this file, and PDF. Not here: the tables and pictures in it (describe, figures, sections).
"""

from analysis.errors import require

require("report", "bs4", "jinja2", "markupsafe", "nbconvert", "nbformat", what="A page")

from analysis.report.check_page import build_check_page

__all__ = ["build_check_page"]
