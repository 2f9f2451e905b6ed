"""Which columns of the OMOP common data model are read, and the one statement that asks for them.

Names and types follow the CDM 5.4 (https://ohdsi.github.io/CommonDataModel/cdm54.html); the
tables below are the same in 5.3. What is not offered here never leaves the database: names,
dates of birth, source identifiers of people, notes, other free text.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from analysis.rules import refusal

__all__ = ["TABLES", "CdmTable", "Query", "Wanted", "query"]

KILOGRAM, BODY_WEIGHT = "9529", "3025315"
_WHOLE = re.compile(r"\d{1,10}", re.ASCII)
_COHORT, _DRUG_NAME = "cohort_definition_id", "drug_concept_name"


@dataclass(frozen=True)
class CdmTable:
    """A table: its primary key, which orders the rows, and the columns that may be asked for.

    ``code`` is the column whose codes choose the rows, where none is named.
    """

    name: str
    key: str
    columns: tuple[str, ...]
    code: str | None = None

    @property
    def stored(self) -> tuple[str, ...]:
        """The columns of the table itself, without those that come from another one."""
        return tuple(name for name in self.columns if name not in (_COHORT, _DRUG_NAME))


def _scores(name: str) -> CdmTable:
    columns = (
        "person_id", f"{name}_concept_id", f"{name}_source_value", f"{name}_source_concept_id",
        f"{name}_datetime", "value_as_number", "value_as_concept_id", "unit_concept_id",
        "unit_source_value", "visit_occurrence_id",
    )  # fmt: skip
    return CdmTable(name, f"{name}_id", columns, f"{name}_concept_id")


_PERSON = CdmTable("person", "person_id", ("person_id", "care_site_id", _COHORT))
_DRUGS = CdmTable(
    "drug_exposure",
    "drug_exposure_id",
    (
        "person_id", "drug_concept_id", _DRUG_NAME, "drug_source_value",
        "drug_source_concept_id", "drug_exposure_start_datetime", "drug_exposure_end_datetime",
        "quantity", "dose_unit_source_value", "route_concept_id", "route_source_value",
        "stop_reason", "visit_occurrence_id",
    ),
    "drug_concept_id",
)  # fmt: skip
# The tables of each role; where study.toml names none, the first.
TABLES = {
    "subjects": (_PERSON,),
    "infusions": (_DRUGS,),
    "rescue": (_DRUGS,),
    "assessments": (_scores("measurement"), _scores("observation")),
    "weights": (_scores("measurement"), _scores("observation")),
}


@dataclass(frozen=True)
class Wanted:
    """What study.toml wants of a table: columns, and the codes and cohorts that choose rows.

    A row is chosen where any column of ``codes`` holds one of the codes given for it.
    """

    table: CdmTable
    columns: tuple[str, ...]
    schema: str | None
    codes: Mapping[str, Sequence[str]]
    cohorts: Sequence[str]
    cohort_table: str

    def __post_init__(self) -> None:
        name, offered = self.table.name, self.table.columns
        if set(self.columns) - set(offered) or set(self.codes) - set(self.table.stored):
            names = ", ".join(offered)
            raise refusal("omop.column-not-offered", table=name, names=names)
        if self.table.code is not None and not any(self.codes.values()):
            raise refusal("omop.no-codes", table=name)
        if _COHORT in self.columns and not self.cohorts:
            raise refusal("omop.no-cohorts")


@dataclass(frozen=True)
class Query:
    """A statement, and the columns it reads; ``names`` are the columns of its rows.

    A time stands in two columns of the statement, first the date and time, then the date.
    """

    statement: sa.Select
    read: tuple[sa.ColumnClause, ...]
    names: tuple[str, ...]


def _values(column: str, codes: Sequence[str]) -> list[int] | list[str]:
    """Codes as their column holds them: concepts and cohorts have whole numbers.

    Raises
    ------
    ReliefError
        ``omop.code-not-number``.
    """
    if not column.endswith("_id"):
        return list(codes)
    wrong = sum(_WHOLE.fullmatch(code) is None for code in codes)
    if wrong:
        raise refusal("omop.code-not-number", name=column, count=wrong)
    return [int(code) for code in codes]


def _table(name: str, schema: str | None, *columns: str) -> sa.TableClause:
    return sa.table(name, *(sa.column(column) for column in columns), schema=schema)


def _cohort(wanted: Wanted) -> sa.TableClause:
    schema, _, name = wanted.cohort_table.rpartition(".")
    return _table(name, schema or wanted.schema, "subject_id", _COHORT)


def query(wanted: Wanted) -> Query:
    """The statement for what is wanted: its rows in the order of the primary key.

    Values reach the database as bound parameters, and names from the fixed lists above;
    schemas are quoted.

    Raises
    ------
    ReliefError
        ``omop.code-not-number``.
    """
    own = wanted.table
    dates = [_date(name) for name in own.stored if name.endswith("_datetime")]
    main = _table(own.name, wanted.schema, own.key, *own.stored, *dates)
    cohort = _cohort(wanted)
    source, chosen, read = _chosen(wanted, main, cohort)
    statement = sa.select(*chosen).select_from(source).order_by(main.c[own.key])
    if wanted.codes:
        read += [main.c[name] for name in wanted.codes]
        held = [main.c[name].in_(_values(name, codes)) for name, codes in wanted.codes.items()]
        statement = statement.where(sa.or_(*held))
    if wanted.cohorts:
        read += [cohort.c.subject_id, cohort.c[_COHORT]]
        within = cohort.c[_COHORT].in_(_values(_COHORT, wanted.cohorts))
        if _COHORT in wanted.columns:
            statement = statement.where(within).order_by(cohort.c[_COHORT])
        else:
            people = sa.select(cohort.c.subject_id).where(within)
            statement = statement.where(main.c.person_id.in_(people))
    return Query(statement, tuple(dict.fromkeys(read)), wanted.columns)


def _chosen(
    wanted: Wanted, main: sa.TableClause, cohort: sa.TableClause
) -> tuple[sa.FromClause, list[sa.ColumnElement], list[sa.ColumnClause]]:
    """What is selected from, what is selected, and the columns that are read for it."""
    concept = _table("concept", wanted.schema, "concept_id", "concept_name")
    source: sa.FromClause = main
    chosen: list[sa.ColumnElement] = []
    read = [main.c[wanted.table.key], main.c.person_id]
    for name in wanted.columns:
        if name == _COHORT:
            source = source.join(cohort, cohort.c.subject_id == main.c.person_id)
            chosen.append(cohort.c[_COHORT])
        elif name == _DRUG_NAME:
            named = concept.c.concept_id == main.c.drug_concept_id
            source = source.outerjoin(concept, named)
            chosen.append(concept.c.concept_name)
            read += [main.c.drug_concept_id, concept.c.concept_id, concept.c.concept_name]
        elif name.endswith("_datetime"):
            # As text, so that every database hands over the same, and nothing is converted.
            both = (main.c[name], main.c[_date(name)])
            chosen += [sa.cast(column, sa.String) for column in both]
            read += both
        else:
            chosen.append(main.c[name])
            read.append(main.c[name])
    return source, chosen, read


def _date(name: str) -> str:
    return name.removesuffix("_datetime") + "_date"
