"""The claims on the published evidence: figures of whole trials, each named by its row.

In: the table of evidence and the rules. Out: a `Ledger`, as of a study. Not here: what the table
holds and what may be derived from it (evidence).
"""

from __future__ import annotations

import hashlib
from typing import Any

import pandas as pd

from analysis import evidence
from analysis.claims.case import data_sha256
from analysis.claims.definitions import Definitions
from analysis.claims.ledger import ClaimResult, Ledger
from analysis.claims.published.evaluators import EVALUATORS
from analysis.claims.result import claim_result
from analysis.paths import PUBLISHED

__all__ = ["check_published", "judge_published"]


def judge_published(definitions: Definitions, table: pd.DataFrame | None = None) -> Ledger:
    """Judge every claim on the published results; on another table of them where one is given.

    Raises
    ------
    EvidenceError
        When the table does not hold what its dictionary says.
    """
    table = evidence.load() if table is None else table
    results: dict[str, ClaimResult] = {}
    for claim_id in sorted(definitions.claims, key=lambda name: name == "headline"):
        claim = definitions.claims[claim_id]
        finding = EVALUATORS[claim_id](claim_id, claim, definitions, table)
        results[claim_id] = claim_result(claim_id, claim, finding, results)
    return Ledger(
        study="published",
        title="Published results of ketamine for PTSD",
        synthetic=False,
        claims_sha256=definitions.sha256,
        decisions_sha256=definitions.decisions_sha256,
        data_sha256=_sha256(),
        claims=tuple(results[claim_id] for claim_id in definitions.claims),
    )


def check_published() -> dict[str, Any]:
    """Issues and flow of the table, in the shape of ``relief check``."""
    table = evidence.load()
    flow = [
        {"stage": "rows read", "arm": level, "reason": "", "rule": "", "n": int(n)}
        for level, n in table["level"].value_counts().sort_index().items()
    ]
    numeric = table[table["value"].notna() & table["ptsd"]]
    flow += [
        {"stage": "rows with a number on PTSD", "arm": level, "reason": "", "rule": "", "n": int(n)}
        for level, n in numeric["level"].value_counts().sort_index().items()
    ]
    issues: list[dict[str, Any]] = []
    conflicts = evidence.interval_conflicts(table)
    if len(conflicts):
        issues.append(
            {
                "rule": "evidence.interval-conflict",
                "severity": "FLAG",
                "scope": "row",
                "file": "published_results.csv",
                "row": None,
                "column": "value",
                "count": len(conflicts),
                "message": "Published standardised changes that do not follow from the interval "
                "beside them are not used.",
            }
        )
    return {"study": "published", "synthetic": False, "issues": issues, "flow": flow}


def _sha256() -> str:
    hashes = {}
    for name in ("published_results.csv", "added_results.csv"):
        if (PUBLISHED / name).is_file():
            text = (PUBLISHED / name).read_bytes().replace(b"\r\n", b"\n")
            hashes[name] = hashlib.sha256(text).hexdigest()
    return data_sha256(hashes)
