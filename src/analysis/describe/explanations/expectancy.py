"""How much bias would explain the difference of one study away."""

from __future__ import annotations

from typing import Any

import pandas as pd

from analysis.claims.case import Case
from analysis.describe.common import released, released_row, row_words
from analysis.describe.explanations.blinding import guesses_by_arm
from analysis.describe.scores.control import bias_table
from analysis.estimates.explanations import expectancy
from analysis.estimates.table import row

__all__ = ["bias_curve", "nullifying", "primary_difference"]


def primary_difference(case: Case, *, window: str) -> dict[str, Any]:
    """The primary analysis of a window, the row that the bias model starts from.

    Raises
    ------
    ValueError
        When the study has no comparator, or the analysis cannot be done.
    """
    words, there = row_words(case, window), case.at(window)
    given = there.primary.row(claim="", estimand="adjusted difference", **words)
    return released_row(case, row(**given, cell=there.primary_cell))


def bias_curve(case: Case, estimate: dict[str, Any]) -> pd.DataFrame:
    """The difference and its interval under every declared bound on bias.

    Returns
    -------
    DataFrame
        As :func:`analysis.describe.bias_table`, with estimate, ci_low, ci_high (points, after
        the bias is taken off).
    """
    found = bias_table(case, estimate)
    if found.empty:
        return found.assign(estimate=[], ci_low=[], ci_high=[])
    shifts = expectancy.shifted(estimate, found["bound_points"].tolist())
    columns = ["estimate", "ci_low", "ci_high"]
    return pd.concat([found, pd.DataFrame(shifts, columns=columns)], axis=1)


def nullifying(case: Case, estimate: dict[str, Any]) -> pd.DataFrame:
    """How much bias, and how much effect of belief, would nullify a difference: estimate rows.

    Rows about belief only where people were asked to guess.
    """
    rows = expectancy.nullifying_bias(estimate, sd=case.baseline_sd)
    if case.checked.study.subjects["blinding_guess"].notna().any():
        rows += expectancy.nullifying_belief(estimate, expectancy.belief_gap(guesses_by_arm(case)))
    return released(case, rows)
