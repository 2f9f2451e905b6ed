"""One BLAS thread inside the small solves: more of them cost more than they save.

The matrices of a fit have a dozen rows. Handing them to several threads makes a fit slower,
and workers that do so compete for the same cores.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

_lock = threading.Lock()
_depth = 0
_limits: Any = None


@functools.cache
def _controller() -> Any:
    # Looking for the libraries takes longer than a fit: once is enough, and only for a fit.
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """One BLAS thread until the last of those who asked for it, in any thread, has left."""
    global _depth, _limits
    with _lock:
        if _depth == 0:
            _limits = _controller().limit(limits=1, user_api="blas")
        _depth += 1
    try:
        yield
    finally:
        with _lock:
            _depth -= 1
            if _depth == 0:
                _limits.restore_original_limits()


def single_threaded(function: Callable[P, T]) -> Callable[P, T]:
    """Decorator: the function runs with one BLAS thread."""

    @functools.wraps(function)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> T:
        with one_blas_thread():
            return function(*args, **kwargs)

    return wrapper
