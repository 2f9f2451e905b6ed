"""Attribution and magnitude within hours and beyond: which window decides, and what it may say."""

from __future__ import annotations

import math
from datetime import datetime, timedelta

import pandas as pd
import pytest

from analysis.checks import check
from analysis.claims.calibration import gate as calibration
from analysis.claims.calibration.gate import SIZES, no_effect_worlds
from analysis.claims.calibration.pieces import keys
from analysis.claims.case import Case
from analysis.claims.evaluators import common
from analysis.claims.evaluators.common import Finding
from analysis.claims.ledger import NOT_DECIDED, NOT_TESTABLE, SUPPORTED, Ledger, Reason
from analysis.claims.result import claim_result
from analysis.describe import change_by_window, difference_by_window
from analysis.readers.assemble import read_study
from tests.claims.weekly_trial import ONLY, RULES, TRUE, WEEK, N, content, gate, judged
from tests.factory import DECLARED, stamp, write_rows

MONTH = WEEK | {"instrument": "CAPS-5", "version": "past-month", "recall_hours": 720}
REGISTERED = "NCT00000000 2024-12-01"


def registered(registration: str | None, more: str = "") -> dict[str, str]:
    """The declarations of a study, with this registration or none declared."""
    kept = [line for line in DECLARED.format(planned=12).splitlines() if "registration" not in line]
    told = [] if registration is None else [f'registration = "{registration}"']
    return {"declared": "\n".join([*kept, *told, more])}


@pytest.fixture(scope="module")
def within_hours_only() -> pd.DataFrame:
    """Counts made with these rules and this code, of the usual design alone."""
    names = no_effect_worlds(RULES.rule("bias_bound_sd"))
    row = {"claim": "onset", "replicates": 10_000, "rate": 0.01, "mc_high": 0.012}
    return pd.DataFrame(
        [row | {"world": name, "n_per_arm": size, "contradicted": 100} | keys(name, ONLY)
         for name in names for size in SIZES]
    )  # fmt: skip


@pytest.fixture(scope="module")
def weekly(tmp_path_factory, within_hours_only) -> Ledger:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(calibration, "committed_table", lambda: within_hours_only)
        return judged(tmp_path_factory.mktemp("weekly"), content(170))


def test_a_trial_scored_weekly_gets_its_true_difference_with_an_interval(weekly):
    for claim in ("attribution", "magnitude"):
        found = weekly[claim].estimate
        assert found["window"] == "about 7 days"
        assert found["ci_low"] < TRUE < found["ci_high"]
        assert abs(found["estimate"] - TRUE) < 4
        assert found["n"] == 2 * N
        assert found["method"].startswith("MMRM")


def test_it_is_held_against_the_published_smallest_difference_and_the_bound_on_bias(weekly):
    assert gate(weekly, "estimate").passed is True
    told = gate(weekly, "estimate").text
    assert "at or below -10.0 (minimal important difference, Blanchard 2023" in told
    assert "bound on the sum of all biases 0.3 SD, assumption" in told


def test_without_a_counted_row_for_its_window_it_is_not_decided(weekly):
    assert weekly["attribution"].parts == {"hours": NOT_TESTABLE, "later": NOT_DECIDED}
    assert weekly["attribution"].verdict == weekly["magnitude"].verdict == NOT_DECIDED
    assert gate(weekly, "calibration").passed is None
    told = gate(weekly, "calibration").text
    assert "Later (about 7 days after): Not evaluated: no row is counted for " in told
    assert "one visit in a later window" in told
    others = ("construct", "time", "recall", "comparator", "estimate", "robustness")
    assert {gate(weekly, name).passed for name in others} == {True}


def test_each_part_names_its_window_and_the_sentence_that_of_the_word(weekly):
    assert "Later (about 7 days after): Times place scores" in gate(weekly, "time").text
    assert "Within hours (2 to 6 h): " in gate(weekly, "time").text
    assert weekly["attribution"].wording.endswith("scores about 7 days after the infusion.")
    # Days later are no evidence for hours.
    assert weekly["onset"].verdict == NOT_TESTABLE


def test_no_contradiction_either_without_a_counted_row(tmp_path, within_hours_only, monkeypatch):
    monkeypatch.setattr(calibration, "committed_table", lambda: within_hours_only)
    result = judged(tmp_path, content(168, difference=0.0, sd=2.0))
    assert "this gate would say contradicted" in gate(result, "estimate").text
    assert result["attribution"].verdict == result["magnitude"].verdict == NOT_DECIDED


def test_a_form_that_reaches_back_before_the_infusion_says_so_in_the_wording(tmp_path):
    result = judged(tmp_path, content(150))
    assert gate(result, "recall").passed is True
    assert "of the 168 h that PCL-5 asks about lie before" in result["attribution"].wording


def test_a_form_without_a_published_smallest_difference_has_an_estimate_and_no_word(tmp_path):
    result = judged(tmp_path, content(720), **MONTH)
    found = result["attribution"].estimate
    assert (found["window"], result["attribution"].verdict) == ("about 30 days", NOT_DECIDED)
    assert found["ci_low"] < TRUE < found["ci_high"]
    assert gate(result, "estimate").passed is None
    told = gate(result, "estimate").text
    assert "No minimal important difference is known for CAPS-5" in told
    assert "bound on the sum of all biases" in told


@pytest.mark.parametrize(
    ("registration", "window", "told"),
    [
        (None, "about 3 days", "no registration names it"),
        ("none", "about 3 days", "no registration names it"),
        (f"{REGISTERED} day_7", "about 3 days", "no registration names it"),
        (f"{REGISTERED} day_30", "about 30 days", "declared and registered"),
        (REGISTERED, "about 30 days", "declared and registered"),
    ],
)
def test_the_first_window_in_time_decides_unless_a_declared_one_is_registered(
    tmp_path, registration, window, told
):
    made = content(72, 168, 720, n=12)
    result = judged(tmp_path, made, **registered(registration, 'later_window = "day_30"'))
    assert result["attribution"].estimate["window"] == window
    assert result["magnitude"].estimate["window"] == window
    assert told in gate(result, "time").text


