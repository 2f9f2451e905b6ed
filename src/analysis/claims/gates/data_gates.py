"""Gates 1 to 4 on a study's own scores. Each writes one sentence with its numbers."""

from __future__ import annotations

from typing import Any

import pandas as pd

from analysis.claims.case import Case
from analysis.claims.gates.declarations import against_a_cause, as_declared
from analysis.claims.ledger import Reason
from analysis.instruments import known
from analysis.quantity import Cell, Known, Private, Quantity, Sentence, joined, said

__all__ = [
    "FORMS_FOR_HOURS",
    "beside_literal",
    "comparator",
    "construct",
    "reaches_back",
    "recall",
    "scored",
    "time",
]


# Said wherever a form reaches back before hours, of a study and of published figures.
FORMS_FOR_HOURS = (
    "Scales for hours exist at an early stage (d-PCL, RSDI); no ketamine trial was found that used "
    "one."
)
# STOPs that leave no claim about symptoms, whatever the hour it speaks of: without scores before
# and after on one scale, or without knowing who was given ketamine.
SCORES = (
    "score.no-post", "score.no-baseline", "score.scale-differs-by-site", "arm.other-than-given",
)  # fmt: skip


def construct(case: Case) -> Reason:
    """Gate 1: a PTSD severity measure on people with PTSD, validated or declared ad hoc."""
    if stop := case.stopped("question.", *SCORES):
        return Reason("construct", False, stop)
    kind = "validated" if case.validated else "ad hoc and unvalidated, as every sentence says"
    return Reason(
        "construct", True, f"{case.scale.name} measures PTSD severity; the scale is {kind}."
    )


def time(case: Case, *, compared: bool = True) -> Reason:
    """Gate 2: actual times, precise enough to fall 2 to 6 h after the end of the infusion.

    ``compared`` tells whether the claim needs the comparator's scores too.
    """
    people = case.people("hours")
    window = case.windows["hours"].label
    if stop := case.stopped("time.", "score."):
        return Reason("time", False, stop)
    counts = people["arm"].value_counts()
    wanted = [
        str(case.design.active_arm),
        *([case.design.comparator_arm] if compared and case.design.comparator_arm else []),
    ]
    least = int(case.definitions.rule("minimum_people_per_arm"))
    told = scored({arm: int(counts.get(arm, 0)) for arm in wanted})
    if any(counts.get(arm, 0) < least for arm in wanted):
        few = said(
            "Participants with a baseline and a score {window} after: {told}; at least {least} per "
            "arm are needed.", window=window, told=told, least=Known(least),
        )  # fmt: skip
        return Reason("time", False, few)
    placed = "Actual times place scores {window} after the infusion's end: {told}."
    return Reason("time", True, said(placed, window=window, told=told))


def scored(counts: dict[str, int], by: str = ", ") -> Sentence:
    """How many people of each arm have a score: ``22 on ketamine, 23 on midazolam``."""
    return joined(
        (
            said("{n} on {arm}", n=Quantity(n, {arm: n}, kind="count"), arm=arm)
            for arm, n in counts.items()
        ),
        by,
    )


def recall(case: Case) -> Reason:
    """Gate 3: the window a form asks about must not reach back before the infusion's start."""
    name = case.scale.name
    if case.primary_form is None:
        return _other_windows(case)
    window = case.primary_form[1]
    if window == 0:
        return Reason(
            "recall",
            True,
            f"{name} asks about right now; no part of that lies before the infusion.",
        )
    within = case.primary_changes.query("phase == 'hours'")
    if within.empty:
        back = (
            f"{name} asks about the past {window:g} h, which within hours reaches back to before "
            "the infusion."
        )
        return Reason("recall", False, joined([back, FORMS_FOR_HOURS]))
    if (within["share_before"] > 0).any():
        back_and_fall = [reaches_back(case, within), beside_literal(case, within)]
        return Reason("recall", False, joined([*back_and_fall, FORMS_FOR_HOURS]))
    return Reason(
        "recall",
        True,
        f"None of the {window:g} h that {name} asks about lies before the infusion.",
    )


