"""Change of one study: by window, by every estimator, and what selection alone would bring.

Every table passes :func:`analysis.describe.common.released`: in the shared view it shows no group
of real people below the study's smallest cell.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from analysis import instruments
from analysis.claims.case import Case
from analysis.describe.chosen import scored_windows
from analysis.describe.common import policy, released
from analysis.estimates.change.paired import (
    difference_of_trimmed_means,
    hodges_lehmann,
    paired_change,
    sign_test,
    trimmed_change,
)
from analysis.estimates.change.regression_to_the_mean import (
    Selection,
    change_from_selection,
    expected_regression_to_the_mean,
    largest_change_from_selection,
    retest_correlations,
)
from analysis.estimates.change.resampling import bca_change, sign_flip
from analysis.estimates.change.standardised import standardised_changes
from analysis.estimates.table import row
from analysis.quantity import Cell
from analysis.simulate import example_truth

__all__ = [
    "Unselected",
    "change_by_window",
    "change_estimators",
    "change_with_selection",
    "individual_courses",
    "regression_to_the_mean",
    "unselected_population",
]

SEED, DRAWS = 5, 9_999
# Trimming needs five people; below that only the mean would be left.
FEWEST = 5


def change_estimators(
    case: Case, *, window: str, instrument: str | None = None, version: str | None = None
) -> pd.DataFrame:
    """Every estimate of the change within each arm in one window, with its interval.

    One is primary (the mean, paired t); the others show whether the answer hangs on it.

    Parameters
    ----------
    case : Case
    window : str
    instrument, version : str, optional
        The primary form where not given.

    Returns
    -------
    DataFrame
        Rows of the table of estimates: mean by paired t, sign flips and BCa bootstrap; median,
        trimmed means, pseudomedian; d_z, d_av, d_rm. Points but for the last three. An arm with
        fewer than five people is left out.
    """
    rows: list[dict[str, Any]] = []
    for people, words in _arms(case, window, instrument, version):
        if len(people) >= FEWEST:
            rows += _every(*_scores(people), words)
    return released(case, rows)


def _every(before: np.ndarray, after: np.ndarray, words: dict[str, Any]) -> list[dict[str, Any]]:
    # All sign patterns of an arm would be too many above 20 people, and one table has one test.
    each: dict[str, list[Callable[..., Any]]] = {
        "mean change": [
            paired_change,
            partial(sign_flip, draws=DRAWS, seed=SEED),
            partial(bca_change, seed=SEED),
        ],
        "median change": [sign_test],
        "pseudomedian of changes": [hodges_lehmann],
        "trimmed mean of changes": [trimmed_change],
        "difference of trimmed means": [difference_of_trimmed_means],
        "d_z, d_av, d_rm": [standardised_changes],
    }
    return [
        found
        for estimand, functions in each.items()
        for function in functions
        for found in _or_refusal(estimand, function, before, after, words)
    ]


def _or_refusal(
    estimand: str,
    function: Callable[..., Any],
    before: np.ndarray,
    after: np.ndarray,
    words: dict[str, Any],
) -> list[dict[str, Any]]:
    """Rows of an estimator, or one that says why it gave none."""
    try:
        found = function(before, after, **words)
    except ValueError as refusal:
        cell = Cell.of(words["contrast"], before.size, method="not given")
        told = f"not given: {refusal}"
        return [row(estimand=estimand, n=before.size, method=told, cell=cell, **words)]
    return found if isinstance(found, list) else [found]


def change_with_selection(
    case: Case,
    *,
    selection: Selection | None = None,
    correlations: Iterable[tuple[float, str]] | None = None,
    r_baseline: float = 1.0,
    windows: tuple[str, ...] | None = None,
    instrument: str | None = None,
    version: str | None = None,
) -> pd.DataFrame:
    """Mean change of each arm and window, and under it the change that selection alone brings.

    No change without a control may be shown without these rows.

    Parameters
    ----------
    case : Case
    selection : Selection, optional
        How people were picked, where the unselected population or the share taken in is known.
        Without it the rows are the most that selection can bring on a scale with that lowest
        score.
    correlations : iterable of (float, str), optional
        Of screening with the later score, with sources; the form's published retest
        correlations, or an assumed range, where not given.
    r_baseline : float
        Correlation of screening with baseline. 1, the default, takes baseline as what people
        were picked by, which makes the change by selection largest.
    windows : tuple of str, optional
        Every window of one visit where not given.
    instrument, version : str, optional
        The primary form where not given.

    Returns
    -------
    DataFrame
        Rows of the table of estimates, points, negative = fewer symptoms. The SD in the
        unselected population is had from the baseline SD of the people picked (normal theory).
        An arm with fewer people than the declared minimum is left out.
    """
    least = int(case.definitions.rule("minimum_people_per_arm"))
    name = instrument or case.scale.name
    pairs = tuple(retest_correlations(name) if correlations is None else correlations)
    rows: list[dict[str, Any]] = []
    for window in windows or case.visit_windows:
        for people, words in _arms(case, window, instrument, version):
            if len(people) < least:
                continue
            before, after = _scores(people)
            rows += _or_refusal("mean change", paired_change, before, after, words)
            cell = Cell.of(words["contrast"], len(people), plain_mean=True)
            known = {"n": len(people), "cell": cell, **words}
            if selection is None:
                beside = largest_change_from_selection(
                    before.mean(), correlations=pairs, lowest=_lowest(case, name, version), **known
                )
            else:
                sd = selection.unselected_sd(before.std(ddof=1), r_baseline)
                beside = change_from_selection(
                    selection, sd_outcome=sd, correlations=pairs, r_baseline=r_baseline, **known
                )
            rows += beside
    return released(case, rows)


@dataclass(frozen=True)
class Unselected:
    """Those from whom people were picked, and by what score (points)."""

    threshold: float
    mean: float
    sd: float
    source: str

    def selection(self) -> Selection:
        """How sharply people were picked."""
        return Selection.from_threshold(
            self.threshold, mean=self.mean, sd=self.sd, source=self.source
        )


def unselected_population(case: Case) -> Unselected | None:
    """How people were picked and from whom, where both are known: made-up people alone.

    None for any other study: the population behind a trial is known to nobody.
    """
    design, limits = case.design, case.checked.study.subjects["entry_threshold"]
    if not (design.synthetic and design.name == "example" and limits.notna().any()):
        return None
    everyone = example_truth()["screening_of_everyone"]
    source = "population of the synthetic example"
    return Unselected(float(limits.dropna().iloc[0]), everyone["mean"], everyone["sd"], source)


def _arms(
    case: Case, window: str, instrument: str | None, version: str | None
) -> list[tuple[pd.DataFrame, dict[str, Any]]]:
    """People of each arm with a score in the window, and the words of their rows."""
    words = {
        "instrument": instrument or case.scale.name,
        "window": case.windows[window].label,
    }
    people = case.people(window, instrument, version)
    return [(own, {"contrast": str(arm), **words}) for arm, own in people.groupby("arm", sort=True)]


def _scores(people: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    return people["baseline"].to_numpy(float), people["score"].to_numpy(float)


def _lowest(case: Case, name: str, version: str | None) -> float:
    """Lowest score of the form."""
    scale = instruments.get(name)
    if version is None:
        primary = case.primary_form if name == case.scale.name else None
        version = primary[0] if primary else next(iter(scale.versions))
    return scale.total_range(version)[0]


def change_by_window(
    case: Case,
    *,
    instrument: str | None = None,
    version: str | None = None,
    windows: tuple[str, ...] | None = None,
) -> pd.DataFrame:
    """Mean change within each arm and window, in points: rows of the table of estimates.

    Every window of one visit unless some are named. A window in which an arm has fewer people
    than the declared minimum is left out for it.
    """
    name = instrument or case.scale.name
    least = case.definitions.rule("minimum_people_per_arm")
    rows = []
    for window in windows or case.visit_windows:
        for people, words in _arms(case, window, name, version):
            if len(people) >= least:
                rows.append(paired_change(*_scores(people), **words)[0])
    return released(case, rows)


def individual_courses(case: Case) -> pd.DataFrame:
    """The change of each person in every window, without a name: for the study team alone.

    Returns
    -------
    DataFrame
        contrast (arm), line (a number that stands for a person in this table only, in the order
        of their mean change), window, change (points).

    Raises
    ------
    ValueError
        For others, or where nobody was scored after an infusion.
    """
    if policy(case) is not None:
        raise ValueError("Courses of single people are for the study team alone.")
    seen = [case.people(name).assign(window=case.windows[name].label)
            for name in scored_windows(case)]  # fmt: skip
    if not seen:
        raise ValueError("Nobody was scored after an infusion.")
    together = pd.concat(seen, ignore_index=True).rename(columns={"arm": "contrast"})
    order = together.groupby("subject")["change"].mean().sort_values(kind="stable").index
    lines = together.assign(line=pd.Index(order).get_indexer(together["subject"]))
    return lines[["contrast", "line", "window", "change"]]


def regression_to_the_mean(
    *,
    threshold: float,
    mean: float,
    sd: float,
    correlations: tuple[float, ...] = (0.9, 0.8, 0.7, 0.6),
) -> pd.DataFrame:
    """Fall that selection alone brings, over a range of correlations, since none is known.

    Returns
    -------
    DataFrame
        correlation of screening with the later score, expected_fall (points, positive = fewer
        symptoms), for people taken in at ``threshold`` from a population with ``mean`` and ``sd``.
    """
    falls = [
        expected_regression_to_the_mean(
            threshold=threshold, mean=mean, sd=sd, r_baseline=1.0, r_after=r
        )
        for r in correlations
    ]
    return pd.DataFrame({"correlation": correlations, "expected_fall": falls})
