"""Whether the comparator is what study.toml declares: a drug, given in the same months."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from functools import cache
from importlib.resources import files

import numpy as np
import pandas as pd

from analysis.readers.reading import Reading
from analysis.readers.table.text_table import TextTable
from analysis.rules import issue
from analysis.study import is_ketamine

__all__ = ["check_calendar", "note_inert", "reads_as_inert"]

# Assumption: slips of the pen in a table of infusions, as a share of the arm's.
_SLIPS = 0.05
# Of all pairs of one person of each arm, so large a share with the same arm first is no overlap
# but for single people; by chance hardly any trial has it.
_NEARLY_ALL, _CHANCE = 0.95, 0.001


@cache
def _patterns() -> tuple[re.Pattern[str], re.Pattern[str]]:
    text = files(__package__).joinpath("inert_words.toml").read_text("utf-8")
    listed = tomllib.loads(text)
    return _any_of(listed["inert"]), _any_of(listed["beside"])


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
    """Whether a label says that no drug was given: saline, placebo, sham, in several languages.

    "NaCl 0.9 %" and "Placebo (normal saline)" do; "midazolam in saline" and "active placebo" do
    not, since a word of theirs may be a drug's.
    """
    inert, beside = _patterns()
    rest, found = inert.subn(" ", _plain(text))
    return found > 0 and not re.search(r"[^\W\d_]", beside.sub(" ", rest))


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
    named = {name for label, drug in section.arms.items() if not is_ketamine(drug)
             for name in (label, drug)}  # fmt: skip
    if any(reads_as_inert(name) for name in named):
        reading.issues.append(issue("comparator.reads-as-inert"))
        return
    if spec.agent is None:
        return
    _, others = _arms(people)
    own = table.column(spec.subject).isin(others).to_numpy()
    agents = table.column(spec.agent)
    words = [word for word in agents[own].unique() if reads_as_inert(str(word))]
    inert = own & agents.isin(words).to_numpy()
    if inert.sum() > _SLIPS * own.sum():
        reading.note("comparator.reads-as-inert", table, inert, spec.agent)


def check_calendar(reading: Reading, people: pd.DataFrame, infusions: pd.DataFrame) -> None:
    """Say where the arms were not treated at the same time; only dates can tell.

    Parameters
    ----------
    people : DataFrame
        ``id`` and ``arm``.
    infusions : DataFrame
        As :func:`analysis.readers.roles.infusions.read_infusions` returns it.
    """
    if reading.config.infusions.start is None or reading.config.study.design != "parallel":
        return
    first = infusions[infusions["infusion"] == 1]
    when = (first["start_low"] + first["start_high"]) / 2
    one, other = (when[first["id"].isin(ids)].to_numpy(float) for ids in _arms(people))
    if not (len(one) and len(other)):
        return
    # Mann and Whitney's U as a share of all pairs.
    ranks = pd.Series(np.concatenate([one, other])).rank().to_numpy()[: len(one)]
    share = float(ranks.sum() - len(one) * (len(one) + 1) / 2) / (len(one) * len(other))
    share = max(share, 1 - share)
    if share < _NEARLY_ALL:
        return
    from scipy.stats import mannwhitneyu  # slow to import

    if mannwhitneyu(one, other).pvalue < _CHANCE:
        n, told = len(one) + len(other), f"{share:.0%}"
        reading.issues.append(issue("comparator.other-period", count=n, share=told))


def _arms(people: pd.DataFrame) -> tuple[list[str], list[str]]:
    """Identifiers of people of an arm that is given ketamine, and of the others with an arm."""
    known = people.dropna(subset="arm")
    ketamine = known["arm"].map(is_ketamine).astype(bool)
    return list(known.loc[ketamine, "id"]), list(known.loc[~ketamine, "id"])
