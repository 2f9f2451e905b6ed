"""The judge: every claim of claims.toml on one source, through its gates, into the ledger."""

from __future__ import annotations

from analysis.checks import Checked, check
from analysis.claims.case import Case, data_sha256
from analysis.claims.definitions import Definitions, load_definitions
from analysis.claims.evaluators import EVALUATORS, Finding
from analysis.claims.ledger import NOT_DECIDED, SUPPORTED, ClaimResult, Ledger
from analysis.claims.verdict import DATA_GATES, combine, decide
from analysis.study import Study

__all__ = ["judge", "judge_checked"]


def judge(study: Study, definitions: Definitions | None = None) -> Ledger:
    """Judge every claim on a study.

    Parameters
    ----------
    study : Study
    definitions : Definitions, optional
        The rules; those of claims.toml unless given.

    Raises
    ------
    ReliefError
        For a STOP of scope ``study``.
    """
    # The rules come first: nothing of the data is looked at before they are fixed.
    definitions = definitions or load_definitions()
    return judge_checked(check(study), definitions)


def judge_checked(checked: Checked, definitions: Definitions) -> Ledger:
    """Judge every claim on a study that has been checked."""
    case = Case(checked, definitions)
    results: dict[str, ClaimResult] = {}
    # The headline is made of claims that must be judged first.
    for claim_id in sorted(definitions.claims, key=lambda name: name == "headline"):
        claim = definitions.claims[claim_id]
        finding = EVALUATORS[claim_id](case, claim_id, claim)
        verdict, parts = _word(claim_id, finding, case, results)
        results[claim_id] = ClaimResult(
            claim=claim_id,
            title=claim.title,
            verdict=verdict,
            estimate=finding.estimate,
            reasons=tuple(finding.reasons[gate] for gate in claim.gates if gate in finding.reasons),
            wording=_sentence(
                case, claim.sentence(verdict, finding.cap + case.form_cap) + finding.after
            ),
            parts=parts,
            beside=tuple(finding.beside),
        )
    design = case.design
    return Ledger(
        study=design.name,
        title=design.title,
        synthetic=design.synthetic,
        claims_sha256=definitions.sha256,
        data_sha256=data_sha256(checked.study.sources),
        claims=tuple(results[claim_id] for claim_id in definitions.claims),
        flags=tuple(issue for issue in checked.issues if issue.severity == "FLAG"),
    )


def _sentence(case: Case, sentence: str) -> str:
    return f"Synthetic data: {sentence}" if case.design.synthetic else sentence


def _word(
    claim_id: str, finding: Finding, case: Case, results: dict[str, ClaimResult]
) -> tuple[str, dict[str, str]]:
    """Verdict and parts of one claim."""
    claim = case.definitions.claims[claim_id]
    data = [
        finding.reasons[gate].passed
        for gate in claim.gates
        if gate in DATA_GATES and gate in finding.reasons
    ]
    # Contradiction needs the same gates about the data as support, in every part.
    points_to = finding.points_to if all(data) else NOT_DECIDED
    if claim_id == "headline":
        parts = results["onset"].parts | {"WILL": results["certainty_within_hours"].verdict}
        return combine(parts.values()), parts
    if claim.parts:
        parts = {
            part: decide(gates, finding.reasons, points_to) for part, gates in claim.parts.items()
        }
        if case.design.comparator == "passive" and parts.get("INFUSION") == SUPPORTED:
            parts["INFUSION"] = NOT_DECIDED
        return combine(parts.values()), parts
    verdict = decide(claim.gates, finding.reasons, points_to)
    capped = claim.at_most == NOT_DECIDED or (
        claim_id == "attribution" and case.design.comparator == "passive"
    )
    return (NOT_DECIDED if capped and verdict == SUPPORTED else verdict), {}
