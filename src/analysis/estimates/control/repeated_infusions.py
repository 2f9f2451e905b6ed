"""The effect of each infusion of a series, from one mixed model of all of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from analysis.estimates.table import row

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
    from analysis.mmrm import mmrm  # slow, and most calls of the package fit no mixed model

    numbers = [int(number) for number in np.unique(_checked(data, treated, control))]
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
        found, prefix, what = fit.lsmeans("infusion"), "", "adjusted mean change"
    else:
        found = fit.differences("arm", by="infusion", reference=control)
        prefix, what = f"arm[T.{treated}]:", "adjusted difference"
    # The slope of a straight line through the means: weights that sum to 0.
    place = np.array(numbers, float) - np.mean(numbers)
    weights = place / (place @ place)
    step = fit.contrast(
        {
            f"{prefix}infusion[T.{j}]": float(w)
            for j, w in zip(numbers[1:], weights[1:], strict=True)
        }
    )
    method = f"mixed model of all infusions, covariance {fit.covariance_type}, Kenward-Roger"
    keys = ["estimate", "se", "df", "ci_low", "ci_high", "p_value"]
    records = [*found.to_dict("records"), step.to_dict()]
    labels = [*(f"infusion {j}" for j in numbers), "from one infusion to the next"]
    names = [what] * len(numbers) + [f"step of the {what}"]
    return [
        row(estimand=name, window=label, n=data["subject"].nunique(), method=method,
            **{key: float(record[key]) for key in keys if key in record}, **words)
        for name, label, record in zip(names, labels, records, strict=True)
    ]  # fmt: skip


def _checked(data: pd.DataFrame, treated: str | None, control: str | None) -> np.ndarray:
    values = data[["infusion", "baseline", "change"]].to_numpy(dtype=float, na_value=np.nan)
    if not np.isfinite(values).all():
        raise ValueError("Infusion, baseline and change must be complete; leave rows out openly.")
    if (values[:, 0] % 1 != 0).any():
        raise ValueError("Infusions are counted in whole numbers, 1, 2, ...")
    if data.duplicated(["subject", "infusion"]).any():
        raise ValueError("A person has two rows for an infusion; give one.")
    if data["infusion"].nunique() < 2:
        raise ValueError(
            "There is one infusion; its effect is that of the comparison, not of repeats."
        )
    if (treated is None) != (control is None):
        raise ValueError("Name both arms, or neither.")
    if treated is not None and "arm" not in data:
        raise ValueError("Two arms are named, and the data have no column 'arm' to tell them.")
    if treated is not None and not data["arm"].isin([treated, control]).all():
        raise ValueError(f"Every person's arm must be {treated!r} or {control!r}.")
    return values[:, 0]
