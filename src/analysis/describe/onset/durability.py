"""For how long: response at each visit, and its loss. Tables of one study; they decide nothing."""

from __future__ import annotations

from typing import Any

import pandas as pd

from analysis.claims.case import Case
from analysis.describe.common import released, two_arms
from analysis.describe.onset.courses import people_courses
from analysis.describe.onset.crossing import ONE_ARM, about_people
from analysis.estimates.onset.courses import Threshold
from analysis.estimates.onset.durability import in_response, loss_intervals
from analysis.estimates.onset.interval_censored.confidence_intervals import likelihood_interval
from analysis.estimates.proportions import exact_share, share_difference

__all__ = ["loss_of_response", "response_by_visit"]


def response_by_visit(case: Case, threshold: Threshold) -> pd.DataFrame:
    """Share in response at each visit by arm, and the difference: people who came, all randomised.

    Unlike the length of response of those who responded, this compares the arms as they were
    allocated.
    """
    arms = two_arms(case, ONE_ARM)
    states = in_response(people_courses(case, threshold))
    rows = []
    for hours, now in states.groupby("nominal", sort=True):
        words: dict[str, Any] = {
            "instrument": case.scale.name,
            "window": f"at the visit at {hours:g} h",
        }
        counts = [now.loc[now["arm"] == arm, "responds"] for arm in arms]
        yes, n = [int(own.sum()) for own in counts], [len(own) for own in counts]
        if min(n) == 0:
            continue
        what = f"share in response: {threshold.name}"
        for arm, events, size in zip(arms, yes, n, strict=True):
            rows.append(exact_share(events, size, estimand=what, contrast=arm, **words))
        rows.append(
            share_difference(
                (yes[0], yes[1]),
                (n[0], n[1]),
                estimand=f"difference in {what}",
                contrast=case.contrast,
                **words,
            )
        )
    return released(case, rows)


def loss_of_response(
    case: Case, threshold: Threshold, *, hours: tuple[float, ...] = (24.0, 72.0)
) -> pd.DataFrame:
    """Share of each arm's responders who lost response within hours of the visit that showed it.

    Responders are picked by what happened after the infusion, so the arms are not compared.
    The estimate lies between the ends of the row; nothing in a visit grid narrows it.
    """
    lost = loss_intervals(people_courses(case, threshold))
    rows = []
    for arm, own in lost.groupby("arm", sort=True):
        left, right = own["left"].to_numpy(), own["right"].to_numpy()
        words: dict[str, Any] = {"contrast": str(arm), "instrument": case.scale.name}
        for hour in hours:
            found = likelihood_interval(left, right, hour, window=f"within {hour:g} h", **words)
            what = f"share of responders that lost response: {threshold.name}"
            method = found["method"] + about_people(left, right, hour)
            rows.append(found | {"estimand": what, "method": method})
    return released(case, rows)
