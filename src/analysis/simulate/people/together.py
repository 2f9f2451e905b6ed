"""Several sources of randomness that draw as one: many trials, each with the numbers of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

__all__ = ["Source", "Together", "count_of"]


class Together:
    """Generators side by side: the rows of a draw come from each in turn, so many from each.

    Each generator gives the numbers, and is left in the state, that drawing alone would.

    Parameters
    ----------
    generators : sequence of Generator
    sizes : sequence of int
        Rows that each draws.
    """

    def __init__(self, generators: Sequence[np.random.Generator], sizes: Sequence[int]) -> None:
        self.generators, self.sizes = list(generators), list(sizes)
        ends = np.cumsum(self.sizes)
        self._rows = [slice(end - size, end) for end, size in zip(ends, self.sizes, strict=True)]
        self.owner = np.repeat(np.arange(len(self.sizes)), self.sizes)

    def standard_normal(self, size: int | tuple[int, ...]) -> np.ndarray:
        """As of a Generator; the first number of ``size`` is that of all rows."""
        drawn = np.empty(size)
        for generator, rows in self._each():
            generator.standard_normal(out=drawn[rows])
        return drawn

    def random(self, size: int | tuple[int, ...]) -> np.ndarray:
        """As of a Generator."""
        drawn = np.empty(size)
        for generator, rows in self._each():
            generator.random(out=drawn[rows])
        return drawn

    def integers(self, low: int, high: int, size: int | tuple[int, ...]) -> np.ndarray:
        """As of a Generator."""
        drawn = np.empty(size, dtype=np.int64)
        for generator, rows in self._each():
            drawn[rows] = generator.integers(low, high, drawn[rows].shape)
        return drawn

    def binomial(self, n: int, p: np.ndarray) -> np.ndarray:
        """As of a Generator."""
        return self._joined(lambda generator, rows: generator.binomial(n, p[rows]))

    def permutation(self, values: np.ndarray) -> np.ndarray:
        """The rows of each generator in an order of its own."""
        return self._joined(lambda generator, rows: generator.permutation(values[rows]))

    def _each(self) -> Iterator[tuple[np.random.Generator, slice]]:
        return zip(self.generators, self._rows, strict=True)

    def _joined(self, draw: Callable[[np.random.Generator, slice], Any]) -> np.ndarray:
        return np.concatenate([draw(generator, rows) for generator, rows in self._each()])


Source = np.random.Generator | Together


def count_of(rng: Source) -> int:
    """How many draw."""
    return len(rng.generators) if isinstance(rng, Together) else 1
