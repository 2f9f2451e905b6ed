"""Labels stand as a person would put them."""

from __future__ import annotations

import datetime

import numpy as np
import pytest

from analysis.mmrm.design.natural_order import natural_order
from tests.length import seed, trials

ORDERS = [
    "pre | 2 h | 24 h | 1 week",
    "Day -1 | baseline | 2 h | 24 h",
    "screening | Day -7 | Baseline | 30 min | 2 h | 1.5 d | Week 1 | week 2 | Month 3 | Follow-up",
    "VIS8 | VIS9 | VIS10 | VIS11",
    "D-1 | D1 | D2 | D10",
    "VIS-1 | VIS-2 | VIS-10",
    "T-1 | T0 | T+1 | T+2",
    "30m | 2h | 24h | 1w",
    "2w | 1m | 3m | 1y",
    "pre | post | 2 h later",
    "before | during | after",
    "Pre | Post | Follow-up",
    "0.5 h | 1 h | 1.5 h | 10 h",
    ".5 h | 1,5 h | 2 h | 1,000 h",
    "Cycle 1 Day 1 | Cycle 1 Day 15 | Cycle 2 Day 1",
    "Day 1 pre-dose | Day 1 2 h | Day 1 24 h | Day 8 pre-dose | Day 8 2 h",
    "2 h before | 30 min pre-dose | pre | 30 min post-dose | 2 h post",
    "2-6 h | 24 h | 1-3 days | week 1",
    "-24 | -1 | 0 | 2 | 10",
    "0 | 2 h | 24 h",
    "0.25 mg | 0.5 mg | 1 mg | 10 mg",
    "first | second | third",
    "Visit 1 (baseline) | Visit 2 (2 h) | Visit 3 (24 h)",
    "1. Baseline | 2. 2 h | 3. 24 h | 10. 1 week",
    "post 2 h | post 24 h | post 1 week",
    "24-hour | 1-week | 1-month",
    "−1 day | 0 h | 1 day",
    "60 s | 2 min | 1 h",
    "Baseline | Week 2 | Week 4 | post-treatment",
    "control | Drug | placebo",
]


@pytest.mark.parametrize("order", ORDERS)
def test_labels_stand_as_a_person_would_put_them(order: str) -> None:
    labels = order.split(" | ")
    rng = np.random.default_rng(len(order))
    for _ in range(6):
        assert list(natural_order(rng.permutation(labels).tolist())) == labels


def test_numbers_truth_values_and_lengths_of_time() -> None:
    assert natural_order([10.0, 9, -1, np.int64(2)]) == (-1, 2, 9, 10.0)
    assert natural_order([True, False]) == (False, True)
    day, hour = datetime.timedelta(days=1), np.timedelta64(60, "m")
    assert natural_order([day, hour]) == (hour, day)


# A unit, its length in hours, and the ways to write a number of it.
UNITS = {
    1 / 60: ("{} min", "{}min", "{} minutes", "min {}", "{}-minute"),
    1: ("{} h", "{}h", "{} hours", "Hour {}", "H{}", "{} hr", "{} h post-dose", "post {} h"),
    24: ("{} d", "Day {}", "DAY{}", "D{}", "{} days", "day_{}", "{}-day"),
    168: ("{} weeks", "Week {}", "W{}", "{}wk", "wk {}", "week_{}", "follow-up {} weeks"),
    730.5: ("Month {}", "{} months", "{} mo", "{}-month follow-up"),
    8766: ("{} years", "Year {}", "{}y"),
}
FIRST = ("Screening", "screen")
BASELINE = ("baseline", "Pre", "pre-dose", "BL", "before", "Pre-infusion")
LAST = ("Follow-up", "End of study", "early termination")


def a_schedule(rng: np.random.Generator) -> list[str]:
    """Times in order: now and then a screening, negative times, a baseline, an end."""
    times: dict[float, str] = {}
    for _ in range(rng.integers(2, 9)):
        size = list(UNITS)[rng.integers(len(UNITS))]
        number = round(float(rng.integers(1, 40)) / rng.choice([1, 1, 2, 4]), 2)
        written = f"{number:g}" if rng.random() < 0.8 else f"{number:g}".replace(".", ",")
        style = UNITS[size][rng.integers(len(UNITS[size]))]
        # After a word a hyphen may be either: the listed orders above hold those.
        if rng.random() < 0.15 and style in ("{} h", "{} min", "{} d", "Day {}", "Week {}"):
            number, written = -number, f"-{written}"
        times[round(number * size, 6)] = style.format(written)
    order = [times[time] for time in sorted(times) if time < 0]
    if rng.random() < 0.2:
        order = [str(rng.choice(FIRST)), *order]
    if rng.random() < 0.5:
        order.append(str(rng.choice(BASELINE)))
    order += [times[time] for time in sorted(times) if time > 0]
    return [*order, str(rng.choice(LAST))] if rng.random() < 0.2 else order


def a_numbering(rng: np.random.Generator) -> list[str]:
    """One word with numbers: visits, sessions, doses with decimals, two numbers."""
    style = rng.choice(["VIS{}", "Visit {}", "session_{}", "{} mg", "{}", "v{}.", "{}. visit"])
    numbers = sorted({float(n) for n in rng.integers(1, 120, rng.integers(2, 9))})
    if style in ("{} mg", "{}"):
        numbers = sorted({n / 4 for n in numbers})
    if rng.random() < 0.2:
        return [f"Cycle {n // 7:.0f} Day {n % 7 + 1:.0f}" for n in numbers]
    return [str(style).format(f"{n:g}") for n in numbers]


def test_random_schedules_sort_as_a_person_would() -> None:
    rng, left = np.random.default_rng(seed(14)), trials(short=6_000, long=1_000_000)
    while left > 0:
        order = a_schedule(rng) if rng.random() < 0.7 else a_numbering(rng)
        if len(set(order)) < len(order):
            continue
        assert list(natural_order(rng.permutation(order).tolist())) == order
        left -= len(order)
