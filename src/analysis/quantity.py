"""Numbers about people, each with the people behind it, and sentences that hold such numbers.

A number that may leave the clinic carries its *cell*, as disclosure control calls it (Hundepool
et al. 2012, doi:10.1002/9781118348239): how many people it is about, by arm, and whom it was
computed without. A sentence keeps its numbers apart from its words until it is known who reads
it; nothing has to be looked for in prose then. What is released is decided in
:mod:`analysis.disclosure`; here is only what every room needs to carry it there.
"""

from __future__ import annotations

import math
import string
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

__all__ = ["Cell", "Known", "Private", "Quantity", "Sentence", "dominates", "events", "joined",
           "numbers", "said"]  # fmt: skip

Kind = Literal["statistic", "count", "events", "df", "own value"]
WITHHELD = "(withheld)"


@dataclass(frozen=True)
class Cell:
    """Who is behind the numbers of one row.

    Attributes
    ----------
    people_by_arm : mapping of str to int
        People whose scores were used, by arm or whatever groups were told apart.
    without : mapping of str to int
        People by arm who were left out, re-included or scored otherwise than in the estimate that
        it stands beside; empty where it stands for itself.
    counts : tuple of (int, int)
        Events and people of each group, where the numbers are made of counts alone.
    made_of : str
        How: ``share``, ``share difference``, ``share who benefit`` or ``share bounds``.
    parameters : int
        Coefficients of the model.
    own_values : bool
        Whether numbers of the row are single people's own (order statistics).
    dominated : bool
        Whether one or two people make up most of a sum.
    plain_mean : bool
        Whether the estimate is the mean of whole points, or of halves: with many digits it fits
        few numbers of people.
    level : float
        Of an interval that is made of counts.
    method : str
        How the numbers were made, in words for others; where that of the row tells of people.
    """

    people_by_arm: Mapping[str, int]
    without: Mapping[str, int] = field(default_factory=dict)
    counts: tuple[tuple[int, int], ...] = ()
    made_of: str = ""
    parameters: int = 0
    own_values: bool = False
    dominated: bool = False
    plain_mean: bool = False
    level: float = 0.95
    method: str = ""

    @classmethod
    def of(cls, contrast: str, *people: int, **more: Any) -> Cell:
        """The cell of the groups that a contrast names, ``a - b``, or else of the first, second."""
        names = contrast.split(" - ") if contrast else ["people"]
        if len(names) != len(people):
            names = ["first", "second", "third"][: len(people)]
        return cls({name: int(n) for name, n in zip(names, people, strict=True)}, **more)

    def moving(self, people_by_arm: Mapping[str, int]) -> Cell:
        """The same cell of an analysis that treats these people otherwise than the main one."""
        return replace(self, without=dict(people_by_arm))

    def quantity(self, value: float, kind: Kind = "statistic") -> Quantity:
        """A number about these people."""
        return Quantity(value, self.people_by_arm, self.without, kind, cell=self)


@dataclass(frozen=True)
class Quantity:
    """A number that may leave, with the people behind it.

    Attributes
    ----------
    value : float
    people_by_arm, without : mapping of str to int
        As of :class:`Cell`.
    kind : {"statistic", "count", "df"}
        A count may be rounded, degrees of freedom are shown in tens.
    row, column : optional
        The row of the table of estimates and its column that the number is, so that a sentence
        and a table never say different things.

    Raises
    ------
    TypeError
        When it is formatted as if it were a plain number.
    """

    value: float
    people_by_arm: Mapping[str, int]
    without: Mapping[str, int] = field(default_factory=dict)
    kind: Kind = "statistic"
    row: Mapping[str, Any] | None = None
    column: str = ""
    cell: Cell | None = None

    def __format__(self, spec: str) -> str:
        raise TypeError("A number about people is put into a sentence by `said`.")

    __str__ = None  # type: ignore[assignment]

    @property
    def behind(self) -> Cell:
        """The cell of the number."""
        return self.cell or Cell(self.people_by_arm, self.without)


def numbers(row: Mapping[str, Any], *columns: str, prefix: str = "") -> dict[str, Quantity]:
    """Numbers of a row of the table of estimates that carries its ``cell``, by column.

    ``prefix`` is put before each name, where one sentence holds numbers of several rows.
    """
    cell: Cell = row["cell"]
    kinds: dict[str, Kind] = {"n": "count", "df": "df"}
    return {
        prefix + name: Quantity(
            row[name], cell.people_by_arm, cell.without, kinds.get(name, "statistic"), row, name,
            cell,
        )
        for name in columns
    }  # fmt: skip


