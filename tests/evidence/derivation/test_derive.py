"""Quantities asked for by name: found, derived, or refused."""

from __future__ import annotations

import math

import pytest
from scipy import stats

from analysis import evidence
from analysis.errors import EvidenceError
from tests.evidence.published_table import check

# --- derived quantities ---------------------------------------------------------------------


def test_flagship_quantities():
    first = evidence.derive("Feder2014", "p_value")
    check("feder2014_p_normal", first["value"])
    assert "normal approximation" in first["method"]
    assert set(first["rows"]) == {"Feder2014-001", "Feder2014-002", "Feder2014-003"}
    check("feder2014_p_28_df", evidence.derive("Feder2014", "p_from_interval_t", df=28)["value"])
    assert evidence.derive("Feder2014", "p_from_interval")["value"] == first["value"]
    d = evidence.derive("Feder2021", "standardised_difference")
    check("feder2021_standardised_difference", d["value"])
    assert "15/15" in d["method"]
    assert "below zero" in d["method"]
    check("feder2021_hedges_g", evidence.derive("Feder2021", "hedges_g")["value"])


def test_synonyms_and_other_quantities():
    for short, long in evidence.SYNONYMS.items():
        assert long in evidence.QUANTITIES, short
    assert evidence.derive("Feder2021", "d") == evidence.derive("Feder2021", "smd")
    low, high = evidence.derive("Feder2021", "interval", df=28)["value"]
    half = stats.t.ppf(0.975, 28) * 3.96
    assert (low, high) == pytest.approx((-11.88 - half, -11.88 + half))
    assert evidence.derive("Feder2021", "se")["value"] == 3.96
    assert evidence.derive("meta_Borgogna2024", "g", hours=168)["value"] == -0.24
    assert evidence.derive("Feder2025WET", "change_from_means")["value"] == -20.8
    assert evidence.derive("Feder2025WET", "standardised_change")["value"] == -1.9
    se = evidence.derive("Feder2025WET", "se_of_change", correlation=1.0)["value"]
    assert se == pytest.approx((14.8 - 6.2) / math.sqrt(14))


def test_a_change_from_two_sds_is_told_for_three_correlations():
    """Feder 2025: 6.2 and 14.8 points; by hand at 0.5: sqrt(38.44 + 219.04 - 91.76) = 12.873."""
    found = evidence.derive("Feder2025WET", "sd_of_change")
    assert found["value"] == pytest.approx(12.873, abs=5e-4)
    assert list(found["alternatives"]) == [0.2, 0.5, 0.8]
    assert found["alternatives"][0.8] == pytest.approx(10.520, abs=5e-4)
    assert found["assumptions"] == ["correlation 0.5"]
    assert evidence.derive("Duek2023", "sd_of_change", arm="ketamine", hours=144)["value"] == 21.843
    # Albott 2018: (43.5 - 23.0) / (2 x 2.14479) x sqrt(15), t with 14 df from a printed table.
    albott = evidence.derive("Albott2018", "sd_of_change", instrument="PCL-5")
    assert albott["value"] == pytest.approx(18.509, abs=5e-3)


def test_a_paired_t_becomes_hedges_g():
    """KA-EMDR: -3.21 / sqrt(8) x (1 - 3 / 27) = -1.0088."""
    found = evidence.derive("KA-EMDR", "paired_hedges_g", instrument="ITQ")
    assert found["value"] == pytest.approx(-1.0088, abs=5e-5)
    assert "not a treatment effect" in found["method"]


REFUSED = [
    ("no_first_period", "Feder2014", "first_period_difference", {}),
    ("no_se", "Ross2019", "se", {}),
    ("no_sd", "Ross2019", "se_of_change", {"instrument": "PCL-5", "correlation": 0.5}),
    ("df_needed", "Feder2014", "p_from_interval_t", {}),
    ("df", "Feder2014", "p_value", {"df": 0}),
    ("crossover", "Feder2014", "standardised_difference", {}),
    ("correlation_needed", "Feder2025WET", "se_of_change", {}),
    ("correlation_needed", "Feder2025WET", "se_of_change", {"correlation": 1.5}),
    ("inconsistent", "Albott2018", "standardised_change", {"instrument": "PCL-5"}),
    ("inconsistent", "Albott2018", "standardised_change", {"instrument": "MADRS"}),
    ("no_comparator", "Albott2018", "response_difference", {}),
    ("different_people", "Duek2023", "change_from_means", {"arm": "midazolam", "hours": 720}),
    ("pooled", "meta_Sicignano2024", "d", {"instrument": "CAPS"}),
    ("no_interval", "Feder2021", "p_from_interval", {}),
    ("nothing", "Beaglehole2025", "p_value", {}),
    ("nothing", "Abdallah2022", "standardised_difference", {}),
    ("nothing", "Feder2014", "response_share", {}),
    ("nothing", "Duek2023", "p_value", {"hours": 24}),
    ("ambiguous", "Duek2023", "p_value", {}),
    ("ambiguous", "meta_Borgogna2024", "g", {"hours": 24}),
    ("unknown_study", "Feder1999", "p_value", {}),
    ("unknown_quantity", "Feder2014", "power", {}),
    ("unknown_selector", "Feder2014", "p_value", {"visit": 1}),
]


@pytest.mark.parametrize(("rule", "study", "quantity", "options"), REFUSED)
def test_refusals(rule, study, quantity, options):
    with pytest.raises(EvidenceError) as error:
        evidence.derive(study, quantity, **options)
    assert error.value.rule == rule
    assert error.value.message.endswith(".")


def test_ambiguity_lists_the_choices():
    with pytest.raises(EvidenceError, match=r"144 h; .*720 h"):
        evidence.derive("Duek2023", "p_value")
