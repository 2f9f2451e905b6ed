"""One evaluator a claim: its own estimand on a study's scores, and what the estimate points to.

In: a case and the claim's definition. Out: a `Finding`. A new claim is a module here and a line
in `EVALUATORS`.
"""

from __future__ import annotations

from collections.abc import Callable

from analysis.claims.case import Case
from analysis.claims.definitions import Claim
from analysis.claims.evaluators.attribution import attribution, magnitude
from analysis.claims.evaluators.certainty import certainty_ever, certainty_within_hours
from analysis.claims.evaluators.clusters import clusters
from analysis.claims.evaluators.common import Finding
from analysis.claims.evaluators.difference import difference, headline
from analysis.claims.evaluators.dissociation_brief import dissociation_brief
from analysis.claims.evaluators.dissociation_mechanism import dissociation_mechanism
from analysis.claims.evaluators.first_session import first_session_guides
from analysis.claims.evaluators.lengths import infusion_length, monitoring_length
from analysis.claims.evaluators.never_testable import brain_mechanism, speed_vs_exposure

__all__ = ["EVALUATORS", "Finding"]

EVALUATORS: dict[str, Callable[[Case, str, Claim], Finding]] = {
    "headline": headline,
    "onset": difference,
    "certainty_within_hours": certainty_within_hours,
    "certainty_ever": certainty_ever,
    "magnitude": magnitude,
    "attribution": attribution,
    "speed_vs_exposure": speed_vs_exposure,
    "infusion_length": infusion_length,
    "monitoring_length": monitoring_length,
    "dissociation_brief": dissociation_brief,
    "dissociation_mechanism": dissociation_mechanism,
    "clusters": clusters,
    "first_session_guides": first_session_guides,
    "brain_mechanism": brain_mechanism,
}
