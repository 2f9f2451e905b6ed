"""Which declared window can be read: enough people, and no form that looks back too far."""

from __future__ import annotations

from collections.abc import Iterable

from analysis.claims.case import Case

__all__ = ["LATER", "first_readable", "unreadable"]

# From about 24 h on, in the order in which they are tried.
LATER = ("day", "day_3", "day_7")


def unreadable(case: Case, window: str, *, more_than: int = 0) -> str:
    """Why a window cannot carry a contrast of the primary form; empty where it can.

    Parameters
    ----------
    case : Case
    window : str
        Of claims.toml.
    more_than : int
        Both arms together need more people than this, beside the declared minimum an arm.
    """
    bounds = case.definitions.windows[window]
    counts = case.people(window)["arm"].value_counts()
    arms = [case.design.active_arm, case.design.comparator_arm]
    found = [int(counts.get(arm, 0)) for arm in arms]
    least = int(case.definitions.rule("minimum_people_per_arm"))
    if min(found) < least or sum(found) <= more_than:
        told = " and ".join(f"{n} on {arm}" for n, arm in zip(found, arms, strict=True))
        wanted = f"at least {least} an arm" + (f" and {more_than + 1} in all" if more_than else "")
        return f"{bounds.label}: {told} with a baseline and a score, {wanted} are needed"
    forms = case.primary_changes
    inside = (forms["since_end_low"] >= bounds.low) & (forms["since_end_high"] < bounds.high)
    own = forms[inside & (forms["latest_infusion"] == 1)]
    share = own["share_before"]
    if (share > 0).any():
        return (
            f"{bounds.label}: up to {share.max():.1%} of the {own['recall_hours'].max():g} h that "
            f"{case.scale.name} asks about lie before the infusion"
        )
    return ""


def first_readable(
    case: Case, windows: Iterable[str], *, more_than: int = 0
) -> tuple[str | None, str]:
    """The first window that can be read, None where none can, and why others were passed over.

    The order is declared and looks at times and counts alone, never at scores.
    """
    reasons: list[str] = []
    for window in windows:
        why = unreadable(case, window, more_than=more_than)
        if not why:
            return window, "; ".join(reasons)
        reasons.append(why)
    return None, "; ".join(reasons)
