"""Published results: load the table, derive what it implies, refuse what it does not.

In: `data/raw/published`, a figure a row. Out: contrasts, shares and `derive`, each with its rows.
Not here: what the figures say of a claim (claims.published).
"""

from analysis.evidence.derivation.assemble import estimates
from analysis.evidence.derivation.derive import QUANTITIES, SYNONYMS, derive
from analysis.evidence.relevant import (
    controlled_before,
    dissociation,
    infusion_minutes,
    monitoring,
    possibly_earlier,
    registered,
    responders,
    rows_at,
)
from analysis.evidence.summaries import (
    controlled_contrasts,
    interval_conflicts,
    missing_numbers,
    recall_share,
    response_shares,
    timeline_of_evidence,
    within_arm_changes,
)
from analysis.evidence.table.load import load, validate

__all__ = [
    "QUANTITIES",
    "SYNONYMS",
    "controlled_before",
    "controlled_contrasts",
    "derive",
    "dissociation",
    "estimates",
    "infusion_minutes",
    "interval_conflicts",
    "load",
    "missing_numbers",
    "monitoring",
    "possibly_earlier",
    "recall_share",
    "registered",
    "responders",
    "response_shares",
    "rows_at",
    "timeline_of_evidence",
    "validate",
    "within_arm_changes",
]
