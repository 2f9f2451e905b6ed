"""The answer in one sentence: its opening is the verdict, its end what keeps it from more."""

from __future__ import annotations

from dataclasses import replace

import pytest

from analysis.claims.definitions import load_definitions
from analysis.claims.ledger import GATES, WORDS, Reason
from analysis.claims.published import judge_published
from analysis.describe.answer.sentence import QUESTION, answer


@pytest.fixture(scope="module")
def published():
    return judge_published(load_definitions())


def ledger_with(ledger, **changes):
    """A ledger whose claims differ in what is named: ``onset={"verdict": "supported"}``."""
    claims = tuple(replace(result, **changes.get(result.claim, {})) for result in ledger.claims)
    return replace(ledger, claims=claims)


def onset(verdict, **gates):
    """The claim with this verdict; gates not named pass."""
    wording = load_definitions().claims["onset"].sentence(verdict)
    reasons = tuple(Reason(gate, gates.get(gate, True), "why") for gate in GATES)
    return {"verdict": verdict, "wording": wording, "reasons": reasons}


def test_the_published_results_cannot_tell_since_nobody_was_scored_within_hours(published):
    assert answer(published) == (
        "Not testable: these data cannot tell whether the infusion lowers PTSD symptoms within "
        "hours, because there are not enough scores at known times within hours of an infusion."
    )


def test_synthetic_data_are_named_before_anything_is_said_of_them(example):
    ledger, _ = example
    said = answer(ledger)
    assert " (synthetic data): " in said[:40]
    assert "within hours" in said
    assert "Synthetic data:" not in said


def test_a_yes_is_said_of_the_average_and_tells_apart_what_holds_for_everyone(published):
    yes = ledger_with(
        published, onset=onset("supported"), certainty_within_hours={"verdict": "contradicted"}
    )
    assert answer(yes).startswith("Yes: on average symptoms were lower")
    assert answer(yes).endswith("; that everyone improves is contradicted.")


def test_a_no_gives_no_reason_beyond_the_permitted_sentence(published):
    no = ledger_with(published, onset=onset("contradicted"))
    assert answer(no).startswith("No: on average symptoms did not fall within hours")
    assert "because" not in answer(no)


def test_symptoms_that_rose_are_not_only_said_not_to_have_fallen(published):
    rose = {"estimate": published["onset"].estimate | {"estimate": 5.0, "ci_low": 1.0}}
    no = ledger_with(published, onset=onset("contradicted") | rose)
    assert answer(no).endswith("compared with the comparator; the estimate shows a rise.")
    open_yet = ledger_with(published, onset=onset("not decided", estimate=False) | rose)
    assert answer(open_yet).endswith("because the estimate shows a rise.")
    assert "rise" not in answer(ledger_with(published, onset=onset("supported")))


def test_a_gate_that_failed_goes_before_one_that_was_not_evaluated(published):
    both = ledger_with(published, onset=onset("not decided", robustness=False, calibration=None))
    assert answer(both).endswith("because the verdict does not survive every sensitivity analysis.")
    alone = ledger_with(published, onset=onset("not decided", calibration=None))
    assert answer(alone).endswith("the procedure is wrong at this design has not been counted.")


def test_an_estimate_that_shows_no_fall_is_told_with_what_keeps_it_from_a_no(published):
    """Where an interval excludes every fall that matters, another gate leaves it undecided."""
    open_yet = ledger_with(published, onset=onset("not decided", estimate=False, calibration=None))
    assert answer(open_yet).endswith(
        "because the difference and its interval do not show that it does and how often the "
        "procedure is wrong at this design has not been counted."
    )


@pytest.mark.parametrize("verdict", ["not decided", "not testable"])
def test_that_they_surely_fall_is_contradicted_is_said_whatever_is_open(published, verdict):
    surely = ledger_with(published, onset=onset(verdict, time=False),
                         headline={"verdict": "contradicted"})  # fmt: skip
    assert answer(surely).endswith("; that they surely fall is contradicted.")
    assert "surely" not in answer(ledger_with(published, onset=onset(verdict, time=False)))


def test_onset_judged_alone_is_answered_too(published):
    alone = replace(published, claims=(published["onset"],))
    assert answer(alone) == answer(published)


@pytest.mark.parametrize("verdict", WORDS)
@pytest.mark.parametrize("passed", [False, None])
def test_any_verdict_by_any_gate_is_one_sentence(published, verdict, passed):
    for gate in GATES:
        said = answer(ledger_with(published, onset=onset(verdict, **{gate: passed})))
        assert said.endswith(".")
        assert ". " not in said


def test_the_question_is_the_one_that_the_readme_asks():
    from analysis.paths import CLAIMS

    assert QUESTION in (CLAIMS.parent / "README.md").read_text(encoding="utf-8").splitlines()[0]
