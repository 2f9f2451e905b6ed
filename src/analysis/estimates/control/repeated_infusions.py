"""The effect of each infusion of a series, from one mixed model of all of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from analysis.estimates.infusion_series import infusion_numbers, series_rows, slope_weights
from analysis.mmrm import mmrm
from analysis.numbers import columns_of

__all__ = ["effect_by_infusion"]


def effect_by_infusion(
    data: pd.DataFrame,
    *,
    treated: str | None = None,
    control: str | None = None,
    covariance: str = "us",
    **words: Any,
) -> list[dict[str, Any]]:
    """Change after each infusion of a series, and how it moves from one infusion to the next.

    A person's infusions are bound by the model's covariance; they are never pooled as if they
    were people.

    Parameters
    ----------
    data : DataFrame
        One row a person and infusion: subject, infusion (1, 2, ...), baseline (points, before
        the first infusion: a later one is itself an outcome), change (points from that
        baseline) and, for a contrast, arm. An infusion that was not given or scored has no row
        (missing at random given what was seen).
    treated, control : str, optional
        The two arms; without them all are one group, which shows change and no effect.
    covariance : str
        Of the mixed model; ``us`` is unstructured.
    **words
        Text columns of the table of estimates; ``window`` is set here.

    Returns
    -------
    list of rows
        Change (or adjusted difference) after each infusion, then the mean step from one
        infusion to the next: the slope of a straight line through them. Points.

    Raises
    ------
    ValueError
        When a value or the arms' column is missing, a person has two rows for an infusion, or
        there is one infusion.
    """
    numbers = _checked(data, treated, control)
    rows = data.assign(
        infusion=pd.Categorical(data["infusion"].astype(int), categories=numbers, ordered=True)
    )
    formula = "change ~ baseline + infusion"
    if treated is not None:
        rows["arm"] = pd.Categorical(rows["arm"], categories=[control, treated])
        formula = "change ~ baseline * infusion + arm * infusion"
    fit = mmrm(formula, rows, subject="subject", visit="infusion", covariance=covariance,
               method="reml", df="kenward-roger")  # fmt: skip
    if treated is None:
        means, prefix, what = fit.lsmeans("infusion"), "", "adjusted mean change"
    else:
        means = fit.differences("arm", by="infusion", reference=control)
        prefix, what = f"arm[T.{treated}]:", "adjusted difference"
    step = fit.contrast(slope_weights(numbers, prefix)).to_dict()
    each = zip(numbers, means.to_dict("records"), strict=True)
    found = [
        *((what, f"infusion {number}", record) for number, record in each),
        (f"step of the {what}", "from one infusion to the next", step),
    ]
    return series_rows(fit, found, **words)


def _checked(data: pd.DataFrame, treated: str | None, control: str | None) -> list[int]:
    values = columns_of(data, ["infusion", "baseline", "change"], "subject")
    if not np.isfinite(values).all():
        raise ValueError("Infusion, baseline and change must be complete; leave rows out openly.")
    numbers = infusion_numbers(data)
    if len(numbers) < 2:
        raise ValueError(
            "There is one infusion; its effect is that of the comparison, not of repeats."
        )
    if (treated is None) != (control is None):
        raise ValueError("Name both arms, or neither.")
    if treated is not None and "arm" not in data:
        raise ValueError("Two arms are named, and the data have no column 'arm' to tell them.")
    if treated is not None and not data["arm"].isin([treated, control]).all():
        raise ValueError(f"Every person's arm must be {treated!r} or {control!r}.")
    return numbers
