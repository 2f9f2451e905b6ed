"""What numbers are, and whose: the same in every estimator."""

from __future__ import annotations

import contextlib
import datetime
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest

from analysis.estimates.change.paired import (
    hodges_lehmann,
    paired_change,
    sign_test,
    trimmed_change,
)
from analysis.estimates.change.regression_to_the_mean import two_measures_before
from analysis.estimates.change.resampling import bca
from analysis.estimates.change.standardised import standardised_changes
from analysis.estimates.control.ancova import ancova
from analysis.estimates.explanations.harms import harm
from analysis.estimates.explanations.mediation import linear_mediation
from analysis.estimates.intervals import t_quantile
from analysis.estimates.onset.discrete_hazard import discrete_hazard
from analysis.estimates.onset.interval_censored import (
    likelihood_difference,
    likelihood_interval,
    rank_test,
    turnbull,
)
from analysis.estimates.onset.mixture import crossing_model
from analysis.estimates.proportions import exact_share
from analysis.estimates.responders.distribution import change_distribution
from analysis.estimates.responders.shares import compare_shares
from analysis.estimates.robustness.multiplicity import holm
from analysis.numbers import aligned, as_numbers, columns_of, numbers
from analysis.outcomes.change import response

HOURS = [2.0, 24.0, np.nan]
LENGTHS = pd.to_timedelta(HOURS, unit="h")


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (LENGTHS, HOURS),
        (pd.Series(LENGTHS), HOURS),
        (LENGTHS.to_numpy(), HOURS),
        (list(LENGTHS), HOURS),
        (pd.Series(LENGTHS).astype("duration[ns][pyarrow]"), HOURS),
        ([datetime.timedelta(hours=2), datetime.timedelta(days=1), None], HOURS),
        (np.timedelta64(90, "m"), 1.5),
        ([1, None, 2.5], [1, np.nan, 2.5]),
        (pd.Series([1, None], dtype="Int64"), [1, np.nan]),
        (pd.Series([1, None], dtype="double[pyarrow]"), [1, np.nan]),
        (pd.Series([True, None], dtype="boolean"), [1, np.nan]),
        ([Decimal("1.5"), np.int8(2)], [1.5, 2]),
        ([True, False], [1, 0]),
        (pd.Series([3, 1], dtype="category"), [3, 1]),
        ([], []),
    ],
)
def test_lengths_of_time_are_hours_and_what_is_missing_is_nan(values: Any, expected: Any) -> None:
    np.testing.assert_array_equal(as_numbers(values, "x"), np.array(expected, float))


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        (pd.to_datetime(["2024-01-01"]), "'x' holds dates, and a date is no number: give hours"),
        (pd.Series(pd.to_datetime(["2024-01-01"])).dt.tz_localize("UTC"), "holds dates"),
        ([datetime.date(2024, 1, 1), None], "holds dates"),
        (pd.period_range("2024", periods=2), "holds dates"),
        (["1", "2"], "'x' holds text, not numbers"),
        (pd.Series(["a", "b"]), "holds text"),
        ([1, "n/a"], "holds text"),
        ([1j], "holds complex values"),
        ([pd.Timedelta("2h"), 3], "holds things of several kinds"),
        ([{}], "holds things of several kinds"),
    ],
)
def test_dates_and_text_are_refused(values: Any, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        as_numbers(values, "x")


def test_two_series_are_matched_by_label_and_everything_else_by_position() -> None:
    first = pd.Series([1.0, 2.0, 3.0], index=list("abc"))
    other = pd.Series([30.0, 10.0, 20.0], index=list("cab"))
    np.testing.assert_array_equal(numbers(x=first, y=other)[1], [10, 20, 30])
    np.testing.assert_array_equal(numbers(x=first, y=other.to_numpy())[1], [30, 10, 20])
    np.testing.assert_array_equal(numbers(x=[1, 2, 3], y=other)[1], [30, 10, 20])
    # Twice the same labels in the same order are no question.
    twice = first.set_axis(list("aab"))
    np.testing.assert_array_equal(numbers(x=twice, y=twice + 1)[1], [2, 3, 4])
    assert aligned("y", x=first, y=None)["y"] is None


@pytest.mark.parametrize(
    ("other", "sentence"),
    [
        (pd.Series([1.0, 2.0, 3.0]), r"matched by their labels \(index\), and 3 label\(s\)"),
        (pd.Series([1.0, 2.0, 3.0], index=list("aab")), "labels repeat"),
        (pd.Series([1.0, 2.0], index=list("ab")), "got 3 of 'x', 2 of 'y'"),
        ([1.0, 2.0], "got 3 of 'x', 2 of 'y'"),
    ],
)
def test_columns_of_other_people_are_refused(other: Any, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        numbers(x=pd.Series([1.0, 2.0, 3.0], index=list("abc")), y=other)


RNG = np.random.default_rng(4)
N = 24
BEFORE, AFTER, LAST = RNG.normal(30, 6, N), RNG.normal(24, 7, N), RNG.normal(22, 7, N)
LEFT = RNG.choice([0.0, 2.0, 4.0], N)
RIGHT = np.where(RNG.random(N) < 0.2, np.inf, LEFT + RNG.choice([2.0, 20.0], N))
TREATED = np.arange(N) % 2 == 0

Estimator = Callable[..., Any]
ESTIMATORS: dict[str, tuple[Estimator, list[Any]]] = {
    "paired_change": (paired_change, [BEFORE, AFTER]),
    "sign_test": (sign_test, [BEFORE, AFTER]),
    "hodges_lehmann": (hodges_lehmann, [BEFORE, AFTER]),
    "standardised_changes": (standardised_changes, [BEFORE, AFTER]),
    "two_measures_before": (two_measures_before, [BEFORE, AFTER, LAST]),
    "turnbull": (lambda left, right: turnbull(left, right).rows([4.0]), [LEFT, RIGHT]),
    "likelihood_interval": (lambda a, b: likelihood_interval(a, b, 4.0), [LEFT, RIGHT]),
    "discrete_hazard": (
        lambda left, right, arm: discrete_hazard(left, right, arm).rows(), [LEFT, RIGHT, TREATED]),
    "rank_test": (
        lambda *columns: rank_test(*columns, method="asymptotic"), [LEFT, RIGHT, TREATED]),
    "crossing_model": (
        lambda a, b: crossing_model(a, b, horizon=100.0, cured=False).theta, [LEFT, RIGHT]),
    "linear_mediation": (
        lambda *columns: linear_mediation(*columns, seed=1, resamples=100).parts,
        [LAST, AFTER, TREATED, BEFORE]),
    "compare_shares": (
        lambda *columns: compare_shares(*columns, estimand="x", names=("a", "b")),
        [AFTER < 24, TREATED]),
    "harm": (
        lambda happened, arm: harm(pd.Series(happened), pd.Series(arm), "x", treated=True,
                                   control=False),
        [AFTER < 24, TREATED]),
    "response": (
        lambda a, b: response(pd.Series(a), pd.Series(b), 0.3).sort_index().tolist(),
        [BEFORE, AFTER]),
}  # fmt: skip


@pytest.mark.parametrize("name", ESTIMATORS)
def test_every_estimator_matches_series_by_label(name: str) -> None:
    estimator, columns = ESTIMATORS[name]
    people = [f"p{i:02d}" for i in range(N)]
    series = [pd.Series(column, index=people) for column in columns]
    expected = estimator(*series)
    shuffled = [one.sample(frac=1, random_state=k) for k, one in enumerate(series)]
    # In the order of the first, whose rounding the sums follow.
    again = estimator(series[0], *shuffled[1:])
    assert repr(again) == repr(expected)
    strangers = series[-1].set_axis([f"q{i}" for i in range(N)])
    with pytest.raises(ValueError, match="matched by their labels"):
        estimator(*series[:-1], strangers)


@pytest.mark.parametrize("name", [n for n in ESTIMATORS if n not in ("compare_shares", "harm")])
def test_no_estimator_takes_dates_or_text(name: str) -> None:
    estimator, columns = ESTIMATORS[name]
    dates = pd.Timestamp("2024-01-01") + pd.to_timedelta(np.arange(N), unit="h")
    with pytest.raises(ValueError, match="holds dates"):
        estimator(dates, *columns[1:])
    with pytest.raises(ValueError, match="holds text"):
        estimator([f"{value:g}" for value in columns[0]], *columns[1:])


ONSET = ["turnbull", "likelihood_interval", "discrete_hazard", "rank_test", "crossing_model"]


@pytest.mark.parametrize("name", ONSET)
def test_lengths_of_time_are_hours_in_every_estimator_of_onset(name: str) -> None:
    estimator, columns = ESTIMATORS[name]
    seen = np.isfinite(RIGHT)
    hours = [column[seen] for column in columns]
    lengths = [*(pd.to_timedelta(column, unit="h") for column in hours[:2]), *hours[2:]]
    assert repr(estimator(*lengths)) == repr(estimator(*hours))


def test_the_hour_asked_for_may_be_a_length_of_time() -> None:
    four = pd.Timedelta("4h")
    assert likelihood_interval(LEFT, RIGHT, four) == likelihood_interval(LEFT, RIGHT, 4.0)
    arms = [(LEFT[mask], RIGHT[mask]) for mask in (TREATED, ~TREATED)]
    assert likelihood_difference(*arms, four) == likelihood_difference(*arms, 4.0)


def test_a_table_is_asked_for_its_columns_by_name() -> None:
    table = pd.DataFrame({"score": AFTER, "baseline": BEFORE, "arm": np.where(TREATED, "a", "b")})
    arms = {"treated": "a", "control": "b"}
    assert columns_of(table, ["score", "baseline"]).shape == (N, 2)
    for data, sentence in (
        (table.drop(columns="baseline"), "have no column 'baseline'"),
        (table[["score", "baseline", "arm", "arm"]], "have 2 columns 'arm'"),
        (table.astype({"score": str}), "'score' holds text"),
        (table.to_numpy(), "must be a pandas DataFrame, not a ndarray"),
    ):
        with pytest.raises(ValueError, match=sentence):
            ancova(data, **arms)  # type: ignore[arg-type]


ODD = [None, "x", 5, ["a"] * N, [None] * N, np.ones((N, 2)), {}, object(), [], np.arange(3.0)]


@pytest.mark.parametrize("name", ESTIMATORS)
def test_what_is_no_column_is_a_sentence_and_no_traceback_of_a_library(name: str) -> None:
    estimator, columns = ESTIMATORS[name]
    if name in ("harm", "response"):  # made Series above
        return
    for odd in ODD:
        for place in range(len(columns)):
            given = [*columns[:place], odd, *columns[place + 1 :]]
            # Any other error would be raised: some odd things are taken, all at one value.
            with contextlib.suppress(ValueError):
                estimator(*given)


@pytest.mark.parametrize(
    "ask",
    [
        lambda odd: t_quantile(10, level=odd),
        lambda odd: bca(BEFORE, lambda mean: mean, resamples=1000, seed=1, level=odd),
        lambda odd: exact_share(3, 10, level=odd),
        lambda odd: change_distribution(BEFORE, level=odd),
        lambda odd: trimmed_change(BEFORE, AFTER, trim=odd),
        lambda odd: holm({"one": 0.01}, alpha=odd),
    ],
)
@pytest.mark.parametrize("odd", [2.0, -0.1, "high", None, [0.9, 0.95], np.nan])
def test_a_level_that_is_none_is_refused_before_a_quantile_is_asked_for(
    ask: Callable[[Any], Any], odd: Any
) -> None:
    with pytest.raises(ValueError, match=r"must be one number|between 0 and 1|text|Trimming"):
        ask(odd)
