"""Gate 6 on arrays of scores, without a case: a study and a simulated trial share it.

Which scores are doubted, and what is put in their place; the gate of a study, with its sentence,
is in :mod:`analysis.claims.gates.robustness`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from analysis.claims.decision_rule import Bars
from analysis.claims.definitions import Definitions
from analysis.claims.ledger import CONTRADICTED, SUPPORTED
from analysis.claims.primary_analysis import Primary, Scores, primary_analysis
from analysis.estimates.missing.closed_form import Robustness, robustness_to_missing
from analysis.quantity import Cell
from analysis.windows import Window

__all__ = ["Tried", "doubt_missing_scores", "doubted_word", "intoxication_is_known",
           "still_intoxicated", "survives_missing", "try_on", "without_each",
           "without_effect"]  # fmt: skip

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Tried:
    """The verdict's word on other data: one flagged group left out or re-included, say.

    ``word`` is None where the analysis could not be done on them; ``why`` says so. ``cell`` is
    of the participants analysed, with those who are left out, re-included or scored otherwise.
    """

    what: str
    word: str | None
    primary: Primary | None = None
    why: str = ""
    cell: Cell | None = None


def try_on(what: str, scores: Scores, bars: Bars, cell: Cell | None = None) -> Tried:
    """The word of gate 5 on these scores."""
    try:
        primary = primary_analysis(scores)
    except ValueError as refusal:
        return Tried(what, None, why=str(refusal), cell=cell)
    return Tried(what, bars.word(primary), primary, cell=cell)


def without_each(
    scores: Scores, groups: Mapping[str, NDArray[np.bool_]]
) -> Iterator[tuple[str, Scores]]:
    """The scores with each flagged group of people left out, one group at a time.

    A group in which nobody has a score within hours changes nothing and is passed over.
    """
    for what, members in groups.items():
        if (members & scores.seen).any():
            yield what, scores.keep(~members)


def without_effect(scores: Scores, primary: Primary, intoxicated: NDArray[np.bool_]) -> Scores:
    """Treated people's scores given while still intoxicated without the average effect.

    As jump to reference has it for missing scores. They stay in the analysis: leaving them out
    would condition on what the infusion did.

    Parameters
    ----------
    scores : Scores
    primary : Primary
        Whose difference at each visit is the effect.
    intoxicated : array of bool, shape (n, k)
        Of each score; see :func:`still_intoxicated`.
    """
    lost = np.where(intoxicated & scores.treated[:, None], primary.effects, 0.0)
    return replace(scores, score=scores.score - lost)


def intoxication_is_known(
    scores: Scores, rise: Array, hours: Array, definitions: Definitions
) -> bool:
    """Whether enough of the treated with a score have a CADSS of the phase, and one before.

    Parameters as for :func:`still_intoxicated`.
    """
    own = scores.seen & scores.treated
    window = definitions.windows[definitions.primary.phase]
    inside = (hours >= window.low) & (hours < window.high) & np.isfinite(rise)
    told: NDArray[np.bool_] = np.asarray(inside.any(axis=1))
    return bool(told[own].sum() >= definitions.rule("measured_share") * own.sum())


def still_intoxicated(
    rise: Array, hours: Array, visits: Sequence[str], definitions: Definitions
) -> NDArray[np.bool_]:
    """At which visits people are still intoxicated.

    Parameters
    ----------
    rise : array of shape (n, m)
        CADSS points above the total before the infusion, NaN where either is absent.
    hours : array of shape (n, m)
        Hours after the end of the infusion of each CADSS.
    visits : sequence of k str
        Labels of the windows of the scores.
    definitions : Definitions
        Windows, and the points within which a CADSS is back.

    Returns
    -------
    array of bool, shape (n, k)
        Whether a CADSS at the visit is above; at a visit without one, whether any in the
        phase is. Without a CADSS nobody is known to be.
    """

    def among(window: Window) -> NDArray[np.bool_]:
        inside: NDArray[np.bool_] = (hours >= window.low) & (hours < window.high)
        return inside & np.isfinite(rise)

    above = rise > definitions.claims["dissociation_brief"].thresholds["points"].number
    windows = {window.label: among(window) for window in definitions.windows.values()}
    phase = among(definitions.windows[definitions.primary.phase])
    anywhere = (phase & above).any(axis=1)
    each = [
        np.where(windows[label].any(axis=1), (windows[label] & above).any(axis=1), anywhere)
        for label in visits
    ]
    return np.column_stack(each)


def doubt_missing_scores(
    scores: Scores,
    primary: Primary,
    holds: Callable[[float, float, float], bool],
    *,
    direction: int = 1,
) -> Robustness:
    """Jump-to-reference estimate and tipping shift of gate 6, in points.

    Parameters
    ----------
    scores, primary
        What was analysed, and what was found.
    holds : function of (estimate, ci_low, ci_high)
        Whether an answer still says what the claim rests on, as :meth:`Bars.holds` gives it.
    direction : {1, -1}
        1 makes missing scores on ketamine worse and those of the comparator better.
    """
    return robustness_to_missing(
        scores.score - scores.baseline[:, None],
        np.column_stack(list(scores.covariates.values())),
        scores.treated,
        coefficients=primary.coefficients,
        covariance=primary.covariance,
        se=primary.se,
        df=primary.df,
        holds=holds,
        direction=direction,
    )


def doubted_word(scores: Scores, primary: Primary, bars: Bars) -> tuple[str, Robustness]:
    """The word of gate 5, and what missing scores could change of it; see `survives_missing`."""
    word = bars.word(primary)
    direction = -1 if word == CONTRADICTED else 1
    wanted = CONTRADICTED if word == CONTRADICTED else SUPPORTED
    return word, doubt_missing_scores(scores, primary, bars.holds(wanted), direction=direction)


def survives_missing(found: Robustness, primary: Primary, bars: Bars, word: str) -> bool:
    """Whether missing scores leave the word as it is, by gate 6.

    The verdict stands while missing scores of both arms are shifted against it by one SD of the
    baseline. Support also needs jump to reference to have the sign of the estimate.
    """
    if word not in (SUPPORTED, CONTRADICTED):
        return False
    same_sign = math.copysign(1, found.jump_to_reference) == math.copysign(1, primary.estimate)
    return (word == CONTRADICTED or same_sign) and found.tipping_shift >= bars.sd
