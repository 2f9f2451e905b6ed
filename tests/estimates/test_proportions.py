"""Shares against published tables, their defining identities and exact coverage."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.proportion import confint_proportions_2indep

from analysis.estimates.proportions import exact_share, share_difference

REFERENCE = Path(__file__).parents[1] / "reference" / "estimates"
HALF_DIGIT = 0.5e-4 + 1e-9


def published(name: str) -> list:
    return list(pd.read_csv(REFERENCE / name).itertuples(index=False))


@pytest.mark.parametrize("case", published("newcombe_1998_single.csv"), ids=str)
def test_exact_share_against_newcombes_table(case):
    row = exact_share(case.events, case.n)
    assert row["estimate"] == case.events / case.n
    assert (row["ci_low"], row["ci_high"]) == pytest.approx((case.low, case.high), abs=HALF_DIGIT)


def test_exact_share_of_the_published_responders():
    """10 of 15 (Feder 2021) and 3 of 13 (Duek 2023), beta quantiles."""
    for events, n in ((10, 15), (3, 13)):
        row = exact_share(events, n)
        low = stats.beta.ppf(0.025, events, n - events + 1)
        high = stats.beta.ppf(0.975, events + 1, n - events)
        assert (row["ci_low"], row["ci_high"]) == pytest.approx((low, high))
    row = exact_share(10, 15, estimand="responders")
    assert (round(row["ci_low"], 3), round(row["ci_high"], 3)) == (0.384, 0.882)
    assert row["method"].startswith("10 of 15, exact")
    assert row["estimand"] == "responders"


@given(st.integers(1, 80).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_exact_share_meets_its_definition(case):
    events, n = case
    row = exact_share(events, n)
    assert 0 <= row["ci_low"] <= row["estimate"] <= row["ci_high"] <= 1
    if events > 0:
        assert stats.binom.sf(events - 1, n, row["ci_low"]) == pytest.approx(0.025, abs=1e-9)
    if events < n:
        assert stats.binom.cdf(events, n, row["ci_high"]) == pytest.approx(0.025, abs=1e-9)
    other = exact_share(n - events, n)
    assert other["ci_low"] == pytest.approx(1 - row["ci_high"], abs=1e-9)


@pytest.mark.parametrize("case", published("newcombe_1998_difference.csv"), ids=str)
def test_difference_against_newcombes_table(case):
    row = share_difference((case.events_1, case.events_2), (case.n_1, case.n_2))
    assert row["estimate"] == pytest.approx(case.events_1 / case.n_1 - case.events_2 / case.n_2)
    assert row["n"] == case.n_1 + case.n_2
    assert (row["ci_low"], row["ci_high"]) == pytest.approx((case.low, case.high), abs=HALF_DIGIT)


@given(st.lists(st.integers(1, 60).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))),
                min_size=2, max_size=2))  # fmt: skip
def test_newcombes_interval_is_statsmodels(groups):
    (events_1, n_1), (events_2, n_2) = groups
    row = share_difference((events_1, events_2), (n_1, n_2))
    limits = confint_proportions_2indep(events_1, n_1, events_2, n_2, method="newcomb")
    assert (row["ci_low"], row["ci_high"]) == pytest.approx(limits, abs=1e-14)


def test_swapping_the_groups_turns_the_sign():
    one, other = share_difference((9, 3), (10, 12)), share_difference((3, 9), (12, 10))
    assert one["estimate"] == pytest.approx(-other["estimate"])
    assert one["ci_low"] == pytest.approx(-other["ci_high"])


@pytest.mark.parametrize(("events", "n"), [(0, 0), (-1, 5), (6, 5)])
def test_what_is_no_share_is_refused(events, n):
    with pytest.raises(ValueError, match="is not a share"):
        exact_share(events, n)
    with pytest.raises(ValueError, match="is not a share"):
        share_difference((1, events), (2, n))
