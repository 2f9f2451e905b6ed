"""The catalogue of scenarios says what is true of them."""

import pytest

from analysis.simulate.scenarios.flawed_designs import FLAWED
from tests.simulate.truths import CATALOGUE, in_sd, truth


@pytest.mark.parametrize("name", CATALOGUE.index.difference(FLAWED, sort=False))
def test_what_the_catalogue_says_of_drug_and_bias_is_true(name):
    row = CATALOGUE.loc[name]
    # True of the person; the past-week form cannot show it, and the world is else the same.
    found = truth("power-cell" if name == "past-week" else name)
    error = 4 * found["mean_difference_standard_error"]["hours_phase"] + 0.15
    near = error / found["baseline_sd"]["mean_of_two"]
    assert in_sd(found, "mean_difference_by_drug") == pytest.approx(row["drug_sd"], abs=near)
    whole_difference = row["drug_sd"] + row["bias_sd"]
    assert in_sd(found, "mean_difference") == pytest.approx(whole_difference, abs=near)
    if row["no_effect"]:
        assert found["mean_difference_by_drug"]["hours_phase"] == 0


def test_the_catalogue_is_complete_and_says_where_each_world_comes_from():
    assert not CATALOGUE.index.duplicated().any()
    assert CATALOGUE.notna().all(axis=None)
    assert (
        CATALOGUE["source"].str.contains("assumption") | CATALOGUE["source"].str.contains("doi:")
    ).all()
    assert (CATALOGUE["no_effect"] == (CATALOGUE["drug_sd"] == 0)).all()
    assert (CATALOGUE["changed"] != "").drop("null").all()
    assert not (CATALOGUE["no_effect"] & CATALOGUE["effect_true"]).any()
