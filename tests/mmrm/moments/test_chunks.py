"""Subjects split over chunks are put together, in memory that does not grow."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pandas as pd
import pytest

from analysis.mmrm import MMRM
from tests.mmrm.conftest import trial
from tests.mmrm.moments.fitted_sources import agree, chunks, data, fit

# Bytes of the sampled rows and labels of a chunk, which itself has over a hundred thousand.
PER_CHUNK = 30_000


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
