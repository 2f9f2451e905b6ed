"""The study as a REDCap project exports it."""

from tests.damage.written import as_redcap as write

__all__ = ["write"]
