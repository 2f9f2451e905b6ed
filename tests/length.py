"""Two lengths of test: ``make test`` draws few times, ``make test-long`` as often as can be borne.

A test of random inputs or of simulated trials asserts the same at both lengths. Every draw is the
committed one, unless RELIEF_SEED asks for others (``make test-long SEED=5``).
"""

from __future__ import annotations

import os
from typing import Any, TypeVar

from hypothesis import settings

Count = TypeVar("Count")
LONG = os.environ.get("RELIEF_LONG") == "1"
SEED = int(os.environ["RELIEF_SEED"]) if os.environ.get("RELIEF_SEED") else None


def trials(*, short: Count, long: Count) -> Count:
    """How many are drawn in a run of this length."""
    return long if LONG else short


def seed(committed: int) -> int:
    """The seed of a simulation: the committed one, or one made of it and RELIEF_SEED."""
    return committed if SEED is None else 1_000_003 * SEED + committed


def examples(*, short: int, long: int, **others: Any) -> settings:
    """Settings of Hypothesis; the seed of other examples is its own option, --hypothesis-seed."""
    count = trials(short=short, long=long)
    same = SEED is None
    return settings(max_examples=count, deadline=None, derandomize=same, database=None, **others)


def told() -> str:
    """The length and the seed, as the head of a run prints them."""
    draws = "those committed" if SEED is None else f"by RELIEF_SEED={SEED}"
    return f"length: {'long' if LONG else 'short'}, draws: {draws}"
