"""What every page shares: numbers as people read them, the day, the gates in a line."""

import math
from datetime import date

import pytest

from analysis.describe.display import estimate_numbers
from analysis.report.page import day_told, gate_counts, today, with_unit
from tests.report.small_report import result


def test_gates_are_counted_in_words():
    assert gate_counts(result("onset", "supported")) == (
        "gates: 3 passed, 2 not passed, 2 not evaluated"
    )
    assert gate_counts(result("onset", "supported", reasons=())) == "no gate applies"


def test_the_day_is_that_of_the_machine_or_the_one_declared(monkeypatch):
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    assert today() == date.today()
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1796000000")
    assert today() == date(2026, 11, 30)
    assert day_told(date(2026, 3, 5)) == "5 March 2026"


# --- numbers -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("estimate", "low", "high", "expected"),
    [
        (-9.8312, -13.92, -5.771, "−9.83 [−13.92, −5.77]"),
        (2 / 3, 0.3838, 0.8818, "0.667 [0.384, 0.882]"),
        (0.0142, -20, 20, "0.01 [−20.00, 20.00]"),
        (1234.5, 1000, 1500, "1234 [1000, 1500]"),
        (0, -1.5, 1.5, "0.00 [−1.50, 1.50]"),
        (-0.0001, -12, 12, "0.00 [−12.00, 12.00]"),
        (24, 6, math.inf, "24.0 [6.0, ∞]"),
        (math.nan, 0.1, 0.2, "– [0.100, 0.200]"),
        (5.04, None, math.nan, "5.04 "),
        (math.nan, math.nan, math.nan, "– "),
    ],
)
def test_numbers_have_three_significant_digits_and_a_true_minus(estimate, low, high, expected):
    seen = estimate_numbers({"estimate": estimate, "ci_low": low, "ci_high": high})
    assert f"{seen['estimate']} {seen['interval']}" == expected


@pytest.mark.parametrize(
    ("p_value", "expected"),
    [(0.0142, "0.014"), (0.0001, "< 0.001"), (0.9999, "> 0.999"), (math.nan, "–"), (None, "–")],
)
def test_p_values(p_value, expected):
    assert estimate_numbers({"p_value": p_value})["p_value"] == expected


def test_degrees_of_freedom_and_numbers_of_people():
    seen = estimate_numbers({"df": 28, "n": 30.0, "se": 2.0412})
    assert (seen["df"], seen["n"], seen["se"]) == ("28", "30", "2.04")
    assert estimate_numbers({"df": 54.33})["df"] == "54.3"
    assert estimate_numbers({"df": math.inf})["df"] == "∞"


@pytest.mark.parametrize(
    ("estimand", "given", "expected"),
    [
        ("share with any fall", (0.967, 0.828, 0.999), "97 [83, 100] %"),
        ("difference in shares", (-0.25, -0.5, math.nan), "−25 [−50, –] %"),
        ("infusion length (minutes)", (40, 39, 42), "40.0 [39.0, 42.0] minutes"),
        ("adjusted difference", (-7.76, -11.6, -3.93), "−7.76 [−11.60, −3.93] "),
    ],
)
def test_a_number_has_its_unit_and_a_share_is_per_cent(estimand, given, expected):
    row = dict(zip(("estimate", "ci_low", "ci_high"), given, strict=True))
    seen = with_unit(row | {"estimand": estimand})
    assert f"{seen['estimate']} {seen['interval']} {seen['unit']}" == expected
