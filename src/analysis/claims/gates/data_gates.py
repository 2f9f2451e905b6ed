"""Gates 1 to 4 on a study's own scores. Each writes one sentence with its numbers."""

from __future__ import annotations

from analysis.claims.case import Case
from analysis.claims.ledger import Reason
from analysis.instruments import known

__all__ = ["comparator", "construct", "recall", "time"]


# STOPs that leave no claim about symptoms, whatever the hour it speaks of.
SCORES = ("score.no-post", "score.no-baseline", "score.scale-differs-by-site")


def construct(case: Case) -> Reason:
    """Gate 1: a PTSD severity measure on people with PTSD, validated or declared ad hoc."""
    if stop := case.stopped("question.", *SCORES):
        return Reason("construct", False, stop)
    kind = "validated" if case.validated else "ad hoc and unvalidated, so the wording is capped"
    return Reason(
        "construct", True, f"{case.scale.name} measures PTSD severity; the form is {kind}."
    )


def time(case: Case, *, compared: bool = True) -> Reason:
    """Gate 2: actual times, precise enough to fall 2 to 6 h after the end of the infusion.

    ``compared`` tells whether the claim needs the comparator's scores too.
    """
    people = case.people("hours")
    window = case.definitions.windows["hours"].label
    if stop := case.stopped("time.", "score."):
        return Reason("time", False, stop)
    counts = people["arm"].value_counts()
    wanted = [
        case.design.active_arm,
        *([case.design.comparator_arm] if compared and case.design.comparator_arm else []),
    ]
    least = int(case.definitions.rule("minimum_people_per_arm"))
    told = ", ".join(f"{int(counts.get(arm, 0))} on {arm}" for arm in wanted)
    if any(counts.get(arm, 0) < least for arm in wanted):
        return Reason(
            "time",
            False,
            f"People with a baseline and a score {window} after: {told}; at least {least} an "
            "arm are needed.",
        )
    return Reason(
        "time", True, f"Actual times place scores {window} after the infusion's end: {told}."
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
    share = case.primary_changes.query("phase == 'hours'")["share_before"]
    if share.empty:
        back = (
            f"{name} asks about the past {window:g} h, which within hours reaches back before it."
        )
        return Reason("recall", False, back)
    if (share > 0).any():
        return Reason(
            "recall",
            False,
            f"{share.min():.1%} to {share.max():.1%} of the {window:g} h that {name} asks about "
            "lie "
            f"before the infusion: a literal answer could fall by {1 - share.min():.1%} at the "
            "most "
            "even if every symptom vanished.",
        )
    return Reason("recall", True, f"None of the {window:g} h that {name} asks about lies before.")


def _other_windows(case: Case) -> Reason:
    """Without a primary form, what the other PTSD forms of the study ask about."""
    forms = case.checked.forms
    ptsd = [known()[name].construct == "ptsd" for name in forms["instrument"]]
    windows = forms.loc[ptsd, "recall_hours"]
    if windows.empty or (windows == 0).any():
        return Reason("recall", None, f"Not evaluated: no {case.scale.name} form has a score.")
    told = f"the PTSD forms that were given ask about the past {windows.min():g} h or more."
    return Reason("recall", False, f"No {case.scale.name} form has a score; {told}")


def comparator(case: Case) -> Reason:
    """Gate 4: a concurrent comparator, randomised or declared."""
    if stop := case.stopped("comparator.", "arm."):
        return Reason("comparator", False, stop)
    if not (case.arms == case.design.comparator_arm).any():
        absent = f"Nobody given {case.design.comparator_arm} is left to compare with."
        return Reason("comparator", False, absent)
    kind = case.design.comparator
    if kind == "passive":
        return Reason(
            "comparator",
            True,
            f"The comparator {case.design.comparator_arm} is passive: people may be able "
            "to tell, so cause is at most not decided.",
        )
    return Reason(
        "comparator",
        True,
        f"The comparator {case.design.comparator_arm} is declared active and concurrent.",
    )
