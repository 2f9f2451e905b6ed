"""Between-within degrees of freedom against nlme::lme."""

from __future__ import annotations

import numpy as np
import pytest

from tests.mmrm import r_listings as r
from tests.mmrm.inference.r_tables import NAMES, Fitted, table_of


@pytest.mark.parametrize("name", NAMES)
def test_between_within_is_that_of_nlme(fitted: Fitted, name: str) -> None:
    ours = table_of(fitted(name, "cs", "between-within"))["df"]
    theirs = r.listing("lmer", name).terms("cs", "REML", "between-within df")
    # nlme counts the intercept as estimated within subjects.
    terms = [term for term in theirs.index if term != "Intercept"]
    np.testing.assert_array_equal(ours[terms], theirs[terms])
