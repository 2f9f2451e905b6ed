"""Tables of other libraries (polars, DuckDB, Modin, ...) as pandas, by way of narwhals."""

from __future__ import annotations

from typing import Any

import pandas as pd

__all__ = ["as_frame"]


def as_frame(data: Any) -> Any:
    """A pandas DataFrame of any table that narwhals knows; what is none comes back as it is.

    So does what is read in chunks (pyarrow, dask). An Enum declares an order and keeps it; other
    categories are text, since polars numbers them by first appearance.
    """
    in_chunks = any(hasattr(data, name) for name in ("map_partitions", "to_batches"))
    if isinstance(data, pd.DataFrame) or not hasattr(type(data), "columns") or in_chunks:
        return data
    # Only for tables that are not pandas': formulaic alone would bring it.
    import narwhals as nw

    table = nw.from_native(data, pass_through=True)
    if not isinstance(table, (nw.DataFrame, nw.LazyFrame)):
        return data
    # A lazy table may forget, once collected, that its categories are declared.
    kinds = table.collect_schema()
    if isinstance(table, nw.LazyFrame):
        table = table.collect()
    if table.implementation.is_pandas_like():
        return table.to_pandas()
    text = [name for name, kind in kinds.items() if kind == nw.Categorical]
    if text:
        table = table.with_columns(nw.col(*text).cast(nw.String))
    frame = table.to_pandas()
    for name, kind in kinds.items():
        if isinstance(kind, nw.Enum):
            frame[name] = pd.Categorical(frame[name], list(kind.categories))
    return frame
