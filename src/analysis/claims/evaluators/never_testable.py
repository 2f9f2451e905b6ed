"""Claims that need what no study of a drug and its control has: exposure therapy, the brain."""

from __future__ import annotations

from analysis.claims.case import Case
from analysis.claims.definitions import Claim
from analysis.claims.evaluators.common import Finding, reason
from analysis.claims.gates import data_gates


def speed_vs_exposure(case: Case, claim_id: str, claim: Claim) -> Finding:
    """Needs an arm of exposure therapy, which a study of a drug and its control never has."""
    return Finding(
        {"construct": data_gates.construct(case)}
        | reason(
            "comparator",
            False,
            "The study has no exposure-therapy arm and no comparator in common with one.",
        )
    )


def brain_mechanism(case: Case, claim_id: str, claim: Claim) -> Finding:
    """Never testable with scores."""
    return Finding(
        reason(
            "construct",
            False,
            "Symptom scores do not measure the brain; no score could answer this.",
        )
    )
