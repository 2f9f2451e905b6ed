"""From what an evaluator found to the answer of the ledger, the same for every source."""

from __future__ import annotations

from collections.abc import Mapping

from analysis.claims.definitions import Claim
from analysis.claims.evaluators.common import Finding
from analysis.claims.ledger import NOT_DECIDED, SUPPORTED, ClaimResult
from analysis.claims.verdict import DATA_GATES, combine_parts, decide_by_gates
from analysis.quantity import joined

__all__ = ["claim_result"]


def claim_result(
    claim_id: str,
    claim: Claim,
    finding: Finding,
    results: Mapping[str, ClaimResult],
    *,
    form_cap: str = "",
    synthetic: bool = False,
) -> ClaimResult:
    """The verdict on one claim, its parts, and the sentence that it permits.

    Parameters
    ----------
    claim_id, claim, finding
        What was asked, and what its evaluator found.
    results
        Claims judged before; the headline is made of onset and certainty_within_hours.
    form_cap
        What a sentence must add when the form is ad hoc.
    synthetic
        Whether the sentence must say that the data are.
    """
    verdict, parts = _word(claim_id, claim, finding, results)
    opening = claim.sentence(verdict, finding.cap + form_cap)
    opening = f"Synthetic data: {opening}" if synthetic else opening
    wording = joined([opening, finding.after], "")
    return ClaimResult(
        claim=claim_id,
        title=claim.title,
        verdict=verdict,
        estimate=finding.estimate | {"claim": finding.estimate["claim"] or claim_id},
        reasons=tuple(finding.reasons[gate] for gate in claim.gates if gate in finding.reasons),
        wording=str(wording),
        parts=parts,
        beside=tuple(finding.beside),
        said=wording,
    )


def _word(
    claim_id: str,
    claim: Claim,
    finding: Finding,
    results: Mapping[str, ClaimResult],
) -> tuple[str, dict[str, str]]:
    """Verdict and parts of one claim."""
    reasons = finding.reasons
    if finding.parts:
        return _word_of_first(claim, finding.parts, results)
    about_data = [reasons[g].passed for g in claim.gates if g in DATA_GATES and g in reasons]
    # No part is contradicted unless every gate about the data passes for the whole claim; what a
    # part supports hangs on its own gates.
    stands = finding.points_to == SUPPORTED or all(about_data)
    points_to = finding.points_to if stands else NOT_DECIDED
    if claim_id == "headline":
        parts = results["onset"].parts | {"WILL": results["certainty_within_hours"].verdict}
        return combine_parts(parts.values()), parts
    if claim.parts:
        parts = {
            part: decide_by_gates(gates, reasons, points_to) for part, gates in claim.parts.items()
        }
        return combine_parts(parts.values()), parts
    verdict = decide_by_gates(claim.gates, reasons, points_to)
    capped = claim.at_most == NOT_DECIDED and verdict == SUPPORTED
    return (NOT_DECIDED if capped else verdict), {}


def _word_of_first(
    claim: Claim,
    found: Mapping[str, Finding],
    results: Mapping[str, ClaimResult],
) -> tuple[str, dict[str, str]]:
    """The verdicts of a claim in several windows; the first found is that of the claim.

    Within hours none is more than that of onset.
    """
    parts = {
        name: decide_by_gates(claim.gates, own.reasons, own.points_to)
        for name, own in found.items()
    }
    onset = results["onset"].verdict if "onset" in results else NOT_DECIDED
    if parts.get("hours") == SUPPORTED and onset != SUPPORTED:
        parts["hours"] = NOT_DECIDED
    verdict = next(iter(parts.values()))
    return verdict, dict(sorted(parts.items()))
