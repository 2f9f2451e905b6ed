"""The claim that dissociation is the means: an association, which cannot decide it."""

from __future__ import annotations

from typing import Any

import pandas as pd

from analysis.claims.case import Case
from analysis.claims.definitions import Claim
from analysis.claims.evaluators.common import Finding, blocked, reason, unread
from analysis.claims.gates import data_gates
from analysis.claims.gates.flagged_groups import not_evaluated
from analysis.claims.gates.later_window import later_windows
from analysis.claims.ledger import Reason
from analysis.claims.readable_windows import first_readable
from analysis.errors import ReliefError
from analysis.estimates.explanations.dissociation import time_to_return
from analysis.estimates.explanations.mediation import linear_mediation
from analysis.quantity import Cell, Sentence, joined, numbers, said

__all__ = ["dissociation_mechanism"]

SEED = 5
# A peak later than this is not the infusion's.
BY_HOURS = 24.0
# Rows that are the whole difference, or give it when the indirect effect is added.
WHOLE = ("total effect", "direct effect")
INDIRECT = "indirect effect, if nothing unmeasured moved both"


def dissociation_mechanism(case: Case, claim_id: str, claim: Claim) -> Finding:
    """Effect that goes with peak CADSS, and what an unmeasured common cause would do to it.

    Never more than not decided, and never contradicted: nobody chose at random who dissociates,
    and no smallest association that would matter is declared.
    """
    forms = case.scored("CADSS")
    if forms.empty:
        return _not_testable("No CADSS score was collected.")
    reasons = {"construct": data_gates.construct(case)}
    if blocked(reasons):
        return unread(reasons)
    try:
        peaks = time_to_return(forms, points=0.0, by_hours=BY_HOURS)
    except ReliefError as refusal:
        return _not_testable(refusal.message)
    if peaks.empty:
        return _not_testable("Nobody has CADSS scores before and after the start, in actual hours.")
    missing = data_gates.comparator(case)
    if missing.passed is False:
        why = "Not evaluated: relating scores to dissociation needs a comparator."
        return Finding(reasons | reason("estimate", None, joined([why, missing.said])))
    windows = (case.definitions.primary.phase, *later_windows(case))
    window, passed_over = first_readable(case, windows)
    if window is None:
        later = said("Not evaluated: {passed_over}.", passed_over=passed_over)
        return Finding(reasons | reason("estimate", None, later))
    return _associated(case, claim_id, reasons, peaks, window)


def _associated(
    case: Case, claim_id: str, reasons: dict[str, Reason], peaks: pd.DataFrame, window: str
) -> Finding:
    """The indirect effect in the window with its sensitivity analysis beside it."""
    scored = case.people(window)
    scored = scored[scored["arm"].isin([case.design.active_arm, case.design.comparator_arm])]
    people = scored.merge(peaks[["subject", "peak"]], on="subject")
    try:
        found = linear_mediation(
            people["score"].to_numpy(float),
            people["peak"].to_numpy(float),
            (people["arm"] == case.design.active_arm).to_numpy(),
            people["baseline"].to_numpy(float),
            seed=SEED,
        )
    except ValueError as refusal:
        return Finding(reasons | reason("estimate", None, not_evaluated(refusal)))
    words: dict[str, Any] = {
        "claim": claim_id,
        "cell": case.cell(people["arm"], parameters=4),
        "contrast": case.contrast,
        "instrument": case.scale.name,
        "window": case.windows[window].label,
    }
    # The whole difference beside that of everybody scored is about those without a CADSS.
    unrated = case.cell(scored.loc[~scored["subject"].isin(people["subject"]), "arm"])
    whole = words["cell"].moving(unrated.people_by_arm)
    rows = [
        line | {"cell": whole} if line["estimand"].startswith(WHOLE) else line
        for line in found.rows(**words)
    ]
    main = next(line for line in rows if line["estimand"] == INDIRECT)
    reasons = reasons | reason("estimate", False, _told(found.rho_null, rows[0], main))
    beside = [line for line in rows if line is not main]
    return Finding(reasons, main | {"unit": "points"}, beside=beside)


def _told(rho_null: float, total: dict[str, Any], main: dict[str, Any]) -> Sentence:
    cell: Cell = main["cell"]
    found = said(
        "{window} after, {estimate:.1f} points ({ci_low:.1f} to {ci_high:.1f}; n = {n}; {method}) "
        "{whole}go with peak CADSS above baseline, if there is no unmeasured common cause. A "
        "correlation of errors of {rho:.2f} would make that 0: a common cause of {cause:.0%} of "
        "what the model leaves unexplained of each is enough.",
        brief="What goes with peak CADSS above baseline is withheld.",
        window=main["window"],
        method=main["method"],
        whole=said("of a difference of {estimate:.1f} ", brief="", **numbers(total, "estimate")),
        rho=cell.quantity(rho_null),
        cause=cell.quantity(abs(rho_null)),
        **numbers(main, "estimate", "ci_low", "ci_high", "n"),
    )
    never = (
        "Dissociation was not randomised, and participants who dissociated could tell what they "
        "were given. An association cannot show that dissociation is how ketamine works, so this "
        "gate is never passed."
    )
    return joined([found, never])


def _not_testable(why: str) -> Finding:
    return Finding(
        reason("construct", False, why)
        | reason("estimate", None, "Not evaluated: there is no CADSS score to use.")
    )
