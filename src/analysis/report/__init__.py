"""The report: the ledger first, then the notebooks, in one page that makes no request."""

from analysis.report.checks import build_check_page
from analysis.report.page import Progress, build_report

__all__ = ["Progress", "build_check_page", "build_report"]
