"""What would have happened anyway: the fall that picking people for a high score brings.

People enter a study because a screening score was high; part of it was a bad day, and the next
score is lower though nothing was given. How much lower depends on the population they were
picked from and on how strongly two scores correlate, neither of which a study of selected people
knows. Four answers, by what is known: the population (:func:`change_from_selection`), the scale
alone (:func:`largest_change_from_selection`), nothing
(:func:`analysis.estimates.change.range_of_means.range_of_means`), or a second score before the
infusion (:func:`two_measures_before`).
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from analysis.estimates.change.paired import complete_pairs, paired_change
from analysis.estimates.table import row
from analysis.numbers import numbers

__all__ = [
    "Selection",
    "change_from_selection",
    "expected_regression_to_the_mean",
    "largest_change_from_selection",
    "retest_correlations",
    "two_measures_before",
]

ALONE = "change expected from selection alone"
# Correlations with where each comes from.
Correlations = Iterable[tuple[float, str]]
# Two ratings without treatment between. People are picked across a narrower range than in these
# samples, but it is the correlation in everybody that counts.
_RETEST = {
    "PCL-5": (
        (0.94, "highest of a review, Blanchard 2023 doi:10.1002/jts.22975"),
        (0.82, "students, Blevins 2015 doi:10.1002/jts.22059"),
        (0.79, "lowest of a review, Blanchard 2023 doi:10.1002/jts.22975"),
    ),
    "CAPS-5": ((0.78, "retest ICC, Weathers 2018 doi:10.1037/pas0000486"),),
    "PSS-I-5": ((0.87, "Foa 2016 doi:10.1037/pas0000259"),),
}
_ASSUMED = tuple((r, "assumption: none is published for this scale") for r in (0.9, 0.8, 0.7, 0.6))


@dataclass(frozen=True)
class Selection:
    """How sharply people were picked: those with a standard normal score of at least ``z``.

    Attributes
    ----------
    z : float
        Threshold in SDs above the mean of the unselected population.
    source : str
        Where the population's numbers come from; printed with every result.
    """

    z: float
    source: str

    @classmethod
    def from_threshold(cls, threshold: float, *, mean: float, sd: float, source: str) -> Selection:
        """From the screening threshold and the unselected population's mean and SD, points."""
        if not sd > 0:
            raise ValueError("The population's SD must be positive.")
        if not math.isfinite(threshold) or not math.isfinite(mean):
            raise ValueError("The threshold and the population's mean must be numbers.")
        return cls((threshold - mean) / sd, source)

    @classmethod
    def from_share(cls, share: float, *, source: str) -> Selection:
        """From the share of screened people who met the threshold, 0 to 1."""
        if not 0 < share < 1:
            raise ValueError("The share taken in must lie between 0 and 1.")
        from scipy import stats  # slow to import

        return cls(float(stats.norm.isf(share)), source)

    @property
    def pull(self) -> float:
        """Mean of the people picked, in SDs above the population: ``phi(z) / (1 - Phi(z))``."""
        from scipy import stats  # slow to import

        return math.exp(stats.norm.logpdf(self.z) - stats.norm.logsf(self.z))

    def unselected_sd(self, sd: float, correlation: float) -> float:
        """SD in the population of a score whose SD among the people picked is ``sd``.

        Picking narrows a score that correlates with screening:
        ``sd^2 = SD^2 (1 - r^2 pull (pull - z))``, normal theory.
        """
        if not (sd > 0 and -1 <= correlation <= 1):
            raise ValueError("SDs must be positive and correlations lie between -1 and 1.")
        return sd / math.sqrt(1 - correlation**2 * self.pull * (self.pull - self.z))


def expected_regression_to_the_mean(
    *,
    threshold: float,
    mean: float,
    sd: float,
    r_baseline: float,
    r_after: float,
    sd_outcome: float | None = None,
) -> float:
    """Fall that selection alone brings, in points, positive = fewer symptoms.

    People with a screening score of at least ``threshold`` are taken in; the outcome is
    measured at baseline and after: ``(r_baseline - r_after) * sd_outcome * phi(z) / (1 - Phi(z))``
    with ``z = (threshold - mean) / sd``, all of the unselected population (Chuang-Stein &
    Tong 1997, doi:10.1177/096228029700600204). With screening itself as baseline,
    ``r_baseline`` is 1. Scores with a long upper tail fall by more than this normal formula
    says (Linden 2013, doi:10.1186/1471-2288-13-119).

    Raises
    ------
    ValueError
        When an SD is not positive or a correlation not between -1 and 1.
    """
    outcome_sd = sd if sd_outcome is None else sd_outcome
    # Written so that a NaN is refused too.
    if not (sd > 0 and outcome_sd > 0 and -1 <= r_after <= 1 and -1 <= r_baseline <= 1):
        raise ValueError("SDs must be positive and correlations lie between -1 and 1.")
    selection = Selection.from_threshold(threshold, mean=mean, sd=sd, source="")
    return (r_baseline - r_after) * outcome_sd * selection.pull


