"""New rows of the published table: read from a CSV table or a registry record, checked, stored.

In: a file. Out: rows of the table, each with where its figure stands, or one sentence on why not.
Not here: what the rows change in a verdict (claims.published).
"""

from analysis.evidence.adding.addition import Addition, read, store, with_rows

__all__ = ["Addition", "read", "store", "with_rows"]
