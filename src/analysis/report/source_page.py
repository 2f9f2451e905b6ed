"""The page of one source: the answer, the picture that answers, and what they rest on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property, partial
from pathlib import Path
from typing import Any

from analysis.claims.case import Case
from analysis.claims.ledger import WORDS, Ledger
from analysis.describe.answer.in_numbers import answer_in_numbers
from analysis.describe.answer.sentence import QUESTION, answer
from analysis.describe.in_words import listed
from analysis.describe.plan import people_by_arm
from analysis.describe.scores.by_window import Described, described
from analysis.report.blocks import blocks_of
from analysis.report.notebook_section import slug
from analysis.report.page import day_told, gate_counts, template, today, versions, write_page
from analysis.sections.report import published
from analysis.sections.report.study import CHAPTERS, the_answer
from analysis.sections.section import Section

__all__ = ["NotebookLink", "Source", "steps_of", "write_source_page"]

PROVENANCE = ("file", "sha256", "producer", "licence")
Told = Callable[[str], None]


@dataclass(frozen=True)
class NotebookLink:
    """A notebook's page beside this one."""

    address: str
    title: str

    @property
    def number(self) -> str:
        """The number that its name begins with."""
        return Path(self.address).stem


@dataclass(frozen=True)
class Source:
    """One source as a page shows it.

    Attributes
    ----------
    ledger : Ledger
        As the readers of the page may see it.
    case : Case, optional
        The study in the same view; None for published results.
    provenance : sequence of mapping
        One a data file: ``file``, ``sha256``, ``producer``, ``licence``, and any other key as a
        further column. A value that starts with ``https://doi.org/`` is linked.
    """

    ledger: Ledger
    case: Case | None = None
    provenance: Sequence[Mapping[str, Any]] = ()

    @property
    def anchor(self) -> str:
        """Its name as part of an address."""
        return slug(self.ledger.study)

    @property
    def vector(self) -> bool:
        """Whether its pictures may be of vectors: not of people of the reader's own."""
        return not self.ledger.private

    @cached_property
    def found(self) -> Described | None:
        """The study in every window."""
        return None if self.case is None else described(self.case)

    @cached_property
    def answer(self) -> dict[str, str]:
        """The answer to the title: verdict, sentence, numbers; empty where no claim asks it."""
        asked = {result.claim for result in self.ledger.claims}
        if not {"onset", "certainty_within_hours"} <= asked:
            return {}
        return {"word": self.ledger["onset"].verdict, "sentence": answer(self.ledger),
                "numbers": answer_in_numbers(self.ledger, self.found)}  # fmt: skip

    @cached_property
    def picture(self) -> Section:
        """The picture that answers."""
        if self.case is None or self.found is None:
            return published.the_answer() if self.published else Section(())
        return the_answer(self.case, self.ledger, self.found)

    @property
    def published(self) -> bool:
        """Whether it is the table of published results."""
        return self.case is None and self.ledger.study == "published"

    @property
    def people(self) -> str:
        """How many participants, by arm; empty of published results."""
        if self.case is None:
            return ""
        counts = people_by_arm(self.case)
        return listed(f"{n} {arm}" for arm, n in counts.items())

    @property
    def counts(self) -> list[tuple[str, int]]:
        """How often each word is said."""
        found = Counter(result.verdict for result in self.ledger.claims)
        return [(word, found[word]) for word in WORDS]


def steps_of(case: Case | None) -> int:
    """Steps of :func:`write_source_page`, for a progress bar."""
    return 2 if case is None else len(CHAPTERS) + 2


def _chapters(source: Source) -> Iterator[tuple[str, str, str, Callable[[], Section]]]:
    """Anchor, title, short name and maker of each chapter."""
    if source.published:
        yield "trials", "What the trials found", "Trials", published.trials
    case, found = source.case, source.found
    if case is None or found is None:
        return
    for one in CHAPTERS:
        yield one.anchor, one.title, one.short, partial(one.make, case, source.ledger, found)


def write_source_page(
    source: Source,
    path: Path,
    *,
    day: date | None = None,
    notebooks: Sequence[NotebookLink] = (),
    up: str = "",
    told: Told | None = None,
) -> Path:
    """Write the page of one source and return its path.

    It holds its own style and pictures, no script, and a policy that forbids requests. It holds
    no time of day: the same ledger gives the same bytes all day.

    Parameters
    ----------
    source : Source
    path : Path
        Where to write.
    day : date, optional
        The date on the page; today's unless given.
    notebooks : sequence of NotebookLink
    up : str
        Address of the page of all sources, where there is one.
    told : function of str, optional
        Is told the name of each step before it is taken.
    """
    say = told or (lambda step: None)
    say("the answer")
    picture = list(blocks_of(source.picture, "answer", vector=source.vector))
    chapters = []
    for anchor, title, short, make in _chapters(source):
        say(title)
        blocks = list(blocks_of(make(), anchor, vector=source.vector))
        chapters.append({"anchor": anchor, "title": title, "short": short, "blocks": blocks})
    say(path.name)
    columns = [*PROVENANCE, *(key for record in source.provenance for key in record)]
    text = template("source.html.j2").render(
        title=QUESTION,
        source=source,
        ledger=source.ledger,
        day=day_told(day or today()),
        picture=picture,
        chapters=chapters,
        notebooks=notebooks,
        up=up,
        gates={result.claim: gate_counts(result) for result in source.ledger.claims},
        provenance_columns=list(dict.fromkeys(columns)),
        versions=versions(),
    )
    return write_page(text, path)