def change_from_selection(
    selection: Selection,
    *,
    sd_outcome: float,
    correlations: Correlations,
    r_baseline: float = 1.0,
    **words: Any,
) -> list[dict[str, Any]]:
    """Rows to print beside a change without a control: the change that selection brings.

    Parameters
    ----------
    selection : Selection
        How people were picked.
    sd_outcome : float
        SD of the outcome in the unselected population, points (see
        :meth:`Selection.unselected_sd`).
    correlations : iterable of (float, str)
        Correlation of screening with the later score, and where it comes from. Nobody knows it
        for a study of selected people, so give the range that has been published.
    r_baseline : float
        Correlation of screening with the baseline score; 1 where screening is the baseline.
    **words
        Text columns of the table of estimates.

    Returns
    -------
    list of rows
        ``change expected from selection alone`` in points, negative = fewer symptoms, one row
        a correlation. Normal theory: see :func:`expected_regression_to_the_mean`.

    Raises
    ------
    ValueError
        When the SD is not positive, a correlation not between -1 and 1, or a source is missing.
    """
    rows = []
    for r, source in _sourced(correlations):
        if not (sd_outcome > 0 and -1 <= r_baseline <= 1):
            raise ValueError("SDs must be positive and correlations lie between -1 and 1.")
        before = "" if r_baseline == 1 else f", with baseline {r_baseline:g}"
        rows.append(
            row(
                estimand=ALONE,
                estimate=-(r_baseline - r) * sd_outcome * selection.pull,
                method=(
                    f"correlation of screening with the later score {r:g} ({source}){before}; "
                    f"{selection.source}; normal theory, more for a long upper tail"
                ),
                **words,
            )
        )
    return rows


def largest_change_from_selection(
    baseline_mean: float,
    *,
    correlations: Correlations,
    lowest: float = 0.0,
    **words: Any,
) -> list[dict[str, Any]]:
    """The most that selection can bring when nothing is known of the population.

    People picked by the baseline score itself are expected to move the share ``1 - r`` of the
    way to the population's mean, whatever the threshold and SD, and no mean lies below the
    scale: ``-(1 - r) (baseline_mean - lowest)``. Holds where later scores regress on earlier
    ones in a straight line; a ceiling, not an estimate.

    Parameters
    ----------
    baseline_mean : float
        Of the people taken in, points.
    correlations : iterable of (float, str)
        Of two scores without treatment between, and where each comes from.
    lowest : float
        Lowest score of the scale.
    **words
        Text columns of the table of estimates.

    Returns
    -------
    list of rows
        ``largest change from selection alone``, points, negative = fewer symptoms.

    Raises
    ------
    ValueError
        When the mean is below the scale, or as :func:`change_from_selection`.
    """
    if not baseline_mean >= lowest:
        raise ValueError("The baseline mean cannot lie below the scale's lowest score.")
    return [
        row(
            estimand="largest change from selection alone",
            estimate=-(1 - r) * (baseline_mean - lowest),
            method=f"correlation {r:g} ({source}); population mean at the scale's end, {lowest:g}",
            **words,
        )
        for r, source in _sourced(correlations)
    ]


def retest_correlations(instrument: str) -> tuple[tuple[float, str], ...]:
    """Published correlations of two ratings on a form, with sources; else an assumed range.

    Over days to weeks, as published; over hours nobody has measured one. A lower correlation
    means a larger fall by selection alone, so the lowest row is the cautious one.
    """
    return _RETEST.get(instrument, _ASSUMED)


def _sourced(correlations: Correlations) -> list[tuple[float, str]]:
    pairs = list(correlations)
    for r, source in pairs:
        if not -1 <= r <= 1:
            raise ValueError("SDs must be positive and correlations lie between -1 and 1.")
        if not source:
            raise ValueError("A correlation is an assumption; say where it comes from.")
    return pairs


def two_measures_before(
    screening: np.ndarray, baseline: np.ndarray, after: np.ndarray, **words: Any
) -> list[dict[str, Any]]:
    """The change after an infusion beside the change of the same people before any.

    Screening to baseline shows regression to the mean and waiting at work; baseline to after
    shows what is left of them, the infusion and expectancy. Their difference removes what goes on
    at the same pace. It is no control: regression is mostly over by baseline, so that the
    difference, if anything, gives the later change too little for people picked by a bad day,
    and too much where waiting raised the baseline.

    Parameters
    ----------
    screening, baseline, after : ndarray of float, shape (n,)
        The same scale three times, same people, same order, points.
    **words
        Text columns of the table of estimates.

    Returns
    -------
    list of rows
        ``mean change before any infusion``, ``mean change after the infusion`` and ``change
        after minus change before``, paired t with n - 1 df, negative = fewer symptoms.

    Raises
    ------
    ValueError
        As :func:`analysis.estimates.change.paired.complete_pairs`, for either pair.
    """
    screening, baseline, after = numbers(screening=screening, baseline=baseline, after=after)
    screening, baseline = complete_pairs(screening, baseline)
    baseline, after = complete_pairs(baseline, after)
    pairs = [
        ("mean change before any infusion", screening, baseline),
        ("mean change after the infusion", baseline, after),
        ("change after minus change before", baseline - screening, after - baseline),
    ]
    return [
        paired_change(first, second, **words)[0] | {"estimand": name}
        for name, first, second in pairs
    ]
