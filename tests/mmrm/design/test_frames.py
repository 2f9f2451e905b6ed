"""Tables of other libraries give the same fit as pandas'."""

from __future__ import annotations

from typing import Any

import duckdb
import narwhals as nw
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from analysis.mmrm import prepare
from analysis.mmrm.design.frames import as_frame
from tests.mmrm.fits import fit
from tests.mmrm.prepared_data import FORMULA, ROLES, data

FRAMES: dict[str, Any] = {
    "narwhals": nw.from_native,
    "lazy": lambda d: nw.from_native(d).lazy(),
    "duckdb": lambda d: duckdb.sql("select * from d"),
    "narwhals of arrow": lambda d: nw.from_native(pa.Table.from_pandas(d)),
}


def plain() -> pd.DataFrame:
    return data().astype({"visit": str})


@pytest.mark.parametrize("kind", FRAMES)
def test_a_frame_that_narwhals_knows_is_fitted(kind: str) -> None:
    ours, theirs = fit(plain(), FORMULA), fit(FRAMES[kind](plain()), FORMULA)
    pd.testing.assert_frame_equal(ours.coefficients(), theirs.coefficients())
    spec = prepare(FORMULA, FRAMES[kind](plain()), **ROLES)
    assert spec.fit(FRAMES[kind](plain())).loglik == ours.loglik
    # Chunks of any kind, and new rows.
    halves = [FRAMES[kind](plain().iloc[:80]), plain().iloc[80:]]
    assert fit(halves, FORMULA).loglik == pytest.approx(ours.loglik, rel=1e-12)  # type: ignore[arg-type]
    np.testing.assert_array_equal(ours.predict(FRAMES[kind](plain())), ours.predict(plain()))


def test_declared_orders_are_kept_and_others_are_text() -> None:
    kinds = pd.DataFrame({"visit": ["2 h", "pre", "2 h"]})
    enum = duckdb.sql("select visit::enum('pre', '2 h', 'never') as visit from kinds")
    assert list(as_frame(enum)["visit"].cat.categories) == ["pre", "2 h", "never"]
    declared = kinds.astype({"visit": pd.CategoricalDtype(["pre", "2 h"], ordered=True)})
    pd.testing.assert_frame_equal(as_frame(nw.from_native(declared)), declared)
    arrow = pa.table({"visit": pa.array(["2 h", "pre"]).dictionary_encode()})
    assert as_frame(nw.from_native(arrow))["visit"].tolist() == ["2 h", "pre"]
    assert not isinstance(as_frame(nw.from_native(arrow))["visit"].dtype, pd.CategoricalDtype)


def test_what_is_no_frame_comes_back_as_it_is() -> None:
    for value in (None, 3, [1], plain()):
        assert as_frame(value) is value
