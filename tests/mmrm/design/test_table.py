"""How the table is stored changes no number."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from analysis.mmrm import MMRM
from tests.mmrm.conftest import trial
from tests.mmrm.fits import COLUMNS, fit


def test_column_types_of_pandas_do_not_matter(result: MMRM) -> None:
    other = fit(trial(40, 4, seed=20).convert_dtypes())
    assert other.loglik == pytest.approx(result.loglik, rel=1e-12)


@pytest.mark.parametrize(
    "change",
    [
        lambda d: d.assign(subject=d["subject"].str[1:].astype(int)),
        lambda d: d.set_index(np.zeros(len(d), dtype=int)),
        lambda d: d.convert_dtypes(),
        lambda d: d.astype({"baseline": object, "y": object}),
        lambda d: d.assign(baseline=pd.to_timedelta(d["baseline"], "h")),
        lambda d: d.convert_dtypes(dtype_backend="pyarrow"),
        lambda d: d.assign(arm=pd.Categorical(d["arm"], ["control", "drug", "never given"])),
        lambda d: d.assign(arm=(d["arm"] == "drug")),
        lambda d: d.assign(arm=(d["arm"] == "drug").astype("boolean")),
        lambda d: d.assign(arm=(d["arm"] == "drug").astype("bool[pyarrow]")),
    ],
    ids=[
        "numbers",
        "index",
        "nullable",
        "object",
        "lengths of time",
        "pyarrow",
        "unused",
        "bool",
        "boolean",
        "arrow bool",
    ],
)
def test_how_a_column_is_stored_changes_no_number(result: MMRM, change: Any) -> None:
    other = fit(change(trial(40, 4, seed=20)))
    one, two = (f.differences("arm", by="visit")[COLUMNS] for f in (result, other))
    pd.testing.assert_frame_equal(one, two, rtol=1e-12)


def test_one_subject_at_a_visit_is_refused_and_half_empty_patterns_are_not() -> None:
    table = trial(60, 6, missing=0.45, seed=3)
    some = fit(table, "y ~ baseline + arm * visit")
    patterns = table.dropna().groupby("subject")["visit"].agg(tuple)
    # More patterns than a third of the subjects, most of them with one or two.
    assert patterns.nunique() > 20
    assert some.n_subjects == 60
    assert np.isfinite(some.coefficients()).all(axis=None)
    last = table["visit"] == "VIS13"
    keep = table[last & table["y"].notna()].index[0]
    lonely = table.assign(y=table["y"].mask(last & (table.index != keep)))
    with pytest.raises(ValueError, match=r"Visit VIS13 was seen by 1 subject\(s\)"):
        fit(lonely)
