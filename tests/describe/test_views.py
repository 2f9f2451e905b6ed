"""Two views of one study: the team reads everything, others what tells of no single participant."""

from __future__ import annotations

import importlib
import inspect
import math
import pkgutil
import re
from collections.abc import Callable

import pandas as pd
import pytest
from matplotlib.axes import Axes

from analysis import describe, figures
from analysis.claims.case import Case
from analysis.describe import forms, participants
from analysis.describe.answer.verdicts import issues_table
from analysis.describe.chosen import falls_that_count
from analysis.describe.common import flow_shown
from analysis.describe.explanations import blinding, dissociation, expectancy, harms
from analysis.describe.onset import crossing, durability, mean_course
from analysis.describe.robustness import missing, multiverse
from analysis.describe.scores import change, control, first_session, responders
from analysis.describe.scores.by_window import described
from analysis.describe.scores.mixed_model import mixed_model
from analysis.disclosure.figure import shareable_figure
from analysis.errors import ReliefError
from analysis.estimates.missing import multiple_imputation, posterior
from analysis.estimates.table import COLUMNS
from analysis.figures import explanations
from analysis.figures.participant_flow import flow_alt, participant_flow
from analysis.figures.scores import responders as drawn
from tests.describe.explanations.changed_case import with_study

WEEK = {"window": "day_7", "instrument": "PCL-5", "version": "past-week"}
FORM = {"instrument": "PCL-5", "version": "past-week"}
PUBLISHED = pd.DataFrame({"mean_change": [-5.0], "sd_change": [10.0], "n": [20]})


def thirty(case: Case):
    return falls_that_count(case)[0]


def trial(case: Case):
    return missing.randomised_trial(case, ("hours_late", "day"))


def by_strategy(case: Case) -> pd.DataFrame:
    own = trial(case)
    drawn = posterior(own, draws=3, sweeps=1)
    return missing.by_strategy(case, own, drawn, visits=["about 24 h"])


def tipping(case: Case) -> pd.DataFrame:
    filled = multiple_imputation(trial(case), "MAR", draws=2, sweeps=1)
    return missing.tipping_shifts(case, filled, {"b": missing.benefit}, visit="about 24 h")


def lives(case: Case) -> pd.DataFrame:
    course = mean_course.mean_course(case)
    rows = [
        *course.differences.to_dict("records"),
        course.beginning(),
        course.half_life(since=24.0),
    ]
    return pd.DataFrame(rows)


def fitted(case: Case) -> pd.DataFrame:
    model = mixed_model(case)
    return pd.concat([model.means(), model.differences()])


def every_window(case: Case) -> pd.DataFrame:
    found = described(case)
    return pd.concat([found.arms, found.differences, found.responders])


def bias(case: Case, function: Callable) -> pd.DataFrame:
    return function(case, expectancy.primary_difference(case, window="hours"))


ESTIMATES: dict[str, Callable[[Case], pd.DataFrame]] = {
    "change_estimators": lambda c: change.change_estimators(c, window="hours"),
    "change_with_selection": lambda c: change.change_with_selection(c, windows=("hours",)),
    "change_by_window": change.change_by_window,
    "difference_by_window": control.difference_by_window,
    "difference_by_baseline": lambda c: control.difference_by_baseline(c, window="hours"),
    "external_control": lambda c: control.external_control(c, PUBLISHED, **WEEK)[0].iloc[1:],
    "three_ways": lambda c: responders.three_ways(c, **WEEK),
    "three_ways_compared": lambda c: responders.three_ways_compared(c, **WEEK),
    "shares_at_thresholds": lambda c: responders.shares_at_thresholds(c, **WEEK),
    "compare_change": lambda c: responders.compare_change(c, windows=("hours",)),
    "spread_between_arms": lambda c: responders.spread_between_arms(c, windows=("hours",)),
    "next_person": lambda c: responders.next_person(c, window="hours"),
    "cluster_profile": lambda c: responders.cluster_profile(c, windows=("day",)),
    "blinding_indices": blinding.blinding_indices,
    "change_by_guess": lambda c: blinding.change_by_guess(c, window="hours"),
    "dissociation_course": dissociation.dissociation_course,
    "residual_effects": lambda c: dissociation.residual_effects(c, window="hours"),
    "nullifying": lambda c: bias(c, expectancy.nullifying),
    "harms_table": harms.harms_table,
    "by_strategy": by_strategy,
    "tipping_shifts": tipping,
    "crossing_by_visit": lambda c: crossing.crossing_by_visit(
        c, thirty(c), sustained=True, last_only=True
    ),
    "crossing_by_hour": lambda c: crossing.crossing_by_hour(c, thirty(c)),
    "crossing_tests": crossing.crossing_tests,
    "crossing_times": lambda c: crossing.crossing_times(c, thirty(c)),
    "response_by_visit": lambda c: durability.response_by_visit(c, thirty(c)),
    "loss_of_response": lambda c: durability.loss_of_response(c, thirty(c)),
    "mean_course": lives,
    "mixed_model": fitted,
    "described": every_window,
    "baselines_by_arm": participants.baselines_by_arm,
    "treatment_by_arm": participants.treatment_by_arm,
}
OF_MULTIVERSE = {"curve": multiverse.curve, "by_choice": multiverse.by_choice,
                 "other_forms": multiverse.other_forms}  # fmt: skip
