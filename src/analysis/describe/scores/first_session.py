"""The first session as a guide: scores of a study around its sessions, and why coupling misleads.

They decide nothing.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd

from analysis.claims.case import Case
from analysis.claims.evaluators.session_courses import session_courses
from analysis.describe.common import policy
from analysis.estimates.responders.first_session import first_and_last_response
from analysis.estimates.responders.prediction import EndPrediction, predict_end
from analysis.estimates.table import table
from analysis.rules import refusal
from analysis.simulate.people.sessions import sessions

__all__ = ["COHORTS", "FALL", "correlations_without_relation", "course_scores", "foretold",
           "own_correlation", "two_cohorts"]  # fmt: skip

COHORTS = 400
# A made-up cohort is far larger than a clinic's, and one of two has a relation.
PEOPLE, SEED = 200, 1
RELATIONS = {"no relation": 0.0, "true responses correlate at 0.8": 0.8}
# Points from baseline to the end that count as response.
FALL = 12.0


def own_correlation(case: Case) -> pd.DataFrame:
    """First and last response of the study's own courses: rows of the table of estimates.

    Raises
    ------
    ValueError
        When nobody has a course, or too few have.
    """
    course = course_scores(case)
    scores = [course[part].to_numpy() for part in (["before_1", "before_2"], "first", "end")]
    found = first_and_last_response(
        *scores, contrast=str(case.design.active_arm), instrument=case.scale.name
    )
    return table(found)


def two_cohorts() -> pd.DataFrame:
    """Correlations in two made-up cohorts, one without a relation: estimate rows."""
    rows = []
    for name, relation in RELATIONS.items():
        course = sessions(PEOPLE, np.random.default_rng(SEED), relation=relation)
        scores = [course[part].to_numpy() for part in (["before_1", "before_2"], "first", "end")]
        rows += first_and_last_response(*scores, contrast=name)
    return table(rows)


@cache
def foretold() -> EndPrediction:
    """Response at the end foretold in the made-up cohort with a relation, by two models."""
    relation = list(RELATIONS.values())[-1]
    course = sessions(PEOPLE, np.random.default_rng(SEED), relation=relation)
    return predict_end(course["before_2"].to_numpy(), course["first"].to_numpy(),
                       course["end"].to_numpy(), fall=FALL, seed=SEED)  # fmt: skip


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
            "Nobody has two ratings before, a score after the first session and one after a later "
            "session."
        )
    if policy(case) is not None:
        raise refusal("release.person-rows")
    return course.reset_index(drop=True)


def correlations_without_relation(
    n: int = 30, *, cohorts: int = COHORTS, seed: int = 5
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
