"""Between-within degrees of freedom against nlme::lme."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.mmrm.inference import between_within
from tests.mmrm import r_listings as r
from tests.mmrm.inference.r_tables import NAMES, Fitted, table_of


@pytest.mark.parametrize("name", NAMES)
def test_between_within_is_that_of_nlme(fitted: Fitted, name: str) -> None:
    ours = table_of(fitted(name, "cs", "between-within"))["df"]
    theirs = r.listing("lmer", name).terms("cs", "REML", "between-within df")
    # nlme counts the intercept as estimated within subjects.
    terms = [term for term in theirs.index if term != "Intercept"]
    np.testing.assert_array_equal(ours[terms], theirs[terms])


def test_where_sas_differs_the_docstring_has_the_numbers() -> None:
    # 537 rows of 197 subjects; 4 columns between subjects beside the intercept, 6 within.
    varies = np.repeat([False, True], [5, 6])
    df = between_within.column_df(varies, n_obs=537, n_subjects=197)
    assert list(np.unique(df)) == [192, 334]
    told = " ".join((between_within.__doc__ or "").split())
    assert "arm 192 in all three" in told
    assert "334 here and in mmrm, 192 in SAS" in told
