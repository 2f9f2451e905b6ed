"""Gate 6 on made-up studies: what passes, and what each doubt can undo."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from analysis.checks import check
from analysis.claims.case import Case
from analysis.claims.definitions import load_definitions
from analysis.claims.gates.robustness import robustness_gate
from analysis.claims.gates.robustness_of_scores import still_intoxicated
from analysis.claims.ledger import CONTRADICTED, NOT_DECIDED, SUPPORTED
from analysis.errors import Issue
from tests.small_study import DESIGN, forms, infusion, study

N = 40  # half of them on ketamine
VISITS = (-30.0, -1.0, 3.7, 5.7)  # hours from the start; the infusion takes 40 minutes


def made(change, *, lost=(), stopped=(), twice=(), cadss=(), gone=()):
    """Everyone falls or rises by ``change[person]`` at both visits within hours.

    Of those in ``gone`` a tenth is left at the second.
    """
    rng = np.random.default_rng(4)
    level, noise = rng.normal(32, 7, N), rng.normal(0, 2.5, (N, 4))
    rows = []
    for person in range(N):
        for place, hours in enumerate(VISITS):
            if place >= 2 and person in lost:
                continue
            moved = change[person] if place >= 2 else 0
            moved *= 0.1 if place == 3 and person in gone else 1
            total = np.clip(level[person] + noise[person, place] + moved, 0, 55)
            row = {"subject": person, "hours": hours, "stated_total": float(round(total))}
            rows.append(row)
            if place == 2 and person in twice:
                rows.append(row | {"stated_total": row["stated_total"] + 1})
        for hours, total in ((-1.0, 2.0), (3.7, 30.0 if person in cadss else 2.0)):
            rows.append({"subject": person, "hours": hours, "stated_total": total,
                         "instrument": "CADSS", "version": "23-item"})  # fmt: skip
    infusions = [
        infusion(1, 0.0, 40 / 60, subject=person, agent="ketamine" if treated(person)
                 else "midazolam", status="stopped" if person in stopped else "completed")
        for person in range(N)
    ]  # fmt: skip
    whole = study(forms(rows), infusions)
    arm = ["ketamine" if treated(person) else "midazolam" for person in range(N)]
    design = replace(DESIGN, active_arm="ketamine", comparator_arm="midazolam")
    return Case(
        check(replace(whole, design=design, subjects=whole.subjects.assign(arm=arm))),
        load_definitions(),
    )


def treated(person):
    return person % 2 == 0


def falls(points, among=range(N)):
    return [-points if treated(p) and p in among else 0.0 for p in range(N)]


def test_a_large_fall_in_everyone_on_ketamine_passes():
    case = made(falls(12))
    gate = robustness_gate(case)
    assert case.bars.word(case.primary) == SUPPORTED
    assert gate.passed is True, gate.text


def test_a_fall_that_only_the_stopped_carry_does_not():
    few = range(0, 16)
    gate = robustness_gate(made(falls(25, among=few), stopped=[p for p in few if treated(p)]))
    assert gate.passed is False
    assert "changes from supported to" in gate.text
    assert "without stopped infusions" in gate.text


def test_a_fall_that_those_set_aside_would_undo_does_not():
    worse = [p for p in range(0, 18) if treated(p)]
    change = [(25.0 if p in worse else -12.0) if treated(p) else 0.0 for p in range(N)]
    gate = robustness_gate(made(change, twice=worse))
    assert gate.passed is False
    assert "with assessments at one time that differ (form.conflicting) re-included" in gate.text


def test_a_fall_in_people_who_are_still_intoxicated_does_not():
    gate = robustness_gate(made(falls(12), cadss=[p for p in range(N) if treated(p)]))
    assert gate.passed is False
    assert "subtracted from scores given before dissociation resolved" in gate.text


NAN = np.nan
LABELS = ("about 3 h", "about 5 h")


@pytest.mark.parametrize(("rise", "hours", "still"), [
    ([0.0, 9.0, 1.0], [1.3, 2.4, 4.4], [True, False]),  # up at 3 h, back at 5 h
    ([30.0, 4.0, 4.0], [0.5, 2.4, 4.4], [False, False]),  # an item at its maximum is back
    ([0.0, NAN, 5.0], [1.3, 2.4, 4.4], [True, True]),  # nobody looked at 3 h
    ([0.0, 9.0, NAN], [1.3, 2.4, NAN], [True, True]),  # nobody looked at 5 h
    ([30.0, NAN, NAN], [1.3, NAN, NAN], [False, False]),  # within hours nothing is known
])  # fmt: skip
def test_intoxication_is_that_of_the_visit_at_which_the_score_was_given(rise, hours, still):
    found = still_intoxicated(np.array([rise]), np.array([hours]), LABELS, load_definitions())
    assert found.tolist() == [still]


def test_where_the_phase_is_one_visit_any_cadss_in_it_tells():
    rise, hours = np.array([[9.0, 1.0], [0.0, 0.0]]), np.full((2, 2), [2.4, 4.4])
    found = still_intoxicated(rise, hours, ("2 to 6 h",), load_definitions())
    assert found.tolist() == [[True], [False]]


def test_support_that_a_small_shift_of_missing_scores_would_undo_does_not():
    lost = [p for p in range(24) if treated(p)]
    case = made(falls(5.8), lost=lost)
    assert case.bars.word(case.primary) == SUPPORTED
    gate = robustness_gate(case)
    assert gate.passed is False
    assert (
        "missing scores worse than expected on ketamine and better on the comparator" in gate.text
    )
    assert "points, would change the verdict" in gate.text


def test_without_a_word_there_is_none_to_pass():
    case = made(falls(3.5))
    assert case.bars.word(case.primary) == NOT_DECIDED
    gate = robustness_gate(case)
    assert gate.passed is False
    assert "there is no verdict to change" in gate.text


def test_no_difference_in_anybody_passes_as_a_contradiction():
    case = made(falls(0))
    gate = robustness_gate(case)
    assert case.bars.word(case.primary) == CONTRADICTED
    assert gate.passed is True, gate.text
    # What a contradiction is asked is the mirror image.
    assert "better than expected on ketamine and worse on the comparator" in gate.text
    assert "CADSS" not in gate.text


def test_a_contradiction_that_people_who_are_missing_would_undo_does_not():
    case = made(falls(0), lost=[p for p in range(20) if treated(p)])
    assert case.bars.word(case.primary) == CONTRADICTED
    gate = robustness_gate(case)
    assert gate.passed is False
    assert "points, would change the verdict" in gate.text


def test_missing_scores_of_the_comparator_are_doubted_too():
    """Nobody on ketamine is missing; the people who are might have improved just as well."""
    case = made(falls(7), lost=[p for p in range(26) if not treated(p)])
    assert case.bars.word(case.primary) == SUPPORTED
    gate = robustness_gate(case)
    assert gate.passed is False
    assert "points, would change the verdict" in gate.text


def test_a_fall_that_is_gone_at_the_last_visit_does_not():
    case = made(falls(12), gone=range(N))
    assert case.bars.word(case.primary) == SUPPORTED
    gate = robustness_gate(case)
    assert gate.passed is False
    assert "At the last visit (about 5 h) the difference is" in gate.text
    assert "which does not agree" in gate.text


@pytest.mark.parametrize("seed", [1, 2])
def test_the_numbers_of_people_decide_nothing(seed):
    case = made(falls(8))
    other = np.random.default_rng(seed).permutation(N)
    moved = replace(
        case,
        checked=check(
            replace(
                case.checked.read,
                **{
                    name: table.assign(subject=other[table["subject"].to_numpy(int)])
                    for name in ("subjects", "infusions", "assessments")
                    if isinstance(table := getattr(case.checked.read, name), pd.DataFrame)
                },
            )
        ),
    )
    assert robustness_gate(moved) == robustness_gate(case)


@pytest.mark.parametrize(("unmeasured", "passed"), [(4, True), (5, None), (20, None)])
def test_support_is_open_where_a_fifth_on_ketamine_have_no_cadss(unmeasured, passed):
    case = made(falls(12))
    forms, people = case.checked.forms, [p for p in range(N) if treated(p)][:unmeasured]
    gone = (forms["instrument"] == "CADSS") & forms["subject"].isin(people)
    without = replace(case, checked=replace(case.checked, forms=forms[~gone]))
    gate = robustness_gate(without)
    assert gate.passed is passed
    assert ("still intoxicated is unknown" in gate.text) == (passed is None)


def flagged(case, rule, people):
    """The case with one more finding, about these people."""
    told = Issue(rule, "FLAG", "subject", "made up").about(people=people)
    checked = replace(case.checked, issues=(*case.checked.issues, told))
    return replace(case, checked=checked)


def test_a_flag_that_claims_toml_does_not_list_is_tried_on_nobody():
    few = range(0, 16)
    case = flagged(made(falls(25, among=few)), "subject.entry-threshold", few)
    gate = robustness_gate(case)
    assert "entry-threshold" not in gate.text
    assert gate.passed == robustness_gate(made(falls(25, among=few))).passed


@pytest.mark.parametrize(("on_ketamine", "tried"), [(10, True), (11, False)])
def test_a_flag_on_more_than_half_of_an_arm_is_not_tried_and_leaves_the_word_open(
    on_ketamine, tried
):
    people = [p for p in range(N) if treated(p)][:on_ketamine]
    gate = robustness_gate(flagged(made(falls(12)), "baseline.one-rating", people))
    assert gate.passed is (True if tried else None)
    assert ("more than half of an arm" in gate.text) == (not tried)


@pytest.mark.parametrize("left", [0, 1])
def test_a_flag_on_everyone_leaves_the_word_as_open_as_one_on_all_but_one(left):
    case = flagged(made(falls(12)), "baseline.one-rating", range(N - left))
    gate = robustness_gate(case)
    assert gate.passed is None
    assert "The analysis could not be repeated without baselines of one rating" in gate.text


def test_what_a_later_infusion_was_leaves_scores_after_the_first_as_they_are():
    assert robustness_gate(flagged(made(falls(12)), "infusion.switched", range(N))).passed is True


def test_a_group_that_cannot_be_left_out_is_not_said_to_keep_the_word():
    gate = robustness_gate(made(falls(12), stopped=[p for p in range(N) if treated(p)]))
    assert gate.passed is None
    assert "The analysis could not be repeated without stopped infusions" in gate.text
    assert gate.text.count("infusion.stopped") == 1
