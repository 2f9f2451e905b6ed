"""``derive``: a quantity that the published table implies, or a refusal that says why not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd

from analysis.errors import EvidenceError
from analysis.evidence.derivation import effects, responses, standard_errors
from analysis.evidence.derivation.assemble import estimates
from analysis.evidence.derivation.query import SELECTORS, Query
from analysis.evidence.table.load import load

QUANTITIES: dict[str, Callable[[Query], dict[str, Any]]] = {
    "difference": effects.difference,
    "interval": effects.interval,
    "se": standard_errors.standard_error,
    "se_from_interval": standard_errors.standard_error_from_interval,
    "p_value": effects.p_value,
    "p_from_interval": effects.p_from_interval,
    "p_from_interval_t": effects.p_from_interval_t,
    "standardised_difference": effects.standardised_difference,
    "hedges_g": effects.hedges_g,
    "odds_ratio": effects.odds_ratio,
    "change": effects.change,
    "change_from_means": effects.change_from_means,
    "first_period_difference": effects.first_period_difference,
    "paired_hedges_g": effects.paired_hedges_g,
    "sd_of_change": standard_errors.sd_of_change,
    "se_of_change": standard_errors.se_of_change,
    "standardised_change": effects.standardised_change,
    "response_share": responses.response_share,
    "response_difference": responses.response_difference,
    "share_any_fall": responses.share_any_fall,
}
SYNONYMS = {
    "p": "p_value",
    "smd": "standardised_difference",
    "standardized_difference": "standardised_difference",
    "cohens_d": "standardised_difference",
    "d": "standardised_difference",
    "hedges": "hedges_g",
    "g": "hedges_g",
    "standard_error": "se",
    "ci": "interval",
    "confidence_interval": "interval",
    "mean_difference": "difference",
    "mean_change": "change",
    "or": "odds_ratio",
    "risk_difference": "response_difference",
    "response_rate": "response_share",
    "responders": "response_share",
    "standardized_change": "standardised_change",
}


def derive(
    study_id: str,
    quantity: str,
    *,
    df: float | None = None,
    correlation: float | None = None,
    table: pd.DataFrame | None = None,
    **where: Any,
) -> dict[str, Any]:
    """A quantity of one study, with the formula and the rows it came from.

    Parameters
    ----------
    study_id
        As in the table, e.g. ``"Feder2014"``.
    quantity
        A key of ``QUANTITIES`` or of ``SYNONYMS`` (``"p"``, ``"d"``, ``"g"``, ``"se"`` …).
    df
        Degrees of freedom, stated by the caller as an assumption; None takes the normal
        approximation.
    correlation
        Correlation of before and after, an assumption that ``se_of_change`` needs where no
        standard deviation of change was printed.
    table
        As ``load`` returns it; None loads it.
    **where
        Narrows the rows: instrument, definition (scale or response as printed), hours (since
        the first infusion), arm, analysis, period.

    Returns
    -------
    dict
        ``value`` (float; a pair for an interval), ``method`` (formula and assumptions in words),
        ``rows`` (row ids), and where they apply ``assumptions``, ``ci_low``, ``ci_high``,
        ``se``, ``df``, ``unit``. Negative = fewer symptoms, ketamine minus comparator, after
        minus before; shares and their differences are positive when more people responded.

    Raises
    ------
    EvidenceError
        Unknown study, quantity or selector; several figures fit (the choices are listed); the
        table cannot give the quantity.

    Examples
    --------
    >>> round(derive("Feder2014", "p_value")["value"], 4)
    0.0142
    >>> round(derive("Feder2021", "standardised_difference")["value"], 3)
    -1.095
    """
    table = load() if table is None else table
    name = SYNONYMS.get(quantity, quantity)
    if name not in QUANTITIES:
        raise EvidenceError(
            "unknown_quantity",
            f"{quantity!r} is not a quantity; choose one of {', '.join(sorted(QUANTITIES))}.",
        )
    own = table[table["study_id"] == study_id]
    if own.empty:
        known = ", ".join(dict.fromkeys(table["study_id"]))
        raise EvidenceError(
            "unknown_study", f"{study_id!r} is not in the published table; it holds {known}."
        )
    odd = sorted(set(where) - set(SELECTORS))
    if odd:
        raise EvidenceError(
            "unknown_selector",
            f"{', '.join(odd)} does not narrow rows; use {', '.join(SELECTORS)}.",
        )
    figures = estimates(own)
    return QUANTITIES[name](Query(study_id, own, figures, where, df, correlation))
