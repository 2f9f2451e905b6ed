"""From items to totals and subscales. Complete forms only: nothing is filled in."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.instruments import get
from analysis.study import Study

__all__ = ["score", "subscales"]


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
    forms["total"] = forms["stated_total"].astype(float)
    forms["n_items"] = np.nan
    forms["n_missing"] = np.nan
    forms["from_items"] = False
    position = pd.Series(np.arange(len(forms)), index=forms["form"].to_numpy())
    for answers in study.items.values():
        here = answers[answers.index.isin(position.index)]
        at = position.loc[here.index].to_numpy()
        values = here.to_numpy(float)
        # A plain sum: one blank item makes the total NaN, as it must.
        forms.iloc[at, forms.columns.get_loc("total")] = values.sum(axis=1)
        forms.iloc[at, forms.columns.get_loc("n_items")] = values.shape[1]
        forms.iloc[at, forms.columns.get_loc("n_missing")] = np.isnan(values).sum(axis=1)
        forms.iloc[at, forms.columns.get_loc("from_items")] = True
    return forms


def subscales(study: Study, instrument: str, version: str) -> pd.DataFrame:
    """Subscale scores of one instrument, a column a subscale, a row a form.

    Sums in points, or means where the scale's authors ask for means (IES-R). A subscale
    with a blank item is NaN.
    """
    scale = get(instrument)
    answers = study.items[(instrument, version)]
    combine = pd.DataFrame.mean if scale.subscale_score == "mean" else pd.DataFrame.sum
    return pd.DataFrame(
        {
            name: combine(answers[list(numbers)], axis=1, skipna=False)
            for name, numbers in scale.subscales.items()
        },
        index=answers.index,
    )
