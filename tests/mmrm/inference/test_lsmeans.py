"""LS means: predictions at the mean covariate, weighted as asked, off the sums."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from analysis.mmrm import MMRM
from tests.mmrm.conftest import trial
from tests.mmrm.fits import fit


def test_ls_means_are_predictions_at_the_mean_covariate(result: MMRM) -> None:
    used = trial(40, 4, seed=20).dropna()
    means = result.lsmeans("arm", by="visit")
    new = means[["arm", "visit"]].assign(baseline=used["baseline"].mean())
    np.testing.assert_allclose(means["estimate"], result.predict(new), rtol=1e-10)
    by_subject = used.groupby("subject")["baseline"].first().mean()
    means = result.lsmeans("arm", by="visit", covariates="subjects")
    np.testing.assert_allclose(
        means["estimate"], result.predict(new.assign(baseline=by_subject)), rtol=1e-10
    )
    means = result.lsmeans("arm", by="visit", at={"baseline": 25})
    np.testing.assert_allclose(
        means["estimate"], result.predict(new.assign(baseline=25.0)), rtol=1e-10
    )


def test_equal_and_proportional_weights(result: MMRM) -> None:
    used = trial(40, 4, seed=20).dropna()
    cells = result.lsmeans("arm", by="visit").pivot(index="arm", columns="visit", values="estimate")
    equal = result.lsmeans("arm").set_index("arm")["estimate"]
    np.testing.assert_allclose(equal, cells.mean(axis=1), rtol=1e-10)
    share = used["visit"].value_counts(normalize=True)[cells.columns]
    proportional = result.lsmeans("arm", weights="proportional").set_index("arm")["estimate"]
    np.testing.assert_allclose(proportional, cells.to_numpy() @ share.to_numpy(), rtol=1e-10)


def test_an_empty_cell_has_no_ls_mean() -> None:
    data = trial(40, 3, seed=23)
    data = data[~((data["arm"] == "drug") & (data["visit"] == "VIS10"))]
    table = fit(data, "y ~ arm * visit").lsmeans("arm", by="visit")
    empty = (table["arm"] == "drug") & (table["visit"] == "VIS10")
    assert list(np.isnan(table["estimate"])) == list(empty)


def test_what_the_tables_refuse(result: MMRM) -> None:
    data = trial(40, 4, seed=20)
    with pytest.raises(ValueError, match="level must be between 0 and 1, not 95"):
        result.lsmeans("arm", level=95)
    with pytest.raises(ValueError, match="'arm' cannot be both the factor and by"):
        result.lsmeans("arm", by="arm")
    with pytest.raises(ValueError, match="'baseline' is not a factor of the formula"):
        result.lsmeans("baseline")
    with pytest.raises(ValueError, match="'arm' has no level placebo"):
        result.lsmeans("visit", at={"arm": "placebo"})
    with pytest.raises(ValueError, match="'baseline' of the new data has 160 missing"):
        result.predict(data.assign(baseline=np.nan))
    with pytest.raises(ValueError, match="no column 'baseline'"):
        result.predict(data.drop(columns="baseline"))
    with pytest.raises(ValueError, match="no term 'arm'"):
        result.contrast({"arm": 1.0})


@pytest.mark.parametrize("weights", ["equal", "proportional"])
@pytest.mark.parametrize("covariates", ["rows", "subjects"])
def test_tables_are_read_off_the_sums_not_the_rows(weights: Any, covariates: Any) -> None:
    """So that what comes after the pass takes as long for many subjects as for few."""
    options = {"by": "visit", "weights": weights, "covariates": covariates}
    one, two = fit(trial()), fit(trial())
    for name in ("y", "subject", "visit", "codes", "numbers", "order"):
        object.__setattr__(two._rows, name, None)
    for read in (
        lambda f: f.lsmeans("arm", **options),
        lambda f: f.differences("arm", **options),
        lambda f: f.coefficients(),
    ):
        pd.testing.assert_frame_equal(read(one), read(two))
