"""Dissociation as the means: shown with what could undo it, and never decided."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from analysis.claims import judge
from analysis.claims.ledger import NOT_DECIDED, NOT_TESTABLE, ClaimResult
from analysis.study import Study
from tests.small_study import DESIGN, forms, infusion, study

MADE_UP = replace(DESIGN, active_arm="ketamine", comparator_arm="midazolam")


def made_up(n: int = 40, *, through: float = 1.0, cadss: bool = True, seed: int = 3) -> Study:
    """Half on ketamine; each CADSS point above baseline lowers the score by ``through``."""
    rng = np.random.default_rng(seed)
    rows, given = [], []
    for person in range(n):
        treated = person % 2 == 0
        level, peak = rng.normal(36, 6), float(round(max(0, rng.normal(14 if treated else 2, 4))))
        after = level - through * peak + rng.normal(0, 3)
        for hours, score in ((-26.0, level), (-1.0, level), (3.7, after)):
            total = float(np.clip(round(score + rng.normal(0, 2)), 0, 56))
            rows.append({"subject": person, "hours": hours, "stated_total": total})
        if cadss:
            dissociated = {"subject": person, "instrument": "CADSS", "version": "23"}
            rows.append(dissociated | {"hours": -0.5, "stated_total": 0.0})
            rows.append(dissociated | {"hours": 0.6, "stated_total": peak})
        agent = "ketamine" if treated else "midazolam"
        given.append(infusion(1, 0.0, 40 / 60, subject=person, agent=agent))
    made = study(forms(rows), given)
    arms = ["ketamine" if person % 2 == 0 else "midazolam" for person in made.subjects["subject"]]
    return replace(made, design=MADE_UP, subjects=made.subjects.assign(arm=arms))


def mechanism(made: Study) -> ClaimResult:
    return judge(made)["dissociation_mechanism"]


def estimate(found: ClaimResult):
    return next(reason for reason in found.reasons if reason.gate == "estimate")


@pytest.mark.parametrize("through", [0.0, 1.0])
def test_whatever_the_association_it_is_not_decided(through):
    found = mechanism(made_up(80, through=through))
    assert found.verdict == NOT_DECIDED
    assert estimate(found).passed is False
    assert found.estimate["ci_low"] < -12 * through < found.estimate["ci_high"]


def test_the_association_never_stands_without_its_sensitivity_analysis():
    found = mechanism(made_up())
    names = [line["estimand"] for line in found.beside]
    assert "error correlation that would nullify the indirect effect" in names
    assert sum(name.startswith("indirect effect, if the errors") for name in names) == 8
    assert "would make that 0" in estimate(found).text
    assert "cannot show that dissociation is how ketamine works" in estimate(found).text


def test_without_a_cadss_it_is_not_testable():
    found = mechanism(made_up(cadss=False))
    assert found.verdict == NOT_TESTABLE
    assert math.isnan(found.estimate["estimate"])


def test_a_cadss_before_alone_is_not_enough():
    made = made_up()
    late = (made.assessments["instrument"] == "CADSS") & (made.assessments["hours_low"] > 0)
    found = mechanism(replace(made, assessments=made.assessments[~late]))
    assert found.verdict == NOT_TESTABLE
    assert "before and after the start" in found.reasons[0].text


def test_without_a_comparator_there_is_no_estimate():
    made = made_up()
    single = replace(MADE_UP, design="single-arm", comparator="none", comparator_arm=None)
    people = made.subjects.loc[made.subjects["arm"] == "ketamine", "subject"]
    found = mechanism(replace(made.keep_subjects(people), design=single))
    assert found.verdict == NOT_DECIDED
    assert "needs a comparator" in estimate(found).text
    assert estimate(found).passed is None


def test_too_few_people_are_named_window_by_window():
    found = mechanism(made_up(4))
    assert "2 on ketamine and 2 on midazolam" in estimate(found).text
