"""The course of psychological treatment, and ketamine's beside it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analysis.errors import ReliefError
from analysis.estimates.pooling import pool
from analysis.evidence import therapy
from analysis.evidence.__main__ import main
from analysis.paths import DATA_PROCESSED


@pytest.fixture(scope="module")
def trials(open_data) -> pd.DataFrame:
    open_data("metapsy-ptsd")
    return therapy.read_trials()


def test_the_database_is_read_in_its_own_words(trials):
    """Semicolons, decimal commas, Latin-1; counts of diagnoses are no scores."""
    assert len(trials) == 121
    assert set(trials["comparator"]) == {"waitlist", "treatment as usual", "other"}
    assert trials["variance"].gt(0).all()
    assert (trials["g"] < 0).mean() > 0.9


def test_the_stored_course_is_that_of_the_database(trials, tmp_path):
    assert (
        therapy.write_course(folder=tmp_path).read_bytes()
        == (DATA_PROCESSED / therapy.COURSE).read_bytes()
    )


def made() -> pd.DataFrame:
    rng = np.random.default_rng(5)
    rows = []
    for place in range(24):
        hours = [100.0, 500.0, 1200.0, 2000.0, 2600.0][place % 5]
        rows += [
            {"trial": f"T{place}", "comparator": "waitlist" if place < 16 else "other",
             "hours": hours, "n": 40, "g": rng.normal(-1, 0.2), "variance": 0.1}
            for _ in range(1 + place % 2)
        ]  # fmt: skip
    return pd.DataFrame(rows)


def test_scales_of_one_trial_are_one_trial():
    rows = made()
    found = therapy.course(rows).query("comparator == 'any control'")
    assert found["trials"].sum() == 24
    assert found["people"].sum() == 24 * 40
    first = rows[rows["hours"] == 100.0].groupby("trial")["g"].mean()
    expected = pool(first, np.full(len(first), 0.1)).estimate
    assert found["estimate"].iloc[0] == pytest.approx(expected)


def test_times_that_are_not_told_are_left_out():
    rows = pd.concat([made(), made().head(3).assign(trial="X", hours=np.nan)])
    assert therapy.course(rows).equals(therapy.course(made()))


def test_another_file_is_refused(tmp_path, capsys):
    place = tmp_path / "data.csv"
    with pytest.raises(ReliefError) as refused:
        therapy.read_trials(place)
    assert refused.value.rule == "evidence.therapy-absent"
    place.write_text("study;.g\n")
    with pytest.raises(ReliefError) as refused:
        therapy.read_trials(place)
    assert refused.value.rule == "evidence.therapy-changed"
    assert main(["--therapy", str(place)]) == 2
    assert "evidence.therapy-changed" in capsys.readouterr().err


def test_speeds_are_standardised_and_name_their_source():
    found = therapy.speeds()
    assert set(found["treatment"]) == {
        "psychological treatment", "ketamine, meta-analysis", "ketamine, one trial",
        "ketamine with psychotherapy, one trial",
    }  # fmt: skip
    assert found["source"].str.startswith("10.").all()
    assert (found["ci_low"] < found["ci_high"]).all()
    ketamine = found[found["treatment"] != "psychological treatment"]
    assert ketamine["rows"].map(len).gt(0).all()
