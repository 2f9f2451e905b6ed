"""Change around each of several infusions against lmerTest, an identity and refusals."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analysis.estimates.change.paired import paired_change
from analysis.estimates.change.repeated_infusions import change_around_infusions
from tests.estimates.r_listing import REFERENCE, listed


def test_the_mixed_model_is_that_of_lmertest():
    """pbkrtest takes the expected information, SAS and we the observed: df differ by some %."""
    r = listed("infusions")
    found = change_around_infusions(pd.read_csv(REFERENCE / "paired_infusions.csv"))
    for name, row in zip(
        [*(f"infusion {j}" for j in range(1, 6)), "mean", "step"], found, strict=True
    ):
        assert row["estimate"] == pytest.approx(r[f"{name} estimate"], abs=1e-5)
        assert row["se"] == pytest.approx(r[f"{name} se"], rel=5e-4)
        assert row["df"] == pytest.approx(r[f"{name} df"], rel=0.03)
        assert row["n"] == 12


def series(n: int = 14, infusions: int = 3) -> pd.DataFrame:
    rng = np.random.default_rng(4)
    person = rng.normal(0, 4, n)
    return pd.concat(
        pd.DataFrame(
            {
                "subject": [f"p{i}" for i in range(n)],
                "infusion": j + 1,
                "before": rng.normal(34, 5, n),
                "after": rng.normal(30 + j, 5, n) + person,
            }
        )
        for j in range(infusions)
    )


def test_with_every_infusion_given_the_mean_is_the_paired_t_of_peoples_means():
    data = series()
    means = data.groupby("subject")[["before", "after"]].mean()
    (t,) = paired_change(means["before"].to_numpy(), means["after"].to_numpy())
    mean = change_around_infusions(data)[3]
    for name in ("estimate", "se", "df", "ci_low", "ci_high", "p_value"):
        assert mean[name] == pytest.approx(t[name], rel=1e-5)


def test_pooling_would_claim_more_than_the_people_bear():
    """Three strongly correlated changes a person are not three people."""
    data = series()
    (pooled,) = paired_change(data["before"].to_numpy(), data["after"].to_numpy())
    mean = change_around_infusions(data)[3]
    assert mean["n"] == 14
    assert mean["df"] < 20 < pooled["df"]


def test_names_and_windows_tell_the_rows_apart():
    rows = change_around_infusions(series(), window="about 3 h", instrument="PCL-5-now")
    assert [row["window"] for row in rows] == [
        "about 3 h, infusion 1",
        "about 3 h, infusion 2",
        "about 3 h, infusion 3",
        "about 3 h, infusions 1 to 3, equal weights",
        "about 3 h, one to the next",
    ]
    assert rows[-1]["estimand"] == "step of the change around an infusion"
    assert {row["instrument"] for row in rows} == {"PCL-5-now"}


def test_order_of_rows_and_names_of_people_do_not_matter():
    data = series()[:-5]
    names = dict(
        zip(data["subject"].unique(), np.random.default_rng(1).permutation(14), strict=True)
    )
    mixed = data.assign(subject=data["subject"].map(names)).sample(frac=1, random_state=2)
    for one, other in zip(
        change_around_infusions(data), change_around_infusions(mixed), strict=True
    ):
        assert one["estimate"] == pytest.approx(other["estimate"], rel=1e-9)
        assert one["df"] == pytest.approx(other["df"], rel=1e-6)


def test_refusals_are_sentences():
    data = series()
    with pytest.raises(ValueError, match="1 of 42 infusions lack"):
        change_around_infusions(data.assign(after=[np.nan, *data["after"][1:]]))
    with pytest.raises(ValueError, match="two rows for one infusion"):
        change_around_infusions(pd.concat([data, data.head(1)]))
    with pytest.raises(ValueError, match="paired change is the estimate"):
        change_around_infusions(data[data["infusion"] == 1])
    with pytest.raises(ValueError, match="whole numbers"):
        change_around_infusions(data.assign(infusion=data["infusion"] + 0.5))
