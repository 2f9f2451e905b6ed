"""The study as a FHIR bundle."""

from tests.damage.written import as_fhir as write

__all__ = ["write"]
