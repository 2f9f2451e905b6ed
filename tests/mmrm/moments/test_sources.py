"""The same numbers from record batches, row groups, joblib's workers and Dask's partitions."""

from __future__ import annotations

import time
import tracemalloc
from collections.abc import Callable, Iterator
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

from analysis.mmrm import MMRM, mmrm, prepare
from analysis.mmrm.moments.sources import source_of
from tests.mmrm.conftest import trial

FORMULA = "y ~ baseline * visit + arm * visit"
SAME = 1e-10
# Bytes of the sampled rows and labels of a chunk, which itself has over a hundred thousand.
PER_CHUNK = 30_000


def fit(data: Any, formula: str = FORMULA, **options: Any) -> MMRM:
    return mmrm(formula, data, subject="subject", visit="visit", **options)


def data(n: int = 60) -> pd.DataFrame:
    table = trial(n, 4, seed=50)
    return table.assign(w=np.random.default_rng(0).uniform(0.5, 2, len(table)))


def chunks(table: pd.DataFrame, rows: int) -> list[pd.DataFrame]:
    return [table.iloc[i : i + rows] for i in range(0, len(table), rows)]


def agree(one: MMRM, two: MMRM) -> None:
    for a, b in (
        (one.loglik, two.loglik),
        (one.params, two.params),
        (one.vcov, two.vcov),
        (one.differences("arm", by="visit"), two.differences("arm", by="visit")),
        (one.lsmeans("arm", weights="proportional"), two.lsmeans("arm", weights="proportional")),
    ):
        pair = [
            v.select_dtypes("number") if isinstance(v, pd.DataFrame) else np.asarray(v)
            for v in (a, b)
        ]
        scale = np.abs(np.asarray(pair[0])).max()
        np.testing.assert_allclose(*pair, rtol=SAME, atol=SAME * scale)
    assert (one.n_obs, one.n_excluded, one.n_subjects) == (
        two.n_obs,
        two.n_excluded,
        two.n_subjects,
    )


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


@pytest.mark.parametrize(
    "options",
    [{}, {"group": "arm"}, {"weights": "w"}, {"df": "between-within"}],
    ids=str,
)
def test_subjects_split_over_chunks_are_put_together(options: dict[str, Any]) -> None:
    shuffled = data().sample(frac=1, random_state=1)
    agree(fit(data(), **options), fit(chunks(shuffled, 31), **options))
    by_visit = [rows for _, rows in data().groupby("visit")]
    agree(fit(data(), **options), fit(by_visit, **options))


@pytest.mark.parametrize("vcov", ["CR0", "CR2", "CR3"])
@pytest.mark.parametrize("weights", [None, "w"])
def test_sandwich_covariances_are_read_again(vcov: str, weights: str | None) -> None:
    options = {"vcov": vcov, "df": "satterthwaite", "weights": weights}
    one, two = fit(data(), **options), fit(chunks(data(), 50), **options)
    agree(one, two)
    arm = [{name: 1.0} for name in one.params.index if name.startswith("arm")]
    np.testing.assert_allclose(one.wald(arm), two.wald(arm), rtol=1e-9)
    shuffled = data().sample(frac=1, random_state=2)
    agree(one, fit(chunks(shuffled, 50), **options))


def test_a_covariate_that_changes_only_between_the_chunks_of_a_subject() -> None:
    table = data().assign(dose=lambda t: np.where(t["visit"] == "VIS9", 2.0, 1.0) * t["baseline"])
    by_visit = [rows for _, rows in table.groupby("visit")]
    formula = "y ~ dose + arm * visit"
    agree(fit(table, formula), fit(by_visit, formula))


