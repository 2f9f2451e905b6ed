"""Claims that need what most studies lack: another treatment, repeated sessions, the brain."""

from __future__ import annotations

from analysis.claims import gates
from analysis.claims.case import Case
from analysis.claims.definitions import Claim
from analysis.claims.evaluators.common import Finding, reason


def speed_vs_exposure(case: Case, claim_id: str, claim: Claim) -> Finding:
    """Needs an arm of exposure therapy, which a study of a drug and its control never has."""
    return Finding(
        {"construct": gates.construct(case)}
        | reason(
            "comparator",
            False,
            "The study has no exposure-therapy arm and no comparator in common with one.",
        )
    )


def dissociation_mechanism(case: Case, claim_id: str, claim: Claim) -> Finding:
    """An association at the most; its evaluator is not part of this version."""
    if "CADSS" not in set(case.checked.forms["instrument"]):
        return Finding(
            reason("construct", False, "No CADSS score was collected.")
            | reason("estimate", None, "Not evaluated: there is no CADSS score.")
        )
    return Finding(
        {"construct": gates.construct(case)}
        | reason(
            "estimate",
            None,
            "Not evaluated: association with a sensitivity analysis to unmeasured confounding "
            "is not part of this version.",
        )
    )


def first_session_guides(case: Case, claim_id: str, claim: Claim) -> Finding:
    """Needs scores around at least two infusions a person."""
    reasons = {"construct": gates.construct(case)}
    forms = case.checked.forms
    sessions = (
        forms[forms["total"].notna() & (forms["latest_infusion"] > 0)]
        .groupby("subject")["latest_infusion"]
        .nunique()
    )
    repeated = int((sessions > 1).sum())
    if case.design.design == "crossover" or not repeated:
        why = (
            "Nobody has scores after more than one infusion of ketamine; there is no course of "
            "sessions that the first could guide."
        )
        return Finding(
            reasons
            | reason("time", False, why)
            | reason("estimate", None, "Not evaluated: the gate time did not pass.")
        )
    return Finding(
        reasons
        | reason("time", True, f"{repeated} people have scores after more than one infusion.")
        | reason(
            "estimate",
            None,
            "Not evaluated: prediction with the coupling through baseline removed is not part "
            "of this version.",
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
