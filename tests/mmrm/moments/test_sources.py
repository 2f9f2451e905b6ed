"""The same numbers from record batches, row groups, joblib's workers and Dask's partitions."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dask
import dask.dataframe as dd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest
from distributed import Client, LocalCluster

from analysis.mmrm import MMRM, prepare
from analysis.mmrm.moments.sources import source_of
from tests.mmrm.moments.fitted_sources import FORMULA, agree, chunks, data, fit


@pytest.fixture(scope="module")
def whole() -> MMRM:
    return fit(data())


@pytest.fixture(scope="module")
def parquet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("parquet") / "trial.parquet"
    pq.write_table(pa.Table.from_pandas(data()), path, row_group_size=37)
    return path


def test_arrow_tables_datasets_and_files(whole: MMRM, parquet: Path) -> None:
    agree(whole, fit(pa.Table.from_pandas(data())))
    agree(whole, fit(ds.dataset(parquet)))
    agree(whole, fit(pq.ParquetFile(parquet)))


def test_a_dataset_partitioned_by_folder(whole: MMRM, tmp_path: Path) -> None:
    """The arm stands in the folders' names, and subjects lie in files by number."""
    table = data().assign(part=lambda t: t["subject"].str[1:].astype(int) % 3)
    pq.write_to_dataset(pa.Table.from_pandas(table), tmp_path, partition_cols=["arm", "part"])
    dataset = ds.dataset(tmp_path, partitioning="hive")
    agree(whole, fit(dataset))
    agree(whole, fit(dataset, n_jobs=2))


def test_workers_of_joblib(whole: MMRM, parquet: Path) -> None:
    agree(whole, fit(chunks(data(), 50), n_jobs=2))
    agree(whole, fit(ds.dataset(parquet), n_jobs=2))


def test_a_filtered_dataset_is_read_in_order_only(parquet: Path) -> None:
    dataset = ds.dataset(parquet).filter(ds.field("baseline") > 25)
    agree(fit(data()[lambda t: t["baseline"] > 25]), fit(dataset))
    with pytest.raises(ValueError, match="A filtered dataset is not shared out"):
        fit(dataset, n_jobs=2)


def test_dask_without_a_cluster(whole: MMRM) -> None:
    with dask.config.set(scheduler="synchronous"):
        agree(whole, fit(dd.from_pandas(data(), npartitions=5)))


@pytest.fixture(scope="module", params=[False, True], ids=["threads", "processes"])
def cluster(request: pytest.FixtureRequest) -> Iterator[Client]:
    with (
        LocalCluster(
            n_workers=2,
            threads_per_worker=1,
            processes=request.param,
            host="127.0.0.1" if request.param else None,
            dashboard_address="127.0.0.1:0",
        ) as workers,
        Client(workers) as client,
    ):
        yield client


def test_a_local_dask_cluster(cluster: Client, whole: MMRM) -> None:
    frame = dd.from_pandas(data(), npartitions=5)
    agree(whole, fit(frame))
    robust = {"weights": "w", "vcov": "CR2", "df": "satterthwaite"}
    agree(fit(data(), **robust), fit(frame, **robust))
    spec = prepare(FORMULA, data(), subject="subject", visit="visit")
    agree(whole, spec.fit(frame))
    assert len(cluster.scheduler_info()["workers"]) == 2


@pytest.mark.parametrize("filtered", [False, True])
def test_arrow_reads_no_more_than_a_few_row_groups_ahead(tmp_path: Path, filtered: bool) -> None:
    # What is read ahead is a number of row groups, whatever the file holds; on a busy machine
    # some sixteen were seen.
    group, groups = 20_000, 80
    rng = np.random.default_rng(0)
    table = pa.table({"x": rng.normal(size=group * groups), "z": rng.normal(size=group * groups)})
    pq.write_table(table, tmp_path / "rows.parquet", row_group_size=group)
    del table
    dataset = ds.dataset(tmp_path / "rows.parquet")
    source = source_of(dataset.filter(ds.field("x") > -9) if filtered else dataset)
    assert source is not None
    before = pa.total_allocated_bytes()

    def held(_: pd.DataFrame) -> int:
        time.sleep(0.005)  # Time in which Arrow's threads could read ahead.
        return pa.total_allocated_bytes() - before

    assert max(source.run(held, ["x", "z"])) < groups / 3 * group * 2 * 8


@pytest.mark.parametrize("source", [lambda: data(), lambda: dd.from_pandas(data(), npartitions=2)])
def test_workers_where_there_are_no_chunks_to_share(source: Any) -> None:
    with pytest.raises(ValueError, match="n_jobs=2 shares chunks out among joblib's workers, but"):
        fit(source(), n_jobs=2)


def test_what_is_no_data_is_refused() -> None:
    with pytest.raises(ValueError, match=r"data must be a DataFrame, .* not a int"):
        fit(3)
    with pytest.raises(ValueError, match="has no sums to add up over chunks"):
        fit(chunks(data(), 50), covariance="sp_exp", time="hours")
