"""The study as an OMOP database holds it."""

from tests.damage.written import as_omop as write

__all__ = ["write"]
