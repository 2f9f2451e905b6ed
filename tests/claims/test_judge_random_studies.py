"""What no study may be told, whatever its numbers: thousands of random studies, judged.

The studies are made in memory, as reading would hand them over, and go through scoring, placing
in time, the rules about what a study can answer, and the judge. Gate 7 is taken as passed, so
that "supported" is within reach; the last tests show that it is.
"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from typing import Any
from unittest.mock import patch

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.checks import Checked, check
from analysis.checks.answerable_questions import check_questions
from analysis.claims import case, judge_checked
from analysis.claims.definitions import Definitions, load_definitions
from analysis.claims.evaluators import certainty, common
from analysis.claims.gates import robustness_of_scores
from analysis.claims.ledger import NOT_DECIDED, NOT_TESTABLE, SUPPORTED, Ledger, Reason
from analysis.claims.primary_analysis import Primary, Scores, primary_analysis
from analysis.estimates.proportions import exact_share
from analysis.instruments import known
from analysis.instruments.scoring import score
from analysis.study import (
    ASSESSMENT_COLUMNS,
    INFUSION_COLUMNS,
    SUBJECT_COLUMNS,
    Study,
    with_columns,
)
from analysis.timeline import place
from tests.length import examples
from tests.small_study import DESIGN

pytestmark = pytest.mark.simulates

RULES = load_definitions()
WITHIN_HOURS = ("onset", "certainty_within_hours", "headline")
COMPARED = ("onset", "attribution", "magnitude")
# A day of the calendar, in hours after the start of an infusion at 10:20.
MIDNIGHT = -10.33

random_studies = examples(short=4, long=200)
anything: dict[str, Any] = {
    "seed": st.integers(0, 2**31),
    "n": st.sampled_from([3, 5, 8, 14, 30, 80]),
    # Shares of the whole range of the scale: from a rise to a fall to its very bottom.
    "fall": st.sampled_from([-0.3, 0.0, 0.1, 0.3, 0.6, 1.0]),
}


@pytest.fixture(autouse=True)
def _gate_7_passes(monkeypatch) -> None:
    monkeypatch.setattr(common, "calibration_gate", lambda case: Reason("calibration", True, ""))


def about(*claims: str) -> Definitions:
    """The rules for some claims; gate 6 reads a threshold of one more."""
    kept = {name: claim for name, claim in RULES.claims.items()
            if name in (*claims, "dissociation_brief")}  # fmt: skip
    return RULES.model_copy(update={"claims": kept})


def random_study(
    seed: int,
    n: int,
    fall: float,
    *,
    scale: str = "PCL-5-now",
    version: str = "ad-hoc",
    window: float = 0.0,
    arms: int = 2,
    **design: Any,
) -> Study:
    """Two ratings before and up to three after, n per arm; only ketamine brings a fall."""
    rng = np.random.default_rng(seed)
    people = np.arange(n * arms)
    treated = people % arms == 0
    low, high = known()[scale].total_range(version)
    after = [3.0, 5.0, 24.0][: rng.integers(1, 4)]
    hours = np.array([-26.0, -1.0, *(0.7 + h for h in after)]) + rng.normal(
        0, 0.1, (len(people), 1)
    )
    level = rng.normal(0.6, 0.1, (len(people), 1)) + rng.normal(0, 0.05, hours.shape)
    level[:, 2:] -= fall * treated[:, None]
    total = np.clip(np.round(low + level * (high - low)), low, high)
    kept = rng.random(hours.shape) > 0.05
    who, _ = np.nonzero(kept)
    forms = pd.DataFrame({
        "form": range(len(who)), "subject": who, "instrument": scale, "version": version,
        "recall_hours": window, "hours_low": hours[kept], "hours_high": hours[kept],
        "stated_total": total[kept], "status": "complete", "source": "scores.csv",
        "row": range(2, len(who) + 2),
    })  # fmt: skip
    if known()[scale].construct == "ptsd":
        forms = pd.concat([forms, *(_sober(people, hour) for hour in (-0.5, 3.8))])
        forms = forms.assign(form=range(len(forms)))
    given_to = np.where(treated, "ketamine", "midazolam")
    times = {"start_hours": 0.0, "start_low": 0.0, "start_high": 0.0,
             "end_hours": 0.7, "end_low": 0.7, "end_high": 0.7}  # fmt: skip
    infusions = pd.DataFrame({"subject": people, "infusion": 1, "agent": given_to, **times})
    subjects = pd.DataFrame({"subject": people, "arm": given_to})
    told = {"primary": scale, "active_arm": "ketamine", "comparator_arm": "midazolam"} | design
    return Study(
        design=replace(DESIGN, **told),
        subjects=with_columns(subjects, SUBJECT_COLUMNS)[list(SUBJECT_COLUMNS)],
        infusions=with_columns(infusions.assign(status="given"), INFUSION_COLUMNS),
        assessments=with_columns(forms, ASSESSMENT_COLUMNS),
        items={},
    )


def _sober(people: np.ndarray, hour: float) -> pd.DataFrame:
    """A CADSS of everyone on which nothing shows: else gate 6 stays open."""
    return pd.DataFrame({
        "subject": people, "instrument": "CADSS", "version": "23-item", "recall_hours": 0.0,
        "hours_low": hour, "hours_high": hour, "stated_total": 1.0, "status": "complete",
        "source": "cadss.csv", "row": range(2, len(people) + 2),
    })  # fmt: skip


def answered(study: Study, *claims: str) -> Ledger:
    """Scored, placed, asked what it can answer, judged; nobody is set aside."""
    forms = place(study, score(study))
    issues = tuple(check_questions(study, forms))
    return judge_checked(Checked(study, forms, issues, pd.DataFrame(), study), about(*claims))


def day_of(table: pd.DataFrame, low: str, high: str) -> pd.DataFrame:
    """The same with times told to the day."""
    begins = np.floor((table[low] - MIDNIGHT) / 24) * 24 + MIDNIGHT
    return table.assign(**{low: begins, high: begins + 24})


def scales(ptsd: bool) -> list[tuple[str, str, float]]:
    """Name, version and window of the forms that measure PTSD, or something else."""
    return [(name, version, float(window)) for name, scale in sorted(known().items())
            if (scale.construct == "ptsd") == ptsd
            for version, window in scale.versions.items()]  # fmt: skip


LOOK_BACK = [form for form in scales(True) if form[2] > 0]
LOOK_BACK += [("PCL-5-now", "ad-hoc", window) for window in (24.0, 168.0, 336.0, 720.0)]


@random_studies
@given(**anything, form=st.sampled_from(LOOK_BACK))
def test_no_form_that_looks_back_tells_of_hours(seed, n, fall, form):
    scale, version, window = form
    study = random_study(seed, n, fall, scale=scale, version=version, window=window)
    found = answered(study, *WITHIN_HOURS, "attribution")
    assert {found[claim].verdict for claim in WITHIN_HOURS} == {NOT_TESTABLE}
    assert found["attribution"].verdict in (NOT_TESTABLE, NOT_DECIDED)


@random_studies
@given(**anything, declared=st.booleans())
def test_no_single_arm_tells_the_cause(seed, n, fall, declared):
    none = {"design": "single-arm", "comparator": "none", "comparator_arm": None}
    found = answered(random_study(seed, n, fall, arms=1, **(none if declared else {})), *COMPARED)
    assert {found[claim].verdict for claim in COMPARED} == {NOT_TESTABLE}
    words = " ".join(claim.wording for claim in found.claims)
    for causal in ("because", "than after the comparator", "The difference from"):
        assert causal not in words


@random_studies
@given(**anything, form=st.sampled_from(scales(False)), primary=st.booleans(),
       before=st.booleans())  # fmt: skip
def test_no_scale_of_anything_else_stands_in_for_ptsd(seed, n, fall, form, primary, before):
    """As the declared primary, or beside a PTSD scale filled in by nobody, or only before."""
    scale, version, _ = form
    study = random_study(seed, n, fall, scale=scale, version=version)
    if not primary:
        study = replace(study, design=replace(study.design, primary="PCL-5-now"))
    if not primary and before:
        own = random_study(seed, n, 0.0).assessments.query("hours_high < 0")
        both = pd.concat([own, study.assessments], ignore_index=True)
        study = replace(study, assessments=both.assign(form=range(len(both))))
    found = answered(study, *COMPARED, "certainty_within_hours", "certainty_ever")
    for claim in (*COMPARED, "certainty_within_hours", "certainty_ever"):
        assert found[claim].verdict == NOT_TESTABLE, claim


@random_studies
@given(**anything, short=st.sampled_from(["scores", "infusions", "both"]))
def test_no_dates_without_times_tell_of_hours(seed, n, fall, short):
    study = random_study(seed, n, fall)
    if short != "infusions":
        study = replace(study, assessments=day_of(study.assessments, "hours_low", "hours_high"))
    if short != "scores":
        table = day_of(study.infusions, "start_low", "start_high")
        table = day_of(table, "end_low", "end_high")
        table = table.assign(start_hours=np.nan, end_hours=np.nan)
        study = replace(study, infusions=table)
    found = answered(study, *WITHIN_HOURS, *COMPARED)
    assert {found[claim].verdict for claim in WITHIN_HOURS} == {NOT_TESTABLE}
    assert SUPPORTED not in {found[claim].verdict for claim in COMPARED}


@examples(short=2, long=40)
@given(seed=anything["seed"], n=st.sampled_from([8, 30, 80]), times=st.floats(1, 4),
       fall=st.sampled_from([0.0, 0.02, 0.05, 0.1, 0.2]))  # fmt: skip
def test_wider_intervals_never_decide_a_study(seed, n, fall, times):
    """Every interval of a difference and of a share, those of gate 6 too."""
    study, claims = random_study(seed, n, fall), (*WITHIN_HOURS, *COMPARED, "certainty_ever")
    before = answered(study, *claims)
    with ExitStack() as stack:
        for module in (case, robustness_of_scores):
            wide = partial(with_larger_error, times=times)
            stack.enter_context(patch.object(module, "primary_analysis", wide))
        stack.enter_context(patch.object(certainty, "exact_share", partial(wider, times=times)))
        after = answered(study, *claims)
    for claim in claims:
        assert after[claim].verdict in (before[claim].verdict, NOT_DECIDED), claim


def with_larger_error(scores: Scores, *, times: float) -> Primary:
    """The primary analysis with its error made larger."""
    found = primary_analysis(scores)
    below, above = found.estimate - found.ci_low, found.ci_high - found.estimate
    ends = {"ci_low": found.estimate - times * below, "ci_high": found.estimate + times * above}
    return replace(found, se=times * found.se, **ends)


def wider(*counts: int, times: float, **words: Any) -> dict[str, Any]:
    """An exact share whose limits lie further out, up to nobody and everybody."""
    share, slack = exact_share(*counts, **words), (times - 1) / 9
    low, high = max(0.0, share["ci_low"] - slack), min(1.0, share["ci_high"] + slack)
    return share | {"ci_low": low, "ci_high": high}


DECLARATIONS = ("randomised", "concurrent", "planned_per_arm", "looks", "look_level", "blinded",
                "registration")  # fmt: skip


@examples(short=2, long=60)
@given(**anything, left_out=st.sets(st.sampled_from(DECLARATIONS), max_size=1),
       key=st.sampled_from(DECLARATIONS), people=st.integers(-2, 2),
       often=st.sampled_from([{}, {"looks": 2}, {"looks": 2, "look_level": 0.02}]))  # fmt: skip
def test_removing_a_declaration_never_helps(seed, n, fall, left_out, key, people, often):
    """Whatever the trial and whatever it declares, one key less decides nothing that was open."""
    planned = {arm: max(1, n + people) for arm in ("ketamine", "midazolam")}
    declared = {"planned_per_arm": planned, "enrolment_reason": "", **often}
    study = random_study(seed, n, fall, **(declared | dict.fromkeys(left_out)))
    before = answered(study, *WITHIN_HOURS, *COMPARED)
    less = replace(study, design=replace(study.design, **{key: None}))
    after = answered(less, *WITHIN_HOURS, *COMPARED)
    for claim in COMPARED:
        assert after[claim].verdict in (before[claim].verdict, NOT_DECIDED), claim
    assert after["certainty_within_hours"].verdict == before["certainty_within_hours"].verdict


def test_the_same_random_studies_without_their_fault_are_supported():
    """Else what no study may be told would be told to none anyway."""
    found = [answered(random_study(seed, 80, 0.3), *WITHIN_HOURS, *COMPARED) for seed in range(4)]
    for claim in ("onset", "certainty_within_hours", "headline", "attribution"):
        assert SUPPORTED in {ledger[claim].verdict for ledger in found}, claim


@examples(short=2, long=8)
@given(**(anything | {"n": st.sampled_from([5, 14])}))
def test_the_short_way_to_an_answer_is_that_of_all_checks(seed, n, fall):
    study = random_study(seed, n, fall)
    whole = judge_checked(check(study), about(*COMPARED))
    short = answered(study, *COMPARED)
    for claim in COMPARED:
        assert whole[claim].verdict == short[claim].verdict