def test_too_many_split_subjects_are_refused_with_what_to_do(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("analysis.mmrm.moments.survey.APART", 10)
    by_visit = [rows for _, rows in data().groupby("visit")]
    with pytest.raises(ValueError, match=r"59 subjects have rows in more than one chunk.*sort the"):
        fit(by_visit)


def test_a_repeated_visit_of_a_split_subject_is_refused() -> None:
    table = data()
    with pytest.raises(ValueError, match=r"1 row\(s\) repeat a pair of 'subject' and 'visit'"):
        fit([table, table.iloc[:1]])


@pytest.mark.parametrize("dtype", ["float64", "int32", "Int64", "object"])
def test_subjects_are_one_whatever_the_type_of_their_numbers(dtype: str) -> None:
    """The boundary between the chunks lies within a subject."""
    table = data().assign(subject=lambda t: t["subject"].str[1:].astype(int))
    one, two = table.iloc[:102], table.iloc[102:]
    agree(fit(table), fit([one, two.astype({"subject": dtype})]))
    lost = two.iloc[:1].assign(subject=np.nan)
    agree(fit(table), _without_lost(fit([one, pd.concat([two, lost])])))


def _without_lost(result: MMRM) -> MMRM:
    assert result.n_excluded == fit(data()).n_excluded + 1
    result.n_excluded -= 1
    return result


def numbered(chunks: int, *, size: int = 500) -> Callable[[], Iterator[pd.DataFrame]]:
    """Chunks in the order of the subjects, made as they are read."""
    part = trial(size, 4, seed=51)
    number = part["subject"].str[1:].astype(int)
    return lambda: (part.assign(subject=number + i * size) for i in range(chunks))


def peak(read: Callable[[], Iterator[pd.DataFrame]]) -> int:
    """Most bytes that Python held at a time."""
    tracemalloc.start()
    fit(read)
    held = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return held


def test_memory_does_not_grow_with_the_subjects() -> None:
    peak(numbered(4))
    assert peak(numbered(24)) - peak(numbered(4)) < 20 * PER_CHUNK


def test_memory_grows_by_eight_bytes_a_subject_where_chunks_are_out_of_order() -> None:
    def mixed(chunks: int) -> Callable[[], Iterator[pd.DataFrame]]:
        return lambda: (c.assign(subject=c["subject"] * 7 % 12_000) for c in numbered(chunks)())

    peak(mixed(4))
    assert peak(mixed(24)) - peak(mixed(4)) < 20 * PER_CHUNK + 10_000 * 3 * 8


@pytest.mark.parametrize(("step", "readings"), [(1, 2), (60, 2), (7, 3)])
def test_chunks_in_the_order_of_the_subjects_are_read_twice(step: int, readings: int) -> None:
    table = data().assign(subject=lambda t: (t["subject"].str[1:].astype(int) + 1) * step % 61)
    parts, read = chunks(table, 30), []

    def again() -> list[pd.DataFrame]:
        read.append(1)
        return parts

    agree(fit(table), fit(again))
    # Once more for the names of the columns.
    assert len(read) - 1 == readings


def test_names_without_an_order_are_looked_for_one_by_one() -> None:
    names = {f"s{i}": i if i % 2 else f"s{i}" for i in range(60)}
    table = data().assign(subject=lambda t: t["subject"].map(names).astype(object))
    agree(fit(data()), fit(chunks(table, 50)))
    with pytest.raises(ValueError, match=r"1 row\(s\) repeat"):
        fit([*chunks(table, 50), table.iloc[:1]])


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


def test_splines_with_knots_and_bounds_are_fitted_in_chunks() -> None:
    low, high = data()["baseline"].min(), data()["baseline"].max()
    spline = f"bs(baseline, knots=[28, 32], lower_bound={low - 1}, upper_bound={high + 1})"
    for formula in (f"y ~ {spline} + arm * visit", "y ~ np.log(baseline) * arm + arm * visit"):
        agree(fit(data(), formula), fit(chunks(data(), 90), formula))


@pytest.mark.parametrize(
    "term", ["bs(baseline, df=4)", "scale(baseline)", "poly(baseline, 2)", "center(baseline)"]
)
def test_what_each_chunk_would_learn_differently_is_refused(term: str) -> None:
    with pytest.raises(ValueError, match="give the knots and the bounds"):
        fit(chunks(data(), 90), f"y ~ {term} + arm * visit")


def test_numbers_that_are_levels_are_found_over_all_chunks() -> None:
    table = data().sort_values("hours", kind="stable")
    formula = "y ~ C(hours) + arm"
    one, two = fit(data(), formula), fit(chunks(table, 40), formula)
    pd.testing.assert_frame_equal(one.coefficients(), two.coefficients(), rtol=1e-9)
    pd.testing.assert_frame_equal(one.lsmeans("hours"), two.lsmeans("hours"), rtol=1e-9)


@pytest.mark.parametrize("source", [lambda: data(), lambda: dd.from_pandas(data(), npartitions=2)])
def test_workers_where_there_are_no_chunks_to_share(source: Any) -> None:
    with pytest.raises(ValueError, match="n_jobs=2 shares chunks out among joblib's workers, but"):
        fit(source(), n_jobs=2)


def test_what_is_no_data_is_refused() -> None:
    with pytest.raises(ValueError, match=r"data must be a DataFrame, .* not a int"):
        fit(3)
    with pytest.raises(ValueError, match="has no sums to add up over chunks"):
        fit(chunks(data(), 50), covariance="sp_exp", time="hours")
