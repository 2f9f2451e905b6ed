"""Which declared window can be read: enough people, and no form that looks back too far."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from analysis.claims.case import Case
from analysis.claims.gates import data_gates
from analysis.quantity import Known, Quantity, Sentence, joined, said

__all__ = ["first_readable", "unreadable"]


def unreadable(case: Case, window: str, *, more_than: int = 0) -> Sentence:
    """Why a window cannot carry a contrast of the primary form; false where it can.

    Parameters
    ----------
    case : Case
    window : str
    more_than : int
        Both arms together need more people than this, beside the declared minimum an arm.
    """
    bounds = case.windows[window]
    counts = case.people(window)["arm"].value_counts()
    arms = [case.design.active_arm, case.design.comparator_arm]
    found = [int(counts.get(arm, 0)) for arm in arms]
    least = int(case.definitions.rule("minimum_people_per_arm"))
    if min(found) < least or sum(found) <= more_than:
        told = data_gates.scored(dict(zip(map(str, arms), found, strict=True)), " and ")
        wanted = f"at least {least} an arm" + (f" and {more_than + 1} in all" if more_than else "")
        return said(
            "{label}: {told} with a baseline and a score, {wanted} are needed",
            label=bounds.label, told=told, wanted=wanted,
        )  # fmt: skip
    forms = case.primary_changes
    inside = (forms["since_end_low"] >= bounds.low) & (forms["since_end_high"] < bounds.high)
    own = forms[inside & (forms["latest_infusion"] == 1)]
    share = own["share_before"]
    if (share > 0).any():
        people = case.cell(own.drop_duplicates("subject")["arm"]).people_by_arm
        words: dict[str, Any] = {
            "label": bounds.label,
            "recall": Known(float(own["recall_hours"].max())),
            "name": case.scale.name,
        }
        return said(
            "{label}: up to {most:.1%} of the {recall:g} h that {name} asks about lie before the "
            "infusion",
            brief=said(
                "{label}: a part of the {recall:g} h that {name} asks about lies before the "
                "infusion", **words,
            ),
            most=Quantity(float(share.max()), people, kind="own value"),
            **words,
        )  # fmt: skip
    return Sentence(())


def first_readable(
    case: Case, windows: Iterable[str], *, more_than: int = 0
) -> tuple[str | None, Sentence]:
    """The first window that can be read, None where none can, and why others were passed over.

    The order is declared and looks at times and counts alone, never at scores.
    """
    reasons: list[Sentence] = []
    for window in windows:
        why = unreadable(case, window, more_than=more_than)
        if not why:
            return window, joined(reasons, "; ")
        reasons.append(why)
    return None, joined(reasons, "; ")