def events(share: Mapping[str, Any], group: int = 0) -> Quantity:
    """The number of people with the event in a group of a row that is made of counts."""
    cell: Cell = share["cell"]
    value, _ = cell.counts[group]
    return Quantity(value, cell.people_by_arm, cell.without, "events", share, "", cell)


@dataclass(frozen=True)
class Known:
    """A number that is nobody's: declared, published or simulated."""

    value: float


@dataclass(frozen=True)
class Private:
    """Words for the study team, and what others read in their place."""

    text: str
    others: str


@dataclass(frozen=True)
class _Number:
    quantity: Quantity
    spec: str


# A number as it is released: rounded, in words such as "<10", or None where it is withheld.
Release = Callable[[Quantity], "float | str | None"]


@dataclass(frozen=True)
class Sentence:
    """Words and numbers of one or more sentences; ``str`` gives what the study team reads.

    Attributes
    ----------
    parts : tuple
        Texts, numbers about people, private words, sentences.
    brief : Sentence, optional
        What others read where a number of its own is withheld.
    needs : tuple of Quantity
        Numbers that its words tell of without naming them: where one is withheld, so are they.
    """

    parts: tuple[Any, ...]
    brief: Sentence | None = None
    needs: tuple[Quantity, ...] = ()

    def __str__(self) -> str:
        return self.shown(None)

    def __bool__(self) -> bool:
        return any(self.parts)

    def shown(self, release: Release | None) -> str:
        """The text as it is told; to the study team where there is no ``release``."""
        texts = []
        if release and any(release(number) is None for number in self.needs):
            return WITHHELD if self.brief is None else self.brief.shown(release)
        for part in self.parts:
            text = _shown(part, release)
            if text is None and self.brief is not None:
                return self.brief.shown(release)
            texts.append(WITHHELD if text is None else text)
        return "".join(texts)


def _shown(part: Any, release: Release | None) -> str | None:
    if isinstance(part, str):
        return part
    if isinstance(part, Sentence):
        return part.shown(release)
    if isinstance(part, Private):
        return part.text if release is None else part.others
    value = part.quantity.value if release is None else release(part.quantity)
    if value is None or isinstance(value, str):
        return value
    return format(value, part.spec)


def said(
    template: str,
    /,
    *,
    brief: str | Sentence | None = None,
    needs: Any = (),
    **fields: Any,
) -> Sentence:
    """A sentence of a template with named places, as :meth:`str.format` has them.

    Parameters
    ----------
    template : str
        Words, with places such as ``{estimate:.1f}``.
    brief : str or Sentence, optional
        What others read where one of its numbers is withheld.
    needs : iterable of Quantity
        Numbers that its words tell of without naming them.
    **fields
        Texts, sentences, :class:`Quantity`, :class:`Known` or :class:`Private`.

    Raises
    ------
    TypeError
        For a bare number: whose it is must be told.
    """
    parts: list[Any] = []
    for literal, name, spec, _ in string.Formatter().parse(template):
        if literal:
            parts.append(literal)
        if name is not None:
            parts.append(_part(name, fields[name], spec or ""))
    return Sentence(tuple(parts), _sentence(brief), tuple(needs))


def _part(name: str, value: Any, spec: str) -> Any:
    if isinstance(value, Quantity):
        return _Number(value, spec)
    if isinstance(value, Known):
        return format(value.value, spec)
    if isinstance(value, (str, Private, Sentence)):
        return value
    raise TypeError(f"Whose number is {name}? Give a Quantity, or Known where it is nobody's.")


def _sentence(text: str | Sentence | None) -> Sentence | None:
    return Sentence((text,)) if isinstance(text, str) else text


def joined(sentences: Iterable[str | Private | Sentence], by: str = " ") -> Sentence:
    """Sentences one after the other; empty ones are left out."""
    parts: list[Any] = []
    for sentence in sentences:
        if not sentence:
            continue
        parts += [by, sentence] if parts else [sentence]
    return Sentence(tuple(parts))


def dominates(values: Iterable[float], *, share: float = 0.9, largest: int = 2) -> bool:
    """Whether the largest contributors make up most of a sum: the (n, k) rule of dominance.

    Two contributors and 90 % as ACRO has it (docs/disclosure.md sets the rules side by side).
    """
    sizes = sorted((abs(v) for v in values if math.isfinite(v)), reverse=True)
    total = math.fsum(sizes)
    return total > 0 and math.fsum(sizes[:largest]) > share * total
