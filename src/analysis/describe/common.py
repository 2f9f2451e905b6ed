"""What tables of several topics share: the two arms, words of a row, what a view shows.

The one place where tables beside the verdict pass :mod:`analysis.disclosure`: where a case is
looked at with the ``shared`` view and its people are real.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from analysis.claims.case import Case
from analysis.claims.ledger import TEAM
from analysis.disclosure.policy import Policy, policy_of, short
from analysis.disclosure.release import exact_arms, released_flow, released_issues
from analysis.disclosure.suppression import withheld
from analysis.disclosure.tables import released_table
from analysis.errors import Issue
from analysis.estimates.table import table

__all__ = [
    "AT_LEAST",
    "both_arms",
    "digits",
    "fewest_in_a_step",
    "flow_shown",
    "hide",
    "issues_shown",
    "policy",
    "released",
    "released_row",
    "row_words",
    "small_parts",
    "two_arms",
]

AT_LEAST = 5


def two_arms(case: Case, why: str = "there is no difference to estimate") -> tuple[str, str]:
    """Treated and control.

    Raises
    ------
    ValueError
        When the study has no comparator; ``why`` says what that leaves out.
    """
    treated, control = case.design.active_arm, case.design.comparator_arm
    if treated is None or control is None:
        raise ValueError(f"The study has no comparator; {why}.")
    return treated, control


def both_arms(case: Case) -> dict[str, str]:
    """The names of the two arms, as the estimators take them."""
    treated, control = two_arms(case, "there is no difference to explain")
    return {"treated": treated, "control": control}


def row_words(case: Case, window: str, **more: str) -> dict[str, Any]:
    """Contrast, instrument and window of a row about both arms."""
    both_arms(case)
    label = case.windows[window].label
    return {"contrast": case.contrast, "instrument": case.scale.name, "window": label} | more


# --- what a view shows ----------------------------------------------------------------------


def policy(case: Case) -> Policy | None:
    """How much of a case the view shows; None where it is everything."""
    if case.view == TEAM or case.design.synthetic:
        return None
    return policy_of(case.design)


def fewest_in_a_step(case: Case) -> int:
    """Fewest people in any step of a curve, or in a group of its own.

    Made-up people stand in committed notebooks as what leaves would look like.
    """
    if case.design.synthetic:
        return AT_LEAST
    return 1 if case.view == TEAM else case.design.minimum_cell


def released(case: Case, found: pd.DataFrame | Iterable[dict[str, Any]]) -> pd.DataFrame:
    """A table of counts, or rows of the table of estimates, as the view shows it."""
    rules = policy(case)
    if isinstance(found, pd.DataFrame):
        return found if rules is None else released_table(found, rules)
    return table(released_row(case, one) for one in found)


def released_row(case: Case, line: dict[str, Any]) -> dict[str, Any]:
    """A row of the table of estimates as the view shows it; it keeps its cell."""
    rules = policy(case)
    return line if rules is None else rules.row(line)[0]


def digits(case: Case, value: float) -> float:
    """A statistic beside no row, as the view shows it: others read three significant digits."""
    return value if policy(case) is None else float(short(value))


def hide(case: Case, line: dict[str, Any], hidden: bool) -> dict[str, Any]:
    """The row, or its words alone where a small count would follow from its numbers."""
    rules = policy(case)
    return rules.emptied(line, "follows") if rules is not None and hidden else line


def small_parts(case: Case, counts: np.ndarray) -> np.ndarray:
    """Which parts of an arm must not be told, since small ones follow from the others."""
    rules = policy(case)
    if rules is None:
        return np.zeros(len(counts), dtype=bool)
    cells, parts = np.append(counts.sum(), counts), list(range(1, len(counts) + 1))
    # The number of people is told beside every estimate, so it protects nothing.
    dear = np.append(1, np.zeros(len(counts), dtype=int))
    return withheld(cells, [(0, parts)], minimum=rules.minimum, dear=dear)[1:]


def issues_shown(case: Case) -> Iterable[Issue]:
    """What the checks found, as the view shows it."""
    rules = policy(case)
    issues = case.checked.issues
    return issues if rules is None else released_issues(issues, rules)


def flow_shown(case: Case) -> pd.DataFrame:
    """The participant flow as the view shows it."""
    flow, rules = case.checked.flow, policy(case)
    if rules is None:
        return flow
    return released_flow(flow, replace(rules, exact_arms=exact_arms(flow, rules)))
