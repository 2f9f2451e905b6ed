"""The study as comma-separated text."""

from tests.damage.written import as_csv_files as write

__all__ = ["write"]
