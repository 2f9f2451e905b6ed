"""Pages to pass on: the ledger first, then the notebooks, in one page that makes no request.

In: ledgers, executed notebooks, issues. Out: HTML, from the templates beside this file. Not here:
the tables and pictures in it (describe, figures).
"""

from analysis.errors import require

require("report", "bs4", "jinja2", "markupsafe", "nbconvert", "nbformat", what="A page")

from analysis.report.check_page import build_check_page
from analysis.report.page import Progress, build_report

__all__ = ["Progress", "build_check_page", "build_report"]
