"""Forms in UTC beside local infusions are told by their courses; late infusions are not."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.config import Table
from analysis.readers.roles.dates.exact_times import ExactTimes
from analysis.readers.roles.dates.other_clock import in_utc

# Hours since the infusion's start at which forms are planned.
VISITS = (-24.0, -0.75, 3.0, 5.0, 26.0, 168.0)


def study(
    people: int, starts: tuple[float, float], ahead: float, late: float = 0.0
) -> tuple[ExactTimes, ExactTimes]:
    """Forms and infusions of some people, every second day; forms so many hours late."""
    rng = np.random.default_rng(5)
    # Local hours; a clock counts them in UTC.
    start = 48.0 * np.arange(people) + rng.uniform(*starts, people) - ahead
    at = start[:, None] + np.array(VISITS) + rng.uniform(-0.4, 0.4, (people, len(VISITS)))
    spec = Table.model_construct()

    def table(who: np.ndarray, times: np.ndarray) -> ExactTimes:
        zone = np.full(len(who), ahead)
        return ExactTimes(
            spec, "a.csv", False, who, times, zone, start[who], start[who] + 0.7, None
        )

    forms = table(np.repeat(np.arange(people), len(VISITS)), at.ravel() + late)
    return forms, table(np.arange(people), start)


@pytest.mark.parametrize(("starts", "ahead"), [
    ((9, 12), -4.0), ((15, 18.5), -4.0), ((8, 11), 5.5), ((20, 23), -4.0), ((8.5, 12), 2.0),
])  # fmt: skip
def test_forms_on_the_clock_of_their_infusions_show_no_other(starts, ahead):
    assert in_utc(*study(24, starts, ahead)) is None


@pytest.mark.parametrize("people", [8, 24])
@pytest.mark.parametrize("ahead", [-7.0, -4.0, 5.5])
def test_forms_in_utc_do_of_few_people_too(people, ahead):
    # Where a file's UTC is taken for local time, forms are later by what the zone is behind.
    forms, given = study(people, (9, 12), ahead, late=-ahead)
    table, moved = in_utc(forms, given)
    assert table is forms
    assert np.allclose(moved, ahead)


def test_times_with_offsets_alone_tell_no_hour_of_the_day():
    forms, _ = study(8, (9, 12), np.nan)
    assert forms.on_local_clock
    told = ExactTimes(forms.spec, "a.csv", True, forms.who, forms.at, forms.ahead, forms.start,
                      forms.end)  # fmt: skip
    assert not told.on_local_clock