def reaches_back(case: Case, forms: pd.DataFrame) -> Sentence:
    """How far primary forms reach back; others read the mean, since limits are people's own."""
    share = forms["share_before"]
    arms = forms.drop_duplicates("subject")["arm"].value_counts()
    people = {str(arm): int(n) for arm, n in arms.items()}
    window = float(forms["recall_hours"].iloc[0])
    named: dict[str, Any] = {"window": Known(window), "name": case.scale.name}
    hardly = ": a literal answer could hardly fall within hours even if every symptom vanished"
    on_average = said(
        "On average {mean:.0%} of the {window:g} h that {name} asks about lie before the infusion"
        "{hardly}.",
        hardly="" if case.later else hardly,
        brief=said(
            "A part of the {window:g} h that {name} asks about lies before the infusion.", **named
        ),
        mean=Quantity(float(share.mean()), people),
        **named,
    )
    own = {
        name: Quantity(float(value), people, kind="own value")
        for name, value in (
            ("least", share.min()), ("most", share.max()), ("fall", 1 - share.min()),
        )
    }  # fmt: skip
    return said(
        "{least:.1%} to {most:.1%} of the {window:g} h that {name} asks about lie before the "
        "infusion: a literal answer could fall by {fall:.1%} at the most even if every symptom "
        "vanished.",
        brief=on_average,
        **own,
        **named,
    )


def beside_literal(case: Case, forms: pd.DataFrame) -> Sentence | str:
    """How far scores on ketamine fell, beside the largest fall that literal answers could show.

    Empty with fewer than three people, or where nobody has a symptom to lose.
    """
    arm = str(case.design.active_arm)
    low = case.scale.total_range(case.primary_form[0])[0] if case.primary_form else 0.0
    own = forms[(forms["arm"] == arm) & forms["change"].notna()]
    people = own.groupby("subject")[["baseline", "change", "share_before"]].mean()
    above = float((people["baseline"] - low).mean()) if len(people) else 0.0
    if len(people) < 3 or above <= 0:
        return ""
    largest = 1 - float(people["share_before"].mean())
    fall = -float(people["change"].mean()) / above
    cell = Cell({arm: len(people)}, parameters=1, plain_mean=True)
    return said(
        "On {arm} scores fell by {fall:.0%} of the baseline above the scale's least; literal "
        "answers could show {largest:.0%} at the most, on average.",
        brief="",
        arm=arm, fall=cell.quantity(fall), largest=cell.quantity(largest),
    )  # fmt: skip


def _other_windows(case: Case) -> Reason:
    """Without a primary form, what the other PTSD forms of the study ask about."""
    forms = case.checked.forms
    ptsd = [known()[name].construct == "ptsd" for name in forms["instrument"]]
    windows = forms.loc[ptsd, "recall_hours"]
    if windows.empty or (windows == 0).any():
        return Reason("recall", None, f"Not evaluated: there is no {case.scale.name} score.")
    told = f"the PTSD scales that were given ask about the past {windows.min():g} h or more."
    return Reason("recall", False, f"There is no {case.scale.name} score; {told}")


def comparator(case: Case, *, later: bool = False) -> Reason:
    """Gate 4: an active comparator, randomised and concurrent, as declared.

    ``later`` tells whether the claim is about the window that decides beyond hours.
    What is passive or not so, and what is not declared, leaves the cause not decided: the gate is
    neither passed nor failed then.
    """
    if stop := case.stopped("comparator.", "arm.", *(["later."] if later else [])):
        return Reason("comparator", False, stop)
    if not (case.arms == case.design.comparator_arm).any():
        # That nobody is left tells of everyone in the arm.
        arm = str(case.design.comparator_arm)
        absent = said(
            "{who} given {arm} {be} left to compare with.",
            who=Private("Nobody", "Too few"),
            be=Private("is", "are"),
            arm=arm,
        )
        return Reason("comparator", False, absent)
    told, against = as_declared(case), against_a_cause(case)
    if not against:
        return Reason("comparator", True, told)
    open_cause = said("So the cause of a difference stays open: {against}.", against=against)
    return Reason("comparator", None, joined([told, open_cause]))