COUNTS: dict[str, Callable[[Case], pd.DataFrame]] = {
    "forms_by_phase": forms.forms_by_phase,
    "guesses": blinding.guesses,
    "missing_by_window": lambda c: missing.missing_by_window(c, trial(c)),
    "flow_shown": lambda c: flow_shown(c)[["n"]],
    "issues_table": lambda c: issues_table(c)[["count"]],
}
SHARES: dict[str, Callable[[Case], pd.DataFrame]] = {
    "cumulative_change": lambda c: change_curve(c, responders.cumulative_change),
    "change_bands": lambda c: change_curve(c, responders.change_bands),
    "crossing_regions": lambda c: crossing.crossing_regions(c, thirty(c), sustained=False)[
        ["share_low", "share_high"]
    ],
    "return_to_baseline": lambda c: dissociation.return_to_baseline(c)[["lower", "upper"]],
    "recall_bound": lambda c: forms.recall_bound(c, **FORM).iloc[:, 2:],
}
# What holds no number about people, is held by a test of its own, or joins what stands above.
ELSEWHERE = {
    "bias_curve", "bias_table", "course_scores", "crossing_at_the_end", "difference_by_stratum",
    "falls", "gate_5", "guesses_by_arm", "mediated_by_dissociation", "people_courses",
    "primary_difference", "randomised_trial", "reliable_ways", "schedule", "strategies_compared",
    "dissociation_forms", "rules_table",
    # Which window or form, by times and numbers of people alone, and what titles call them.
    "decides", "enough", "falls_that_count", "form_that_looks_back", "form_titled",
    "form_with_reliable_change", "primary_titled",
    "hours_of_windows", "last_window", "scored_windows", "unselected_population", "visits_shown",
    "what_is_decided", "why_not_hours",
    # Words made of rows that are released.
    "alternative", "bars_of", "difference_sentence", "smallest_of",
    # Counts in words, what is declared, and what follows from a released estimate.
    "bounds_by_word", "people_by_arm", "plan_table", "power_cited", "routes", "unchecked",
    # Shown to the study team alone, or several of the tables above.
    "beside_study", "individual_courses", "known_back", "own_correlation", "strategies_shown",
    "tipping", "tipping_in_every_window", "within_person",
}  # fmt: skip


def change_curve(case: Case, function: Callable) -> pd.DataFrame:
    return function(case, window="hours")[["share"]]


def test_every_table_of_a_case_is_asked_here() -> None:
    names = set()
    for module in pkgutil.walk_packages(describe.__path__, "analysis.describe."):
        own = importlib.import_module(module.name)
        for name, function in inspect.getmembers(own, inspect.isfunction):
            if function.__module__ == module.name and not name.startswith("_"):
                names |= {name} if "case" in inspect.signature(function).parameters else set()
    common = {name for name in names if hasattr(describe.common, name)}
    assert (
        names - common - ELSEWHERE
        == ({*ESTIMATES, *OF_MULTIVERSE, *COUNTS, *SHARES} & names) - common
    )


def sound(name: str, value: float) -> bool:
    if name == "n":
        return value >= 10 and value % 5 == 0
    if name == "df":
        return value % 10 == 0
    return value == float(f"{value:.3g}")


def assert_released(shown: pd.DataFrame) -> None:
    for line in shown.to_dict("records"):
        told = str(line.get("method", ""))
        counts = [int(n) for pair in re.findall(r"(\d+) of (\d+)", told) for n in pair]
        assert all(n % 5 == 0 for n in counts), told
        if "counts rounded to 5" in told:
            assert sound("n", line["n"])
            continue
        for column in {*COLUMNS} & set(line):
            value = line[column]
            if isinstance(value, float) and math.isfinite(value):
                assert sound(column, value), (column, value, told)


