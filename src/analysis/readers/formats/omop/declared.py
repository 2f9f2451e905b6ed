"""A table that study.toml declares as ``omop``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from analysis.config import AssessmentTable, StudyConfig, Table
from analysis.readers.formats.omop.database import Server
from analysis.readers.formats.omop.read import read_omop
from analysis.readers.formats.omop.tables import BODY_WEIGHT, TABLES
from analysis.readers.table.text_table import TextTable
from analysis.rules import refusal

__all__ = ["open_omop"]

_AGENT_CODES = ("drug_concept_id", "drug_source_concept_id", "drug_source_value")


def open_omop(folder: Path, spec: Table, config: StudyConfig | None = None) -> TextTable:
    """The rows of a table of study.toml with ``format = "omop"``.

    Parameters
    ----------
    folder : Path
        The folder of study.toml.
    spec : Table
    config : StudyConfig, optional
        The whole study: tables of one source are read together, once, and times that carry
        a zone are looked at on its clock.

    Raises
    ------
    ReliefError
        ``omop.no-source``, and what :func:`read_omop` refuses.
    """
    if sum(map(bool, (spec.path, spec.url, spec.url_env))) != 1:
        raise refusal("omop.no-source")
    together = [spec]
    if config is not None:
        together = [table for table in config.tables if table.source() == spec.source()]
    codes: dict[str, list[str]] = {}
    for table in together:
        column, own = _codes(table)
        if column is not None:
            codes.setdefault(column, []).extend(own)
    return read_omop(
        folder / spec.path if spec.path else Server(spec.url, spec.url_env),
        role=spec.ROLE,
        table=spec.table,
        schema=spec.schema_name,
        codes=codes,
        cohorts=spec.cohorts,
        cohort_table=spec.cohort_table,
        columns=[name for table in together for name in table.columns()],
        timezone=_zone(spec, config),
        timeout_seconds=spec.timeout_seconds,
    )


def _zone(spec: Table, config: StudyConfig | None) -> str | None:
    """The zone of the table; its declaration lets none differ by site."""
    told = spec.timezone or (config.study.timezone if config else None)
    return told if isinstance(told, str) else None


def _codes(spec: Table) -> tuple[str | None, Sequence[str]]:
    """The column that chooses the rows of a declared table, and the codes in it."""
    first = TABLES[spec.ROLE][0]
    if isinstance(spec, AssessmentTable):
        return spec.code, spec.codes or spec.answer_columns()
    if spec.ROLE == "weights":
        default = str(first.code).replace(first.name, spec.table or first.name)
        return default, spec.codes or (BODY_WEIGHT,)
    named = getattr(spec, "agent", None)
    return named if named in _AGENT_CODES else first.code, spec.codes
