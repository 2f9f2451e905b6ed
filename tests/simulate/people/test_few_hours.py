"""Values and sums at a few hours are those of the whole autoregressive process, exactly."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.simulate.people.few_hours import Asked, Fluctuation

# Before and after the window's end, twice the same hour, the window's edges.
ASKED = np.array([-31, -30, 5, -1, -1, 100, -95, -31, -102])
END = -30


class OneAtATime:
    """Person i gets a 1 as the i-th number drawn and 0 as every other."""

    def __init__(self, people: int) -> None:
        self.people, self.drawn = people, 0

    def standard_normal(self, size):
        count = int(np.prod(size[1:]))
        numbers = np.zeros((self.people, count))
        mine = np.arange(self.people) - self.drawn
        own = (mine >= 0) & (mine < count)
        numbers[own, mine[own]] = 1.0
        self.drawn += count
        return numbers.reshape(size)


def covariance_by_hand(hours, window):
    """Of the same quantities, from the covariance of every hour with every other."""
    every = np.arange(END - window, ASKED.max() + 1)
    of_hours = np.exp(-np.abs(every[:, None] - every) / hours)
    value = (every == np.array([END, *ASKED])[:, None]).astype(float)
    total = ((every > END - window) & (every <= np.array([END, *ASKED])[:, None])).astype(float)
    taken = np.concatenate([value[:1], total[:1], value[1:], total[1:]])
    return taken @ of_hours @ taken.T


@pytest.mark.parametrize(("hours", "window"), [(240.0, 720), (6.0, 168), (1.5, 72)])
def test_values_and_sums_have_the_covariance_of_the_process(hours, window):
    numbers = 2 + 2 * (len(ASKED) + 2)
    rng = OneAtATime(numbers)
    wave = Fluctuation(hours, window, window + ASKED.max() - END)
    known = wave.window_and_end(numbers, rng)
    asked = np.tile(ASKED, (numbers, 1))
    values, sums = wave.seen(known, Asked.about(np.full(numbers, END), window, asked), rng)
    # Independent numbers of SD 1: what each brings makes the covariance of what is drawn.
    brought = np.concatenate([known, values, sums], axis=1)
    expected = covariance_by_hand(hours, window)
    np.testing.assert_allclose(brought.T @ brought, expected, rtol=1e-9, atol=1e-9)


def test_what_was_known_before_is_still_so():
    rng = np.random.default_rng(3)
    wave = Fluctuation(6.0, 720, 900)
    end = rng.integers(-75, -20, 50)
    known = wave.window_and_end(50, rng)
    later = np.column_stack([end, end - 720, end + 24])
    values, sums = wave.seen(known, Asked.about(end, 720, later), rng)
    np.testing.assert_allclose(values[:, 0], known[:, 0], atol=1e-12)
    np.testing.assert_allclose(sums[:, 0] - sums[:, 1], known[:, 1], atol=1e-9)
