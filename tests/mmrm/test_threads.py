"""One BLAS thread inside the small solves, and as many as before afterwards."""

from __future__ import annotations

from typing import Any

import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from analysis.mmrm import mmrm
from analysis.mmrm.threads import one_blas_thread
from tests.mmrm.conftest import trial


def threads() -> set[int]:
    return {pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"}


def test_the_limit_is_lifted_by_the_last_to_leave() -> None:
    with threadpool_limits(2, user_api="blas"):
        with one_blas_thread():
            with one_blas_thread():
                assert threads() == {1}
            assert threads() == {1}
        assert threads() == {2}


def test_a_fit_takes_one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    from analysis.mmrm.fit.likelihood import Likelihood

    seen: list[set[int]] = []
    plain = Likelihood.at

    def watched(self: Any, theta: Any) -> Any:
        seen.append(threads())
        return plain(self, theta)

    monkeypatch.setattr(Likelihood, "at", watched)
    with threadpool_limits(2, user_api="blas"):
        mmrm("y ~ arm * visit", trial(), subject="subject", visit="visit")
        assert threads() == {2}
    assert set().union(*seen) == {1}
