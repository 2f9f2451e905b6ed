"""What tables of several topics share: the two arms, smallest groups, words of a row."""

from __future__ import annotations

from typing import Any

from analysis.claims.case import Case

__all__ = ["both_arms"]

AT_LEAST = 5


def both_arms(case: Case) -> dict[str, str]:
    """The names of the two arms, as the estimators take them."""
    treated, control = case.design.active_arm, case.design.comparator_arm
    if treated is None or control is None:
        raise ValueError("The study has no comparator; there is no difference to explain.")
    return {"treated": treated, "control": control}


def _words(case: Case, window: str, **more: str) -> dict[str, Any]:
    arms = both_arms(case)
    label = case.definitions.windows[window].label
    contrast = f"{arms['treated']} - {arms['control']}"
    return {"contrast": contrast, "instrument": case.scale.name, "window": label} | more
