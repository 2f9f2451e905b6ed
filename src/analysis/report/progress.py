"""A progress bar in a terminal, nothing in a log."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from analysis.report.page import Progress

__all__ = ["Steps", "progress"]


@contextmanager
def progress(name: str) -> Iterator[Progress | None]:
    """What is told of steps done, all steps, and the next one; None where nobody looks on."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn
    from rich.progress import Progress as Bar

    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed}/{task.total}"),
    )
    with Bar(*columns, console=console, transient=True) as bar:
        task = bar.add_task(name, total=None)

        def update(done: int, steps: int, what: str) -> None:
            bar.update(task, completed=done, total=steps, description=what)

        yield update


class Steps:
    """Steps of a job that finds out on its way how many there are, told to a bar or to nobody."""

    def __init__(self, told: Progress | None) -> None:
        self._told, self._done, self._all = told, 0, 0

    def expect(self, more: int) -> None:
        """So many steps are still to come."""
        self._all += more

    def __call__(self, what: str) -> None:
        """The next step begins."""
        if self._told is not None:
            self._told(self._done, max(self._all, self._done + 1), what)
        self._done += 1
