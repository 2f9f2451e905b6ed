"""From items to totals and subscales; a few blanks are filled by the person's mean."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd

from analysis.instruments import get, totals
from analysis.instruments.scale import Instrument
from analysis.rules import refusal
from analysis.study import Study

__all__ = ["looks_like_means", "looks_older", "score", "subscales"]

_MISSING_RULES = ("complete", "person-mean")
# So few totals tell nothing of how they were made; so many forms without an answer tell something.
_FEW, _MANY_FORMS = 3, 30
# From so many items on a sum is never as small as a mean by chance alone.
_ITEMS_OF_A_SUM = 5


def _answers(study: Study, instrument: str, version: str) -> tuple[np.ndarray, np.ndarray]:
    """Items of the forms that are still in the study, a column for every item of the version.

    A column that the file lacks is blank, so that a form is never scored on fewer items;
    a column that is no item of the version (an unscored extra question) is left out.

    Returns
    -------
    at : array of int
        Places of the forms among the assessments.
    values : array of float, forms by items
    """
    answers = study.items[(instrument, version)]
    numbers = list(get(instrument).item_numbers(version))
    if not answers.columns.equals(pd.Index(numbers)):
        answers = answers.reindex(columns=numbers)
    at = pd.Index(study.assessments["form"]).get_indexer(answers.index)
    values = answers.to_numpy(dtype=float, na_value=np.nan)
    kept = at >= 0
    return (at, values) if kept.all() else (at[kept], values[kept])


def score(
    study: Study, *, missing: Literal["complete", "person-mean"] = "person-mean"
) -> pd.DataFrame:
    """Total of every form, recomputed from its items wherever the file has items.

    By the scale's own rule, see :func:`analysis.instruments.totals.total`. A form with more
    blank items than may be filled has no total, and a form with all items blank is never 0. A
    stated total counts only where the file has no items for that form.

    Parameters
    ----------
    missing : {"complete", "person-mean"}
        ``person-mean``: forms with few blanks (a fifth of the items, unless the scale's source
        says otherwise; none of a clinician's rating) are scored with the person's mean, and
        marked ``prorated``. ``complete``: forms with a blank have no total.

    Returns
    -------
    DataFrame
        The assessments with ``total`` (points, NaN where not scored), ``n_items``,
        ``n_missing`` (NaN where the file has no items; blanks that the form itself asks for
        are not missing), ``from_items`` and ``prorated`` (bool).

    Raises
    ------
    ValueError
        For another word than these two.
    """
    if missing not in _MISSING_RULES:
        raise ValueError(f"missing must be one of {', '.join(_MISSING_RULES)}.")
    forms = study.assessments.copy()
    points = forms["stated_total"].to_numpy(dtype=float, na_value=np.nan).copy()
    n_items, n_missing = np.full(len(forms), np.nan), np.full(len(forms), np.nan)
    prorated = np.zeros(len(forms), dtype=bool)
    for instrument, version in study.items:
        scale = get(instrument)
        at, values = _answers(study, instrument, version)
        blank = totals.blanks(scale, version, values).sum(axis=1)
        if missing == "person-mean":
            values = totals.person_means(scale, version, values)
        points[at] = totals.total(scale, version, values)
        n_items[at], n_missing[at] = values.shape[1], blank
        # An ordinal score that its answers decide, blanks or not, was not filled.
        filled = missing == "person-mean" and scale.blanks_allowed(values.shape[1]) > 0
        prorated[at] = filled & (blank > 0) & ~np.isnan(points[at])
    return forms.assign(
        total=points,
        n_items=n_items,
        n_missing=n_missing,
        from_items=~np.isnan(n_items),
        prorated=prorated,
    )


def _key(scale: Instrument, key: str | None) -> dict[str, tuple[int, ...]]:
    names = list(scale.subscale_keys)
    if key is None and len(names) > 1:
        raise refusal(
            "score.key-undeclared", scale=scale.name, count=len(names), keys=", ".join(names)
        )
    if key is not None and key not in names:
        raise refusal("score.key-unknown", scale=scale.name, keys=", ".join(names))
    return scale.subscales if key is None else scale.subscale_keys[key]


def subscales(
    study: Study, instrument: str, version: str, *, key: str | None = None
) -> pd.DataFrame:
    """Subscale scores of one instrument, a column a subscale, a row a form of the study.

    Sums in points, or means where the scale's authors ask for means (IES-R). Up to a fifth of
    a subscale's items may be blank and take the mean of its others, so none under five items;
    with more blanks, and in a clinician's rating with any, it is NaN.

    Parameters
    ----------
    key : str, optional
        Name of the scoring key where several are in use (IES-R, A or B); the one that the
        study declares unless given.

    Raises
    ------
    ReliefError
        ``score.no-items`` when the study has no items of this instrument and version,
        ``score.no-subscales`` when the version has no subscales, ``score.key-undeclared``
        and ``score.key-unknown``.
    """
    scale = get(instrument)
    if (instrument, version) not in study.items:
        raise refusal("score.no-items", scale=instrument, version=version)
    if not scale.subscale_keys or version in scale.version_items:
        raise refusal("score.no-subscales", scale=instrument, version=version)
    key = key or study.design.subscale_keys.get(instrument)
    groups = _key(scale, key)
    at, values = _answers(study, instrument, version)
    numbers, scores = scale.item_numbers(version), {}
    for name, members in groups.items():
        items = _few_blanks_filled(scale, values[:, [numbers.index(item) for item in members]])
        scores[name] = items.mean(axis=1) if scale.subscale_score == "mean" else items.sum(axis=1)
    return pd.DataFrame(scores, index=pd.Index(study.assessments["form"].to_numpy()[at]))


def _few_blanks_filled(scale: Instrument, items: np.ndarray) -> np.ndarray:
    """Items of one subscale, blanks filled by the mean of the others where they are few."""
    blank = np.isnan(items)
    fill = blank.any(axis=1) & (blank.sum(axis=1) <= scale.blanks_allowed(items.shape[1]))
    filled = items.copy()
    means = np.nanmean(items[fill], axis=1) if fill.any() else np.empty(0)
    filled[fill] = np.where(blank[fill], means[:, None], items[fill])
    return filled


def looks_like_means(scale: Instrument, version: str, stated: np.ndarray) -> bool:
    """Whether stated totals of a sum are rather means of items, or sums of subscale means.

    The authors of the IES-R ask for subscale means; added up they run from 0 to 12.
    """
    known = np.asarray(stated, dtype=float)
    known = known[~np.isnan(known)]
    if scale.rule != "sum" or len(scale.item_numbers(version)) < _ITEMS_OF_A_SUM:
        return False
    fractions = known[known != np.floor(known)]
    most = scale.largest_mean(version)
    if len(known) < _FEW or not len(fractions):
        return False
    # Beside sums of other visits or sites, means are known by all fractions being so small.
    return bool(known.max() <= most or (len(fractions) >= _FEW and fractions.max() <= most))


def looks_older(scale: Instrument, version: str, items: np.ndarray) -> bool:
    """Whether many complete forms, and none with the highest answer, speak for an older version.

    The PSS-I-5 counts 0 to 4, its predecessor for DSM-IV 0 to 3.
    """
    complete = items[~np.isnan(items).any(axis=1)]
    if scale.older_item_max is None or len(complete) < _MANY_FORMS:
        return False
    return bool(complete.max() <= scale.older_item_max)
