"""A parallel trial as imputation sees it: scores by person and visit, and when events came."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from analysis.estimates.arms import as_treated
from analysis.estimates.missing.conditional_normal import missingness_patterns
from analysis.numbers import as_numbers

__all__ = ["Trial", "first_missing_to_the_end"]

Array = NDArray[np.float64]
Places = NDArray[np.intp]
LEAST = 3


def first_missing_to_the_end(score: Array) -> Places:
    """Position of the first of the missing visits at each person's end; k where the last is seen.

    A visit missing between seen ones starts nothing: the person came back.
    """
    seen = np.isfinite(score)
    k = score.shape[1]
    return np.where(seen.any(axis=1), k - np.argmax(seen[:, ::-1], axis=1), 0).astype(np.intp)


@dataclass(frozen=True)
class Trial:
    """Everyone randomised, complete but for the scores.

    People are put in an order that depends on their data alone, so that no result depends on
    the order of rows or on names.

    Attributes
    ----------
    score : array of shape (n, k)
        Outcome at each visit (change or score, points), NaN where missing.
    covariates : array of shape (n, c)
        Baseline and others, complete; each has its own slope at every visit.
    treated : array of bool, shape (n,)
        True on treatment, False on the reference arm; given so, or as 1 and 0.
    visits : tuple of str
        Labels of the k visits, in order.
    event : array of int, shape (n,)
        Position of the first visit after the event that ends treatment, k where there was none.
        By default the first of the missing visits at a person's end.

    Raises
    ------
    ValueError
        When shapes do not agree, a covariate or an arm is missing, a position lies outside the
        visits, a visit was seen in nobody of an arm, or an arm has fewer than three people.
    """

    score: Array
    covariates: Array
    treated: NDArray[np.bool_]
    visits: tuple[str, ...]
    event: Places

    def __init__(
        self,
        score: Array,
        covariates: Array,
        treated: NDArray[np.bool_],
        visits: tuple[str, ...],
        event: Places | None = None,
    ) -> None:
        score = as_numbers(score, "score")
        covariates = as_numbers(covariates, "covariates")
        if covariates.ndim == 1:
            covariates = covariates[:, None]
        treated = as_treated(treated)
        _refuse_shapes(score, covariates, treated, visits)
        places = first_missing_to_the_end(score) if event is None else np.asarray(event, np.intp)
        _refuse_values(score, covariates, treated, visits, places)
        # NaN last, as sorting puts it: the order is of the data, never of names.
        order = np.lexsort([*score.T[::-1], *covariates.T[::-1], places, treated])
        for name, value in (
            ("score", score[order]),
            ("covariates", covariates[order]),
            ("treated", treated[order]),
            ("visits", tuple(visits)),
            ("event", places[order]),
        ):
            object.__setattr__(self, name, value)

    @property
    def n(self) -> int:
        """People."""
        return len(self.treated)

    @cached_property
    def design(self) -> Array:
        """Constant, covariates, treated: what explains the mean at each visit; (n, 2 + c)."""
        return np.column_stack([np.ones(self.n), self.covariates, self.treated])

    @cached_property
    def missing(self) -> NDArray[np.bool_]:
        """Scores to impute, shape (n, k)."""
        return ~np.isfinite(self.score)

    def modelled(self, strategy: str) -> Trial:
        """The same people with the scores that the imputation model may learn from.

        Scores after the event are left out where the strategy is not MAR: they are not what the
        model of scores before it would give.
        """
        after = np.arange(self.score.shape[1]) >= self.event[:, None]
        if strategy == "MAR" or not (after & ~self.missing).any():
            return self
        found = object.__new__(Trial)
        for name in ("covariates", "treated", "visits", "event"):
            object.__setattr__(found, name, getattr(self, name))
        object.__setattr__(found, "score", np.where(after, np.nan, self.score))
        return found

    @cached_property
    def alike(self) -> list[Places]:
        """People alike in arm, event and the visits they have."""
        return missingness_patterns(~self.missing, self.treated, self.event)


def _refuse_shapes(
    score: Array, covariates: Array, treated: NDArray[np.bool_], visits: tuple[str, ...]
) -> None:
    if score.ndim != 2 or score.shape[1] != len(visits):
        raise ValueError(f"Scores need one column for each of the {len(visits)} visits.")
    if len(set(visits)) != len(visits):
        raise ValueError("Two visits have the same label.")
    if not len(score) == len(covariates) == len(treated):
        raise ValueError(
            f"Scores, covariates and arms need the same people; got {len(score)}, "
            f"{len(covariates)} and {len(treated)}."
        )


def _refuse_values(
    score: Array,
    covariates: Array,
    treated: NDArray[np.bool_],
    visits: tuple[str, ...],
    event: Places,
) -> None:
    missing = int((~np.isfinite(covariates)).any(axis=1).sum())
    if missing:
        raise ValueError(
            f"{missing} of {len(score)} people lack a covariate; leave them out and count them."
        )
    if event.shape != treated.shape or not ((event >= 0) & (event <= len(visits))).all():
        raise ValueError(f"An event lies at a visit from 0 to {len(visits)} (none) of each person.")
    if np.isinf(score).any():
        raise ValueError("A score is infinite.")
    n = int(treated.sum()), int((~treated).sum())
    if min(n) < LEAST:
        raise ValueError(f"Each arm needs at least three people; got {n[0]} and {n[1]}.")
    for place, name in enumerate(visits):
        seen = np.isfinite(score[:, place])
        if not (seen[treated].any() and seen[~treated].any()):
            raise ValueError(f"Nobody of an arm was seen at visit {name}; nothing says its mean.")
