"""Fixtures that the tests of readers share."""

from tests.readers.formats.omop.postgres import postgres

__all__ = ["postgres"]
