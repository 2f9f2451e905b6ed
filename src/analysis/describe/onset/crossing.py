"""Who crossed a threshold by which visit, and how the arms differ: tables; they decide nothing.

Visits stand on the schedule here: which visit a person came to is told, not the minute. Every
table passes :func:`analysis.describe.common.released`, so that in the shared view none shows a
small group of real people.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from analysis.claims.case import Case
from analysis.describe.chosen import falls_that_count
from analysis.describe.common import fewest_in_a_step, policy, released, two_arms
from analysis.describe.onset.courses import people_courses, schedule
from analysis.estimates.onset.courses import STRATEGIES, Courses, Threshold
from analysis.estimates.onset.discrete_hazard import discrete_hazard
from analysis.estimates.onset.interval_censored import turnbull
from analysis.estimates.onset.interval_censored.confidence_intervals import (
    likelihood_difference,
    likelihood_interval,
)
from analysis.estimates.onset.interval_censored.rank_tests import rank_test
from analysis.estimates.onset.mixture import compare_crossing, crossing_model
from analysis.estimates.onset.time_to_response import CONFIRMED_AFTER, onset_intervals
from analysis.estimates.table import row
from analysis.quantity import Cell

__all__ = [
    "about_people",
    "crossing_at_the_end",
    "crossing_by_hour",
    "crossing_by_visit",
    "crossing_regions",
    "crossing_tests",
    "crossing_times",
    "strategies_compared",
]

SEED = 5
RESAMPLES = 9999
TESTS = ("responses over expected (sun scores)", "hazard ratio of response between visits")
ONE_ARM = "scores pass thresholds by chance alone, so one arm cannot show an onset"
Intervals = tuple[np.ndarray, np.ndarray]


def _split(table: pd.DataFrame, arms: tuple[str, str]) -> list[Intervals]:
    return [
        (own["left"].to_numpy(float), own["right"].to_numpy(float))
        for own in (table[table["arm"] == arm] for arm in arms)
    ]


def _label(threshold: Threshold, sustained: bool) -> str:
    return f"{threshold.name}, {'sustained' if sustained else 'once'}"


def _readable(course: Courses, sustained: bool) -> np.ndarray:
    """Hours of the visits that can show a crossing: for a sustained one, that can be confirmed."""
    if not sustained:
        return course.nominal
    return course.nominal[course.confirming(CONFIRMED_AFTER) < len(course.nominal)]


def crossing_by_visit(
    case: Case,
    threshold: Threshold,
    *,
    sustained: bool,
    strategies: Mapping[str, str] = STRATEGIES,
    last_only: bool = False,
) -> pd.DataFrame:
    """Share that crossed by each visit, each arm and their difference: rows of estimates.

    Never "ever": the last row is of the last visit, or for a sustained crossing of the last that
    a later one can confirm. With ``last_only`` no other visit is read.
    """
    course = people_courses(case, threshold, strategies=strategies)
    split = _split(onset_intervals(course, sustained=sustained), two_arms(case, ONE_ARM))
    hours = _readable(course, sustained)[-1 if last_only else 0 :]
    rows = [one for hour in hours.tolist() for one in _shares(case, split, hour)]
    for one in rows:
        what = "difference in responses" if " - " in one["contrast"] else "share with a response"
        one["estimand"] = f"{what}: {_label(threshold, sustained)}"
    return released(case, rows)


def _shares(case: Case, split: list[Intervals], hour: float) -> list[dict[str, Any]]:
    arms = two_arms(case, ONE_ARM)
    words: dict[str, Any] = {"instrument": case.scale.name, "window": f"by the visit at {hour:g} h"}
    rows = []
    for arm, (left, right) in zip(arms, split, strict=True):
        found = likelihood_interval(left, right, hour, contrast=arm, **words)
        rows.append(found | {"method": found["method"] + about_people(left, right, hour)})
    both = case.contrast
    rows.append(likelihood_difference(split[0], split[1], hour, contrast=both, **words))
    return rows


def about_people(left: np.ndarray, right: np.ndarray, hour: float) -> str:
    """How many people a share stands for, in words."""
    fit, n = turnbull(left, right), len(left)
    # A half is a half on every processor: its last digits must not decide which way it goes.
    counts = sorted({round(round(n * float(end(hour)), 9)) for end in (fit.lower, fit.upper)})
    return "; about " + " to ".join(f"{count} of {n}" for count in counts)


def crossing_by_hour(
    case: Case, threshold: Threshold, *, hours: tuple[float, ...] = (4.0, 6.0, 24.0, 48.0)
) -> pd.DataFrame:
    """Least and largest share that crossed by an hour, read off the envelope, unsustained.

    At an hour between two visits nobody was asked, and the share lies between those of the
    visits before and after.
    """
    arms = two_arms(case, ONE_ARM)
    course = people_courses(case, threshold)
    rows = []
    for arm, own in zip(arms, _split(onset_intervals(course, sustained=False), arms), strict=True):
        fit = turnbull(*own)
        for hour in hours:
            words = {"contrast": arm, "instrument": case.scale.name, "window": f"by {hour:g} h"}
            for end, share in (("least", fit.lower(hour)), ("most", fit.upper(hour))):
                count, n = round(round(len(own[0]) * float(share), 9)), len(own[0])
                cell = Cell({arm: n}, counts=((count, n),), made_of="share")
                method = f"Turnbull NPMLE, read off its envelope{about_people(*own, hour)}"
                what = f"share with a response, {end}: {threshold.name}"
                rows.append(row(estimand=what, n=n, estimate=float(share), method=method,
                                cell=cell, **words))  # fmt: skip
    return released(case, rows)


def crossing_at_the_end(case: Case) -> pd.DataFrame:
    """Every threshold, crossed once and sustained, by the last visit that can show it."""
    parts = []
    for threshold in falls_that_count(case):
        for sustained in (False, True):
            found = crossing_by_visit(case, threshold, sustained=sustained, last_only=True)
            parts.append(found.assign(threshold=threshold.name, sustained=sustained))
    return pd.concat(parts, ignore_index=True)


def crossing_regions(case: Case, threshold: Threshold, *, sustained: bool) -> pd.DataFrame:
    """Turnbull's estimate by arm as steps between visits, thinned to steps of enough people.

    Between two visits nothing tells where the step lies. A step of too few people is joined to
    the next, which widens the region: what is withheld looks like what is not known.

    Returns
    -------
    DataFrame
        arm, hours_low, hours_high (scheduled), share_low, share_high (0 to 1), n: the curve goes
        from share_low to share_high somewhere in (hours_low, hours_high]. The last row of an arm
        ends with the last readable visit; its share_high is a bound where people are too few.
    """
    course = people_courses(case, threshold)
    table = onset_intervals(course, sustained=sustained)
    hours = np.concatenate([[0.0], _readable(course, sustained)])
    least, rules = fewest_in_a_step(case), policy(case)
    rows: list[tuple[Any, ...]] = []
    arms = two_arms(case, ONE_ARM)
    for arm, (left, right) in zip(arms, _split(table, arms), strict=True):
        fit, n = turnbull(left, right), len(left)
        low, high = fit.lower(hours).round(9), fit.upper(hours).round(9)
        kept, first = 0, len(rows)
        for place in range(1, len(hours)):
            enough = n * min(low[place] - high[kept], 1 - high[place]) >= least
            if enough:
                rows.append((arm, hours[kept], hours[place], high[kept], low[place]))
                kept = place
        # What is left is too few participants to show, below or above: the box says no more.
        left_over = low[-1] - high[kept]
        few = least / n
        nobody = left_over <= 0 and rules is None
        top = high[kept] if nobody else high[kept] + few if left_over < few else 1.0
        rows.append((arm, hours[kept], hours[-1], high[kept], top))
        if rules is not None:
            rows[first:] = [(*one[:3], *(rules.share(end, n) for end in one[3:]))
                            for one in rows[first:]]  # fmt: skip
        people = n if rules is None else rules.rounded(n)
        rows[first:] = [(*one, people) for one in rows[first:]]
    names = ["arm", "hours_low", "hours_high", "share_low", "share_high", "n"]
    return pd.DataFrame(rows, columns=names)


def crossing_tests(case: Case) -> pd.DataFrame:
    """The two arms compared over all visits, for each threshold: score test and hazard ratio.

    A threshold that nobody crossed, or everybody at once, has rows that say so.
    """
    arms = two_arms(case, ONE_ARM)
    rows = []
    for threshold in falls_that_count(case):
        course = people_courses(case, threshold)
        for sustained in (False, True):
            found = onset_intervals(course, sustained=sustained)
            left, right = found["left"].to_numpy(), found["right"].to_numpy()
            treated = (found["arm"] == arms[0]).to_numpy()
            words: dict[str, Any] = {
                "contrast": case.contrast,
                "instrument": case.scale.name,
                "window": _label(threshold, sustained),
            }
            rows += _tests(left, right, treated, words)
    return released(case, rows)


def _tests(
    left: np.ndarray, right: np.ndarray, treated: np.ndarray, words: dict[str, Any]
) -> list[dict[str, Any]]:
    """Each of the tests, or why it is not given."""
    made: tuple[Callable[[], dict[str, Any]], ...] = (
        lambda: rank_test(left, right, treated, method="monte carlo",
                          resamples=RESAMPLES, seed=SEED, **words),
        lambda: discrete_hazard(left, right, treated).rows(**words)[0],
    )  # fmt: skip
    crossed = np.isfinite(right)
    counts = tuple((int(crossed[arm].sum()), int(arm.sum())) for arm in (treated, ~treated))
    cell = Cell.of(words["contrast"], *(n for _, n in counts), counts=counts)
    rows = []
    for name, test in zip(TESTS, made, strict=True):
        try:
            rows.append(test() | {"cell": cell})
        except ValueError as refusal:
            none = f"not given: {refusal}"
            own = replace(cell, method="not given")
            rows.append(row(estimand=name, n=left.size, method=none, cell=own, **words))
    return rows


def crossing_times(case: Case, threshold: Threshold, *, family: str = "weibull") -> pd.DataFrame:
    """Share who cross within the follow-up and median time of those who do, by a mixture."""
    arms = two_arms(case, ONE_ARM)
    split = _split(onset_intervals(people_courses(case, threshold), sustained=False), arms)
    horizon = max(schedule(case).values())
    fits = [crossing_model(*own, horizon=horizon, family=family) for own in split]
    words: dict[str, Any] = {
        "instrument": case.scale.name,
        "window": f"to the visit at {horizon:g} h",
    }
    rows: list[dict[str, Any]] = []
    counts = [(int(np.isfinite(right).sum()), len(right)) for _, right in split]
    for arm, (crossed, n), fit in zip(arms, counts, fits, strict=True):
        about = f"; a response was seen in {crossed} of {n}"
        found = fit.rows(contrast=arm, **words)
        cell = Cell({arm: n}, counts=((crossed, n),), method=found[0]["method"])
        rows += [one | {"method": one["method"] + about, "cell": cell} for one in found]
    both = Cell.of(case.contrast, *(n for _, n in counts), counts=tuple(counts))
    compared = compare_crossing(*fits, contrast=case.contrast, **words)
    rows += [one | {"cell": both} for one in compared]
    return released(case, rows)


def strategies_compared(case: Case, threshold: Threshold, *, sustained: bool) -> pd.DataFrame:
    """The share crossed by the last visit when dropout counts as missing, and as failure."""
    parts = []
    for strategy in ("as missing", "composite"):
        declared = dict(STRATEGIES) | {"dropout": strategy}
        found = crossing_by_visit(
            case, threshold, sustained=sustained, strategies=declared, last_only=True
        )
        parts.append(found.assign(dropout=strategy))
    return pd.concat(parts, ignore_index=True)
