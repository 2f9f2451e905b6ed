"""A table that study.toml declares as ``fhir``."""

from __future__ import annotations

from pathlib import Path

from analysis.config import StudyConfig, Table
from analysis.readers.formats.fhir.read import read_fhir
from analysis.readers.table.text_table import TextTable

__all__ = ["open_fhir"]


def open_fhir(folder: Path, spec: Table, config: StudyConfig) -> TextTable:
    """The rows of a declared table; answers of every scale that is declared of its path.

    Raises
    ------
    ReliefError
        What :func:`read_fhir` refuses.
    """
    tables = [table for table in config.assessments if table.path == spec.path]
    codes = {code: table.instrument for table in tables for code in table.answer_columns()}
    return read_fhir(folder / spec.path, role=spec.ROLE, codes=codes)
