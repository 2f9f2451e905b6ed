"""From items to totals and subscales. Complete forms only: nothing is filled in."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.errors import ReliefError
from analysis.instruments import get
from analysis.study import Study

__all__ = ["score", "subscales"]


def _answers(study: Study, instrument: str, version: str) -> pd.DataFrame:
    """Items of the forms that are still in the study, a column for every item of the version.

    A column that the file lacks is blank, so that a form is never scored on fewer items;
    a column that is no item of the version (an unscored extra question) is left out.
    """
    answers = study.items[(instrument, version)]
    kept = answers[answers.index.isin(study.assessments["form"])]
    numbers = list(get(instrument).item_numbers(version))
    values = kept.reindex(columns=numbers).to_numpy(dtype=float, na_value=np.nan)
    return pd.DataFrame(values, index=kept.index, columns=numbers)


def score(study: Study) -> pd.DataFrame:
    """Total of every form, recomputed from its items wherever the file has items.

    A form with a blank item has no total, and a form with all items blank is never 0.
    A stated total counts only where the file has no items for that form.

    Returns
    -------
    DataFrame
        The assessments with ``total`` (points, NaN where not scored), ``n_items``,
        ``n_missing`` (NaN where the file has no items) and ``from_items`` (bool).
    """
    forms = study.assessments.copy()
    total = pd.Series(forms["stated_total"].to_numpy(dtype=float, na_value=np.nan), forms["form"])
    n_items = pd.Series(np.nan, forms["form"])
    n_missing = n_items.copy()
    for instrument, version in study.items:
        answers = _answers(study, instrument, version)
        # One blank item makes the sum NaN, as it must.
        total.loc[answers.index] = answers.sum(axis=1, skipna=False)
        n_items.loc[answers.index] = float(answers.shape[1])
        n_missing.loc[answers.index] = answers.isna().sum(axis=1).astype(float)
    forms["total"] = total.to_numpy()
    forms["n_items"] = n_items.to_numpy()
    forms["n_missing"] = n_missing.to_numpy()
    forms["from_items"] = n_items.notna().to_numpy()
    return forms


def subscales(study: Study, instrument: str, version: str) -> pd.DataFrame:
    """Subscale scores of one instrument, a column a subscale, a row a form of the study.

    Sums in points, or means where the scale's authors ask for means (IES-R). A subscale
    with a blank item is NaN.

    Raises
    ------
    ReliefError
        ``score.no-items`` when the study has no items of this instrument and version,
        ``score.no-subscales`` when the version has no subscales.
    """
    scale = get(instrument)
    if (instrument, version) not in study.items:
        raise ReliefError(
            "score.no-items",
            f"The study has no items of {instrument}, version {version}; "
            "subscales need items, not totals.",
        )
    if not scale.subscales or version in scale.version_items:
        raise ReliefError(
            "score.no-subscales", f"{instrument}, version {version}, has no subscales on record."
        )
    answers = _answers(study, instrument, version)
    scores = {}
    for name, numbers in scale.subscales.items():
        items = answers[list(numbers)]
        mean = scale.subscale_score == "mean"
        scores[name] = items.mean(axis=1, skipna=False) if mean else items.sum(axis=1, skipna=False)
    return pd.DataFrame(scores, index=answers.index)
