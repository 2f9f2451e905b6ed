"""The first session as a guide: scores of a study around its sessions, and why coupling misleads.

They decide nothing.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.claims.case import Case
from analysis.claims.evaluators.session_courses import session_courses
from analysis.describe.common import policy
from analysis.estimates.responders.first_session import first_and_last_response
from analysis.rules import refusal
from analysis.simulate.sessions import sessions

__all__ = ["correlations_without_relation", "course_scores"]


def course_scores(case: Case) -> pd.DataFrame:
    """Scores of people around a course of sessions, on the primary form.

    Returns
    -------
    DataFrame
        As :func:`analysis.claims.evaluators.session_courses.session_courses`, without the numbers
        of people.

    Raises
    ------
    ValueError
        When nobody has: the claim about the first session is not testable with these data.
    ReliefError
        ``release.person-rows`` for others, since each row is a person.
    """
    course = session_courses(case)
    if course.empty:
        raise ValueError(
            "Not testable with these data: nobody has two ratings before, a score after the "
            "first and a score after a later session."
        )
    if policy(case) is not None:
        raise refusal("release.person-rows")
    return course.reset_index(drop=True)


def correlations_without_relation(
    n: int = 30, *, cohorts: int = 400, seed: int = 5
) -> pd.DataFrame:
    """What cohorts made up without any relation show by each way of correlating responses.

    Returns
    -------
    DataFrame
        estimand, estimate (mean over the cohorts), ci_low and ci_high (the middle 95 % of
        them).
    """
    rng = np.random.default_rng(seed)
    found: dict[str, list[float]] = {}
    for _ in range(cohorts):
        course = sessions(n, rng, relation=0.0)
        before = course[["before_1", "before_2"]].to_numpy()
        first, end = course["first"].to_numpy(), course["end"].to_numpy()
        split, shared = (line["estimate"] for line in first_and_last_response(before, first, end))
        one = np.corrcoef(first - before[:, 1], end - before[:, 1])[0, 1]
        for name, value in (
            ("both from one rating before", one),
            ("both from the mean of two", shared),
            ("each from a rating of its own", split),
        ):
            found.setdefault(name, []).append(float(value))
    limits = {name: np.quantile(values, [0.025, 0.975]) for name, values in found.items()}
    return pd.DataFrame(
        [(name, np.mean(found[name]), *limits[name]) for name in found],
        columns=["estimand", "estimate", "ci_low", "ci_high"],
    )
