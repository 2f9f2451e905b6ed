"""What all tests share: no silent skip in strict mode, and the open data if they are here."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import settings

from analysis.paths import open_data_folder
from analysis.readers.open_data.fetch import present
from analysis.readers.open_data.registry import REGISTRY
from tests import length

# A busy machine is no failure; time is measured in benchmarks.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


class SkipsAreFailures:
    """With ``RELIEF_STRICT=1`` a skipped test or module counts as failed, reason included."""

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_makereport(
        self,
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        report = yield
        # An expected failure also reports as skipped, and is none.
        if report.skipped and not hasattr(report, "wasxfail"):
            _fail(report)
        return report

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_make_collect_report(
        self,
    ) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
        report = yield
        if report.skipped:
            _fail(report)
        return report


def _fail(report: pytest.TestReport | pytest.CollectReport) -> None:
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    report.outcome = "failed"
    report.longrepr = f"RELIEF_STRICT=1 allows no skip. {reason}"


def pytest_report_header() -> str:
    return length.told()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what ``make test-long`` runs, and begin with what takes long: no worker ends alone."""
    for item in items:
        if _has_two_lengths(getattr(item, "module", None)):
            item.add_marker("long")
    items.sort(key=lambda item: (item.path.suffix != ".ipynb", not item.get_closest_marker("long")))


def _has_two_lengths(module: ModuleType | None) -> bool:
    used = (length, length.trials, length.examples)
    return module is not None and any(one is own for own in vars(module).values() for one in used)


def pytest_configure(config: pytest.Config) -> None:
    # A plugin, so that a run without strict mode has no hook in its way.
    if os.environ.get("RELIEF_STRICT") == "1":
        config.pluginmanager.register(SkipsAreFailures(), "skips-are-failures")


@pytest.fixture(autouse=True)
def _plotting_as_it_was() -> Iterator[None]:
    """No test leaves a style of figures behind: the next one may compare pixels."""
    import matplotlib

    with matplotlib.rc_context():
        yield


@pytest.fixture(scope="module", autouse=True)
def _plotting_as_before_the_module() -> Iterator[None]:
    """Nor does what a module makes once for its tests, which stands outside of each of them."""
    import matplotlib

    with matplotlib.rc_context():
        yield


@pytest.fixture(scope="session")
def open_data() -> Callable[[str], Path]:
    """The folder of a named open data set; skips by name when it is absent, downloads nothing.

    Looked for in the folder that RELIEF_DATA names, then in the cache that `make data` fills.
    """

    def find(name: str) -> Path:
        folder = open_data_folder()
        if folder is not None and (folder / name).is_dir():
            return folder / name
        cached = present(name) if name in REGISTRY else None
        if cached is None:
            pytest.skip(f"open data {name}: neither under RELIEF_DATA nor in the cache (make data)")
        return cached

    return find
