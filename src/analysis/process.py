"""What a program owes its shell: it ends at a signal, within its memory, and prints all or says so.

Source of the numbers of signals: POSIX, 128 + the signal.
"""

from __future__ import annotations

import gc
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

__all__ = ["NO_MEMORY", "cannot_start", "collecting_seldom", "ended_cleanly", "flushed",
           "started_deaf", "unprinted"]  # fmt: skip

Refusal = tuple[str, str]
NO_MEMORY: Refusal = (
    "memory",
    "The study does not fit into memory; split the export by site and read the parts.",
)
# With less address space than the libraries take, compiled ones end or hang by themselves.
LEAST_MEMORY = 1 << 30


@contextmanager
def collecting_seldom() -> Iterator[None]:
    """Look for circles of objects more seldom: a command makes many that stay, and ends soon.

    By Python's own count it is after every 700 new objects, a seventh of a command's time.
    """
    usual = gc.get_threshold()
    gc.set_threshold(50_000, 20, 20)
    try:
        yield
    finally:
        gc.set_threshold(*usual)


@contextmanager
def ended_cleanly() -> Iterator[None]:
    """At SIGTERM end as at Ctrl-C: what is half written is taken away, and nothing is said."""

    def end(*_: Any) -> None:
        sys.exit(128 + signal.SIGTERM)

    own = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, own)


@contextmanager
def started_deaf() -> Iterator[None]:
    """Processes that are started in here do not hear Ctrl-C, which a terminal tells all of them.

    It is for this process to end them; each by itself would print where it was. They inherit that
    the signal is held back, and here it ends the process afterwards: one that is ignored is lost.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    hold = getattr(signal, "pthread_sigmask", None)
    if hold is None:  # Windows, where nothing is inherited
        yield
        return
    from multiprocessing import resource_tracker

    # On Python 3.11 its start would let the signal through again.
    resource_tracker.ensure_running()
    own = hold(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        hold(signal.SIG_SETMASK, own)


def cannot_start() -> Refusal | None:
    """Rule and sentence where nothing can be printed, or the libraries cannot be loaded."""
    if sys.stdout is None:
        return "output.closed", "Standard output is closed, and everything is printed there."
    if 0 <= (allowed := _address_space()) < LEAST_MEMORY:
        return (
            "memory",
            f"The shell allows {allowed >> 20} MB of memory (ulimit -v), and the libraries alone "
            f"take {LEAST_MEMORY >> 20} MB; allow more.",
        )
    return None


def _address_space() -> int:
    """Bytes that the shell allows; -1 without a limit, or where systems have none."""
    try:
        import resource
    except ImportError:
        return -1
    return resource.getrlimit(resource.RLIMIT_AS)[0]


def unprinted(error: OSError) -> Refusal | None:
    """Rule and sentence where standard output takes no more; None for a reader who has enough."""
    if isinstance(error, BrokenPipeError):
        return None
    return (
        "output.full",
        f"Standard output cannot be written to ({error.strerror}); make room, or print elsewhere.",
    )


def flushed() -> OSError | None:
    """Print what is still held back, and why that cannot be.

    What could not be printed is given up: Python itself would try again at its end, and say so
    with a traceback and the exit code 120.
    """
    failed: OSError | None = None
    for number, stream in ((2, sys.stderr), (1, sys.stdout)):
        try:
            if stream is not None:
                stream.flush()
        except OSError as error:
            os.dup2(os.open(os.devnull, os.O_WRONLY), number)
            failed = error
    return failed
