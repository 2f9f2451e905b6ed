"""The study as workbooks (.xlsx)."""

from tests.damage.written import as_workbooks as write

__all__ = ["write"]
