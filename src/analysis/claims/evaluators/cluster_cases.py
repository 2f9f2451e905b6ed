"""Clusters of symptoms of one study: each by the rules of the total, all in one contrast."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pandas as pd

from analysis import instruments
from analysis.claims.case import Case
from analysis.estimates.responders.cluster_profile import profile_contrast
from analysis.instruments.scoring import subscales
from analysis.windows import HOURS_END

__all__ = ["DRAWS", "cluster_cases", "cluster_contrast", "clusters_of_people"]

SEED = 5
DRAWS = 100_000


def cluster_cases(case: Case, instrument: str, version: str) -> dict[str, Case]:
    """The case with each cluster in the place of the total: same baseline, same windows.

    Returns
    -------
    dict of Case
        By the name of the cluster; the case's instrument must be the primary one for what a
        case says of its own form (``people`` without an instrument, ``baseline_sd``).

    Raises
    ------
    ReliefError
        When the study has no items of this form, or the form has no clusters.
    """
    scores = subscales(case.checked.study, instrument, version)
    forms = case.checked.forms
    # Forms without items have no clusters.
    forms = forms[forms["form"].isin(scores.index)]
    own = {
        str(name): forms.assign(total=forms["form"].map(column)) for name, column in scores.items()
    }
    # Baselines and changes of all clusters at once: each stands for a version of the form.
    together = _with_forms(case, pd.concat([own[name].assign(version=name) for name in own]))

    def of(table: pd.DataFrame, name: str) -> pd.DataFrame:
        return table[table["version"] == name].assign(version=version)

    return {
        name: _with_forms(case, own[name]).knowing(
            baselines=of(together.baselines, name), changes=of(together.changes, name)
        )
        for name in own
    }


def _with_forms(case: Case, forms: pd.DataFrame) -> Case:
    return replace(case, checked=replace(case.checked, forms=forms))


def clusters_of_people(
    cases: Mapping[str, Case],
    window: str,
    instrument: str | None = None,
    version: str | None = None,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Clusters after and before of the people of both arms who have them all.

    On the primary form unless an instrument (and version) is named.

    Returns
    -------
    after, before : DataFrame
        A row a subject, a column a cluster, points.
    """
    parts: dict[str, dict[str, pd.Series]] = {"score": {}, "baseline": {}}
    for cluster, there in cases.items():
        people = there.people(window, instrument, version)
        arms = [there.design.active_arm, there.design.comparator_arm]
        people = people[people["arm"].isin(arms)].set_index("subject")
        for when, columns in parts.items():
            columns[cluster] = people[when]
    after, before = (pd.DataFrame(columns) for columns in parts.values())
    complete = (after.notna() & before.notna()).all(axis=1)
    return after[complete], before[complete]


def cluster_contrast(
    cases: Mapping[str, Case],
    window: str,
    instrument: str | None = None,
    version: str | None = None,
    *,
    draws: int = DRAWS,
    **words: Any,
) -> list[dict[str, Any]]:
    """Joint tests and differences that hold together, treated minus comparator, in a window.

    Returns
    -------
    list of rows
        As :func:`analysis.estimates.responders.cluster_profile.profile_contrast` gives them.

    Raises
    ------
    ValueError
        For a window within hours (avoidance, sleep and startle cannot show in a clinic chair),
        and when the contrast cannot be estimated.
    """
    any_case = next(iter(cases.values()))
    design, bounds = any_case.design, any_case.windows[window]
    if bounds.low < HOURS_END:
        raise ValueError("Clusters are read from about 24 h on; choose a later window.")
    after, before = clusters_of_people(cases, window, instrument, version)
    name = instrument or any_case.scale.name
    groups = instruments.get(name).subscale_keys
    key = design.subscale_keys.get(name) or next(iter(groups))
    arms = any_case.arms.reindex(after.index)
    rows = profile_contrast(
        after,
        before,
        (arms == design.active_arm).to_numpy(),
        cell=any_case.cell(arms, parameters=2 + len(groups[key])),
        items={cluster: len(numbers) for cluster, numbers in groups[key].items()},
        level=any_case.confidence,
        draws=draws,
        seed=SEED,
        contrast=any_case.contrast,
        instrument=name,
        window=bounds.label,
        **words,
    )
    return [line | {"method": line["method"] + any_case.at_this_level} for line in rows]
