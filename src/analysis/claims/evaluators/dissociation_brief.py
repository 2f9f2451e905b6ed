"""The claim that dissociation is brief: the share whose CADSS is back near baseline in time."""

from __future__ import annotations

from typing import Any

import pandas as pd

from analysis.claims import decision_rule
from analysis.claims.case import Case
from analysis.claims.definitions import Claim
from analysis.claims.evaluators.common import Finding, no_record, reason, tried_on_others
from analysis.claims.ledger import CONTRADICTED, NOT_DECIDED, SUPPORTED, Reason
from analysis.errors import ReliefError
from analysis.estimates.explanations.dissociation import time_to_return
from analysis.estimates.proportions import exact_share
from analysis.estimates.table import row
from analysis.quantity import Cell, Known, Quantity, events, joined, numbers, said

__all__ = ["dissociation_brief"]


@tried_on_others
def dissociation_brief(case: Case, claim_id: str, claim: Claim) -> Finding:
    """Share of people on ketamine whose CADSS is back near baseline by 4 h, and when.

    Where no rating tells whether a person was back in time, the person counts as not back
    for support and as back for contradiction: leaving such people out would leave out the slow.
    """
    limits = {name: declared.number for name, declared in claim.thresholds.items()}
    cadss = case.scored("CADSS")
    if cadss.empty:
        return _no_cadss("construct", "No CADSS score was collected.")
    if stop := no_record(case):
        return stop
    cadss = cadss[cadss["subject"].map(case.arms) == case.design.active_arm]
    points, hours = limits["points"], limits["hours"]
    try:
        returns = case.checked.once(
            ("dissociation resolved", points, hours),
            lambda: time_to_return(cadss, points=points, by_hours=hours),
        )
    except ReliefError as refusal:
        return _no_cadss("construct", refusal.message)
    reasons = reason("construct", True, "CADSS measures dissociation.")
    if returns.empty:
        absent = "Nobody on ketamine has CADSS scores before and after the start, in actual hours."
        return _no_cadss("time", absent, reasons)
    n = Quantity(len(returns), {str(case.design.active_arm): len(returns)}, kind="count")
    told = said("{n} participants on ketamine have CADSS scores around the infusion.", n=n)
    return _share_back(claim_id, returns, limits, reasons | reason("time", True, told))


def _no_cadss(gate: str, text: str, reasons: dict[str, Reason] | None = None) -> Finding:
    later = reason("estimate", None, "Not evaluated: there is no CADSS score to use.")
    return Finding((reasons or {}) | reason(gate, False, text) | later)


def _share_back(
    claim_id: str, returns: pd.DataFrame, limits: dict[str, float], reasons: dict[str, Reason]
) -> Finding:
    n, back = len(returns), int(returns["back"].eq(True).sum())
    unknown = int(returns["back"].isna().sum())
    words: dict[str, Any] = {
        "claim": claim_id,
        "contrast": "ketamine",
        "instrument": "CADSS",
        "window": f"by {limits['hours']:g} h from the start",
    }
    main = exact_share(back, n, estimand="share resolved to near baseline", **words)
    kindest = exact_share(
        back + unknown, n, estimand="share resolved, if all unknown were", **words
    )
    points_to = NOT_DECIDED
    if decision_rule.decide_by_share(main, limits["share"]) == SUPPORTED:
        points_to = SUPPORTED
    elif decision_rule.decide_by_share(kindest, limits["share"]) == CONTRADICTED:
        points_to = CONTRADICTED
    when = row(
        estimand="hours to resolution, median bounds",
        n=n,
        ci_low=returns["last_away"].median(),
        ci_high=returns["first_back"].median(),
        method="medians of the last assessment not resolved and the first one resolved",
        cell=Cell({"ketamine": n}, own_values=True),
        **words,
    )
    declared: dict[str, Any] = {name: Known(value) for name, value in limits.items()}
    needs = said(
        "The claim needs the lower limit at {share:.0%} or above (assumptions: the points, the "
        "hours and the share).", share=declared["share"],
    )  # fmt: skip
    told = said(
        "In {events} of {n} participants dissociation had resolved to within {points:g} points of "
        "baseline by {hours:g} h from the start and stayed so ({estimate:.0%}, exact 95 % interval "
        "{ci_low:.1%} to {ci_high:.1%}); for {unknown} more it is unknown.",
        brief=said(
            "In how many participants dissociation had resolved to within {points:g} points of "
            "baseline by {hours:g} h from the start and stayed so is withheld.", **declared,
        ),
        events=events(main),
        unknown=main["cell"].quantity(unknown, "count"),
        **declared,
        **numbers(main, "estimate", "ci_low", "ci_high", "n"),
    )  # fmt: skip
    found = reasons | reason("estimate", points_to == SUPPORTED, joined([told, needs]))
    return Finding(found, main, points_to, [kindest, when])
