"""The claim that the first session tells how to go on."""

from __future__ import annotations

from typing import Any

from analysis.claims.case import Case
from analysis.claims.definitions import Claim
from analysis.claims.evaluators.common import Finding, blocked, reason, unread
from analysis.claims.evaluators.session_courses import people_with_sessions, session_courses
from analysis.claims.gates import data_gates
from analysis.claims.gates.flagged_groups import retry_on_other_cases
from analysis.claims.ledger import CONTRADICTED, NOT_DECIDED, SUPPORTED, Reason
from analysis.estimates.responders.first_session import first_and_last_response
from analysis.estimates.responders.prediction import predict_end
from analysis.outcomes.change import DECIMALS
from analysis.quantity import Cell, Known, Private, Quantity, Sentence, joined, numbers, said

__all__ = ["first_session_guides"]

SEED = 5
AREA = "AUC, baseline and first session"
ALONE = "AUC, baseline alone"


def first_session_guides(case: Case, claim_id: str, claim: Claim) -> Finding:
    """Discrimination of responders at the end by the first session, in people left out.

    Supported if the area's lower limit reaches the declared one and the responses, each from a
    rating before of its own, correlate above 0 at 5 %; contradicted if the area's upper limit
    stays below the declared one.
    """
    reasons = {"construct": data_gates.construct(case), "time": _time(case)}
    if blocked(reasons):
        return unread(reasons)
    try:
        rows = _rows(case, claim, claim_id)
    except ValueError as refusal:
        whole = len(session_courses(case))
        told = said(
            "Not evaluated: {why} ({n} participants have two ratings on different days before, and "
            "scores after the first and the last session that ask about no time before the "
            "first.)",
            why=Private(str(refusal), "these data do not allow the estimate."),
            n=Quantity(whole, {str(case.design.active_arm): whole}, kind="count"),
        )
        return Finding(reasons | reason("estimate", None, told))
    word = _word(rows, claim)

    def on_others(other: Case) -> str | None:
        same = _sorted(other) == _sorted(case)
        return None if same else _word(_rows(other, claim, claim_id), claim)

    retried = retry_on_other_cases(case, word, on_others)
    told = joined([_told(case, rows, claim), retried.told()])
    reasons = reasons | reason("estimate", word == SUPPORTED, told)
    main = rows[AREA]
    return Finding(reasons, main, word, [line for line in rows.values() if line is not main])


def _time(case: Case) -> Reason:
    """Whether anyone has scores around more than one infusion of ketamine."""
    repeated = 0 if case.design.design == "crossover" else people_with_sessions(case)
    if not repeated:
        why = (
            "Nobody has scores after more than one infusion of ketamine; there is no course of "
            "sessions that the first could guide."
        )
        return Reason("time", False, why)
    told = said("{n} participants have scores after more than one infusion.", n=_repeated(case))
    return Reason("time", True, told)


def _repeated(case: Case) -> Quantity:
    n = people_with_sessions(case)
    return Quantity(n, {str(case.design.active_arm): n}, kind="count")


def _rows(case: Case, claim: Claim, claim_id: str) -> dict[str, dict[str, Any]]:
    """Rows of both estimators by their estimand."""
    course = session_courses(case)
    kept = 1 - claim.thresholds["response"].number
    first, end = course["first"].to_numpy(float), course["end"].to_numpy(float)
    # A fall by a share of baseline, as a fall in points: from ``kept * baseline + 1`` by 1. The
    # model takes any straight line of baseline for baseline itself.
    cut = (kept * course["baseline"]).round(DECIMALS).to_numpy(float) + 1.0
    responded = int((cut - end >= 1.0).sum())
    words: dict[str, Any] = {
        "claim": claim_id,
        "contrast": str(case.design.active_arm),
        "instrument": case.scale.name,
        "window": "first session to the end of the course",
        # An area under the curve is of those who responded against those who did not.
        "cell": Cell({"with a response": responded, "without one": len(cut) - responded}),
    }
    before = course[["before_1", "before_2"]].to_numpy(float)
    rows = [
        *predict_end(cut, first, end, fall=1.0, seed=SEED, **words).rows(),
        *first_and_last_response(before, first, end, **words),
    ]
    return {line["estimand"]: line for line in rows}


def _related(rows: dict[str, dict[str, Any]]) -> dict[str, Any]:
    return next(line for name, line in rows.items() if name.endswith("baseline split"))


def _word(rows: dict[str, dict[str, Any]], claim: Claim) -> str:
    wanted = claim.thresholds["auc"].number
    if rows[AREA]["ci_high"] < wanted:
        return CONTRADICTED
    both = rows[AREA]["ci_low"] >= wanted and _related(rows)["ci_low"] > 0
    return SUPPORTED if both else NOT_DECIDED


def _sorted(case: Case) -> list[tuple[Any, ...]]:
    return sorted(session_courses(case).itertuples(index=False, name=None))


def _told(case: Case, rows: dict[str, dict[str, Any]], claim: Claim) -> Sentence:
    area, alone, related = rows[AREA], rows[ALONE], _related(rows)
    share, wanted = (Known(claim.thresholds[name].number) for name in ("response", "auc"))
    needs = said(
        "Support needs the lower limit of the AUC at {wanted:.2f} or above (assumption) and that "
        "correlation above 0 at 5 %, contradiction the upper limit of the AUC below.",
        wanted=wanted,
    )
    found = said(
        "Among {n} participants with a whole course ({repeated} have scores after more than one "
        "infusion), baseline and first session predicted a fall of {share:.0%} of baseline or more "
        "at the end with an AUC of {estimate:.2f} ({ci_low:.2f} to {ci_high:.2f}; {method}; "
        "baseline alone {alone_estimate:.2f}). First and last response, each counted from a "
        "baseline rating of its own, correlate by {related_estimate:.2f} ({related_ci_low:.2f} to "
        "{related_ci_high:.2f}).",
        brief=said(
            "How well baseline and first session predicted a fall of {share:.0%} of baseline or "
            "more at the end is withheld.", share=share,
        ),
        repeated=_repeated(case),
        share=share,
        method=area["method"],
        **numbers(area, "n", "estimate", "ci_low", "ci_high"),
        **numbers(alone, "estimate", prefix="alone_"),
        **numbers(related, "estimate", "ci_low", "ci_high", prefix="related_"),
    )  # fmt: skip
    return joined([found, needs])
