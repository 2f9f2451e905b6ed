"""What tables of several topics share: the two arms, words of a row, what may be shown.

The one place where tables beside the verdict pass :mod:`analysis.disclosure`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

from analysis.claims.case import Case
from analysis.disclosure.suppression import withheld
from analysis.disclosure.withholding import WITHHELD, shareable_table
from analysis.estimates.table import NUMBERS, table

__all__ = ["AT_LEAST", "both_arms", "fewest_in_a_step", "fewest_shown", "hide_few", "row_words",
           "shareable", "small_parts", "two_arms"]  # fmt: skip

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
    label = case.definitions.windows[window].label
    return {"contrast": case.contrast, "instrument": case.scale.name, "window": label} | more


def fewest_shown(case: Case) -> int:
    """The smallest count that may be shown: any of synthetic people, else the study's own."""
    return 1 if case.design.synthetic else case.design.minimum_cell


def fewest_in_a_step(case: Case) -> int:
    """Fewest people in any step of a curve."""
    return AT_LEAST if case.design.synthetic else case.design.minimum_cell


def shareable(
    case: Case,
    found: pd.DataFrame | Iterable[dict[str, Any]],
    *,
    at_least: int | None = None,
) -> pd.DataFrame:
    """A table, or rows of the table of estimates, as it may be shared.

    Without ``at_least`` the study's smallest cell counts, and of synthetic people none does.
    """
    shown = found if isinstance(found, pd.DataFrame) else table(found)
    if at_least is not None:
        return shareable_table(shown, minimum=at_least)
    design = case.design
    return shareable_table(shown, minimum=design.minimum_cell, for_all=design.synthetic)


def small_parts(case: Case, counts: np.ndarray) -> np.ndarray:
    """Which parts of an arm must not be told, since small ones follow from the others."""
    if case.design.synthetic:
        return np.zeros(len(counts), dtype=bool)
    cells, parts = np.append(counts.sum(), counts), list(range(1, len(counts) + 1))
    # The number of people is told beside every estimate, so it protects nothing.
    dear = np.append(1, np.zeros(len(counts), dtype=int))
    return withheld(cells, [(0, parts)], minimum=case.design.minimum_cell, dear=dear)[1:]


def hide_few(case: Case, line: dict[str, Any], few: bool) -> dict[str, Any]:
    """The row, or its words alone where its numbers would tell of few people."""
    if not few:
        return line
    told = f"{WITHHELD}: fewer than {case.design.minimum_cell} people behind a number"
    return line | dict.fromkeys(NUMBERS, math.nan) | {"method": told}
