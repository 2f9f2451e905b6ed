"""What every evaluator uses: its finding, and the gates that are the same for all."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial, wraps
from typing import Any

from analysis.claims.calibration.gate import calibration_gate
from analysis.claims.case import Case
from analysis.claims.definitions import Claim
from analysis.claims.gates import data_gates
from analysis.claims.gates.flagged_groups import retry_on_other_cases
from analysis.claims.gates.robustness import robustness_gate
from analysis.claims.ledger import NOT_DECIDED, Reason
from analysis.claims.verdict import DATA_GATES
from analysis.estimates.table import row
from analysis.quantity import Sentence, joined

__all__ = ["NO_TIME", "Finding", "blocked", "calibrated", "doubted", "gates_of_claim", "in_parts",
           "no_record", "reason", "tried_on_others", "unread"]  # fmt: skip


@dataclass
class Finding:
    """What an evaluator found.

    Reasons by gate, the estimate and what it points to, rows to show beside it, and
    words that the permitted sentence must add (``cap`` within it, ``after`` behind it). Of a
    claim that is judged in several windows, ``parts`` holds what was found in each; the first
    gives the claim its word.
    """

    reasons: dict[str, Reason]
    estimate: dict[str, Any] = field(default_factory=row)
    points_to: str = NOT_DECIDED
    beside: list[dict[str, Any]] = field(default_factory=list)
    cap: str = ""
    after: Sentence | str = ""
    parts: dict[str, Finding] = field(default_factory=dict)


def reason(gate: str, passed: bool | None, told: Sentence | str) -> dict[str, Reason]:
    """One reason, keyed by its gate, to be joined with others."""
    return {gate: Reason(gate, passed, told)}


def gates_of_claim(case: Case, claim: Claim) -> dict[str, Reason]:
    """The claim's gates, the estimate aside."""
    make: dict[str, Callable[[Case], Reason]] = {
        "construct": data_gates.construct,
        "time": partial(data_gates.time, compared="comparator" in claim.gates),
        "recall": data_gates.recall,
        "comparator": data_gates.comparator,
    }
    found = {gate: make[gate](case) for gate in claim.gates if gate in make}
    doubts = {"robustness": robustness_gate, "calibration": calibration_gate}
    for gate, evaluate in doubts.items():
        if gate in claim.gates:
            found[gate] = doubted(case, gate, evaluate, found)
    return {gate: found[gate] for gate in claim.gates if gate in found}


def doubted(
    case: Case, gate: str, evaluate: Callable[[Case], Reason], found: Mapping[Any, Reason]
) -> Reason:
    """Gate 6 or 7, where the gates about the data let an estimate be read."""
    failed = [gate for gate in DATA_GATES if gate in found and found[gate].passed is False]
    if failed:
        words = f"Not evaluated: the gate {', '.join(failed)} did not pass."
        return Reason(gate, None, words)
    key = f"{gate} {case.window}"
    if key not in case.found:
        case.found[key] = evaluate(case)
    answer: Reason = case.found[key]
    return answer


def calibrated(case: Case, found: Mapping[Any, Reason]) -> Reason:
    """Gate 7, where the gates about the data let an estimate be read."""
    return doubted(case, "calibration", calibration_gate, found)


NO_TIME = reason("estimate", None, "Not evaluated: the gate time did not pass.")


def no_record(case: Case) -> Finding | None:
    """The answer where nothing was infused, or where times are planned and none was recorded."""
    stop = case.stopped("question.route", "time.nominal")
    return Finding(reason("time", False, stop) | NO_TIME) if stop else None


def blocked(reasons: dict[str, Reason]) -> bool:
    """Whether a gate about the data failed, so that no estimate may be read."""
    return any(reasons[gate].passed is False for gate in DATA_GATES if gate in reasons)


def unread(reasons: dict[str, Reason]) -> Finding:
    """No estimate, because a gate about the data did not pass."""
    failed = ", ".join(g for g in reasons if reasons[g].passed is False)
    return Finding(
        reasons | reason("estimate", None, f"Not evaluated: the gate {failed} did not pass.")
    )


def in_parts(claim: Claim, parts: dict[str, Finding], labels: Mapping[str, str]) -> Finding:
    """One finding about several windows; the first gives the claim its word and its estimate.

    Each gate tells what it found in every window, and is passed if it is in the first; the other
    estimates stand beside. ``labels`` name the windows in sentences.
    """
    first, *others = parts.values()
    reasons: dict[str, Reason] = {}
    for gate in claim.gates:
        told = {labels[name]: own.reasons[gate].said for name, own in parts.items()
                if gate in own.reasons}  # fmt: skip
        if told:
            passed = first.reasons[gate].passed if gate in first.reasons else None
            reasons[gate] = Reason(gate, passed, _in_each(told))
    beside = first.beside + [one.estimate for one in others if one.estimate["estimand"]]
    return Finding(
        reasons, first.estimate, first.points_to, beside, first.cap, first.after, parts=parts
    )


def _in_each(told: dict[str, Sentence | str]) -> Sentence | str:
    """What a gate found in each window, once where it is the same in several."""
    if len(told) > 1 and len({str(one) for one in told.values()}) == 1:
        return next(iter(told.values()))
    return joined(part for label, one in told.items() for part in (f"{label}:", one))


def tried_on_others(evaluate: Callable[[Case, str, Claim], Finding]) -> Callable[..., Finding]:
    """The evaluator, whose estimate also says what each flagged group would make of its word.

    For claims without gate 6: a word that hangs on a group is told, and stays.
    """

    @wraps(evaluate)
    def both(case: Case, claim_id: str, claim: Claim) -> Finding:
        # The headline is made of claims that are judged by themselves too.
        key = f"finding of {claim_id}"
        if key not in case.found:
            case.found[key] = tried(case, claim_id, claim)
        found: Finding = case.found[key]
        return found

    def tried(case: Case, claim_id: str, claim: Claim) -> Finding:
        found = evaluate(case, claim_id, claim)
        own = found.reasons["estimate"]
        if own.passed is None:
            return found

        def word(other: Case) -> str | None:
            there = evaluate(other, claim_id, claim)
            if there.reasons["estimate"].passed is None:
                raise ValueError(there.reasons["estimate"].text)
            return None if _numbers(there) == _numbers(found) else there.points_to

        told = joined([own.said, retry_on_other_cases(case, found.points_to, word).told()])
        found.reasons |= reason("estimate", own.passed, told)
        return found

    return both


def _numbers(found: Finding) -> tuple[str, ...]:
    """The estimate as far as numbers tell it; as text, so that what is missing equals itself."""
    names = ("n", "estimate", "ci_low", "ci_high", "method")
    return tuple(str(found.estimate.get(name)) for name in names)
