"""Change around each of several infusions of a person, by a mixed model and never pooled."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from analysis.estimates.infusion_series import infusion_numbers, series_rows, slope_weights
from analysis.mmrm import mmrm
from analysis.numbers import columns_of

__all__ = ["change_around_infusions"]


def change_around_infusions(
    data: pd.DataFrame, *, covariance: str = "cs", **words: Any
) -> list[dict[str, Any]]:
    """Change from just before to after each infusion, and its mean over infusions.

    A person with six infusions is one person, not six: their changes are correlated, and
    people with many infusions are not like people with few. The mixed model gives every
    infusion of the series the same weight and lets people who stopped count for what they
    would be expected to have shown (missing at random given what was seen). Each change starts
    from the score before that infusion, so it leaves out what is left of earlier ones
    (:func:`analysis.estimates.control.repeated_infusions.effect_by_infusion` counts from the first
    baseline).

    Parameters
    ----------
    data : DataFrame
        One row a person and infusion: subject, infusion (1, 2, ...), before, after (points).
    covariance : str
        Of :func:`analysis.mmrm.mmrm`. ``cs``, the changes of a person equally correlated, is
        what few people can bear; with all infusions complete its mean is the paired t of the
        people's own means, to the last digit.
    **words
        Text columns of the table of estimates; ``window`` gains the infusion.

    Returns
    -------
    list of rows
        ``mean change around an infusion``: of each infusion, then of all with equal weights;
        ``step of the change around an infusion`` from one to the next (a straight line).
        Points, negative = fewer symptoms, Kenward-Roger. Checked against lmerTest and pbkrtest.

    Raises
    ------
    ValueError
        When a half is missing, a person has two rows for one infusion, or nobody has a second
        infusion (then :func:`analysis.estimates.change.paired.paired_change` is the estimate).
    """
    numbers, table = _checked(data)
    fit = mmrm(
        "change ~ infusion", table, subject="subject", visit="infusion", covariance=covariance
    )
    effects = [f"infusion[T.{number}]" for number in numbers[1:]]
    average = {"Intercept": 1.0} | dict.fromkeys(effects, 1 / len(numbers))
    mean = "mean change around an infusion"
    prefix = f"{words.pop('window')}, " if words.get("window") else ""
    each = zip(numbers, fit.lsmeans("infusion").to_dict("records"), strict=True)
    found = [
        *((mean, f"{prefix}infusion {number}", record) for number, record in each),
        (mean, f"{prefix}infusions {numbers[0]} to {numbers[-1]}, equal weights",
         fit.contrast(average).to_dict()),
        ("step of the change around an infusion", f"{prefix}one to the next",
         fit.contrast(slope_weights(numbers)).to_dict()),
    ]  # fmt: skip
    return series_rows(fit, found, **words)


def _checked(data: pd.DataFrame) -> tuple[list[int], pd.DataFrame]:
    """The infusions; subject, infusion and change, sorted, once every row has both halves."""
    scores = columns_of(data, ["infusion", "before", "after"], "subject")
    missing = int((~np.isfinite(scores)).any(axis=1).sum())
    if missing:
        raise ValueError(
            f"{missing} of {len(data)} infusions lack a score before or after, or their number; "
            "leave them out and count them."
        )
    numbers = infusion_numbers(data)
    if not data["subject"].duplicated().any():
        raise ValueError("Nobody has a second infusion; the paired change is the estimate.")
    change = scores[:, 2] - scores[:, 1]
    table = pd.DataFrame(
        {"subject": data["subject"].to_numpy(), "infusion": scores[:, 0].astype(int)}
    ).assign(change=change)
    # By content, so that neither the order of rows nor the names of people matter.
    key = table.sort_values(["infusion", "change"]).groupby("subject")["change"].apply(tuple)
    rank = key.sort_values(kind="stable").index
    table["subject"] = table["subject"].map({who: i for i, who in enumerate(rank)})
    table = table.sort_values(["subject", "infusion"], ignore_index=True)
    ordered = pd.Categorical(table["infusion"], categories=numbers, ordered=True)
    return numbers, table.assign(infusion=ordered)
