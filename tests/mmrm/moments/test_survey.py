"""What the first pass over the chunks finds."""

from __future__ import annotations

import pandas as pd
import pytest

from tests.mmrm.moments.fitted_sources import agree, chunks, data, fit


def test_splines_with_knots_and_bounds_are_fitted_in_chunks() -> None:
    low, high = data()["baseline"].min(), data()["baseline"].max()
    spline = f"bs(baseline, knots=[28, 32], lower_bound={low - 1}, upper_bound={high + 1})"
    for formula in (f"y ~ {spline} + arm * visit", "y ~ np.log(baseline) * arm + arm * visit"):
        agree(fit(data(), formula), fit(chunks(data(), 90), formula))


@pytest.mark.parametrize(
    "term", ["bs(baseline, df=4)", "scale(baseline)", "poly(baseline, 2)", "center(baseline)"]
)
def test_what_each_chunk_would_learn_differently_is_refused(term: str) -> None:
    with pytest.raises(ValueError, match="give the knots and the bounds"):
        fit(chunks(data(), 90), f"y ~ {term} + arm * visit")


def test_numbers_that_are_levels_are_found_over_all_chunks() -> None:
    table = data().sort_values("hours", kind="stable")
    formula = "y ~ C(hours) + arm"
    one, two = fit(data(), formula), fit(chunks(table, 40), formula)
    pd.testing.assert_frame_equal(one.coefficients(), two.coefficients(), rtol=1e-9)
    pd.testing.assert_frame_equal(one.lsmeans("hours"), two.lsmeans("hours"), rtol=1e-9)
