"""Beyond hours: which window decides, and the gates as they apply to it.

Gate 2 asks that the times, planned ones too, place scores in the window; gate 3 prints how far the
form reaches back. Gates 1, 4, 5 and 7 are those of the hours, 7 with rows of its own, and gate 6 is
without its line about intoxication.
"""

from __future__ import annotations

import pandas as pd

from analysis.claims.case import Case
from analysis.claims.gates import data_gates
from analysis.claims.ledger import Reason
from analysis.quantity import Known, Sentence, joined, said

__all__ = ["deciding_window", "hours_are_asked", "in_wording",
           "later_windows", "recall", "time"]  # fmt: skip


def registered(case: Case) -> frozenset[str] | None:
    """Windows that the registration names behind its id and date; None where there is none.

    One that came after the first infusion is none: it may have been chosen by the data.

    Where it names none, those that the study declares are taken as its windows.
    """
    told = (case.design.registration or "none").split()
    if told == ["none"] or case.design.registered_late:
        return None
    named = frozenset(told[2:]) & frozenset(case.windows)
    declared = case.design.later_window
    return named or frozenset([declared] if declared else [])


def hours_are_asked(case: Case) -> bool:
    """Whether scores within hours were collected, or registered, so that they answer the claim.

    Collected: enough people of an arm have a score of the primary instrument there, whatever
    its form looks back on; fewer is a form filled in early.
    """
    phase = case.definitions.primary.phase
    if phase in (registered(case) or ()):
        return True
    forms = case.scored(case.scale.name)
    own = forms[(forms["phase"] == phase) & (forms["latest_infusion"] == 1)]
    seen = own.drop_duplicates("subject")["subject"].map(case.arms).value_counts()
    return bool((seen >= case.definitions.rule("minimum_people_per_arm")).any())


def later_windows(case: Case) -> tuple[str, ...]:
    """Windows that may decide beyond hours, in the order in which they are tried."""
    declared, windows = case.design.later_window, registered(case)
    if declared is not None and windows is not None and declared in windows:
        return (declared,)
    return case.later_windows


def deciding_window(case: Case) -> tuple[str | None, Sentence]:
    """The window that decides beyond hours, None where there is none, and why it is that one.

    The one that the study declares and a registration names; else the first in time in which a
    declared share of either arm's people with a baseline have a score before a second infusion.
    Times and counts alone tell, never scores.
    """
    declared = case.design.later_window
    windows = later_windows(case)
    if windows == (declared,):
        return declared, joined([f"{declared} is declared and registered as the later window."])
    told: list[Sentence | str] = []
    if declared is not None:
        told.append(
            f"{declared} is declared as the later window, but no registration names it: the first "
            "window in time decides."
        )
    arms = [str(case.design.active_arm), str(case.design.comparator_arm)]
    people = [max(int(n), 1) for n in (case.scores.treated.sum(), (~case.scores.treated).sum())]
    least = case.definitions.rule("later_window_share")
    for name in windows:
        seen = case.seen_in(name)
        if max(n / of for n, of in zip(seen, people, strict=False)) >= least:
            return name, joined(told)
        if sum(seen):
            told.append(
                said(
                    "Passed over: {label} ({scored}; less than {least:.0%} of either arm).",
                    label=case.windows[name].label,
                    scored=data_gates.scored(dict(zip(arms, seen, strict=False))),
                    least=Known(least),
                )
            )
    told.append(
        "No window from about 24 h on holds scores of enough participants before a second infusion."
    )
    return None, joined(told)


def time(case: Case, chosen: Sentence) -> Reason:
    """Gate 2 of a later window: whether its scores are those of enough people."""
    arms = (str(case.design.active_arm), str(case.design.comparator_arm))
    seen = dict(zip(arms, case.seen_in(case.window), strict=False))
    least = int(case.definitions.rule("minimum_people_per_arm"))
    told = said(
        "Times place scores {window} after the infusion's end, before any second one: {told}.",
        window=case.label, told=data_gates.scored(seen),
    )  # fmt: skip
    if min(seen.values()) < least:
        few = f"At least {least} per arm are needed."
        return Reason("time", False, joined([told, few, chosen] if chosen else [told, few]))
    return Reason("time", True, joined([told, chosen] if chosen else [told]))


def recall(case: Case) -> Reason:
    """Gate 3 of a later window: how far the form reaches back, which is allowed and printed."""
    forms = _forms(case)
    if (forms["share_before"] > 0).any():
        back = data_gates.reaches_back(case, forms)
        allowed = "Beyond hours this is allowed, and stated."
        beside = data_gates.beside_literal(case, forms)
        return Reason("recall", True, joined([back, allowed, beside]))
    window = case.primary_form[1] if case.primary_form else 0.0
    asks = f"the past {window:g} h" if window else "right now"
    return Reason(
        "recall",
        True,
        f"{case.scale.name} asks about {asks}; no part of that lies before the infusion.",
    )


def in_wording(case: Case) -> Sentence:
    """What a permitted sentence adds: the window, and how far the form reaches back in it."""
    forms = _forms(case)
    said_of = said(" This is said of scores {window} after the infusion.", window=case.label)
    if not (forms["share_before"] > 0).any():
        return said_of
    back = data_gates.reaches_back(case, forms)
    return joined([said_of, back])


def _forms(case: Case) -> pd.DataFrame:
    """Forms of the primary analysis in its window."""
    bounds, forms = case.windows[case.window], case.primary_changes
    inside = (forms["since_end_low"] >= bounds.low) & (forms["since_end_high"] < bounds.high)
    return forms[inside & (forms["latest_infusion"] == 1)]
