"""The judge: every claim of claims.toml on one source, through its gates, into the ledger.

In: a checked study (`case`) or the published table, and the rules (`definitions`). Out: a
`Ledger`: verdict, estimate and a reason for each gate. Not here: estimators, tables, pictures.
"""

from __future__ import annotations

from analysis.checks import Checked, check
from analysis.claims.case import Case, data_sha256
from analysis.claims.definitions import Definitions, load_definitions
from analysis.claims.evaluators import EVALUATORS
from analysis.claims.gates.blinding import unblinded
from analysis.claims.ledger import ClaimResult, Ledger
from analysis.claims.result import claim_result
from analysis.mmrm.threads import single_threaded
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


# Its matrices are small: threads that wait for one another took a tenth of the processor's time.
@single_threaded
def judge_checked(checked: Checked, definitions: Definitions) -> Ledger:
    """Judge every claim on a study that has been checked."""
    case = Case(checked, definitions)
    results: dict[str, ClaimResult] = {}
    # The headline is made of claims that must be judged first.
    for claim_id in sorted(definitions.claims, key=lambda name: name == "headline"):
        claim = definitions.claims[claim_id]
        finding = EVALUATORS[claim_id](case, claim_id, claim)
        results[claim_id] = claim_result(
            claim_id,
            claim,
            finding,
            results,
            form_cap=case.form_cap,
            synthetic=case.design.synthetic,
        )
    design = case.design
    flags = [issue for issue in checked.issues if issue.severity == "FLAG"]
    flags += [flag for flag in [unblinded(case)] if flag is not None]
    return Ledger(
        study=design.name,
        title=design.title,
        synthetic=design.synthetic,
        claims_sha256=definitions.sha256,
        decisions_sha256=definitions.decisions_sha256,
        data_sha256=data_sha256(checked.study.sources),
        claims=tuple(results[claim_id] for claim_id in definitions.claims),
        flags=tuple(flags),
    )