@pytest.mark.parametrize("name", ESTIMATES)
def test_others_read_no_number_that_is_not_released(name, real, monkeypatch) -> None:
    monkeypatch.setattr(crossing, "RESAMPLES", 99)
    monkeypatch.setattr(change, "DRAWS", 999)
    assert_released(ESTIMATES[name](real))


@pytest.mark.parametrize("name", OF_MULTIVERSE)
def test_others_read_no_analysis_that_is_not_released(name, real, found) -> None:
    assert_released(OF_MULTIVERSE[name](real, found))


@pytest.mark.parametrize("name", COUNTS)
def test_others_read_rounded_counts_and_no_small_one(name, real) -> None:
    for value in COUNTS[name](real).to_numpy().ravel():
        assert str(value) in ("<10", "withheld", "nan", "1") or int(value) % 5 == 0


@pytest.mark.parametrize("name", SHARES)
def test_curves_of_others_are_of_rounded_counts(name, real) -> None:
    """Each share is that of a multiple of 5 among 25 or 30 people."""
    rounded = {round(k / n, 9) for n in (25, 30, 35) for k in range(0, n + 1, 5)}
    shares = SHARES[name](real).to_numpy().ravel()
    assert set(shares.astype(float).round(9)) <= rounded


@pytest.mark.parametrize("name", ["change_by_window", "three_ways", "next_person", "nullifying"])
def test_the_team_reads_of_real_people_what_it_reads_of_synthetic_ones(name, case, team) -> None:
    pd.testing.assert_frame_equal(ESTIMATES[name](case), ESTIMATES[name](team))


def test_the_team_sees_steps_of_one_participant_and_small_counts(team, real) -> None:
    steps = responders.cumulative_change(team, window="hours")
    assert len(steps) > 3 * len(responders.cumulative_change(real, window="hours"))
    said = blinding.guesses(team).drop(columns="all").to_numpy()
    assert ((said > 0) & (said < 10)).any()


def test_others_get_no_row_a_person_and_no_comparison_of_few(real) -> None:
    with pytest.raises((ValueError, ReliefError)):
        first_session.course_scores(real)
    sites = real.checked.study.subjects.assign(site=lambda people: people["subject"] % 5 == 0)
    with pytest.raises(ValueError, match="fewer than 10 participants in an arm"):
        control.difference_by_stratum(with_study(real, subjects=sites), window="hours")
    found = dissociation.mediated_by_dissociation(real, window="hours", seed=7, resamples=500)
    assert found.n % 5 == 0
    assert all(part == float(f"{part:.3g}") for part in found.parts)


def test_what_bias_would_do_is_told_in_released_points(real) -> None:
    for line in bias(real, expectancy.bias_curve).to_dict("records"):
        assert line["bound_points"] / max(line["bound_sd"], 1) < 100
    few = expectancy.primary_difference(real, window="hours") | {"estimate": math.nan}
    assert control.bias_table(real, few).empty
    assert expectancy.bias_curve(real, few).empty


def of_arms(table: pd.DataFrame) -> pd.DataFrame:
    return table[table["contrast"].isin(["ketamine", "midazolam"])]


DRAWN: dict[str, Callable[[Case], Axes]] = {
    "visit_times": lambda c: figures.visit_times(forms.forms_by_phase(c), synthetic=False),
    "participant_flow": lambda c: participant_flow(flow_shown(c), synthetic=False),
    "guesses": lambda c: explanations.guesses_by_arm(blinding.guesses(c), synthetic=False),
    "harms": lambda c: explanations.harms_by_arm(harms.harms_table(c), synthetic=False),
    "share_back": lambda c: explanations.share_back(
        dissociation.return_to_baseline(c), synthetic=False
    ),
    "three_ways": lambda c: drawn.three_ways(
        of_arms(responders.three_ways_compared(c, **WEEK)), synthetic=False
    ),
    "change_bands": lambda c: drawn.change_bands(
        responders.change_bands(c, window="hours"), synthetic=False, title="t"
    ),
    "intervals": lambda c: drawn.intervals(
        responders.next_person(c, window="hours"), label="contrast", xlabel="x", title="t",
        synthetic=False,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", DRAWN)
def test_a_figure_draws_what_was_released_and_may_be_passed_on(name, real) -> None:
    assert shareable_figure(DRAWN[name](real).figure).startswith(b"\x89PNG")


def test_the_flow_in_words_holds_no_small_count(real) -> None:
    told = flow_alt(flow_shown(real))
    assert "n = <10" in told
    assert not re.search(r"n = [1-9]\)", told)
