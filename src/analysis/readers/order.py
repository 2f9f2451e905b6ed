"""People in an order that their identifiers do not decide."""

from __future__ import annotations

import numpy as np
import pandas as pd

__all__ = ["number_by_content"]


def _digest(table: pd.DataFrame, subject: str) -> pd.Series:
    """One unsigned number a person from the content of their rows, whatever the order of rows."""
    content = table.drop(columns=subject)
    hashes = pd.util.hash_pandas_object(content.astype(str), index=False)
    # A sum does not depend on the order of a person's rows; unsigned arithmetic wraps.
    return hashes.groupby(table[subject].to_numpy()).sum()


def number_by_content(ids: pd.Series, tables: list[pd.DataFrame], subject: str) -> dict[str, int]:
    """Give each identifier a number from 0 on, in an order that only the content decides.

    Renaming people, or moving rows about, leaves everyone's number as it was; two people
    with the same content are interchangeable.

    Parameters
    ----------
    ids : Series of str
        The identifiers, each once.
    tables : list of DataFrame
        Tables with the column ``subject`` and content as read.
    """
    key = pd.Series(np.zeros(len(ids), dtype=np.uint64), index=ids.to_numpy())
    for position, table in enumerate(tables, 1):
        digest = _digest(table, subject).reindex(key.index, fill_value=0).astype(np.uint64)
        # An odd multiplier a table, so that equal digests in two tables do not cancel.
        key = key * np.uint64(2 * position + 1) + digest
    ordered = key.sort_values(kind="stable").index
    return {name: number for number, name in enumerate(ordered)}
