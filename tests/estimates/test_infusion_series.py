"""Series of infusions: numbers that count them, and the straight line through their effects."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analysis.estimates.infusion_series import infusion_numbers, slope_weights


def test_the_weights_give_the_slope_of_least_squares():
    numbers, effects = [1, 2, 4, 7], np.array([0.0, -1.5, -2.0, -6.0])
    weights = slope_weights(numbers, "arm:")
    assert list(weights) == ["arm:infusion[T.2]", "arm:infusion[T.4]", "arm:infusion[T.7]"]
    slope = np.polyfit(numbers, effects, 1)[0]
    assert effects[1:] @ list(weights.values()) == pytest.approx(slope)


@pytest.mark.parametrize(
    ("infusions", "message"), [([1, 1.5], "whole numbers"), ([2, 2], "two rows for one infusion")]
)
def test_what_does_not_count_infusions_is_refused(infusions, message):
    with pytest.raises(ValueError, match=message):
        infusion_numbers(pd.DataFrame({"subject": ["a", "a"], "infusion": infusions}))


def test_infusions_are_told_in_order():
    data = pd.DataFrame({"subject": ["a", "a", "b"], "infusion": [3, 1, 1]})
    assert infusion_numbers(data) == [1, 3]
