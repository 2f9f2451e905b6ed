"""The answer to the question that the project asks, in one plain sentence."""

from __future__ import annotations

from analysis.claims.ledger import (
    CONTRADICTED,
    NOT_DECIDED,
    NOT_TESTABLE,
    SUPPORTED,
    ClaimResult,
    Ledger,
)
from analysis.describe.answer.verdicts import permitted, rises
from analysis.describe.in_words import SYNTHETIC, listed

__all__ = ["QUESTION", "answer"]

QUESTION = "Do PTSD symptoms fall within hours of a ketamine infusion?"
_OPENING = {
    SUPPORTED: "Yes",
    CONTRADICTED: "No",
    NOT_DECIDED: "Not decided",
    NOT_TESTABLE: "Not testable",
}
# What keeps a verdict back, by gate: found wanting, and not evaluated.
_LACKING = {
    "construct": "no usable scores are of PTSD severity in people with PTSD given ketamine",
    "time": "there are not enough scores at known times within hours of an infusion",
    "recall": "the scale asks about time before the infusion too",
    "comparator": "there is no comparison as a cause needs it "
    "(randomised, concurrent, active, as planned, rated alike)",
    "estimate": "the difference and its interval do not show that it does",
    "robustness": "the verdict does not survive every sensitivity analysis",
    "calibration": "at this design the procedure finds an effect too often where there is none",
}
# Why there are not enough scores, where the data tell it.
_NOBODY = {
    "arm.empty": "nobody is in an arm that study.toml declares",
    "arm.not-rated": "nobody in one of the arms was rated on the primary scale",
}
_ROSE = "the estimate shows a rise"
_UNKNOWN = _LACKING | {
    "construct": "it is not known whether the scores are of PTSD severity",
    "time": "it is not known whether the scores were given within hours of an infusion",
    "recall": "it is not known what time the scale asks about",
    "estimate": "the difference could not be estimated",
    "robustness": "not every sensitivity analysis could be done",
    "calibration": "how often the procedure is wrong at this design has not been counted",
}


def answer(ledger: Ledger) -> str:
    """One sentence that answers :data:`QUESTION` from what a source says of the claim `onset`.

    It opens with the verdict, goes on with the sentence that the verdict permits, and ends with
    what keeps it from more: a failed gate goes before one that was not evaluated, which is told
    too where the estimate alone would not say why there is no answer. That the page's own claim,
    symptoms that surely fall, is contradicted is said whatever is open of the average. It holds
    no number; where the estimate is not withheld it tells a rise. Synthetic data are named.
    """
    result = ledger["onset"]
    opening = _OPENING[result.verdict] + (" (synthetic data)" if ledger.synthetic else "")
    said = permitted(result).removeprefix(SYNTHETIC).partition(". ")[0].rstrip(".")
    return f"{opening}: {said[0].lower()}{said[1:]}{_end(ledger, result)}."


def _end(ledger: Ledger, result: ClaimResult) -> str:
    """What the page promises beyond an average; else why there is no yes and no no."""
    if result.verdict == CONTRADICTED:
        return ""
    if result.verdict == SUPPORTED:
        return f"; that everyone improves is {ledger['certainty_within_hours'].verdict}"
    # Some claims may have been judged alone.
    surely = any(one.claim == "headline" and one.verdict == CONTRADICTED for one in ledger.claims)
    contradicted = "; that they surely fall is contradicted" if surely else ""
    failed = [reason.gate for reason in result.reasons if reason.passed is False]
    unknown = [_UNKNOWN[reason.gate] for reason in result.reasons if reason.passed is None]
    lacking = _LACKING | ({"estimate": _ROSE} if rises(result) else {})
    nobody = [_NOBODY[flag.rule] for flag in ledger.flags if flag.rule in _NOBODY]
    lacking |= {"time": nobody[0]} if nobody else {}
    why = [lacking[gate] for gate in failed]
    if not failed or "estimate" in failed:
        why += unknown
    # What follows from the first shortcoming of data that cannot tell is no further reason.
    why = why[:1] if result.verdict == NOT_TESTABLE else why
    return (f", because {listed(why)}" if why else "") + contradicted
