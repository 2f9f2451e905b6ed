"""Whether the comparator is what study.toml declares: a drug."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from functools import cache
from importlib.resources import files

import pandas as pd

from analysis.readers.reading import Reading
from analysis.readers.table.identifiers import among
from analysis.readers.table.text_table import TextTable
from analysis.rules import issue
from analysis.study import is_ketamine

__all__ = ["arms_of_people", "note_inert", "reads_as_inert", "reads_as_no_name"]

# Assumption: slips of the pen in a table of infusions, as a share of the arm's.
_SLIPS = 0.05


@cache
def _patterns() -> dict[str, re.Pattern[str]]:
    text = files(__package__).joinpath("inert_words.toml").read_text("utf-8")
    return {kind: _any_of(words) for kind, words in tomllib.loads(text).items()}


def _any_of(words: list[str]) -> re.Pattern[str]:
    """Any of some words; those of scripts without blanks between words need no edge."""
    plain = sorted((_plain(word.rstrip("*")), word.endswith("*")) for word in words)
    parts = []
    for word, begins in reversed(plain):
        edges = word[0].isalpha() and unicodedata.name(word[0]).startswith(("LATIN", "CYRILLIC"))
        ending = r"[^\W\d_]*" if begins else r"(?![^\W\d_])"
        parts.append(rf"(?<![^\W\d_]){re.escape(word)}{ending}" if edges else re.escape(word))
    return re.compile("|".join(parts))


def _plain(text: str) -> str:
    """Lower case without accents, one blank between words."""
    letters = unicodedata.normalize("NFKD", re.sub("['’]", "", text.casefold()))
    bare = "".join(one for one in letters if not unicodedata.combining(one))
    return " ".join(re.sub(r"[^\w]|_", " ", bare).split())


def reads_as_inert(text: str) -> bool:
    """Whether a label says that no drug was given: saline, sham, usual care, in several languages.

    "NaCl 0.9 %" and "Placebo (normal saline)" do; "midazolam in saline" and "active placebo" do
    not, since a word of theirs may be a drug's.
    """
    return _made_of("inert", text)


def reads_as_no_name(text: str) -> bool:
    """Whether a treatment is called by its place in the study alone: control, comparator group."""
    return _made_of("nameless", text)


def _made_of(kind: str, text: str) -> bool:
    """Whether a text holds words of a kind, and beside them only words that tell of no drug."""
    rest, found = _patterns()[kind].subn(" ", _plain(text))
    return found > 0 and not re.search(r"[^\W\d_]", _patterns()["beside"].sub(" ", rest))


def note_inert(reading: Reading, table: TextTable, people: pd.DataFrame) -> None:
    """Say where a comparator that is declared active reads as none.

    By the name that ``arms`` gives it, by its labels there, and by what most of its arm's
    infusions are said to hold.

    Parameters
    ----------
    table : TextTable
        The infusions that were given.
    people : DataFrame
        ``id`` and ``arm``.
    """
    section, spec = reading.config.study, reading.config.infusions
    if section.comparator != "active":
        return
    others = {label: drug for label, drug in section.arms.items() if not is_ketamine(drug)}
    named = {*others, *others.values()}
    # A label may be any word; a treatment is named by what it is.
    if any(map(reads_as_inert, named)) or any(map(reads_as_no_name, others.values())):
        reading.issues.append(issue("comparator.reads-as-inert"))
        return
    if spec.agent is None:
        return
    _, compared = arms_of_people(people)
    own = among(table.category(spec.subject), compared)
    agents = table.column(spec.agent)
    words = [word for word in agents[own].unique() if reads_as_inert(str(word))]
    inert = own & agents.isin(words).to_numpy()
    if inert.sum() > _SLIPS * own.sum():
        reading.note("comparator.reads-as-inert", table, inert, spec.agent)


def arms_of_people(people: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """Identifiers of people of an arm that is given ketamine, and of the others with an arm."""
    known = people.dropna(subset="arm")
    arms = {arm: is_ketamine(arm) for arm in known["arm"].unique()}
    ketamine = known["arm"].map(arms).astype(bool)
    return known.loc[ketamine, "id"], known.loc[~ketamine, "id"]
