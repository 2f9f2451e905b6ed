"""Where chunks come from and who works on them: one process, joblib's workers, or Dask's."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from operator import methodcaller
from typing import Any, TypeVar

import pandas as pd

from analysis.mmrm.design.frames import as_frame

T = TypeVar("T")


@dataclass(frozen=True)
class Source:
    """Chunks that can be read again and again.

    Attributes
    ----------
    columns : sequence of str
        Names of the columns of every chunk.
    run : callable
        ``run(task, names)`` yields ``task(chunk)`` for each chunk in order, with the named
        columns at least.
    """

    columns: Sequence[str]
    run: Callable[[Callable[[pd.DataFrame], Any], Sequence[str]], Iterable[Any]]


def source_of(data: Any, n_jobs: int = 1) -> Source | None:
    """The source of chunks, or None for a single table.

    Parameters
    ----------
    data
        A DataFrame; a list or tuple of DataFrames; a pyarrow Dataset (by record batch, or by
        row group where joblib shares them out), Table or ParquetFile; a dask DataFrame (by
        partition, on whatever scheduler Dask has been given); or a function without arguments
        that returns an iterable of DataFrames.
    n_jobs : int
        Workers of joblib, as joblib counts them (-1: one a core).

    Raises
    ------
    ValueError
        When the data are none of these, or cannot be shared out among joblib's workers.
    """
    if isinstance(data, pd.DataFrame):
        _refuse_jobs(n_jobs, "a DataFrame is read in one piece: give a list of DataFrames")
        return None
    if hasattr(data, "map_partitions"):
        _refuse_jobs(n_jobs, "the partitions of a dask DataFrame run on Dask's own scheduler")
        return Source(list(data.columns), lambda task, names: _dask(task, data[list(names)]))
    if hasattr(data, "get_fragments"):
        return _dataset(data, n_jobs)
    if hasattr(data, "to_batches"):
        return _batches(data.column_names, lambda names: data.select(names).to_batches(), n_jobs)
    if hasattr(data, "iter_batches"):
        _refuse_jobs(n_jobs, "a ParquetFile is read in order: give a pyarrow dataset")
        names = data.schema_arrow.names
        return _batches(names, lambda names: data.iter_batches(columns=names), 1)
    if isinstance(data, (list, tuple)):
        return _frames(lambda: data, n_jobs)
    if callable(data):
        return _frames(data, n_jobs)
    raise ValueError(
        "data must be a DataFrame, a list of DataFrames, a pyarrow dataset, a dask DataFrame, or "
        "a function that returns DataFrames, of pandas or of another library that narwhals knows, "
        f"not a {type(data).__name__}."
    )


def _refuse_jobs(n_jobs: int, why: str) -> None:
    if n_jobs != 1:
        raise ValueError(f"n_jobs={n_jobs} shares chunks out among joblib's workers, but {why}.")


def _frames(read: Callable[[], Iterable[pd.DataFrame]], n_jobs: int) -> Source:
    first = as_frame(next(iter(read()), pd.DataFrame()))
    if not isinstance(first, pd.DataFrame):
        raise ValueError(f"Every chunk must be a DataFrame, not a {type(first).__name__}.")
    return Source(list(first.columns), lambda task, names: _work(task, read(), as_frame, n_jobs))


def _batches(
    columns: Sequence[str], read: Callable[[list[str]], Iterable[Any]], n_jobs: int
) -> Source:
    frame = methodcaller("to_pandas")
    return Source(columns, lambda task, names: _work(task, read(list(names)), frame, n_jobs))


def _dataset(data: Any, n_jobs: int) -> Source:
    columns, schema = data.schema.names, data.schema
    try:
        fragments = list(data.get_fragments())
    except ValueError as error:
        if n_jobs == 1:
            return _batches(columns, partial(_filtered, data), 1)
        raise ValueError(
            "A filtered dataset is not shared out among joblib's workers: read it with n_jobs=1, "
            "or write the rows that are wanted to a file of their own."
        ) from error

    def pieces() -> Iterator[Any]:
        for fragment in fragments:
            yield from getattr(fragment, "split_by_row_group", lambda f=fragment: [f])()

    def batches(names: list[str]) -> Iterator[Any]:
        # Row group by row group: scanning the whole, Arrow reads ahead hundreds of megabytes.
        for piece in pieces():
            yield from piece.to_batches(schema=schema, columns=names, batch_readahead=1)

    if n_jobs == 1:
        return _batches(columns, batches, 1)

    def run(task: Callable[[pd.DataFrame], Any], names: Sequence[str]) -> Iterator[Any]:
        read = partial(_fragment_frame, schema=schema, names=list(names))
        return _work(task, pieces(), read, n_jobs)

    return Source(columns, run)


def _filtered(data: Any, names: list[str]) -> Iterable[Any]:
    """Batches of a dataset that does not give its fragments, with as little ahead as Arrow can."""
    from pyarrow.dataset import ParquetFileFormat, ParquetFragmentScanOptions

    few: dict[str, Any] = {"batch_readahead": 0, "fragment_readahead": 0, "use_threads": False}
    if isinstance(getattr(data, "format", None), ParquetFileFormat):
        few["fragment_scan_options"] = ParquetFragmentScanOptions(pre_buffer=False)
    batches: Iterable[Any] = data.to_batches(columns=names, **few)
    return batches


def _fragment_frame(piece: Any, schema: Any, names: list[str]) -> Any:
    return piece.to_table(schema=schema, columns=names).to_pandas()


def _work(
    task: Callable[[pd.DataFrame], T],
    pieces: Iterable[Any],
    read: Callable[[Any], pd.DataFrame],
    n_jobs: int,
) -> Iterator[T]:
    if n_jobs == 1:
        for piece in pieces:
            yield task(read(piece))
        return
    from joblib import Parallel, delayed

    parallel = Parallel(n_jobs=n_jobs, return_as="generator")
    yield from parallel(delayed(_read_and_run)(task, read, piece) for piece in pieces)


def _read_and_run(
    task: Callable[[pd.DataFrame], T], read: Callable[[Any], pd.DataFrame], piece: Any
) -> T:
    return task(read(piece))


def _dask(task: Callable[[pd.DataFrame], T], frame: Any) -> list[T]:
    from dask.base import compute
    from dask.delayed import delayed

    return list(compute(*[delayed(task)(part) for part in frame.to_delayed()]))
