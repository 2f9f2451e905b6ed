"""Fixtures that the tests of readers share."""

from tests.postgres import postgres

__all__ = ["postgres"]
