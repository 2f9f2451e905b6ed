"""Claims that are judged within hours and in one later window: attribution, and magnitude in its.

Many trials have no score within hours, and what they show days or weeks later is no evidence for
hours; it is judged for what it is.
"""

from __future__ import annotations

from analysis.claims.case import Case
from analysis.claims.definitions import Claim
from analysis.claims.evaluators.common import (
    Finding,
    blocked,
    calibrated,
    doubted,
    in_parts,
    reason,
    unread,
)
from analysis.claims.evaluators.difference import difference, estimated
from analysis.claims.gates import data_gates, later_window
from analysis.claims.gates.robustness import robustness_gate
from analysis.claims.ledger import Reason

__all__ = ["attribution", "magnitude"]

HOURS, LATER = "hours", "later"


def attribution(case: Case, claim_id: str, claim: Claim) -> Finding:
    """Parts ``hours`` and ``later``; the word is that of hours where hours were asked about."""
    parts = {HOURS: within_hours(case, claim_id, claim), LATER: beyond_hours(case, claim_id, claim)}
    if not later_window.hours_are_asked(case):
        parts = {LATER: parts[LATER], HOURS: parts[HOURS]}
    labels = {HOURS: f"Within hours ({case.label})", LATER: "Later" + _in_window(parts[LATER])}
    return in_parts(claim, parts, labels)


def _in_window(found: Finding) -> str:
    label = found.estimate["window"]
    return f" ({label} after)" if label else ""


def magnitude(case: Case, claim_id: str, claim: Claim) -> Finding:
    """The size of the difference in the window that gives attribution its word."""
    judge = within_hours if later_window.hours_are_asked(case) else beyond_hours
    return judge(case, claim_id, claim)


def within_hours(case: Case, claim_id: str, claim: Claim) -> Finding:
    """The difference from the comparator within hours, by the gates of onset."""
    found = difference(case, claim_id, claim)
    if not blocked(found.reasons):
        found.after = later_window.in_wording(case)
    return found


def beyond_hours(case: Case, claim_id: str, claim: Claim) -> Finding:
    """The difference from the comparator in the later window that decides, by its own gates."""
    reasons = {
        "construct": data_gates.construct(case),
        "comparator": data_gates.comparator(case, later=True),
    }
    if blocked(reasons):
        return _unread(reasons, claim)
    window, chosen = later_window.deciding_window(case)
    if window is None:
        return _unread(reasons | reason("time", False, chosen), claim)
    there = case.at(window)
    reasons |= {"time": later_window.time(there, chosen), "recall": later_window.recall(there)}
    if blocked(reasons):
        return _unread(reasons, claim)
    reasons["robustness"] = doubted(there, "robustness", robustness_gate, reasons)
    reasons["calibration"] = calibrated(there, reasons)
    found = estimated(there, claim_id, reasons)
    found.after = later_window.in_wording(there)
    return found


def _unread(reasons: dict[str, Reason], claim: Claim) -> Finding:
    """No estimate, because a gate about the data did not pass; nor were the gates after it."""
    found = unread(reasons)
    told = found.reasons["estimate"].said
    found.reasons = {gate: Reason(gate, None, told) for gate in claim.gates} | found.reasons
    return found
