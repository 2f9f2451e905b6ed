"""A mixed model over a series of infusions of each person: checks, the line through them, rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from analysis.estimates.table import row
from analysis.mmrm import MMRM

__all__ = ["infusion_numbers", "series_rows", "slope_weights"]

COLUMNS = ("estimate", "se", "df", "ci_low", "ci_high", "p_value")


def infusion_numbers(data: pd.DataFrame) -> list[int]:
    """The infusions that occur, once each is a whole number and a person's rows differ in it.

    Raises
    ------
    ValueError
        When a number is not whole or a person has two rows for one.
    """
    numbers = data["infusion"].to_numpy(float)
    if (numbers % 1 != 0).any():
        raise ValueError("Infusions are counted in whole numbers, 1, 2, ...")
    if data.duplicated(["subject", "infusion"]).any():
        raise ValueError("A person has two rows for one infusion; give one.")
    return [int(number) for number in np.unique(numbers)]


def slope_weights(numbers: list[int], prefix: str = "") -> dict[str, float]:
    """Weights of the effects of all infusions but the first: the slope of a line through all."""
    place = np.array(numbers, float) - np.mean(numbers)
    weights = place / (place @ place)
    return {f"{prefix}infusion[T.{number}]": float(weight)
            for number, weight in zip(numbers[1:], weights[1:], strict=True)}  # fmt: skip


def series_rows(
    fit: MMRM, found: Iterable[tuple[str, str, Mapping[Any, Any]]], **words: Any
) -> list[dict[str, Any]]:
    """Rows of the table of estimates from (estimand, window, contrast of the fit)."""
    method = f"mixed model of all infusions, covariance {fit.covariance_type}, Kenward-Roger"
    return [
        row(
            estimand=estimand,
            window=window,
            n=fit.n_subjects,
            method=method,
            **{name: float(contrast[name]) for name in COLUMNS},
            **words,
        )
        for estimand, window, contrast in found
    ]