def test_a_registration_alone_names_no_other_window(tmp_path):
    result = judged(tmp_path, content(72, 168, n=12), **registered(REGISTERED))
    assert result["attribution"].estimate["window"] == "about 3 days"


def test_hours_that_were_registered_and_never_asked_about_give_the_word(tmp_path):
    result = judged(tmp_path, content(168, n=12), **registered(f"{REGISTERED} hours"))
    assert result["attribution"].parts == {"hours": NOT_TESTABLE, "later": NOT_DECIDED}
    assert result["attribution"].verdict == result["magnitude"].verdict == NOT_TESTABLE


def test_a_few_forms_filled_in_early_make_no_visit(tmp_path):
    result = judged(tmp_path, content(72, 168, n=12, seen={72: 10}))
    assert result["attribution"].estimate["window"] == "about 7 days"
    told = "Passed over: about 3 days (5 on ketamine, 5 on midazolam; less than 50% of either arm)"
    assert told in gate(result, "time").text


def test_a_registered_window_without_scores_is_not_testable_whatever_others_hold(tmp_path):
    declared = registered(REGISTERED, 'later_window = "day_30"')
    result = judged(tmp_path, content(168, n=12), **declared)
    assert result["attribution"].verdict == result["magnitude"].verdict == NOT_TESTABLE
    assert "At least 3 per arm are needed" in gate(result, "time").text


def test_scores_after_a_second_infusion_do_not_decide(tmp_path):
    made = content(168, n=12)
    for row in [*made["infusions"]]:
        again = {name: stamp(datetime.fromisoformat(row[name]) + timedelta(hours=72))
                 for name in ("start", "end")}  # fmt: skip
        made["infusions"].append(row | again)
    result = judged(tmp_path, made)
    assert result["attribution"].parts == {"hours": NOT_TESTABLE, "later": NOT_TESTABLE}
    assert "before a second infusion" in gate(result, "time").text


def test_where_hours_were_asked_about_they_give_the_word_and_later_stands_beside(tmp_path):
    result = judged(tmp_path, content(3, 168, n=12))
    # A form that looks back is no evidence for hours, and another window is none either.
    assert result["attribution"].parts == {"hours": NOT_TESTABLE, "later": NOT_DECIDED}
    assert result["attribution"].verdict == result["magnitude"].verdict == NOT_TESTABLE
    assert math.isnan(result["attribution"].estimate["estimate"])
    beside = [row["window"] for row in result["attribution"].beside]
    assert beside == ["about 7 days"]
    assert "Within hours (2 to 6 h): Not evaluated" in gate(result, "estimate").text


def test_two_people_who_filled_in_a_form_early_leave_the_word_to_the_later_window(tmp_path):
    result = judged(tmp_path, content(3, 168, n=12, seen={3: 2}))
    assert result["attribution"].estimate["window"] == "about 7 days"


def test_within_hours_it_is_never_more_than_onset():
    claim = RULES.claims["attribution"]
    passed = {gate: Reason(gate, True, "passed") for gate in claim.gates}
    found = {name: Finding(passed, points_to=SUPPORTED) for name in ("hours", "later")}
    onset = Finding(passed | common.reason("calibration", None, "open"), points_to=SUPPORTED)
    before = {"onset": claim_result("onset", RULES.claims["onset"], onset, {})}
    assert before["onset"].verdict == NOT_DECIDED
    whole = common.in_parts(claim, found, {"hours": "Hours", "later": "Later"})
    result = claim_result("attribution", claim, whole, before)
    assert result.parts == {"hours": NOT_DECIDED, "later": SUPPORTED}
    assert result.verdict == NOT_DECIDED


CADSS = """
[[assessments]]
path = "cadss.csv"
subject = "id"
time = "when"
instrument = "CADSS"
version = "23-item"
recall_hours = 0
total = "total"
"""


def test_intoxication_within_hours_does_not_touch_a_score_of_the_next_day(tmp_path):
    made = content(24, n=15, level=25)
    now = {"instrument": "PCL-5-now", "version": "ad-hoc", "recall_hours": 0}
    rows = []
    for row in made["infusions"]:
        end = datetime.fromisoformat(row["end"])
        for hour, total in ((-2, 0), (3, 30 if row["agent"] == "ketamine" else 0)):
            when = stamp(end + timedelta(hours=hour))
            rows.append({"id": row["id"], "when": when, "total": total})
    write_rows(tmp_path / "cadss.csv", rows)
    result = judged(tmp_path, made, CADSS, **now)
    assert gate(result, "robustness").passed is not False
    assert "intoxication no longer plays a part" in gate(result, "robustness").text
    assert "dissociation resolved" not in gate(result, "robustness").text


def test_a_window_of_the_study_decides_and_stands_in_the_tables(tmp_path):
    made = content(1008, n=12)
    own = "\n[windows]\nweek_6 = [912, 1104]\n"
    result = judged(tmp_path, made, own)
    label = "38 to 46 days (week_6)"
    assert result["attribution"].estimate["window"] == label
    case = Case(check(read_study(tmp_path / "study.toml")), RULES)
    assert set(change_by_window(case)["window"]) == {label}
    assert set(difference_by_window(case)["window"]) == {label}
    # Its rules are those of everybody, so that a counted row holds for it too.
    assert result.decisions_sha256 == ONLY.decisions_sha256
