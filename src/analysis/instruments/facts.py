"""What is known of a scale beside its items: how sure, by whom shown, how exact, how scored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["CONFIDENCE", "Coding", "Evidence", "Fact", "Measurement", "MissingItems", "Threshold"]

# How sure a fact is: read at its source, in part or at second hand, remembered, or decided here.
CONFIDENCE = ("verified", "partly", "memory", "judgement")


@dataclass(frozen=True)
class Fact:
    """How sure something is, one of ``CONFIDENCE``, and where it was found."""

    confidence: str
    source: str


@dataclass(frozen=True)
class Evidence:
    """What a publication showed of one form of a scale, and what nobody was seen to show.

    ``people`` is the number it was shown in, 0 where it is not told.
    """

    shown: str
    not_seen: str
    people: int
    doi: str


@dataclass(frozen=True)
class Measurement:
    """How exactly a scale measures, from which a person's reliable change is worked out.

    Attributes
    ----------
    reliability : float
        Above 0 and below 1.
    sd, mean : float or None
        Of the scores before treatment, points; those of the study where None.
    method : str
        One of :data:`analysis.outcomes.reliable_change.METHODS`.
    reliability_after : float or None
        Of the later scores, which one of the methods asks for.
    """

    reliability: float
    sd: float | None
    mean: float | None
    method: str
    reliability_after: float | None
    source: str


@dataclass(frozen=True)
class Threshold:
    """A number of points (or a share of baseline), where it was published, how sure that is.

    ``how`` is ``value`` (a fall or rise of so many points), ``at_most`` or ``at_least`` (an
    end score), or ``share`` (of baseline).
    """

    value: float
    source: str
    confidence: str = "verified"
    how: str = "value"


@dataclass(frozen=True)
class MissingItems:
    """When a form with blank items may be scored by the person's own mean.

    Either ``at_most`` so many blanks, or blanks up to a ``share`` of the items.
    """

    at_most: int | None
    share: float
    confidence: str
    source: str

    def allowed(self, n_items: int) -> int:
        """Largest number of blank items of a form of ``n_items``."""
        return self.at_most if self.at_most is not None else int(self.share * n_items + 1e-9)


@dataclass(frozen=True)
class Coding:
    """Points by what stands in a file for each option; ``items`` have ``special`` options."""

    usual: Mapping[str, float]
    special: Mapping[str, float]
    items: tuple[int, ...]

    def points(self, number: int) -> Mapping[str, float]:
        """Points by code of one item."""
        return self.special if number in self.items else self.usual
