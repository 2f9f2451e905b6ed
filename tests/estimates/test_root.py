"""Roots are those of SciPy's brentq, to the last digit."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import optimize

from analysis.estimates.root import brentq
from tests.length import trials


def functions(rng):
    """Smooth, flat, steep and kinked functions that cross nought between two ends."""
    a, b, c = rng.uniform(-3, 3, 3)
    yield lambda x: (x - a) ** 3 + 0.1 * (x - b), -20.0, 20.0
    yield lambda x: math.tanh(5 * (x - a)) + 0.3 * math.sin(c), -10.0, 10.0
    yield lambda x: math.exp(x) - math.exp(a), -8.0, 8.0
    yield lambda x: (x - a) * (1 + 1e3 * (x > b)), -4.0, 5.0
    yield lambda x: (x - a) ** 9, 4.0, -5.0


@pytest.mark.parametrize("seed", range(trials(short=40, long=2000)))
def test_every_digit_is_the_one_of_scipy(seed):
    rng = np.random.default_rng(seed)
    for function, low, high in functions(rng):
        xtol = 10 ** rng.uniform(-13, -2)
        if function(low) * function(high) < 0:
            theirs = optimize.brentq(function, low, high, xtol=xtol, maxiter=1000)
            assert brentq(function, low, high, xtol=xtol) == theirs


def test_an_end_that_is_a_root_is_returned():
    assert brentq(lambda x: x - 1, 1.0, 3.0, xtol=1e-9) == 1.0
    assert brentq(lambda x: x - 3, 1.0, 3.0, xtol=1e-9) == 3.0


def test_ends_of_the_same_sign_are_refused():
    with pytest.raises(ValueError, match="same sign"):
        brentq(lambda x: x + 5, 1.0, 3.0, xtol=1e-9)
