"""Tables of the OMOP common data model, from a PostgreSQL server, DuckDB or SQLite, as text.

``declared`` opens a table of study.toml, ``read`` one table of a ``database`` by the statement
that ``tables`` writes; ``received`` makes its rows text. Out: a `TextTable`.
"""

from analysis.errors import require

require(
    "databases", "duckdb", "duckdb_engine", "psycopg", "sqlalchemy", what="A table of format omop"
)
